/** Keyboard, mouse and display of a run: for VNC clients, or what was there last as a file. */

import { readFile, writeFile } from 'node:fs/promises';
import { encodePng, Framebuffer, Keyboard, type Picture, Pointer, RfbServer } from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import type { Machine, MachineConfiguration } from '@viridian/vm';
import { OptionError } from '../demo/options.ts';
import type { DisplayOption, VncOption } from './display-option.ts';

/** A screen until the run ends. */
export class RunScreen implements Disposable {
  readonly keyboard = new Keyboard();
  readonly pointer = new Pointer();
  readonly framebuffer = new Framebuffer();
  readonly #path: string | undefined;
  #server: RfbServer | undefined;
  #last: Picture | undefined;

  private constructor(path: string | undefined) {
    this.#path = path;
  }

  /** Listens for VNC clients if they are wanted; `say` hears where. Throws {@link OptionError} when it cannot. */
  static async open(option: DisplayOption, title: string, say: (text: string) => void): Promise<RunScreen> {
    if ('png' in option) return new RunScreen(option.png);
    const screen = new RunScreen(undefined);
    const port = await screen.#serve(option.vnc, title);
    say(`VNC clients find the guest at ${option.vnc.address}:${port}`);
    return screen;
  }

  /** The part of the machine's configuration that this is. */
  get configuration(): Pick<MachineConfiguration, 'input' | 'display'> {
    const { keyboard, pointer, framebuffer } = this;
    return { input: { keyboard, pointer }, display: { framebuffer } };
  }

  /** Looks at the screen while the guest's memory is still there. */
  watch(machine: Machine): void {
    machine.on('finishing', () => {
      this.#last = this.framebuffer.picture();
    });
  }

  /** Writes the file; tells what was done, or why it could not be. Undefined when there is nothing to do. */
  async save(): Promise<string | undefined> {
    const path = this.#path;
    if (path === undefined) return undefined;
    if (this.#last === undefined) return `the screen was dark: no ${path}`;
    try {
      await writeFile(path, await encodePng(this.#last));
    } catch (error) {
      return `the screen cannot be written to ${path}: ${(error as Error).message}`;
    }
    const { widthPixels, heightPixels } = this.#last;
    return `the screen at the end, ${widthPixels}×${heightPixels}, is in ${path}`;
  }

  [Symbol.dispose](): void {
    this.#server?.close();
  }

  async #serve({ port, address, passwordFile }: VncOption, desktopName: string): Promise<number> {
    const { keyboard, pointer, framebuffer } = this;
    const password = passwordFile === undefined ? undefined : await readPassword(passwordFile);
    this.#server = new RfbServer({
      framebuffer,
      keyboard,
      pointer,
      sockets: hostSockets(),
      desktopName,
      ...(password !== undefined && { password }),
    });
    try {
      return await this.#server.listen({ port, address });
    } catch (cause) {
      const problem = `port ${port} of ${address} cannot be had: ${(cause as Error).message}`;
      throw new OptionError(`--display vnc: ${problem}`, { cause });
    }
  }
}

async function readPassword(path: string): Promise<string> {
  let password = '';
  try {
    [password = ''] = (await readFile(path, 'utf8')).split(/\r?\n/);
  } catch (cause) {
    throw new OptionError(`--display …,password-file=${path}: ${(cause as Error).message}`, { cause });
  }
  if (password === '') throw new OptionError(`--display …,password-file=${path}: its first line is empty`);
  return password;
}
