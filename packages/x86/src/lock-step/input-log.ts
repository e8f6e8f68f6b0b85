/** What a stretch of code was told from outside: the time-stamp counter, random numbers. Told again to a second run. */

export class InputLog {
  readonly #values: bigint[] = [];
  #next = 0;
  #isReplaying = false;

  /** Whether a run is told what an earlier one was. */
  get isReplaying(): boolean {
    return this.#isReplaying;
  }

  /** A new stretch begins. */
  clear(): void {
    this.#values.length = 0;
    this.#isReplaying = false;
  }

  /** The same stretch begins once more. */
  replay(): void {
    this.#next = 0;
    this.#isReplaying = true;
  }

  /** The next value; of an earlier run where there was one, else of `ask`. */
  take(ask: () => bigint): bigint {
    if (this.#isReplaying && this.#next < this.#values.length) return this.#values[this.#next++]!;
    const value = ask();
    this.#values.push(value);
    this.#next = this.#values.length;
    return value;
  }
}
