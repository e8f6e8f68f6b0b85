/** The kernel's log: lines with the time since boot, kept in a ring and passed on as they come, as `dmesg` shows them. */

/** One line of the log. */
export interface LogLine {
  /** Seconds since boot. */
  readonly seconds: number;
  readonly text: string;
}

const KEPT_LINES = 4096;

/** Collects the kernel's messages. */
export class KernelLog {
  readonly #lines: LogLine[] = [];
  readonly #now: () => number;
  readonly #onLine: ((line: LogLine) => void) | undefined;

  /** `now` gives seconds since boot; `onLine` hears each line as it is written. */
  constructor(now: () => number, onLine?: (line: LogLine) => void) {
    this.#now = now;
    this.#onLine = onLine;
  }

  /** Writes one line. */
  print(text: string): void {
    const line = { seconds: this.#now(), text };
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    this.#onLine?.(line);
  }

  /** The lines kept, oldest first. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }
}

/** `[    0.123456] text`, the form of a Linux console. */
export function formatLogLine(line: LogLine): string {
  return `[${line.seconds.toFixed(6).padStart(12)}] ${line.text}`;
}
