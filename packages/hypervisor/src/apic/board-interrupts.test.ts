import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Machine, recordInterrupts } from '../../test/vp/machine.ts';
import { DeliveryMode } from './interrupt-delivery.ts';

const SVR = 0xfee0_00f0;
const LINT0 = 0xfee0_0350;
const LINT1 = 0xfee0_0360;
const { FIXED, LOWEST, SMI, NMI, INIT, SIPI, EXTINT } = DeliveryMode;

/** Processors with their APICs on that record what they take. */
function board(vps = 2) {
  const machine = new Machine({ vps });
  if (vps > 1) machine.startOthers();
  const taken = machine.cpus.map((cpu) => recordInterrupts(cpu, [0x30, 0x31, 0x40]));
  for (const cpu of machine.cpus) {
    cpu.memory.write32(SVR, 0x1ff);
    cpu.sti();
  }
  const { interrupts } = machine.partition;
  const send = (deliveryMode: number, vector: number, more = {}): boolean => {
    const took = interrupts.deliver({
      deliveryMode,
      vector,
      destination: 0,
      logical: false,
      level: false,
      ...more,
    });
    machine.executor.runAll();
    return took;
  };
  return { machine, taken, interrupts, send };
}

/** A stand-in for the 8259 pair with vectors in a queue. */
function controllers(machine: Machine) {
  const queue: number[] = [];
  const { interrupts } = machine.partition;
  const sync = (): void => interrupts.setExtInt(queue.length > 0, acknowledge);
  const acknowledge = (): number => {
    const vector = queue.shift() ?? 0x37;
    sync();
    return vector;
  };
  return {
    queue,
    request: (...vectors: number[]): void => {
      queue.push(...vectors);
      sync();
      machine.executor.runAll();
    },
  };
}

describe('interrupt messages of the board', () => {
  it('go where they are addressed, and say whether anybody took them', () => {
    const { taken, send } = board();
    expect(send(FIXED, 0x40, { destination: 1 })).toBe(true);
    expect(send(FIXED, 0x41, { destination: 5 })).toBe(false);
    expect(send(LOWEST, 0x30, { destination: 0xff })).toBe(true);
    expect(send(FIXED, 0x31, { destination: 0xff })).toBe(true);
    expect(taken).toEqual([
      [0x30, 0x31],
      [0x40, 0x31],
    ]);
    // A vector that is none, and one too wide.
    expect(send(FIXED, 5)).toBe(false);
    expect(send(FIXED, 0x140)).toBe(true);
    expect(taken[0]!.at(-1)).toBe(0x40);
  });

  it('carry NMI, INIT and start-up', () => {
    const { machine, send } = board();
    let nmis = 0;
    machine.cpus[1]!.setNmiHandler(() => {
      nmis += 1;
    });
    send(NMI, 0, { destination: 1 });
    expect(nmis).toBe(1);
    send(INIT, 0, { destination: 1 });
    expect(machine.vp(1).waitsForSipi).toBe(true);
    send(SIPI, 9, { destination: 1 });
    expect(machine.rips[1]).toBe(0x9000);
    expect(send(SMI, 0)).toBe(false);
    expect(send(3, 0x40)).toBe(false);
  });

  it('tell the end of level-triggered ones to the board alone, if it listens', () => {
    const { machine, interrupts, send } = board();
    const ends: [vector: number, vp: number][] = [];
    const stop = interrupts.onEndOfInterrupt((vector, vp) => ends.push([vector, vp]));
    send(FIXED, 0x40, { level: true, destination: 1 });
    send(FIXED, 0x30);
    send(LOWEST, 0x31, { level: true });
    expect(ends).toEqual([
      [0x40, 1],
      [0x31, 0],
    ]);
    expect(machine.partition.counters.apicEoiIntercepts).toBe(0);
    stop();
    send(FIXED, 0x40, { level: true });
    expect(ends).toHaveLength(2);
    expect(machine.partition.counters.apicEoiIntercepts).toBe(1);
  });
});

