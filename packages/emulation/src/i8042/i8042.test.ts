import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Wire } from '../../test/support/wires.ts';
import { I8042 } from './i8042.ts';

function controller() {
  const keyboard = new Wire();
  const mouse = new Wire();
  const resets: string[] = [];
  const chip = new I8042(keyboard, mouse, () => resets.push('reset'));
  const command = (value: number, data?: number) => {
    chip.command.writePort(0, 1, value);
    if (data !== undefined) chip.data.writePort(0, 1, data);
  };
  const status = () => chip.command.readPort(0, 1);
  const drain = () => {
    const bytes: number[] = [];
    while ((status() & 1) !== 0) bytes.push(chip.data.readPort(0, 1));
    return bytes;
  };
  return { chip, keyboard, mouse, resets, command, status, drain };
}

describe('I8042 as Linux probes it', () => {
  it('powers up translating, and keeps its configuration', () => {
    const { command, drain } = controller();
    command(0x20);
    expect(drain()[0]! & 0x40).toBe(0x40);
    command(0x60, 0x47);
    command(0x20);
    expect(drain()).toEqual([0x47]);
  });

  it('echoes to the mouse buffer unchanged, with the interrupt of the mouse', () => {
    const { command, status, drain, mouse } = controller();
    command(0x60, 0x46);
    for (const byte of [0x5a, 0xa5, 0xf0, 0x56, 0xa4]) {
      command(0xd3, byte);
      expect(status() & 0x21).toBe(0x21);
      expect(mouse.level).toBe(true);
      expect(drain()).toEqual([byte]);
      expect(mouse.level).toBe(false);
    }
  });

  it('has a keyboard and a mouse that tell who they are', () => {
    const { chip, command, drain, keyboard } = controller();
    command(0x60, 0x45);
    chip.data.writePort(0, 1, 0xf2);
    expect(drain()).toEqual([0xfa, 0xab, 0x83]);
    expect(keyboard.rises).toBe(3);
    command(0xd4, 0xff);
    expect(drain()).toEqual([0xfa, 0xaa, 0x00]);
    command(0xd4, 0xf2);
    expect(drain()).toEqual([0xfa, 0x00]);
  });

  it('resets the board', () => {
    const { command, resets } = controller();
    command(0xfe);
    expect(resets).toEqual(['reset']);
  });

  it('passes keys, and movements once they are wanted', () => {
    const { chip, command, drain } = controller();
    expect(chip.key(0x1e)).toBe(true);
    expect(chip.movement(8, 1, 1)).toBe(false);
    command(0xd4, 0xf4);
    expect(drain()).toEqual([0x1e, 0xfa]);
    expect(chip.movement(8, 1, 1)).toBe(true);
    expect(drain()).toEqual([8, 1, 1]);
    for (let i = 0; i < 32; i += 1) chip.key(i);
    expect(chip.key(0x1e)).toBe(false);
  });
});

it('survives nonsense, and a restored copy answers the same', () => {
  const step = fc.record({ kind: fc.nat(3), value: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.array(step, { maxLength: 60 }), (before, after) => {
      const run = (on: ReturnType<typeof controller>, steps: typeof before) =>
        steps.map(({ kind, value }) => {
          if (kind === 0) on.command(value);
          if (kind === 1) on.chip.data.writePort(0, 1, value);
          if (kind === 2) on.chip.key(value);
          return kind === 3 ? on.chip.data.readPort(0, 1) : on.status();
        });
      const one = controller();
      const two = controller();
      for (const answer of run(one, before)) expect(answer & ~0xff).toBe(0);
      two.chip.restore(one.chip.save());
      expect(two.chip.save()).toEqual(one.chip.save());
      expect(two.keyboard.level).toBe(one.keyboard.level);
      expect(run(two, after)).toEqual(run(one, after));
    }),
    { numRuns: 100 },
  );
});
