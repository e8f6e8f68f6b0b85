/** Takes the times of the MARK lines in a console's output. */

const LINE = /MARK (\S+)\r?\n/g;
/** Longer than any mark: what may be the beginning of one is kept. */
const TAIL_LENGTH = 80;
/** So much of the output tells why a run failed. */
const KEPT_LENGTH = 2000;

/** What a part took, in seconds. */
export interface PartTime {
  readonly wall: number;
  /** Of all cores; undefined where the system does not tell. */
  readonly processor: number | undefined;
}

/** Two clocks at one moment, in seconds. */
export type ReadClocks = () => PartTime;

/** Times between marks, as they come in. */
export class MarkClock {
  readonly #read: ReadClocks;
  readonly #parts = new Map<string, PartTime>();
  #last: PartTime = { wall: 0, processor: 0 };
  #tail = '';
  #end = '';

  /** Both clocks are at 0 when the process starts. */
  constructor(read: ReadClocks) {
    this.#read = read;
  }

  /** Each part that has ended, by its mark: from the mark before, or the start, to its own. */
  get parts(): ReadonlyMap<string, PartTime> {
    return this.#parts;
  }

  /** The end of the output. */
  get lastWords(): string {
    return this.#end;
  }

  /** Takes a piece of output, cut anywhere; gives the marks that it completes. */
  hear(text: string): string[] {
    this.#end = (this.#end + text).slice(-KEPT_LENGTH);
    const whole = this.#tail + text;
    const found: string[] = [];
    let consumed = 0;
    for (const match of whole.matchAll(LINE)) {
      consumed = match.index + match[0].length;
      const now = this.#read();
      this.#parts.set(match[1]!, difference(now, this.#last));
      this.#last = now;
      found.push(match[1]!);
    }
    this.#tail = whole.slice(consumed).slice(-TAIL_LENGTH);
    return found;
  }
}

function difference(now: PartTime, last: PartTime): PartTime {
  const isKnown = now.processor !== undefined && last.processor !== undefined;
  return { wall: now.wall - last.wall, processor: isKnown ? now.processor - last.processor : undefined };
}
