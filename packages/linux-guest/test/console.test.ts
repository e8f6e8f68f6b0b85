/** A TypeScript guest that draws and reacts to keys and pointer, on the real host. */

import { Framebuffer, Keyboard, Pointer } from '@viridian/drivers';
import { programProcessors } from '@viridian/hypervisor/program';
import { createMachine } from '@viridian/vm';
import { describe, expect, it } from 'vitest';
import { type Kernel, linuxGuest } from '../src/index.ts';

const SMALL = { widthPixels: 320, heightPixels: 200 };
const LARGE = { widthPixels: 1024, heightPixels: 768 };

function machineWith(main: (kernel: Kernel) => Promise<void>, memoryMiB = 16, screen = SMALL) {
  const keyboard = new Keyboard();
  const pointer = new Pointer();
  const framebuffer = new Framebuffer();
  const log: string[] = [];
  const machine = createMachine({
    name: 'drawing',
    memoryBytes: memoryMiB * 2 ** 20,
    processor: programProcessors(linuxGuest({ main, onLog: (line) => log.push(line.text) })),
    input: { keyboard, pointer },
    display: { framebuffer, resolutions: [screen] },
  });
  return { machine, keyboard, pointer, framebuffer, log };
}

const RED = [0, 0, 255, 0];
const GREEN = [0, 255, 0, 0];

describe('a TypeScript guest at its console', () => {
  it('draws where it is told to by keys and pointer', async () => {
    let begun = (): void => {};
    const isBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const { machine, keyboard, pointer, framebuffer, log } = machineWith(async (kernel) => {
      const screen = kernel.framebuffer!;
      expect(kernel.input.devices).toHaveLength(2);
      screen.fill({ left: -5, top: 0, right: 10, bottom: 900 }, 0xff0000);
      screen.fill({ left: 400, top: 0, right: 500, bottom: 10 }, 0xff0000);
      await new Promise<void>((resolve) => {
        kernel.input.onPointer = ({ x, y, buttons }) => {
          if (buttons !== 1) return;
          const left = Math.round((x * (screen.widthPixels - 1)) / 32767);
          const top = Math.round((y * (screen.heightPixels - 1)) / 32767);
          screen.fill({ left, top, right: left + 1, bottom: top + 1 }, 0x00ff00);
        };
        kernel.input.onKey = ({ makeCode, isBreak }) => {
          if (makeCode === 0x01 && isBreak) resolve();
        };
        begun();
      });
    });
    const pixel = (x: number, y: number): number[] =>
      Array.from(framebuffer.picture({ left: x, top: y, right: x + 1, bottom: y + 1 })?.pixels ?? []);
    const dirty = new Set<string>();
    const drawnByPointer = new Promise<void>((resolve) => {
      framebuffer.watch({
        dirtied: ({ left, top, right, bottom }) => {
          dirty.add([left, top, right, bottom].join());
          if (left === 200) resolve();
        },
      });
    });
    machine.start();
    await isBegun;
    expect(framebuffer.size, log.join('\n')).toEqual(SMALL);
    expect([pixel(0, 0), pixel(9, 199), pixel(10, 0)]).toEqual([RED, RED, [0, 0, 0, 0]]);
    pointer.moveToPixel(200, 150, framebuffer.size!);
    pointer.click();
    await drawnByPointer;
    expect([pixel(200, 150), pixel(201, 150)]).toEqual([GREEN, [0, 0, 0, 0]]);
    expect(dirty).toContain('0,0,10,200');
    keyboard.chord('Escape');
    expect(await machine.finished).toEqual({ reason: 'halted' });
    expect(framebuffer.size).toBeUndefined();
    expect(log.join('\n')).toContain('fb0, 320x200');
  });

  it('goes on without a screen when it has no memory for one', async () => {
    let screen: unknown;
    const main = async (kernel: Kernel): Promise<void> => {
      screen = kernel.framebuffer;
      expect(kernel.input.devices).toHaveLength(2);
    };
    const { machine, log } = machineWith(main, 3, LARGE);
    machine.start();
    expect(await machine.finished, log.join('\n')).toEqual({ reason: 'halted' });
    expect(screen).toBeUndefined();
    expect(log.join('\n')).toMatch(/hyperv_fb: probe of vmbus_\d+ failed: OutOfMemory/);
  });
});
