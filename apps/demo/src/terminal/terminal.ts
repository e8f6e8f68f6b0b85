/** Output for people: colours on a terminal only, one line of progress that is rewritten there and left out elsewhere. */

import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where the demo prints. */
export class Terminal {
  readonly #stream: NodeJS.WriteStream;
  #progressShown = false;

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.#stream = stream;
  }

  /** Text in a style, where the stream shows styles. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#stream });
  }

  /** Whether the stream shows colours: a terminal, and nobody asked for none. */
  get hasColours(): boolean {
    return this.#stream.isTTY === true && this.#stream.hasColors();
  }

  /** Prints one line. */
  line(text = ''): void {
    this.#clearProgress();
    this.#stream.write(`${text}\n`);
  }

  /** Shows how far some work is; `fraction` from 0 to 1. */
  progress(label: string, fraction: number): void {
    if (!this.#stream.isTTY) return;
    const width = 28;
    const filled = Math.round(Math.min(1, fraction) * width);
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
    this.#stream.write(`\r\u001b[K${label} ${bar} ${Math.round(fraction * 100)} %`);
    this.#progressShown = true;
    if (fraction >= 1) this.#clearProgress();
  }

  #clearProgress(): void {
    if (this.#progressShown) this.#stream.write('\r\u001b[K');
    this.#progressShown = false;
  }
}
