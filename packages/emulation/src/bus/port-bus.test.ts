import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortBus } from './port-bus.ts';
import { allOnes, type RegisterBlock, type Width } from './ports.ts';

class Registers implements RegisterBlock {
  readonly widest: Width;
  readonly log: [offset: number, width: Width, value: number][] = [];
  constructor(widest: Width) {
    this.widest = widest;
  }
  readPort(offset: number, width: Width): number {
    return width === 1 ? 0x10 + offset : width === 2 ? 0x2200 + offset : 0x8844_0000 + offset;
  }
  writePort(offset: number, width: Width, value: number): void {
    this.log.push([offset, width, value]);
  }
}

describe('PortBus', () => {
  it('gives a device offsets, at the widths that it takes', () => {
    const bus = new PortBus();
    const wide = new Registers(4);
    bus.map('wide', 0x100, 8, wide);
    expect(bus.read(0x104, 4)).toBe(0x8844_0004);
    bus.write(0x102, 2, 0xfff_abcd);
    expect(wide.log).toEqual([[2, 2, 0xabcd]]);
  });

  it('splits what is too wide into bytes, lowest first', () => {
    const bus = new PortBus();
    const narrow = new Registers(1);
    bus.map('narrow', 0x100, 2, narrow);
    expect(bus.read(0x100, 4)).toBe(0xffff_1110);
    bus.write(0x100, 2, 0xbbaa);
    expect(narrow.log).toEqual([
      [0, 1, 0xaa],
      [1, 1, 0xbb],
    ]);
  });

  it('refuses overlaps and ranges outside the port space', () => {
    const bus = new PortBus();
    const remove = bus.map('one', 0x60, 5, new Registers(1));
    expect(() => bus.map('two', 0x64, 1, new Registers(1))).toThrow('64h belongs to one');
    expect(() => bus.map('end', 0xffff, 2, new Registers(1))).toThrow(RangeError);
    expect(() => bus.map('none', 0, 0, new Registers(1))).toThrow(RangeError);
    remove();
    remove();
    bus.map('two', 0x64, 1, new Registers(1));
    expect(bus.inspect()).toMatchObject({ map: { '64h+1': 'two' } });
  });

  it('reads all ones where nobody is, and wraps at the last port', () => {
    const bus = new PortBus();
    fc.assert(
      fc.property(fc.nat(0xffff), fc.constantFrom<Width>(1, 2, 4), fc.nat(), (port, width, value) => {
        bus.write(port, width, value);
        expect(bus.read(port, width)).toBe(allOnes(width));
      }),
    );
    bus.map('first', 0, 1, new Registers(1));
    expect(bus.read(0xffff, 2)).toBe(0x10ff);
  });
});
