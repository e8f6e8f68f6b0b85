import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Wire } from '../../test/support/wires.ts';
import { Ier, Lcr, Lsr, Mcr, Reg } from './spec.ts';
import { Uart16550 } from './uart-16550.ts';

function port() {
  const line = new Wire();
  const sent: number[] = [];
  let taken = 0;
  const uart = new Uart16550(line, { write: (byte) => sent.push(byte) }, () => {
    taken += 1;
  });
  const write = (offset: number, value: number) => uart.writePort(offset, 1, value);
  return { uart, line, sent, write, read: (offset: number) => uart.readPort(offset), taken: () => taken };
}

describe('Uart16550 as the Linux driver finds it', () => {
  it('is recognised as a 16550A and nothing newer', () => {
    const { read, write } = port();
    write(Reg.IER, 0xff);
    expect(read(Reg.IER)).toBe(0x0f);
    write(Reg.IER, 0);
    write(Reg.IIR_FCR, 0x01);
    expect(read(Reg.IIR_FCR) >> 6).toBe(3);
    for (const lcr of [0x80, 0xbf]) {
      write(Reg.LCR, lcr);
      expect(read(Reg.IIR_FCR)).toBe(0xc1);
    }
    write(Reg.LCR, 0);
    write(Reg.SCR, 0xa5);
    expect(read(Reg.SCR)).toBe(0xa5);
  });

  it('answers the loopback test', () => {
    const { read, write, sent } = port();
    write(Reg.MCR, Mcr.LOOP | 0x0a);
    expect(read(Reg.MSR) & 0xf0).toBe(0x90);
    write(Reg.RBR_THR, 0x55);
    expect(read(Reg.LSR) & Lsr.DR).toBe(Lsr.DR);
    expect(read(Reg.RBR_THR)).toBe(0x55);
    expect(sent).toEqual([]);
  });

  it('tells of an empty transmitter each time THRI is switched on', () => {
    const { read, write, line } = port();
    write(Reg.MCR, Mcr.OUT2);
    for (let i = 0; i < 3; i += 1) {
      write(Reg.IER, Ier.THRI);
      expect(line.level).toBe(true);
      expect(read(Reg.IIR_FCR)).toBe(0x02);
      expect(line.level).toBe(false);
      expect(read(Reg.IIR_FCR)).toBe(0x01);
      write(Reg.IER, 0);
    }
  });

  it('is always ready to send', () => {
    const { read, write, sent } = port();
    for (const byte of [0x41, 0x42]) {
      expect(read(Reg.LSR)).toBe(0x60);
      write(Reg.RBR_THR, byte);
    }
    expect(sent).toEqual([0x41, 0x42]);
  });

  it('keeps the divisor apart', () => {
    const { read, write, sent } = port();
    write(Reg.LCR, Lcr.DLAB | 3);
    write(0, 0x01);
    write(1, 0xc2);
    expect([read(0), read(1)]).toEqual([0x01, 0xc2]);
    write(Reg.LCR, 3);
    expect([read(0), read(1)]).toEqual([0, 0]);
    expect(sent).toEqual([]);
  });
});

describe('Uart16550 receiving', () => {
  it('interrupts at the trigger level, and by timeout below it', () => {
    const { uart, read, write, line, taken } = port();
    write(Reg.MCR, Mcr.OUT2);
    write(Reg.IER, Ier.RDI);
    write(Reg.IIR_FCR, 0x41); // four bytes
    uart.receive(1);
    expect(line.level).toBe(true);
    expect(read(Reg.IIR_FCR)).toBe(0xcc);
    for (const byte of [2, 3, 4]) uart.receive(byte);
    expect(read(Reg.IIR_FCR)).toBe(0xc4);
    expect([read(0), read(0), read(0), read(0)]).toEqual([1, 2, 3, 4]);
    expect(line.level).toBe(false);
    expect(taken()).toBe(4);
  });

  it('loses what does not fit, and says so once', () => {
    const { uart, read, write } = port();
    write(Reg.IIR_FCR, 0x01);
    for (let i = 0; i < 16; i += 1) expect(uart.receive(i)).toBe(true);
    expect(uart.roomBytes).toBe(0);
    expect(uart.receive(99)).toBe(false);
    expect(read(Reg.LSR)).toBe(0x63);
    expect(read(Reg.LSR)).toBe(0x61);
    for (let i = 0; i < 16; i += 1) expect(read(0)).toBe(i);
    expect(read(0)).toBe(0);
  });

  it('keeps the line low without OUT2', () => {
    const { uart, write, line } = port();
    write(Reg.IER, Ier.RDI);
    uart.receive(1);
    expect(line.level).toBe(false);
    write(Reg.MCR, Mcr.OUT2);
    expect(line.level).toBe(true);
  });

  it('reports breaks as line status', () => {
    const { uart, read, write } = port();
    write(Reg.IER, Ier.RLSI);
    uart.receiveBreak();
    expect(read(Reg.IIR_FCR)).toBe(0x06);
    expect(read(Reg.LSR) & Lsr.BI).toBe(Lsr.BI);
    expect(read(Reg.IIR_FCR)).toBe(0x01);
  });
});

describe('Uart16550 under nonsense', () => {
  const steps = fc.array(fc.record({ kind: fc.nat(2), offset: fc.nat(9), value: fc.nat(255) }), {
    maxLength: 80,
  });

  it('answers bytes, and a restored copy answers the same', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const one = port();
        const two = port();
        const run = (on: typeof one, list: typeof before) =>
          list.map(({ kind, offset, value }) => {
            if (kind === 0) on.write(offset, value);
            if (kind === 1) on.uart.receive(value);
            return kind === 2 ? on.read(offset) : on.line.level;
          });
        for (const answer of run(one, before)) expect(Number(answer)).toBeLessThan(256);
        two.uart.restore(one.uart.save());
        expect(two.uart.save()).toEqual(one.uart.save());
        expect(two.line.level).toBe(one.line.level);
        expect(run(two, after)).toEqual(run(one, after));
      }),
      { numRuns: 150 },
    );
  });
});
