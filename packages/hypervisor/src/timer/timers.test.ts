import { FeatureEdx, HvMessageType, Msr, stimerConfigMsr, TimerMessage } from '@viridian/protocols/tlfs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Machine, recordInterrupts } from '../../test/vp/machine.ts';

const ENABLE = 1n;
const PERIODIC = 2n;
const LAZY = 4n;
const AUTO = 8n;
const VECTOR = 0xed;
const DIRECT = 0x1000n | (BigInt(VECTOR) << 4n);
const SINT2 = 2n << 16n;
/** What Linux writes. */
const LINUX_DIRECT = 0x1ed9n;
const LINUX_MESSAGE = 0x20009n;

const CONFIG = stimerConfigMsr(0);
const COUNT = CONFIG + 1;

/** A processor with direct timers on vector 0xED and time at 1000. */
function direct() {
  const machine = new Machine();
  const { cpu } = machine;
  const taken: number[] = [];
  cpu.setInterruptHandler(VECTOR, () => {
    taken.push(now());
    cpu.wrmsr(Msr.HV_X64_MSR_EOI, 0n);
  });
  const now = (): number => Number(cpu.rdmsr(Msr.HV_X64_MSR_TIME_REF_COUNT));
  cpu.sti();
  machine.pass(1_000);
  return { machine, cpu, taken, now };
}

/** The same with message timers on SINT 2. */
function message() {
  const machine = new Machine();
  const { cpu } = machine;
  machine.openSynic(cpu, 2, { vector: 0xf3 });
  const taken = recordInterrupts(cpu, [0xf3]);
  cpu.sti();
  machine.pass(1_000);
  return { machine, cpu, taken, slot: machine.slot(cpu, 2) };
}

