import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { ReferenceCounter, TimeHold } from '../timer/reference-counter.ts';
import { TimeStamp } from '../timer/time-stamp.ts';
import { ApicRegister, readApicRegister, writeApicRegister } from './apic-registers.ts';
import { type ApicOwner, LocalApic } from './local-apic.ts';

interface Record {
  requests: boolean[];
  ended: [vector: number, level: boolean][];
  ipis: [low: number, high: number][];
  priorities: number[];
  nmis: number;
}

function made(enabled = true, id = 3): { apic: LocalApic; record: Record; clock: VirtualClock } {
  const record: Record = { requests: [], ended: [], ipis: [], priorities: [], nmis: 0 };
  const owner: ApicOwner = {
    setInterruptRequest: (asserted) => record.requests.push(asserted),
    interruptEnded: (vector, level) => record.ended.push([vector, level]),
    sendIpi: (low, high) => record.ipis.push([low, high]),
    taskPriorityChanged: (priority) => record.priorities.push(priority),
    nmi: () => {
      record.nmis += 1;
    },
  };
  const clock = new VirtualClock();
  const reference = new ReferenceCounter(clock, 2_000_000_000);
  reference.setHold(TimeHold.SUSPENDED, false);
  const apic = new LocalApic(id, owner, { reference, timeStamp: new TimeStamp(reference) });
  if (enabled) apic.setSpurious(0x1ff);
  return { apic, record, clock };
}

