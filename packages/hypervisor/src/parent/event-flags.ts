/** Event flags of our own virtual processor, shared out among the children (TLFS, SynIC Event Flags). */

/** Flags of one SINT: 256 bytes of bits. */
export const FLAGS_PER_SINT = 2048;

/** A run of event flags within one SINT. */
export interface EventFlagRun {
  readonly sint: number;
  readonly firstFlag: number;
  readonly flagCount: number;
}

interface SintFlags {
  readonly sint: number;
  /** 1 where a flag is taken. */
  readonly taken: Uint8Array;
  free: number;
}

/** Hands out runs of consecutive flags, lowest first, so that an interrupt handler has few words to look through. */
export class EventFlagAllocator {
  readonly #sints: readonly SintFlags[];

  constructor(sints: readonly number[]) {
    this.#sints = sints.map((sint) => ({
      sint,
      taken: new Uint8Array(FLAGS_PER_SINT),
      free: FLAGS_PER_SINT,
    }));
  }

  /** Flags nobody has. */
  get free(): number {
    return this.#sints.reduce((sum, { free }) => sum + free, 0);
  }

  /** Takes `flagCount` flags in a row. Throws RangeError when there is no such run. */
  take(flagCount: number): EventFlagRun {
    if (!Number.isInteger(flagCount) || flagCount < 1 || flagCount > FLAGS_PER_SINT) {
      throw new RangeError(`an event port has 1 to ${FLAGS_PER_SINT} flags, not ${flagCount}`);
    }
    for (const flags of this.#sints) {
      const firstFlag = flags.free < flagCount ? -1 : findRun(flags.taken, flagCount);
      if (firstFlag < 0) continue;
      flags.taken.fill(1, firstFlag, firstFlag + flagCount);
      flags.free -= flagCount;
      return { sint: flags.sint, firstFlag, flagCount };
    }
    throw new RangeError(
      `no ${flagCount} event flags in a row are free: close connections that are not used`,
    );
  }

  /** Gives a run back that `take` returned. */
  release(run: EventFlagRun): void {
    const flags = this.#sints.find(({ sint }) => sint === run.sint);
    if (flags === undefined) throw new Error(`SINT ${run.sint} has no event flags of ours`);
    flags.taken.fill(0, run.firstFlag, run.firstFlag + run.flagCount);
    flags.free += run.flagCount;
  }
}

/** First index of `count` zeros in a row, or -1. */
function findRun(taken: Uint8Array, count: number): number {
  let start = taken.indexOf(0);
  while (start >= 0 && start + count <= taken.length) {
    const end = taken.indexOf(1, start);
    if (end < 0 || end - start >= count) return start;
    start = taken.indexOf(0, end);
  }
  return -1;
}
