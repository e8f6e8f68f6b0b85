import { AccessKind, Outcome, X86Processor } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import {
  CLI,
  dword,
  HLT,
  IRET,
  increment,
  POLITE_SPIN,
  readMsr,
  SPIN,
  STI,
  store,
  writeMsr,
  X86Machine,
} from './machine.ts';

const CODE = 0x1000;
const COUNTER = 0x8000;
const MARK = 0x8004;
const APIC = 0xfee0_0000;
const SVR = APIC + 0xf0;
const ENABLE_APIC = store(SVR, 0x1ff);
const EOI_MSR = 0x4000_0070;
/** hlt, again and again */
const REST = [HLT, 0xeb, 0xfd];
const handler = (vector: number): number => 0x3000 + 16 * vector;
/** mov dword [EOI], 0; iret */
const COUNT_AND_END = [...increment(COUNTER), 0x83, 0x25, ...dword(APIC + 0xb0), 0, IRET];

/** A machine whose handler of vector 0x40 counts and ends its interrupt. */
function made(code: number[], options = {}): X86Machine {
  const machine = new X86Machine(options);
  machine.put(CODE, code);
  machine.put(handler(0x40), COUNT_AND_END);
  machine.start(CODE);
  machine.run();
  return machine;
}

describe('HLT', () => {
  it('costs nothing until an interrupt comes, and goes on behind it', () => {
    const machine = made([...ENABLE_APIC, STI, HLT, ...store(MARK, 1), ...REST]);
    expect([machine.executor.pending, machine.word(MARK)]).toEqual([0, 0]);
    const { slices } = machine.vp().counters;
    machine.pass(1_000_000);
    expect(machine.vp().counters.slices).toBe(slices);
    machine.vp().apic.fixed(0x40);
    machine.run();
    expect([machine.word(COUNTER), machine.word(MARK)]).toEqual([1, 1]);
    expect(machine.vp().apic.isr.highest()).toBe(-1);
  });

  it('with interrupts off waits for an NMI alone', () => {
    const machine = made([...ENABLE_APIC, HLT, ...store(MARK, 1), ...REST]);
    machine.put(handler(2), [...store(COUNTER, 7), IRET]);
    machine.vp().apic.fixed(0x40);
    machine.run();
    expect(machine.word(MARK)).toBe(0);
    machine.vp().nmi();
    machine.run();
    expect([machine.word(COUNTER), machine.word(MARK)]).toEqual([7, 1]);
  });

  it('ends at once when an interrupt waits already', () => {
    const machine = made([
      ...ENABLE_APIC,
      ...writeMsr(0x4000_0071, 0x4_4040),
      STI,
      HLT,
      ...store(MARK, 1),
      ...REST,
    ]);
    expect([machine.word(COUNTER), machine.word(MARK)]).toEqual([1, 1]);
  });
});

describe('interrupt windows', () => {
  it('open one instruction after STI', () => {
    // The interrupt is pending; STI's shadow covers CLI, so it never comes.
    const machine = made([
      ...ENABLE_APIC,
      ...writeMsr(0x4000_0071, 0x4_4040),
      STI,
      CLI,
      ...store(MARK, 1),
      HLT,
    ]);
    expect([machine.word(COUNTER), machine.word(MARK)]).toEqual([0, 1]);
  });

  it('open when the task priority falls, by MSR or by page', () => {
    for (const lower of [writeMsr(0x4000_0072, 0x30), [...store(APIC + 0x80, 0x30), HLT]]) {
      const machine = made([
        ...ENABLE_APIC,
        ...writeMsr(0x4000_0072, 0x50),
        ...writeMsr(0x4000_0071, 0x4_4040),
        STI,
        0x90,
        ...increment(MARK),
        ...lower,
        0x90,
        0x8b,
        0x1d,
        ...dword(COUNTER),
        ...REST,
      ]);
      expect(machine.word(MARK)).toBe(1);
      expect(machine.word(COUNTER)).toBe(1);
      expect(machine.registers().dwords[6]).toBe(1);
    }
  });

  it('open when CR8 falls, in the same turn', () => {
    const machine = new X86Machine();
    machine.put(CODE, [
      ...ENABLE_APIC,
      ...writeMsr(0x4000_0072, 0x50),
      ...writeMsr(0x4000_0071, 0x4_4040),
      STI,
      0x90,
      // Only 64-bit mode encodes CR8: the test lowers it behind the guest's back, as the core would.
      ...REST,
    ]);
    machine.put(handler(0x40), COUNT_AND_END);
    machine.start(CODE);
    machine.run();
    expect(machine.word(COUNTER)).toBe(0);
    machine.registers().qwords[26] = 3n;
    machine.vp().exits.taskPriorityChanged();
    machine.run();
    expect(machine.word(COUNTER)).toBe(1);
    expect(machine.vp().apic.taskPriority).toBe(0x30);
  });

  it('do not open for a second NMI before IRET', () => {
    const machine = made([HLT, HLT, HLT]);
    machine.put(handler(2), [...increment(COUNTER), HLT, ...increment(MARK), IRET]);
    machine.put(handler(0x40), COUNT_AND_END);
    machine.vp().nmi();
    machine.run();
    machine.vp().nmi();
    machine.run();
    expect([machine.word(COUNTER), machine.word(MARK)]).toEqual([1, 0]);
  });
});

