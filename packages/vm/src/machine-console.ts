/** Keyboard, mouse and display of a machine: from its configuration to devices on the bus. */

import { type Board, syntheticVideo } from '@viridian/emulation';
import type { Inspectable } from '@viridian/trace';
import type { OfferedDevice } from '@viridian/vmbus/host';
import { SynthKeyboard } from '@viridian/vsp/keyboard';
import { SynthMouse } from '@viridian/vsp/mouse';
import { SynthVideo } from '@viridian/vsp/video';
import type { CheckedConfiguration, DisplayConfiguration, MachineConfiguration } from './configuration.ts';
import { ConfigurationError } from './configuration-error.ts';
import { VIDEO_GPA } from './machine-memory.ts';

const MEBIBYTE = 2 ** 20;
const DEFAULT_VRAM_MEBIBYTES = 8;
const MOST_VRAM_MEBIBYTES = 64;
/** Device on PCI bus 0, as on Hyper-V's first generation. */
const VIDEO_SLOT = 8;

/** The part of a machine that a person sits at. */
export type ConsoleConfiguration = Pick<CheckedConfiguration, 'input' | 'display'>;

/** Devices by their names in the inspection tree. */
export type ConsoleDevices = Readonly<Record<string, OfferedDevice & Inspectable>>;

/** Checks the settings. Throws {@link ConfigurationError} at the first problem. */
export function checkConsole(given: MachineConfiguration, hasBus: boolean): ConsoleConfiguration {
  const { input = {}, display } = given;
  if (input.keyboard !== undefined && typeof input.keyboard.connect !== 'function') {
    throw new ConfigurationError('input.keyboard', 'give a Keyboard: new Keyboard()');
  }
  if (input.pointer !== undefined && typeof input.pointer.connect !== 'function') {
    throw new ConfigurationError('input.pointer', 'give a Pointer: new Pointer()');
  }
  if (display !== undefined) checkDisplay(display);
  const isWanted = input.keyboard !== undefined || input.pointer !== undefined || display !== undefined;
  if (isWanted && !hasBus) {
    throw new ConfigurationError(
      'vmbus',
      'input and display need the bus: leave vmbus out or take them away',
    );
  }
  return { input, display };
}

function checkDisplay(display: DisplayConfiguration): void {
  const { framebuffer, vramMebibytes = DEFAULT_VRAM_MEBIBYTES } = display;
  if (typeof framebuffer?.show !== 'function') {
    throw new ConfigurationError('display.framebuffer', 'give a Framebuffer: new Framebuffer()');
  }
  if (!Number.isInteger(vramMebibytes) || vramMebibytes < 1 || vramMebibytes > MOST_VRAM_MEBIBYTES) {
    throw new ConfigurationError(
      'display.vramMebibytes',
      `a whole number from 1 to ${MOST_VRAM_MEBIBYTES} is needed, not ${vramMebibytes}`,
    );
  }
  try {
    new SynthVideo(framebuffer, videoOptions(display));
  } catch (error) {
    throw new ConfigurationError('display.resolutions', (error as Error).message);
  }
}

/** The devices, to be offered. */
export function makeConsole({ input, display }: ConsoleConfiguration, where: string): ConsoleDevices {
  return {
    ...(input.keyboard && { keyboard: new SynthKeyboard(input.keyboard, { where: `${where}/keyboard` }) }),
    ...(input.pointer && { mouse: new SynthMouse(input.pointer, { where: `${where}/mouse` }) }),
    ...(display && {
      video: new SynthVideo(display.framebuffer, { ...videoOptions(display), where: `${where}/video` }),
    }),
  };
}

function videoOptions({ resolutions, vramMebibytes = DEFAULT_VRAM_MEBIBYTES }: DisplayConfiguration) {
  return { vramMebibytes, ...(resolutions && { resolutions }) };
}

/**
 * Bytes of memory in the window that a machine's board has for video: a power of two. Without a board a guest can only use its RAM.
 */
export function videoWindowBytes({ display, board }: CheckedConfiguration): number {
  if (display === undefined || board === undefined) return 0;
  return 2 ** Math.ceil(Math.log2((display.vramMebibytes ?? DEFAULT_VRAM_MEBIBYTES) * MEBIBYTE));
}

/** Shows the window on the board's PCI bus, by which Linux finds it. */
export function plugVideoWindow(board: Board | undefined, bytes: number): void {
  if (bytes > 0) board?.pci.plug(VIDEO_SLOT, 0, syntheticVideo(VIDEO_GPA, bytes));
}
