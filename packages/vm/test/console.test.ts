/** Keyboard, mouse and display of a machine: what is refused, what is offered, and where video memory is. */

import { Framebuffer, Keyboard, Pointer } from '@viridian/drivers';
import { programProcessors } from '@viridian/hypervisor/program';
import { describe, expect, it } from 'vitest';
import { createMachine, type MachineConfiguration } from '../src/index.ts';

const REST: MachineConfiguration = {
  name: 'console',
  memoryBytes: 2 ** 20,
  processor: programProcessors(() => ({ name: 'idle', start: async () => {} })),
};
const framebuffer = new Framebuffer();
const large = { widthPixels: 2560, heightPixels: 1600 };

describe('input and display of a machine', () => {
  it.each<[object, string]>([
    [{ input: { keyboard: {} } }, 'input.keyboard: give a Keyboard'],
    [{ input: { pointer: {} } }, 'input.pointer: give a Pointer'],
    [{ display: {} }, 'display.framebuffer: give a Framebuffer'],
    [{ display: { framebuffer, vramMebibytes: 0 } }, 'display.vramMebibytes: a whole number from 1 to 64'],
    [{ display: { framebuffer, vramMebibytes: 1.5 } }, 'display.vramMebibytes'],
    [
      { display: { framebuffer, resolutions: [large] } },
      'display.resolutions: 2560×1600 does not fit in 8 MiB',
    ],
    [{ display: { framebuffer, resolutions: [] } }, 'display.resolutions: a display has 1 to 64'],
    [{ display: { framebuffer }, vmbus: false }, 'input and display need the bus'],
    [{ input: { keyboard: new Keyboard() }, enlightened: false }, 'input and display need the bus'],
  ])('%# are refused', (settings, message) => {
    expect(() => createMachine({ ...REST, ...settings })).toThrow(message);
  });

  it('are there when they are wanted, and leave no trace when not', async () => {
    await using plain = createMachine(REST);
    for (const path of ['keyboard', 'mouse', 'video']) expect(plain.inspect(path)).toBeUndefined();
    const input = { keyboard: new Keyboard(), pointer: new Pointer() };
    await using full = createMachine({ ...REST, input, display: { framebuffer } });
    expect(full.inspect('keyboard')).toMatchObject({ state: 'closed' });
    expect(full.inspect('mouse')).toMatchObject({ state: 'closed' });
    expect(full.inspect('video')).toMatchObject({ session: 'closed', vramMebibytes: 8 });
  });

  it('have a window on the PCI bus of a board, of a power of two', async () => {
    const { processor: _, ...x86 } = REST;
    await using machine = createMachine({
      ...x86,
      memoryBytes: 4 * 2 ** 20,
      display: { framebuffer, vramMebibytes: 5 },
    });
    expect(machine.inspect('board/pci/functions')).toMatchObject({ '0:8.0': '1414:5353' });
    await using plain = createMachine({ ...x86, memoryBytes: 4 * 2 ** 20 });
    expect(machine.inspect('video/vramMebibytes')).toBe(5);
    expect(plain.inspect('board/pci/functions')).not.toHaveProperty('0:8.0');
  });
});
