/** A set of the 256 interrupt vectors, as the IRR, ISR and TMR of a local APIC are. */

/** Eight 32-bit words, vector v at bit v & 31 of word v >> 5: the layout of the APIC's own registers. */
export class VectorSet {
  readonly words = new Uint32Array(8);

  has(vector: number): boolean {
    return (this.words[vector >> 5]! & (1 << (vector & 31))) !== 0;
  }

  add(vector: number): void {
    this.words[vector >> 5]! |= 1 << (vector & 31);
  }

  delete(vector: number): void {
    this.words[vector >> 5]! &= ~(1 << (vector & 31));
  }

  clear(): void {
    this.words.fill(0);
  }

  /** The highest vector in the set, -1 when empty. */
  highest(): number {
    for (let word = 7; word >= 0; word -= 1) {
      const bits = this.words[word]!;
      if (bits !== 0) return word * 32 + 31 - Math.clz32(bits);
    }
    return -1;
  }
}
