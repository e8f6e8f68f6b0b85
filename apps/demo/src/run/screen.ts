/** The screen of a guest without a screen to show it on: what was there last, as a file. */

import { writeFile } from 'node:fs/promises';
import { encodePng, Framebuffer, Keyboard, type Picture, Pointer } from '@viridian/drivers';
import type { Machine, MachineConfiguration } from '@viridian/vm';
import { OptionError } from '../demo/options.ts';

/** Where the picture goes. */
export interface DisplayOption {
  readonly png: string;
}

/** Reads the value of `--display`; undefined for none. Throws {@link OptionError}. */
export function parseDisplay(text: string): DisplayOption | undefined {
  if (text === 'none') return undefined;
  if (text.startsWith('png:') && text.length > 4) return { png: text.slice(4) };
  throw new OptionError(`--display ${text}: none or png:FILE is needed`);
}

/** Keyboard, mouse and display of a run. */
export class RunScreen {
  readonly #path: string;
  readonly #framebuffer = new Framebuffer();
  #last: Picture | undefined;

  constructor({ png }: DisplayOption) {
    this.#path = png;
  }

  /** The part of the machine's configuration that this is. */
  get configuration(): Pick<MachineConfiguration, 'input' | 'display'> {
    const input = { keyboard: new Keyboard(), pointer: new Pointer() };
    return { input, display: { framebuffer: this.#framebuffer } };
  }

  /** Looks at the screen while the guest's memory is still there. */
  watch(machine: Machine): void {
    machine.on('finishing', () => {
      this.#last = this.#framebuffer.picture();
    });
  }

  /** Writes the file; tells what was done, or why it could not be. */
  async save(): Promise<string> {
    if (this.#last === undefined) return `the screen was dark: no ${this.#path}`;
    try {
      await writeFile(this.#path, await encodePng(this.#last));
    } catch (error) {
      return `the screen cannot be written to ${this.#path}: ${(error as Error).message}`;
    }
    const { widthPixels, heightPixels } = this.#last;
    return `the screen at the end, ${widthPixels}×${heightPixels}, is in ${this.#path}`;
  }
}