describe('GUEST_IDLE', () => {
  it('comes back when an interrupt is pending, which it does not take', () => {
    const machine = made([...ENABLE_APIC, ...readMsr(0x4000_00f0), ...store(MARK, 1), ...REST]);
    expect([machine.word(MARK), machine.executor.pending]).toEqual([0, 0]);
    machine.vp().apic.fixed(0x40);
    machine.run();
    expect([machine.word(MARK), machine.word(COUNTER)]).toEqual([1, 0]);
  });

  it('comes back behind an interrupt that is taken', () => {
    const machine = made([...ENABLE_APIC, STI, ...readMsr(0x4000_00f0), ...store(MARK, 1), ...REST]);
    machine.vp().apic.fixed(0x40);
    machine.run();
    expect([machine.word(MARK), machine.word(COUNTER)]).toEqual([1, 1]);
  });
});

describe('the end of an interrupt', () => {
  it('may be told by MSR', () => {
    const machine = made([...ENABLE_APIC, STI, HLT, ...store(MARK, 1), ...REST]);
    machine.put(handler(0x40), [...increment(COUNTER), 0xe9, ...dword(0x7000 - handler(0x40) - 11)]);
    machine.put(0x7000, [...writeMsr(EOI_MSR, 0), IRET]);
    machine.vp().processor.flushTlb();
    machine.vp().apic.fixed(0x40);
    machine.run();
    expect([machine.word(COUNTER), machine.vp().apic.isr.highest()]).toEqual([1, -1]);
  });
});

describe('several processors', () => {
  /** mov dword [ICR], low, with the high half written before. */
  const ipi = (destination: number, low: number): number[] => [
    ...store(APIC + 0x310, destination << 24),
    ...store(APIC + 0x300, low),
  ];

  it('start in real mode at the vector of SIPI', () => {
    const machine = new X86Machine({ vps: 2 });
    machine.vp(1).explicitSuspend = false;
    // mov ax, cs; mov [cs:0x10], ax; hlt
    machine.put(0x9000, [0x8c, 0xc8, 0x2e, 0xa3, 0x10, 0x00, HLT]);
    machine.put(CODE, [...ENABLE_APIC, ...ipi(1, 0x4500), ...ipi(1, 0x4609), HLT]);
    machine.start(CODE);
    machine.run();
    expect(machine.word(0x9010) & 0xffff).toBe(0x900);
    expect(machine.vp(1).waitsForSipi).toBe(false);
    // INIT puts it back.
    machine.put(CODE, [...ipi(1, 0x4500), HLT]);
    machine.start(CODE);
    machine.vp().processor.init();
    machine.vp(1).init();
    expect(machine.vp(1).waitsForSipi).toBe(true);
  });

  it('do not wait for one that spins', () => {
    for (const spin of [SPIN, POLITE_SPIN]) {
      const machine = new X86Machine({ vps: 2 });
      machine.vp(1).startUp(1);
      machine.put(CODE, spin);
      machine.put(0x1400, [...store(MARK, 1), ...REST]);
      machine.start(CODE);
      machine.start(0x1400, 1);
      machine.turns(4);
      expect(machine.word(MARK)).toBe(1);
      expect(machine.vp().counters.slices).toBeGreaterThan(1);
    }
  });

  it('end their turn at PAUSE and at a long spin, while another waits', () => {
    // mov eax, 0x10008; xor edx, edx; vmcall; jmp -11: HvCallNotifyLongSpinWait, fast
    const longSpin = [0xb8, ...dword(0x1_0008), 0x31, 0xd2, 0x0f, 0x01, 0xc1, 0xeb, 0xf4];
    for (const spin of [POLITE_SPIN, longSpin]) {
      const machine = new X86Machine({ vps: 2 });
      machine.vp(1).startUp(1);
      machine.put(CODE, spin);
      machine.put(0x1400, SPIN);
      machine.start(CODE);
      machine.start(0x1400, 1);
      machine.turns(1);
      const { processor } = machine.vp();
      expect(processor).toBeInstanceOf(X86Processor);
      expect((processor as X86Processor).instructions).toBeLessThan(20);
    }
  });

  it('give way in a polite spin, and to whom they wake', () => {
    const machine = new X86Machine({ vps: 2 });
    machine.vp(1).startUp(1);
    // The first waits for the flag that the second sets when it is interrupted: within three turns, not milliseconds.
    machine.put(CODE, [
      ...ENABLE_APIC,
      ...ipi(1, 0x4040),
      // wait: pause; cmp dword [COUNTER], 0; je wait
      0xf3,
      0x90,
      0x83,
      0x3d,
      ...dword(COUNTER),
      0,
      0x74,
      0xf5,
      ...store(MARK, 1),
      HLT,
    ]);
    machine.put(0x1400, [...ENABLE_APIC, STI, HLT, 0xeb, 0xfd]);
    machine.put(handler(0x40), COUNT_AND_END);
    machine.start(0x1400, 1);
    machine.run();
    machine.start(CODE);
    machine.turns(3);
    expect([machine.word(COUNTER), machine.word(MARK)]).toEqual([1, 1]);
  });

  it('may send INIT to themselves: it takes effect behind the instruction', () => {
    const machine = new X86Machine({ vps: 2 });
    machine.vp(1).startUp(1);
    machine.put(0x1400, [...ENABLE_APIC, ...ipi(1, 0x4500), ...store(MARK, 1), ...REST]);
    machine.start(0x1400, 1);
    machine.run();
    expect(machine.vp(1).waitsForSipi).toBe(true);
    machine.put(0x9000, [0x2e, 0xc6, 0x06, 0x10, 0x00, 0x55, HLT]);
    machine.vp(1).startUp(9);
    machine.run();
    expect(machine.word(0x9010) & 0xff).toBe(0x55);
  });
});