describe('LocalApic', () => {
  it('is disabled after reset and loses fixed interrupts then', () => {
    const { apic, record } = made(false);
    expect(apic.softwareEnabled).toBe(false);
    expect(apic.fixed(0x40)).toBe(false);
    expect([apic.acknowledge(), record.requests]).toEqual([-1, []]);
  });

  it('refuses the vectors below 16 and notes the error', () => {
    const { apic } = made();
    for (let vector = 0; vector < 16; vector += 1) expect(apic.fixed(vector)).toBe(false);
    expect(apic.errors).toBe(0x40);
    expect(apic.fixed(16)).toBe(true);
  });

  it('delivers the highest first, and what is lower only after EOI', () => {
    const { apic, record } = made();
    apic.fixed(0x51);
    apic.fixed(0x71);
    apic.fixed(0x75);
    expect(apic.acknowledge()).toBe(0x75);
    expect(apic.processorPriority).toBe(0x70);
    // 0x71 is of the same priority class.
    expect([apic.acknowledge(), apic.hasDeliverable]).toEqual([-1, false]);
    apic.fixed(0x82);
    expect(apic.acknowledge()).toBe(0x82);
    apic.eoi();
    apic.eoi();
    expect(record.ended).toEqual([
      [0x82, false],
      [0x75, false],
    ]);
    expect(apic.acknowledge()).toBe(0x71);
    apic.eoi();
    expect(apic.acknowledge()).toBe(0x51);
    apic.eoi();
    apic.eoi();
    expect(record.ended).toHaveLength(4);
    expect(record.requests).toEqual([true, false, true, false, true, false, true, false]);
  });

  it('holds back what does not exceed the task priority', () => {
    const { apic, record } = made();
    apic.taskPriority = 0x53;
    apic.fixed(0x5f);
    expect(apic.hasDeliverable).toBe(false);
    apic.taskPriority = 0x4f;
    expect(apic.hasDeliverable).toBe(true);
    expect(record.priorities).toEqual([0x53, 0x4f]);
    expect(apic.acknowledge()).toBe(0x5f);
    expect(apic.processorPriority).toBe(0x50);
  });

  it('never puts an AutoEOI vector in service', () => {
    const { apic, record } = made();
    apic.autoEoi.add(0xf3);
    apic.fixed(0xf3);
    expect(apic.acknowledge()).toBe(0xf3);
    expect(apic.processorPriority).toBe(0);
    apic.fixed(0x20);
    expect(apic.acknowledge()).toBe(0x20);
    apic.eoi();
    expect(record.ended).toEqual([[0x20, false]]);
  });

  it('tells the end of level-triggered interrupts', () => {
    const { apic, record } = made();
    apic.fixed(0x60, true);
    expect(readApicRegister(apic, ApicRegister.TMR + 0x30)).toBe(1);
    apic.acknowledge();
    apic.eoi();
    apic.fixed(0x60);
    apic.acknowledge();
    apic.eoi();
    expect(record.ended).toEqual([
      [0x60, true],
      [0x60, false],
    ]);
  });

  it('delivers an ExtInt past priority and disabling, once until it is cleared', () => {
    const { apic } = made(false);
    apic.taskPriority = 0xff;
    expect(apic.clearExtInt()).toBe(false);
    expect(apic.assertExtInt(8)).toBe(true);
    expect(apic.assertExtInt(9)).toBe(true);
    expect(apic.acknowledge()).toBe(9);
    expect(apic.assertExtInt(10)).toBe(false);
    expect([apic.isr.highest(), apic.acknowledge()]).toEqual([-1, -1]);
    expect([apic.clearExtInt(), apic.clearExtInt()]).toEqual([true, false]);
    apic.assertExtInt(10);
    apic.deassertExtInt();
    expect([apic.hasDeliverable, apic.extIntState]).toEqual([false, 'idle']);
  });

  it('is addressed by id, broadcast, flat and cluster destinations', () => {
    const { apic } = made();
    expect([3, 4, 0xff].map((id) => apic.isAddressed(id, false))).toEqual([true, false, true]);
    writeApicRegister(apic, ApicRegister.LDR, 0x0800_0000);
    expect([8, 4, 0x0c, 0xff].map((mask) => apic.isAddressed(mask, true))).toEqual([true, false, true, true]);
    writeApicRegister(apic, ApicRegister.DFR, 0);
    writeApicRegister(apic, ApicRegister.LDR, 0x2400_0000);
    expect([0x24, 0x2f, 0x22, 0x14, 0xff, 0xf4, 0xf1].map((mask) => apic.isAddressed(mask, true))).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
      false,
    ]);
  });

  it('goes back to reset state', () => {
    const { apic, record } = made();
    apic.fixed(0x80);
    apic.acknowledge();
    apic.fixed(0x90, true);
    apic.taskPriority = 0x30;
    apic.assertExtInt(5);
    apic.reset();
    expect(apic.inspect()).toMatchObject({
      mode: 'xapic',
      enabled: false,
      taskPriority: 0,
      highestRequested: -1,
      highestInService: -1,
      extInt: 'idle',
    });
    expect(record.requests.at(-1)).toBe(false);
    expect(readApicRegister(apic, ApicRegister.SVR)).toBe(0xff);
    expect(readApicRegister(apic, ApicRegister.DFR)).toBe(0xffff_ffff);
  });

  it('agrees with a simple model of priorities under any interleaving', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('fixed' as const), vector: fc.integer({ min: 16, max: 255 }) }),
      fc.record({ kind: fc.constant('acknowledge' as const) }),
      fc.record({ kind: fc.constant('eoi' as const) }),
      fc.record({ kind: fc.constant('tpr' as const), value: fc.integer({ min: 0, max: 255 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { apic, record } = made();
        const requested = new Set<number>();
        const inService = new Set<number>();
        let tpr = 0;
        const highest = (set: Set<number>) => Math.max(-1, ...set);
        const ppr = () => Math.max(tpr >> 4, highest(inService) >> 4);
        for (const action of steps) {
          const next = highest(requested);
          if (action.kind === 'fixed') {
            requested.add(action.vector);
            apic.fixed(action.vector);
          } else if (action.kind === 'tpr') {
            tpr = action.value;
            apic.taskPriority = tpr;
          } else if (action.kind === 'eoi') {
            inService.delete(highest(inService));
            apic.eoi();
          } else {
            const expected = next >= 0 && next >> 4 > ppr() ? next : -1;
            if (expected >= 0) {
              requested.delete(expected);
              inService.add(expected);
            }
            expect(apic.acknowledge()).toBe(expected);
          }
          const asserted = highest(requested) >= 0 && highest(requested) >> 4 > ppr();
          expect(apic.hasDeliverable).toBe(asserted);
          expect(record.requests.at(-1) ?? false).toBe(asserted);
          expect(apic.processorPriority >> 4).toBe(Math.max(ppr(), 0));
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('APIC registers', () => {
  it('shows identity, version and the vector sets at their offsets', () => {
    const { apic } = made();
    apic.fixed(0x25);
    apic.fixed(0xe1);
    apic.acknowledge();
    expect(readApicRegister(apic, 0x20)).toBe(0x0300_0000);
    expect(readApicRegister(apic, 0x30)).toBe(0x5_0014);
    expect(readApicRegister(apic, 0xa0)).toBe(0xe0);
    expect(readApicRegister(apic, 0x100 + 0x70)).toBe(2);
    expect(readApicRegister(apic, 0x200 + 0x10)).toBe(0x20);
    expect(readApicRegister(apic, 0x200 + 0x70)).toBe(0);
  });

  it('sends by the low half of ICR with the destination of the high half', () => {
    const { apic, record } = made();
    writeApicRegister(apic, ApicRegister.ICR_HIGH, 0x0200_00ff);
    expect(record.ipis).toEqual([]);
    writeApicRegister(apic, ApicRegister.ICR_LOW, 0x50f3);
    expect(record.ipis).toEqual([[0x40f3, 0x0200_0000]]);
    expect(readApicRegister(apic, ApicRegister.ICR_LOW)).toBe(0x40f3);
  });

  it('latches errors by a write of ESR and notes accesses to nowhere', () => {
    const { apic } = made();
    expect(readApicRegister(apic, 0x2f0)).toBe(0);
    writeApicRegister(apic, 0x40, 1);
    expect(readApicRegister(apic, ApicRegister.ESR)).toBe(0);
    writeApicRegister(apic, ApicRegister.ESR, 0);
    expect(readApicRegister(apic, ApicRegister.ESR)).toBe(0x80);
    writeApicRegister(apic, ApicRegister.ESR, 0);
    expect(readApicRegister(apic, ApicRegister.ESR)).toBe(0);
  });

  it('ignores writes to read-only registers, and ends interrupts by EOI', () => {
    const { apic, record } = made();
    for (const offset of [ApicRegister.ID, ApicRegister.VERSION, ApicRegister.PPR, ApicRegister.IRR]) {
      writeApicRegister(apic, offset, 0xffff_ffff);
    }
    expect([apic.id, apic.errors, apic.irr.highest()]).toEqual([3, 0, -1]);
    apic.fixed(0x44);
    apic.acknowledge();
    writeApicRegister(apic, ApicRegister.EOI, 0);
    expect(record.ended).toEqual([[0x44, false]]);
    writeApicRegister(apic, ApicRegister.TPR, 0x20);
    expect(readApicRegister(apic, ApicRegister.TPR)).toBe(0x20);
  });
});
