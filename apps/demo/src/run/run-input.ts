/** What is typed and clicked at a guest of `viridian run` by a script: `--type TEXT`, `--input FILE`. */

import { readFile, writeFile } from 'node:fs/promises';
import { encodePng, type InputStep, parseInputScript, playInput, typeStep } from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import { OptionError } from '../demo/options.ts';
import type { RunScreen } from './screen.ts';

/** Of the console's last words, so many are there for `until`. */
const MOST_HEARD = 2 ** 16;

const latin1 = new TextDecoder('latin1');

/** The steps that the options ask for: those of the file, then the text. Throws {@link OptionError}. */
export async function readInput(
  file: string | undefined,
  text: string | undefined,
): Promise<readonly InputStep[]> {
  const steps: InputStep[] = [];
  try {
    if (file !== undefined) steps.push(...parseInputScript(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new OptionError(`--input ${file}: ${(cause as Error).message}`, { cause });
  }
  try {
    if (text !== undefined) steps.push(typeStep(text));
  } catch (cause) {
    throw new OptionError(`--type: ${(cause as Error).message}`, { cause });
  }
  return steps;
}

/** A script at a guest, until it ends or the guest does. */
export class RunInput implements Disposable {
  readonly #abort = new AbortController();
  readonly #steps: readonly InputStep[];
  readonly #screen: RunScreen;
  readonly #say: (text: string) => void;
  /** What the guest has written since the last `until`. */
  #heard = '';
  #waiting: { readonly text: string; readonly resolve: () => void } | undefined;

  constructor(steps: readonly InputStep[], screen: RunScreen, say: (text: string) => void) {
    this.#steps = steps;
    this.#screen = screen;
    this.#say = say;
  }

  /** Takes what the guest writes on its console. */
  hear(bytes: Uint8Array): void {
    this.#heard = (this.#heard + latin1.decode(bytes)).slice(-MOST_HEARD);
    this.#look();
  }

  /** Begins. What goes wrong is said. */
  start(): void {
    const { keyboard, pointer, framebuffer } = this.#screen;
    const stage = {
      keyboard,
      pointer,
      framebuffer,
      after: hostSockets().after,
      until: (text: string) => this.#until(text),
      screenshot: async (path: string, picture: Parameters<typeof encodePng>[0]) => {
        await writeFile(path, await encodePng(picture));
        this.#say(`the screen is in ${path}`);
      },
    };
    playInput(this.#steps, stage, this.#abort.signal).catch((error: unknown) => {
      if (!this.#abort.signal.aborted) this.#say(`the input ends: ${(error as Error).message}`);
    });
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
  }

  async #until(text: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting = { text, resolve };
      this.#look();
    });
  }

  #look(): void {
    const waiting = this.#waiting;
    const at = waiting === undefined ? -1 : this.#heard.indexOf(waiting.text);
    if (waiting === undefined || at < 0) return;
    this.#heard = this.#heard.slice(at + waiting.text.length);
    this.#waiting = undefined;
    waiting.resolve();
  }
}