describe('synthetic timers, direct mode', () => {
  it('fires once at the absolute time and clears enable', () => {
    const { machine, cpu, taken } = direct();
    cpu.wrmsr(CONFIG, DIRECT | ENABLE);
    expect(cpu.rdmsr(CONFIG)).toBe(DIRECT | ENABLE);
    cpu.wrmsr(COUNT, 5_000n);
    machine.pass(3_990);
    expect(taken).toEqual([]);
    machine.pass(20);
    expect(taken).toHaveLength(1);
    expect(cpu.rdmsr(CONFIG)).toBe(DIRECT);
    expect(cpu.rdmsr(COUNT)).toBe(5_000n);
    machine.pass(100_000);
    expect(taken).toHaveLength(1);
  });

  it('fires at once when the time is past', () => {
    const { cpu, taken } = direct();
    cpu.wrmsr(CONFIG, LINUX_DIRECT);
    cpu.wrmsr(COUNT, 1n);
    expect(taken).toHaveLength(1);
    cpu.wrmsr(COUNT, cpu.rdmsr(Msr.HV_X64_MSR_TIME_REF_COUNT));
    expect(taken).toHaveLength(2);
  });

  it('arms nothing by an enabled CONFIG with COUNT 0, as Linux writes it', () => {
    const { machine, cpu, taken } = direct();
    cpu.wrmsr(COUNT, 0n);
    cpu.wrmsr(CONFIG, 0n);
    cpu.wrmsr(CONFIG, LINUX_DIRECT);
    expect(cpu.rdmsr(CONFIG)).toBe(LINUX_DIRECT);
    machine.pass(1_000_000);
    expect(taken).toEqual([]);
    cpu.wrmsr(COUNT, 2_000_000n);
    machine.pass(1_000_000);
    expect(taken).toHaveLength(1);
    // Auto-enable: the next COUNT is enough.
    expect(cpu.rdmsr(CONFIG) & ENABLE).toBe(0n);
    cpu.wrmsr(COUNT, 3_000_000n);
    expect(cpu.rdmsr(CONFIG) & ENABLE).toBe(1n);
    machine.pass(1_000_000);
    expect(taken).toHaveLength(2);
  });

  it('stops by COUNT 0 whatever auto-enable says', () => {
    const { machine, cpu, taken } = direct();
    cpu.wrmsr(CONFIG, LINUX_DIRECT);
    cpu.wrmsr(COUNT, 5_000n);
    cpu.wrmsr(COUNT, 0n);
    expect(cpu.rdmsr(CONFIG)).toBe(LINUX_DIRECT & ~ENABLE);
    machine.pass(10_000);
    expect(taken).toEqual([]);
    expect(machine.clock.waiting).toBe(0);
  });

  it('waits for enable without auto-enable', () => {
    const { machine, cpu, taken } = direct();
    cpu.wrmsr(CONFIG, DIRECT);
    cpu.wrmsr(COUNT, 2_000n);
    machine.pass(5_000);
    expect(taken).toEqual([]);
    cpu.wrmsr(CONFIG, DIRECT | ENABLE);
    expect(taken).toHaveLength(1);
  });

  it('cancels by a write of either register', () => {
    const { machine, cpu, taken } = direct();
    cpu.wrmsr(CONFIG, LINUX_DIRECT);
    cpu.wrmsr(COUNT, 5_000n);
    cpu.wrmsr(COUNT, 50_000n);
    machine.pass(10_000);
    expect(taken).toEqual([]);
    cpu.wrmsr(CONFIG, 0n);
    machine.pass(100_000);
    expect(taken).toEqual([]);
  });

  it('needs neither SINT nor SynIC, and loses reserved vectors', () => {
    const { machine, cpu, taken } = direct();
    expect(cpu.rdmsr(Msr.HV_X64_MSR_SCONTROL)).toBe(0n);
    cpu.wrmsr(CONFIG, 0x1000n | AUTO | (5n << 4n));
    cpu.wrmsr(COUNT, 2_000n);
    machine.pass(10_000);
    expect(cpu.rdmsr(CONFIG) & ENABLE).toBe(0n);
    expect([taken, machine.vp().timers.timer(0).expirations]).toEqual([[], 1]);
  });

  it('repeats without drift, from the moment of enabling', () => {
    const { machine, cpu, taken } = direct();
    cpu.wrmsr(COUNT, 10_000n);
    cpu.wrmsr(CONFIG, DIRECT | PERIODIC | ENABLE);
    for (let tick = 0; tick < 100; tick += 1) machine.pass(1_003);
    expect(taken).toHaveLength(10);
    taken.forEach((at, tick) => {
      expect(at).toBeGreaterThanOrEqual(1_000 + 10_000 * (tick + 1) - 1);
      expect(at).toBeLessThan(1_000 + 10_000 * (tick + 1) + 1_003 + 2);
    });
    expect(cpu.rdmsr(CONFIG) & ENABLE).toBe(1n);
  });

  it.each([0n, LAZY])('skips missed periods to the next multiple (lazy bit %s)', (lazy) => {
    const { machine, cpu, taken } = direct();
    cpu.wrmsr(COUNT, 1_000n);
    cpu.wrmsr(CONFIG, DIRECT | PERIODIC | ENABLE | lazy);
    // Time jumps past five periods and a half.
    machine.vp().reference.setTime(1_000 + 5_500);
    machine.pass(0);
    machine.pass(1);
    expect(taken).toHaveLength(1);
    machine.pass(600);
    expect(taken).toHaveLength(2);
    machine.pass(1_000);
    expect(taken).toHaveLength(3);
  });

  it('does not miss periods while the partition stands still', () => {
    const { machine, cpu, taken } = direct();
    cpu.wrmsr(COUNT, 1_000n);
    cpu.wrmsr(CONFIG, DIRECT | PERIODIC | ENABLE);
    machine.vp().explicitSuspend = true;
    machine.pass(100_000);
    expect(taken).toEqual([]);
    machine.vp().explicitSuspend = false;
    machine.pass(1_001);
    expect(taken).toHaveLength(1);
  });

  it('is a message timer without the feature, and keeps the bit as written', () => {
    const machine = new Machine({ offer: { features: FeatureEdx.FREQUENCY_REGISTERS } });
    machine.cpu.wrmsr(CONFIG, LINUX_DIRECT | SINT2);
    expect(machine.cpu.rdmsr(CONFIG)).toBe(LINUX_DIRECT | SINT2);
    machine.cpu.wrmsr(CONFIG, LINUX_DIRECT);
    // SINT 0 and message mode: it cannot be enabled.
    expect(machine.cpu.rdmsr(CONFIG)).toBe(LINUX_DIRECT & ~ENABLE);
  });

  it('keeps 64-bit counts and never fires at the end of time', () => {
    const { machine, cpu, taken } = direct();
    cpu.wrmsr(CONFIG, LINUX_DIRECT);
    cpu.wrmsr(COUNT, 0xffff_ffff_ffff_ffffn);
    expect(cpu.rdmsr(COUNT)).toBe(0xffff_ffff_ffff_ffffn);
    machine.pass(10_000_000);
    cpu.wrmsr(CONFIG, LINUX_DIRECT | PERIODIC);
    machine.pass(10_000_000);
    expect(taken).toEqual([]);
  });

  it('is never early and fires as often as it should, with any frequency of the counter', () => {
    const hz = fc.constantFrom(2_000_000_000, 10_001_000, 2_593_904_000, 3_333_333_000);
    const deadline = fc.integer({ min: 1, max: 5_000 });
    fc.assert(
      fc.property(hz, fc.array(deadline, { maxLength: 30 }), (tscHz, deadlines) => {
        const machine = new Machine({ tscHz });
        const { cpu } = machine;
        const now = (): number => Number(cpu.rdmsr(Msr.HV_X64_MSR_TIME_REF_COUNT));
        let due = 0;
        let fired = 0;
        cpu.setInterruptHandler(VECTOR, () => {
          expect(now()).toBeGreaterThanOrEqual(due);
          fired += 1;
          cpu.wrmsr(Msr.HV_X64_MSR_EOI, 0n);
        });
        cpu.sti();
        cpu.wrmsr(CONFIG, LINUX_DIRECT);
        for (const [index, delay] of deadlines.entries()) {
          due = now() + delay;
          cpu.wrmsr(COUNT, BigInt(due));
          // The counter may lag behind the clock by the roundings of its formula.
          machine.pass(delay + 2);
          expect(fired).toBe(index + 1);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('synthetic timers, message mode', () => {
  it('cannot be enabled without a SINT', () => {
    const { cpu } = message();
    cpu.wrmsr(CONFIG, ENABLE | AUTO);
    expect(cpu.rdmsr(CONFIG)).toBe(AUTO);
    cpu.wrmsr(COUNT, 5n);
    expect(cpu.rdmsr(CONFIG)).toBe(AUTO);
  });

  it('sends index, due time and delivery time', () => {
    const { machine, cpu, slot, taken } = message();
    cpu.wrmsr(CONFIG + 4, LINUX_MESSAGE);
    cpu.wrmsr(COUNT + 4, 5_000n);
    machine.pass(10_000);
    expect(taken).toEqual([0xf3]);
    expect([slot.type, slot.payloadBytes, slot.view.getBigUint64(8, true)]).toEqual([
      HvMessageType.TIMER_EXPIRED,
      24,
      0n,
    ]);
    const payload = TimerMessage.read(slot.view, 16);
    expect(payload).toMatchObject({ timerIndex: 2, expirationTime: 5_000n });
    expect(payload.deliveryTime).toBeGreaterThanOrEqual(5_000n);
    expect(payload.deliveryTime).toBeLessThan(5_003n);
    expect(cpu.rdmsr(CONFIG + 4) & ENABLE).toBe(0n);
  });

  it('waits for a busy slot with enable on, and comes after EOM', () => {
    const { machine, cpu, slot } = message();
    machine.vp().synic.postMessage(2, 1, 0, new Uint8Array(1), 1);
    cpu.wrmsr(CONFIG, LINUX_MESSAGE);
    cpu.wrmsr(COUNT, 2_000n);
    machine.pass(2_000);
    expect([slot.type, slot.pending, cpu.rdmsr(CONFIG) & ENABLE]).toEqual([1, true, 1n]);
    slot.free();
    cpu.wrmsr(Msr.HV_X64_MSR_EOM, 0n);
    expect([slot.type, cpu.rdmsr(CONFIG) & ENABLE]).toEqual([HvMessageType.TIMER_EXPIRED, 0n]);
    expect(TimerMessage.read(slot.view, 16)).toMatchObject({ expirationTime: 2_000n });
    expect(TimerMessage.read(slot.view, 16).deliveryTime).toBeGreaterThan(2_900n);
  });

  it('takes a waiting message back when it is rewritten', () => {
    const { machine, cpu, slot } = message();
    machine.vp().synic.postMessage(2, 1, 0, new Uint8Array(1), 1);
    cpu.wrmsr(CONFIG, LINUX_MESSAGE);
    cpu.wrmsr(COUNT, 1n);
    expect(machine.vp().synic.waiting).toBe(1);
    cpu.wrmsr(COUNT, 0n);
    expect(machine.vp().synic.waiting).toBe(0);
    slot.free();
    cpu.wrmsr(Msr.HV_X64_MSR_EOM, 0n);
    machine.pass(100_000);
    expect(slot.type).toBe(0);
  });

  it('drops periods while its message waits, and goes on', () => {
    const { machine, cpu, slot, taken } = message();
    const start = cpu.rdmsr(Msr.HV_X64_MSR_TIME_REF_COUNT);
    cpu.wrmsr(COUNT, 1_000n);
    cpu.wrmsr(CONFIG, SINT2 | PERIODIC | ENABLE);
    machine.pass(5_500);
    expect(machine.vp().synic.waiting).toBe(1);
    expect(taken).toHaveLength(1);
    slot.free();
    cpu.wrmsr(Msr.HV_X64_MSR_EOM, 0n);
    expect(TimerMessage.read(slot.view, 16)).toMatchObject({ expirationTime: start + 2_000n });
    slot.free();
    machine.pass(1_000);
    expect(TimerMessage.read(slot.view, 16)).toMatchObject({ expirationTime: start + 6_000n });
    expect(cpu.rdmsr(CONFIG) & ENABLE).toBe(1n);
  });

  it('stops with the partition', () => {
    const { machine, cpu } = message();
    cpu.wrmsr(COUNT, 1_000n);
    cpu.wrmsr(CONFIG, SINT2 | PERIODIC | ENABLE);
    machine.partition.deleteVp(0);
    expect(machine.clock.waiting).toBe(0);
    machine.pass(100_000);
  });
});