describe('the line of the old interrupt controllers', () => {
  it('interrupts the first processor from the start, by virtual wire', () => {
    const machine = new Machine({ vps: 2 });
    const pic = controllers(machine);
    const taken = recordInterrupts(machine.cpu, [0x08, 0x09], false);
    pic.request(0x08);
    expect(taken).toEqual([]);
    machine.cpu.sti();
    machine.executor.runAll();
    pic.request(0x09, 0x08);
    expect(taken).toEqual([0x08, 0x09, 0x08]);
    expect(machine.vp().apic.isr.highest()).toBe(-1);
  });

  it('is cut off by the mask of LINT0, and connected again', () => {
    const { machine } = board();
    const pic = controllers(machine);
    const taken = recordInterrupts(machine.cpu, [0x08], false);
    machine.cpu.memory.write32(LINT0, 0x1_0700);
    pic.request(0x08);
    expect(taken).toEqual([]);
    machine.cpu.memory.write32(LINT0, 0x700);
    machine.executor.runAll();
    expect(taken).toEqual([0x08]);
    // As fixed interrupt: its own vector, by the edge.
    machine.cpu.memory.write32(LINT0, 0x30);
    recordInterrupts(machine.cpu, [0x30]);
    pic.request(0x08);
    expect(pic.queue).toEqual([0x08]);
  });

  it('is withdrawn before it is taken', () => {
    const { machine, interrupts } = board(1);
    let asked = 0;
    const acknowledge = (): number => {
      asked += 1;
      return 0x37;
    };
    machine.cpu.cli();
    interrupts.setExtInt(true, acknowledge);
    interrupts.setExtInt(false, acknowledge);
    machine.cpu.sti();
    machine.executor.runAll();
    expect(asked).toBe(0);
  });

  it('comes by a message too, and goes past a disabled APIC', () => {
    const { machine, send } = board();
    const pic = controllers(machine);
    const taken = recordInterrupts(machine.cpu, [0x08, 0x37], false);
    machine.cpu.memory.write32(LINT0, 0x1_0700);
    pic.request(0x08);
    expect(send(EXTINT, 0)).toBe(true);
    expect(taken).toEqual([0x08]);
    // Nobody asks: the controllers answer with their spurious vector.
    send(EXTINT, 0);
    expect(taken).toEqual([0x08, 0x37]);
    machine.cpu.wrmsr(0x1b, 0xfee0_0100n);
    pic.request(0x08);
    expect(taken).toEqual([0x08, 0x37, 0x08]);
  });

  it('is known to a processor that is made later', () => {
    const machine = new Machine();
    machine.partition.deleteVp(0);
    const pic = controllers(machine);
    pic.request(0x08);
    machine.partition.createVp(0);
    expect(machine.vp().apic.hasDeliverable).toBe(true);
  });
});

describe('the NMI line', () => {
  it('reaches the processors whose LINT1 lets it', () => {
    const { machine, interrupts } = board();
    const nmis = [0, 0];
    machine.cpus.forEach((cpu, at) => {
      cpu.setNmiHandler(() => {
        nmis[at]! += 1;
      });
    });
    for (const cpu of machine.cpus) cpu.memory.write32(LINT1, 0x400);
    interrupts.pulseNmi();
    machine.cpus[1]!.memory.write32(LINT1, 0x1_0400);
    interrupts.pulseNmi();
    machine.executor.runAll();
    expect(nmis.map((count) => count > 0)).toEqual([true, true]);
    expect(machine.partition.vps.map((vp) => vp!.counters.nmis)).toEqual([2, 1]);
  });
});

describe('hostile messages', () => {
  it('do no harm, whatever they say', () => {
    const number = fc.oneof(fc.nat(0xff), fc.nat(0xffff_ffff));
    const message = fc.record({
      deliveryMode: fc.nat(15),
      destination: number,
      logical: fc.boolean(),
      vector: number,
      level: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
        const { machine, interrupts } = board(3);
        for (const cpu of machine.cpus) cpu.cli();
        for (const one of messages) interrupts.deliver(one);
      }),
      { numRuns: 30 },
    );
  });
});
