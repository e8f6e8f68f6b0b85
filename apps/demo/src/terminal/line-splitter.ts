/** Bytes of a serial line, cut into lines of text. */

/** The longest line that is kept together: a guest that sends no line ends must not fill our memory. */
const LONGEST_LINE = 4096;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** Calls `onLine` with each line, without its end. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #bytes: number[] = [];

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(byte: number): void {
    if (byte === CARRIAGE_RETURN) return;
    if (byte !== NEWLINE) this.#bytes.push(byte);
    if (byte === NEWLINE || this.#bytes.length >= LONGEST_LINE) this.flush();
  }

  /** What has come so far is a line, too. */
  flush(): void {
    const line = this.#decoder.decode(Uint8Array.from(this.#bytes));
    this.#bytes = [];
    this.#onLine(line);
  }
}
