import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortBus } from '../bus/port-bus.ts';
import { allOnes, type Width } from '../bus/ports.ts';
import {
  hostBridge440bx,
  idePiix4,
  isaBridgePiix4,
  powerManagementPiix4,
  syntheticVideo,
} from './board-functions.ts';
import { ConfigSpace } from './config-space.ts';
import { PciBus } from './pci-bus.ts';

function board() {
  const resets: number[] = [];
  const pci = new PciBus({ readPort: () => 0x02, writePort: (_o, _w, value) => resets.push(value) });
  const ide = idePiix4();
  pci.plug(0, 0, hostBridge440bx());
  pci.plug(7, 0, isaBridgePiix4());
  pci.plug(7, 1, ide);
  pci.plug(7, 3, powerManagementPiix4(0x400));
  const bus = new PortBus();
  bus.map('pci', 0xcf8, 8, pci);
  const at = (device: number, func: number, register: number) =>
    bus.write(0xcf8, 4, 0x8000_0000 + (device << 11) + (func << 8) + (register & 0xfc));
  const read = (device: number, func: number, register: number, width: Width) => {
    at(device, func, register);
    return bus.read(0xcfc + (register & 3), width);
  };
  const write = (device: number, func: number, register: number, width: Width, value: number) => {
    at(device, func, register);
    bus.write(0xcfc + (register & 3), width, value);
  };
  return { bus, pci, ide, resets, read, write };
}

describe('PciBus as Linux probes it', () => {
  it('is configuration mechanism 1', () => {
    const { bus, resets } = board();
    bus.write(0xcfb, 1, 0x01);
    bus.write(0xcf8, 4, 0x8000_0000);
    expect(bus.read(0xcf8, 4)).toBe(0x8000_0000);
    expect(bus.read(0xcfc, 4)).toBe(0x7192_8086);
    bus.write(0xcf8, 4, 0xffff_ffff);
    expect(bus.read(0xcf8, 4)).toBe(0x80ff_fffc);
    expect(resets).toEqual([]);
  });

  it('leads CF9h to reset control', () => {
    const { bus, resets } = board();
    expect(bus.read(0xcf9, 1)).toBe(2);
    bus.write(0xcf9, 1, 6);
    expect(resets).toEqual([6]);
  });

  it('shows the functions of the board', () => {
    const { read } = board();
    const found = [
      [0, 0],
      [7, 0],
      [7, 1],
      [7, 3],
    ].map(([device, func]) => [read(device!, func!, 0, 4), read(device!, func!, 8, 4)]);
    expect(found).toEqual([
      [0x7192_8086, 0x0600_0003],
      [0x7110_8086, 0x0601_0002],
      [0x7111_8086, 0x0101_8001],
      [0x7113_8086, 0x0680_0003],
    ]);
    expect(read(7, 0, 0x0e, 1)).toBe(0x80);
    expect(read(7, 0, 0x60, 4)).toBe(0x8080_8080);
    expect(read(7, 1, 0x40, 4)).toBe(0x8000_8000);
    expect([read(7, 3, 0x40, 4), read(7, 3, 0x80, 1), read(7, 3, 0x3d, 1)]).toEqual([0x401, 1, 1]);
  });

  it('reads all ones where there is no function, no bus, or no enable bit', () => {
    const { bus, read } = board();
    expect(read(7, 2, 0, 4)).toBe(0xffff_ffff);
    for (const address of [0x8001_0000, 0x0000_0000]) {
      bus.write(0xcf8, 4, address);
      expect(bus.read(0xcfc, 2)).toBe(0xffff);
      bus.write(0xcfc, 2, 0);
    }
  });

  it('lets windows be sized and placed', () => {
    const { ide, read, write } = board();
    write(7, 1, 0x20, 4, 0xffff_ffff);
    expect(read(7, 1, 0x20, 4)).toBe(0xffff_fff1);
    write(7, 1, 0x20, 4, 0xc000);
    expect(ide.read(0x20, 4)).toBe(0xc001);
    write(7, 1, 0x10, 4, 0xffff_ffff);
    expect(read(7, 1, 0x10, 4)).toBe(0);
  });

  it('shows the synthetic display with its window, which Linux sizes', () => {
    const { pci, read, write } = board();
    pci.plug(8, 0, syntheticVideo(0xf800_0000, 0x80_0000));
    expect([read(8, 0, 0, 4), read(8, 0, 8, 4)]).toEqual([0x5353_1414, 0x0300_0000]);
    expect([read(8, 0, 4, 2), read(8, 0, 0x10, 4)]).toEqual([2, 0xf800_0000]);
    write(8, 0, 0x10, 4, 0xffff_ffff);
    expect(read(8, 0, 0x10, 4)).toBe(0xff80_0000);
  });

  it('refuses a taken or impossible place, and impossible windows', () => {
    const { pci } = board();
    expect(() => pci.plug(0, 0, hostBridge440bx())).toThrow('taken');
    expect(() => pci.plug(32, 0, hostBridge440bx())).toThrow(RangeError);
    const pull = pci.plug(9, 0, idePiix4());
    pull();
    pci.plug(9, 0, idePiix4());
    expect(() => idePiix4().bar(0, 'memory', 24)).toThrow(RangeError);
  });
});

describe('PciBus under nonsense', () => {
  const access = fc.record({
    register: fc.nat(255),
    func: fc.nat(7),
    device: fc.constantFrom(0, 7, 9),
    width: fc.constantFrom<Width>(1, 2, 4),
    value: fc.nat(0xffff_ffff),
  });

  it('keeps what is constant, and save and restore keep everything', () => {
    fc.assert(
      fc.property(fc.array(access, { maxLength: 60 }), (accesses) => {
        const { ide, read, write } = board();
        for (const { register, func, device, width, value } of accesses) {
          write(device, func, register, width, value);
          expect(read(device, func, register, width)).toBeLessThanOrEqual(allOnes(width));
        }
        expect(read(7, 1, 0, 4)).toBe(0x7111_8086);
        const copy = idePiix4();
        copy.restore(ide.save());
        expect(copy.save()).toEqual(ide.save());
        ide.reset();
        expect(ide.save()).toEqual(idePiix4().save());
      }),
      { numRuns: 100 },
    );
  });

  it('tells its device of each change, and refuses a state of another size', () => {
    let changes = 0;
    const config = new ConfigSpace({ vendor: 1, device: 2, revision: 0, classCode: 0 }, () => {
      changes += 1;
    });
    config.write(4, 2, 7);
    config.reset();
    expect(changes).toBe(2);
    expect(() => config.restore({ version: 1, bytes: new Uint8Array(3) })).toThrow(RangeError);
  });
});
