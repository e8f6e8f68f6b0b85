import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Machine, recordInterrupts } from '../../test/vp/machine.ts';

const PAGE = 0xfee0_0000;
const TIMER = PAGE + 0x320;
const INITIAL = PAGE + 0x380;
const CURRENT = PAGE + 0x390;
const DIVIDE = PAGE + 0x3e0;
const VECTOR = 0xec;
const PERIODIC = 1 << 17;
const DEADLINE = 1 << 18;
const MASKED = 1 << 16;
const IA32_TSC_DEADLINE = 0x6e0;
/** Counts in 100 ns, undivided: the clock runs at 200 MHz. */
const TICKS = 20;

/** A processor that records when it takes the timer's interrupt. */
function timed() {
  const machine = new Machine();
  const { cpu } = machine;
  const write = (at: number, value: number): void => cpu.memory.write32(at, value);
  const read = (at: number): number => cpu.memory.read32(at);
  write(PAGE + 0xf0, 0x1ff);
  write(DIVIDE, 0xb);
  const taken = recordInterrupts(cpu, [VECTOR]);
  cpu.sti();
  machine.pass(1_000);
  return { machine, cpu, write, read, taken };
}

describe('the timer of the local APIC', () => {
  it('counts down once, and can be watched', () => {
    const { machine, write, read, taken } = timed();
    write(TIMER, VECTOR);
    write(INITIAL, 1_000 * TICKS);
    expect([read(INITIAL), read(CURRENT)]).toEqual([1_000 * TICKS, 1_000 * TICKS]);
    machine.clock.advanceBy(400);
    expect(Math.abs(read(CURRENT) - 600 * TICKS)).toBeLessThanOrEqual(TICKS);
    machine.pass(598);
    expect(taken).toEqual([]);
    machine.pass(4);
    expect([taken, read(CURRENT)]).toEqual([[VECTOR], 0]);
    machine.pass(10_000);
    expect(taken).toHaveLength(1);
  });

  it('divides its clock as the register says', () => {
    const { machine, write, read } = timed();
    const divisors = [2, 4, 8, 16, 32, 64, 128, 1];
    const codes = [0, 1, 2, 3, 8, 9, 10, 11];
    codes.forEach((code, at) => {
      write(DIVIDE, code);
      write(INITIAL, 0xffff_ffff);
      machine.clock.advanceBy(64_000);
      const counted = 0xffff_ffff - read(CURRENT);
      expect(Math.abs(counted - (64_000 * TICKS) / divisors[at]!)).toBeLessThanOrEqual(TICKS);
    });
    write(DIVIDE, 0xffff_ffff);
    expect(read(DIVIDE)).toBe(0xb);
  });

  it('goes on with what is left when the divisor changes', () => {
    const { machine, write, read, taken } = timed();
    write(TIMER, VECTOR);
    write(INITIAL, 1_000 * TICKS);
    machine.clock.advanceBy(500);
    write(DIVIDE, 0);
    expect(Math.abs(read(CURRENT) - 500 * TICKS)).toBeLessThanOrEqual(TICKS);
    machine.pass(990);
    expect(taken).toEqual([]);
    machine.pass(20);
    expect(taken).toHaveLength(1);
  });

  it('counts again and again, and keeps its beat over a pause', () => {
    const { machine, write, read, taken } = timed();
    write(TIMER, VECTOR | PERIODIC);
    write(INITIAL, 1_000 * TICKS);
    for (let period = 0; period < 5; period += 1) machine.pass(1_000);
    machine.pass(10);
    expect(taken).toHaveLength(5);
    // Nobody looks for a while: the missed periods are one interrupt, and the next comes on the beat.
    machine.clock.advanceBy(3_400);
    machine.executor.runAll();
    expect(taken.length).toBeLessThanOrEqual(8);
    expect(read(CURRENT)).toBeGreaterThan(500 * TICKS);
    expect(read(CURRENT)).toBeLessThan(1_000 * TICKS);
    write(INITIAL, 0);
    const before = taken.length;
    machine.pass(10_000);
    expect([taken.length, read(CURRENT)]).toEqual([before, 0]);
  });

  it('counts without interrupting while masked, and follows a change of mode', () => {
    const { machine, write, read, taken } = timed();
    write(TIMER, VECTOR | MASKED);
    write(INITIAL, 100 * TICKS);
    machine.pass(200);
    expect([taken.length, read(CURRENT)]).toEqual([0, 0]);
    write(TIMER, VECTOR);
    machine.pass(200);
    expect(taken).toEqual([]);
    write(INITIAL, 100 * TICKS);
    write(TIMER, VECTOR | PERIODIC);
    machine.pass(102);
    machine.pass(102);
    expect(taken).toHaveLength(2);
    // To TSC deadline and back: disarmed.
    write(TIMER, VECTOR | DEADLINE);
    write(TIMER, VECTOR | PERIODIC);
    expect([read(INITIAL), read(CURRENT)]).toEqual([0, 0]);
    machine.pass(1_000);
    expect(taken).toHaveLength(2);
  });

  it('waits for a value of the time-stamp counter', () => {
    const { machine, cpu, write, read, taken } = timed();
    cpu.wrmsr(IA32_TSC_DEADLINE, 1n);
    // Not its mode: nothing happens.
    expect([cpu.rdmsr(IA32_TSC_DEADLINE), taken.length]).toEqual([0n, 0]);
    write(TIMER, VECTOR | DEADLINE);
    const deadline = cpu.rdtsc() + 200_000n;
    cpu.wrmsr(IA32_TSC_DEADLINE, deadline);
    write(INITIAL, 5);
    expect([cpu.rdmsr(IA32_TSC_DEADLINE), read(CURRENT), read(INITIAL)]).toEqual([deadline, 0, 0]);
    machine.pass(999);
    expect(taken).toEqual([]);
    machine.pass(2);
    expect([taken.length, cpu.rdmsr(IA32_TSC_DEADLINE)]).toEqual([1, 0n]);
    // Past already: at once. And 0 disarms.
    cpu.wrmsr(IA32_TSC_DEADLINE, 1n);
    machine.pass(1);
    expect(taken).toHaveLength(2);
    cpu.wrmsr(IA32_TSC_DEADLINE, cpu.rdtsc() + 1_000n);
    cpu.wrmsr(IA32_TSC_DEADLINE, 0n);
    cpu.wrmsr(IA32_TSC_DEADLINE, 0n);
    machine.pass(1_000);
    expect(taken).toHaveLength(2);
    expect(machine.clock.waiting).toBe(0);
  });

  it('sees the deadline come nearer when the counter is adjusted', () => {
    const { machine, cpu, write, taken } = timed();
    write(TIMER, VECTOR | DEADLINE);
    cpu.wrmsr(IA32_TSC_DEADLINE, cpu.rdtsc() + 2_000_000_000n);
    machine.pass(100);
    expect(taken).toEqual([]);
    cpu.wrmsr(0x3b, 2_000_000_000n);
    machine.pass(1);
    expect(taken).toEqual([VECTOR]);
  });

  it('stands still with the partition, and forgets all at a reset', () => {
    const { machine, write, taken } = timed();
    write(TIMER, VECTOR);
    write(INITIAL, 1_000 * TICKS);
    machine.vp().explicitSuspend = true;
    machine.pass(5_000);
    machine.vp().explicitSuspend = false;
    machine.pass(900);
    expect(taken).toEqual([]);
    machine.pass(200);
    expect(taken).toHaveLength(1);
    write(INITIAL, 1_000 * TICKS);
    machine.partition.reset();
    expect(machine.clock.waiting).toBe(0);
  });

  it('survives any sequence of writes, with one callback waiting at most', () => {
    const step = fc.oneof(
      fc.record({ at: fc.constantFrom(TIMER, INITIAL, CURRENT, DIVIDE), value: fc.nat(0xffff_ffff) }),
      fc.record({ at: fc.constant(INITIAL), value: fc.nat(3_000) }),
      fc.record({
        at: fc.constant(TIMER),
        value: fc.constantFrom(VECTOR, VECTOR | PERIODIC, VECTOR | DEADLINE),
      }),
      fc.record({ at: fc.constant(0), value: fc.nat(2_000) }),
      fc.record({ at: fc.constant(IA32_TSC_DEADLINE), value: fc.nat(5_000_000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { machine, cpu, write, read } = timed();
        // Not every vector has a handler.
        cpu.cli();
        for (const { at, value } of steps) {
          if (at === 0) machine.pass(value);
          else if (at === IA32_TSC_DEADLINE) cpu.wrmsr(at, BigInt(value));
          else write(at, value);
          expect(read(CURRENT)).toBeLessThanOrEqual(read(INITIAL));
        }
        expect(machine.clock.waiting).toBeLessThanOrEqual(1);
      }),
      { numRuns: 40 },
    );
  });
});
