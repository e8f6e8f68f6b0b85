/** How an end of the bus reaches guest-physical memory: TLFS, Guest Physical Address Space. */

/** Bytes of a guest page, on every version of the bus. */
export const PAGE_BYTES = 4096;

/**
 * 4 KiB pages of one shared buffer, in the order of use. `offsets` holds the byte offset of each page, a multiple of 8;
 * pages that happen to lie behind one another are found and used as one run.
 */
export interface SharedPages {
  readonly buffer: SharedArrayBuffer;
  readonly offsets: readonly number[];
}

/**
 * Guest-physical memory as seen by one end. The host stands on the guest's GPA space, the guest on its own memory.
 * A page counts as RAM only if it is mapped readable and writable and is neither an overlay nor MMIO.
 */
export interface GuestMemory {
  /** The pages with these numbers; `undefined` unless every one is RAM and they lie in one shared buffer. */
  pages(gpns: readonly number[]): SharedPages | undefined;
  /**
   * Appends views over `byteCount` bytes, beginning `byteOffset` bytes into page `gpns[first]`, to `into`; pages that
   * are neighbours in memory share a view. False, with nothing appended, when any page is not RAM.
   */
  gather(
    gpns: Float64Array | readonly number[],
    first: number,
    byteOffset: number,
    byteCount: number,
    into: Uint8Array[],
  ): boolean;
}
