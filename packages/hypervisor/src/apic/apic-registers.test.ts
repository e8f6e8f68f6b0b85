import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Machine } from '../../test/vp/machine.ts';

const PAGE = 0xfee0_0000;
/** Registers that a 486's kernel, a Linux and a curious one read, with what they hold after reset. */
const AFTER_RESET: readonly [offset: number, value: number][] = [
  [0x020, 0],
  [0x030, 0x5_0014],
  [0x080, 0],
  [0x090, 0],
  [0x0a0, 0],
  [0x0c0, 0],
  [0x0d0, 0],
  [0x0e0, 0xffff_ffff],
  [0x280, 0],
  [0x300, 0],
  [0x310, 0],
  [0x320, 0x1_0000],
  [0x330, 0x1_0000],
  [0x340, 0x1_0000],
  [0x350, 0x700],
  [0x360, 0x400],
  [0x370, 0x1_0000],
  [0x380, 0],
  [0x390, 0],
  [0x3e0, 0],
];

describe('the page of the local APIC', () => {
  it('holds what a kernel expects after reset', () => {
    const { cpu } = new Machine();
    for (const [offset, value] of AFTER_RESET) expect(cpu.memory.read32(PAGE + offset)).toBe(value);
  });

  it('interrupts by the error entry when an error is new', () => {
    const { cpu } = new Machine();
    const errors: number[] = [];
    cpu.setInterruptHandler(0xfe, () => {
      cpu.memory.write32(PAGE + 0x280, 0);
      errors.push(cpu.memory.read32(PAGE + 0x280));
      cpu.memory.write32(PAGE + 0xb0, 0);
    });
    cpu.memory.write32(PAGE + 0x370, 0xfe);
    cpu.sti();
    cpu.memory.read32(PAGE + 0x3f0);
    // A fixed IPI to itself with a vector that is none.
    cpu.memory.write32(PAGE + 0x300, 0x4_4005);
    cpu.cli();
    expect(errors).toEqual([0x80, 0x20]);
    // An error entry that is itself in error does not go round in circles.
    cpu.memory.write32(PAGE + 0x370, 0x05);
    cpu.memory.read32(PAGE + 0x3f0);
    cpu.memory.write32(PAGE + 0x280, 0);
    expect(cpu.memory.read32(PAGE + 0x280)).toBe(0xc0);
  });

  it('survives any accesses, of any size, anywhere', () => {
    const offset = fc.oneof(
      fc.nat(0xff8),
      fc.nat(0x3f).map((register) => register * 16),
    );
    const access = fc.record({ offset, value: fc.nat(0xffff_ffff), size: fc.constantFrom(1, 2, 4) });
    fc.assert(
      fc.property(fc.array(access, { maxLength: 40 }), (accesses) => {
        const { cpu, executor } = new Machine({ vps: 2 });
        cpu.cli();
        for (const { offset: at, value, size } of accesses) {
          // INIT to itself starts it over, and the program that sent it is gone.
          if (at >> 4 === 0x30) continue;
          if (size === 4) cpu.memory.write32(PAGE + at, value);
          else if (size === 2) cpu.memory.write16(PAGE + at, value & 0xffff);
          else cpu.memory.write8(PAGE + at, value & 0xff);
          expect(cpu.memory.read32(PAGE + 0x30)).toBe(0x5_0014);
          cpu.memory.read32(PAGE + at);
        }
        executor.runAll();
      }),
      { numRuns: 60 },
    );
  });
});