describe('timers of a running processor', () => {
  it('come at the turn at which they are due, and shorten the one before', () => {
    const machine = new X86Machine();
    machine.put(CODE, [
      ...ENABLE_APIC,
      ...store(APIC + 0x3e0, 0xb),
      ...store(APIC + 0x320, 0x2_0040),
      ...store(APIC + 0x380, 20_000),
      STI,
      ...SPIN,
    ]);
    machine.put(handler(0x40), COUNT_AND_END);
    machine.start(CODE);
    machine.turns(1);
    expect(machine.vp().turns.sliceMilliseconds()).toBeCloseTo(0.1, 3);
    // The reference counter may lag behind the clock by a unit.
    machine.clock.advanceBy(2);
    for (let tick = 1; tick <= 10; tick += 1) {
      machine.clock.advanceBy(1_000);
      machine.turns(1);
      expect(machine.word(COUNTER)).toBe(tick);
    }
  });
});

describe('time', () => {
  it('is the same by RDTSC, by MSR and by the reference page', () => {
    const machine = new X86Machine();
    // rdtsc; mov [MARK], eax; mov [MARK + 4], edx; rdmsr TIME_REF_COUNT; mov [COUNTER], eax; hlt
    machine.put(CODE, [
      ...writeMsr(0x4000_0021, 0x5001),
      0x0f,
      0x31,
      0xa3,
      ...dword(MARK),
      ...readMsr(0x4000_0020),
      0xa3,
      ...dword(COUNTER),
      HLT,
    ]);
    machine.start(CODE);
    machine.clock.advanceBy(123_456);
    machine.run();
    expect(machine.word(COUNTER)).toBe(123_455);
    expect(machine.word(MARK)).toBe(123_456 * 200);
    expect(machine.word(MARK)).toBe(Number(machine.vp().timeStamp.read()));
  });
});

describe('a guest that is not to know of the hypervisor', () => {
  it('gets #UD for a hypercall and #GP for its MSRs', () => {
    const machine = new X86Machine({ offer: { enlightened: false } });
    machine.put(CODE, [0x0f, 0x01, 0xc1, HLT]);
    machine.put(handler(6), [...store(MARK, 6), ...readMsr(0x4000_0000), HLT]);
    machine.put(handler(13), [...store(COUNTER, 13), HLT]);
    machine.start(CODE);
    machine.run();
    expect([machine.word(MARK), machine.word(COUNTER)]).toEqual([6, 13]);
    expect(machine.vp().counters).toMatchObject({ hypercalls: 0, unknownMsrs: 1 });
  });
});

describe('memory that nobody has', () => {
  it('answers instructions of any kind, not moves alone, where the host answers for it', () => {
    const machine = new X86Machine();
    machine.partition.intercepts.setDirectHandler({
      kind: 'other-memory',
      handler: ({ kind, data }) => {
        if (kind === AccessKind.READ) data.fill(0xff);
        return Outcome.DONE;
      },
    });
    // mov eax, [C0000000]; sub eax, [C0000000]; lock inc dword [C0000000]; mov [MARK], eax; hlt
    machine.put(CODE, [
      ...store(MARK, 5),
      ...[0xa1, ...dword(0xc000_0000)],
      ...[0x2b, 0x05, ...dword(0xc000_0000)],
      ...[0xf0, ...increment(0xc000_0000)],
      ...[0xa3, ...dword(MARK)],
      HLT,
    ]);
    machine.start(CODE);
    machine.run();
    expect(machine.word(MARK)).toBe(0);
    expect(machine.partition.counters.directIntercepts).toBe(4);
  });
});
