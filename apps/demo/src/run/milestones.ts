/** Finds in a guest's console output when it got somewhere. */

/** What a Linux kernel prints when it hands over to user space. */
const USERSPACE = 'Run /init as init process';

const latin1 = new TextDecoder('latin1');

/** Watches a console for the moment of entering user space. */
export class Milestones {
  readonly #startedAt = performance.now();
  #tail = '';
  #userspaceMs: number | undefined;

  /** Milliseconds to user space, when the console showed it. */
  get userspaceMs(): number | undefined {
    return this.#userspaceMs;
  }

  /** Milliseconds since the start. */
  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  hear(bytes: Uint8Array): void {
    if (this.#userspaceMs !== undefined) return;
    // The words may be cut by the end of a piece.
    const text = this.#tail + latin1.decode(bytes);
    if (text.includes(USERSPACE)) this.#userspaceMs = this.elapsedMs;
    this.#tail = text.slice(-USERSPACE.length);
  }
}
