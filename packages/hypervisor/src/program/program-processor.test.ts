import { HvRegister, HvStatus, HypercallCode, hypercallInputLow, Msr } from '@viridian/protocols/tlfs';
import { forgetWarnings, recentWarnings } from '@viridian/trace';
import { Outcome, type Processor, Reg, RFLAGS_IF } from '@viridian/x86';
import { beforeEach, describe, expect, it } from 'vitest';
import { Machine, RAM_PAGES, recordInterrupts } from '../../test/vp/machine.ts';
import { type GuestCpu, GuestException, VpStopped, WouldBlock } from './guest-cpu.ts';
import { programProcessors } from './program-processors.ts';

const DEVICE = 0xd000_0000;

beforeEach(forgetWarnings);

/** A machine whose program is `start`; the first processor only. */
function running(start: (cpu: GuestCpu, rip: number) => void | Promise<void>): Machine {
  return new Machine({ program: () => ({ name: 'under test', start }) });
}

describe('the start of a program', () => {
  it('is in 64-bit mode at CPL 0, at the RIP of the parent, with the local APIC enabled and interrupts off', () => {
    const { cpu, rips } = new Machine();
    expect([cpu.registers.is64Bit, cpu.registers.isProtected, cpu.registers.cpl]).toEqual([true, true, 0]);
    expect([rips[0], cpu.interruptsEnabled, cpu.index]).toEqual([0xfff0, false, 0]);
    expect(cpu.memory.read32(0xfee000f0)).toBe(0x1ff);
  });

  it('takes RIP and the other registers as the parent set them', () => {
    let seen: unknown;
    const machine = new Machine({ vps: 1, program: () => ({ name: 'unused', start: () => {} }) });
    machine.hypervisor.setProcessorFactory(
      machine.partition.id,
      programProcessors(() => ({
        name: 'late',
        start: (cpu, rip) => {
          seen = [rip, cpu.registers.qwords[6]];
        },
      })),
    );
    machine.partition.deleteVp(0);
    machine.partition.createVp(0);
    const vp = machine.vp();
    vp.setRegister(HvRegister.Rip, 0x10_0000n);
    vp.setRegister(HvRegister.Rsi, 0x7000n);
    vp.setRegister(HvRegister.ExplicitSuspend, 0n);
    machine.executor.runAll();
    expect(seen).toEqual([0x10_0000, 0x7000n]);
  });
});

describe('the end of a program', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('a bug');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('a bug');
      },
    ],
    ['does not catch #GP', (cpu: GuestCpu) => void cpu.rdmsr(0x4000_0fff)],
  ])('is a triple fault when it %s', async (_how, start) => {
    const machine = running(start);
    await new Promise<void>((resolve) => queueMicrotask(resolve));
    const vp = machine.vp();
    expect([vp.isUnrecoverable, vp.isRunnable, machine.partition.counters.unrecoverable]).toEqual([
      true,
      false,
      1,
    ]);
    expect(recentWarnings()[0]).toMatchObject({ point: 'hypervisor.program', where: 'partition/2/vp/0' });
  });

  it('leaves the processor halted, with its handlers in force, when it goes well', () => {
    let ticks = 0;
    const machine = running((cpu) => {
      cpu.setInterruptHandler(0x50, () => {
        ticks += 1;
        cpu.wrmsr(Msr.HV_X64_MSR_EOI, 0n);
      });
      cpu.sti();
    });
    machine.vp().apic.fixed(0x50);
    machine.executor.runAll();
    expect([ticks, machine.vp().isUnrecoverable]).toEqual([1, false]);
  });

  it('comes by an interrupt without a handler, or with one that throws', () => {
    const missing = new Machine();
    missing.cpu.sti();
    missing.vp().apic.fixed(0x51);
    missing.executor.runAll();
    expect(missing.vp().isUnrecoverable).toBe(true);
    expect(() => missing.cpu.cpuid(0)).toThrow(VpStopped);
    const failing = new Machine();
    failing.cpu.setInterruptHandler(0x51, () => {
      throw new Error('in a handler');
    });
    failing.vp().apic.fixed(0x51);
    // The operation that let the interrupt in does not return.
    expect(() => failing.cpu.sti()).toThrow(VpStopped);
    expect(failing.vp().isUnrecoverable).toBe(true);
    const nmi = new Machine();
    nmi.vp().nmi();
    nmi.executor.runAll();
    expect(nmi.vp().isUnrecoverable).toBe(true);
  });

  it('is one of its partition alone', () => {
    const machine = running(() => {
      throw new Error('a bug');
    });
    expect(machine.vp().isUnrecoverable).toBe(true);
    machine.partition.reset();
    machine.executor.runAll();
    expect(machine.partition.counters.unrecoverable).toBe(2);
  });

  it('stops whatever still waits, for ever', async () => {
    let settled = false;
    const machine = new Machine();
    const { cpu } = machine;
    cpu.sti();
    const rest = cpu.hlt().finally(() => {
      settled = true;
    });
    machine.partition.reset();
    machine.executor.runAll();
    machine.vp().apic.setSpurious(0x1ff);
    machine.cpu.sti();
    recordInterrupts(machine.cpu, [0x40]);
    machine.vp().apic.fixed(0x40);
    machine.executor.runAll();
    await Promise.race([rest, new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)))]);
    expect(settled).toBe(false);
    const operations: (() => unknown)[] = [
      () => cpu.cpuid(0),
      () => cpu.rdmsr(0x10),
      () => cpu.wrmsr(0x277, 0n),
      () => cpu.vmcall(0, 0, 0, 0, 0, 0),
      () => cpu.in(0x60, 1),
      () => cpu.out(0x60, 1, 0),
      () => cpu.memory.read8(0),
      () => cpu.memory.write64(0, 0n),
      () => cpu.memory.view(0, 1),
      () => cpu.memory.locate(0),
      () => cpu.cli(),
      () => cpu.sti(),
      () => cpu.hlt(),
      () => cpu.rdtsc(),
    ];
    for (const operation of operations) expect(operation).toThrow(VpStopped);
  });
});

describe('interrupts of a program', () => {
  it('wait for IF, and come right after the operation that lets them in', () => {
    const machine = new Machine();
    const { cpu } = machine;
    const taken = recordInterrupts(cpu, [0x40, 0x60, 0x80]);
    machine.vp().apic.fixed(0x40);
    machine.vp().apic.fixed(0x60);
    machine.executor.runAll();
    expect(taken).toEqual([]);
    cpu.sti();
    expect(taken).toEqual([0x60, 0x40]);
    // An IPI to oneself.
    cpu.wrmsr(Msr.HV_X64_MSR_ICR, (1n << 18n) | 0x80n);
    expect(taken).toEqual([0x60, 0x40, 0x80]);
  });

  it('do not nest unless the handler enables them', () => {
    const machine = new Machine();
    const { cpu } = machine;
    const order: string[] = [];
    const self = (vector: bigint): void => cpu.wrmsr(Msr.HV_X64_MSR_ICR, (1n << 18n) | vector);
    cpu.setInterruptHandler(0x80, () => {
      order.push('high');
      cpu.wrmsr(Msr.HV_X64_MSR_EOI, 0n);
    });
    cpu.setInterruptHandler(0x40, () => {
      expect(cpu.interruptsEnabled).toBe(false);
      self(0x80n);
      order.push('low');
      if (order.length > 2) cpu.sti();
      order.push('low ends');
      cpu.wrmsr(Msr.HV_X64_MSR_EOI, 0n);
    });
    cpu.sti();
    self(0x40n);
    self(0x40n);
    expect(order).toEqual(['low', 'low ends', 'high', 'low', 'high', 'low ends']);
    expect(cpu.interruptsEnabled).toBe(true);
  });

  it('wake who halts, after they were handled, and are never missed', async () => {
    const machine = new Machine();
    const { cpu } = machine;
    const taken = recordInterrupts(cpu, [0x40]);
    cpu.sti();
    let woken = 0;
    const loop = (async () => {
      while (taken.length < 3) {
        await cpu.hlt();
        woken = taken.length;
      }
    })();
    for (let count = 1; count <= 3; count += 1) {
      await Promise.resolve();
      expect(woken).toBe(count - 1);
      machine.vp().apic.fixed(0x40);
      machine.executor.runAll();
      await Promise.resolve();
      await Promise.resolve();
    }
    await loop;
    // One that is pending already ends the halt at once.
    cpu.cli();
    machine.vp().apic.fixed(0x40);
    cpu.registers.dwords[Reg.RFLAGS * 2]! |= RFLAGS_IF;
    await cpu.hlt();
    expect(taken).toHaveLength(4);
  });

  it('check their vectors', () => {
    const { cpu } = new Machine();
    for (const vector of [-1, 256, 1.5])
      expect(() => cpu.setInterruptHandler(vector, () => {})).toThrow(RangeError);
  });
});

describe('memory of a program', () => {
  it('is little-endian and may be accessed across pages', () => {
    const { cpu, ram } = new Machine();
    const { memory } = cpu;
    memory.write64(0x1ffc, 0x8877_6655_4433_2211n);
    expect([...ram.bytes.slice(0x1ffc, 0x2004)]).toEqual([0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]);
    expect(memory.read64(0x1ffc)).toBe(0x8877_6655_4433_2211n);
    expect([memory.read8(0x1fff), memory.read16(0x1fff), memory.read32(0x1ffe)]).toEqual([
      0x44, 0x5544, 0x6655_4433,
    ]);
    memory.write16(0x1fff, 0xabcd);
    memory.write8(0x1ffe, 0x1ff);
    memory.write32(0x2001, 0xffff_ffff);
    expect([...ram.bytes.slice(0x1ffe, 0x2005)]).toEqual([0xff, 0xcd, 0xab, 0xff, 0xff, 0xff, 0xff]);
  });

  it('gives views where it is contiguous and mapped, and says where it lies', () => {
    const machine = new Machine();
    const { memory } = machine.cpu;
    expect(memory.sizeBytes).toBe(RAM_PAGES * 4096);
    const view = memory.view(0x1800, 0x2000);
    view[0x1000] = 7;
    expect(memory.read8(0x2800)).toBe(7);
    expect(memory.locate(0x1234)).toEqual({
      buffer: machine.ram.buffer,
      offset: 0x1234,
    });
    expect(() => memory.view(RAM_PAGES * 4096 - 1, 2)).toThrow(expect.objectContaining({ vector: 14 }));
    expect(memory.locate(RAM_PAGES * 4096)).toBeUndefined();
    machine.partition.gpa.map(5, machine.ram.firstPage + 9, 7);
    expect(() => memory.view(0x4000, 0x2000)).toThrow(RangeError);
    machine.partition.gpa.map(6, machine.ram.firstPage + 6, 0);
    expect(() => memory.view(0x6000, 1)).toThrow(GuestException);
    expect(memory.locate(0x6000)).toBeUndefined();
    // The page of instructions is nobody's business.
    expect(() => memory.view(2 ** 40 - 4096, 1)).toThrow(GuestException);
    expect(() => memory.write8(2 ** 40 - 4096, 1)).toThrow(expect.objectContaining({ vector: 13 }));
  });

  it("that nobody mapped is the parent's, again when the parent mapped it meanwhile", () => {
    const machine = new Machine();
    const { cpu, partition } = machine;
    const seen: unknown[] = [];
    partition.intercepts.setDirectHandler({
      kind: 'memory',
      gpa: DEVICE,
      sizeBytes: 4096,
      handler: ({ gpa, size, kind, data }) => {
        seen.push([gpa - DEVICE, size, kind]);
        if (kind === 0) data.set([1, 2, 3, 4, 5, 6, 7, 8].slice(0, size));
        else seen.push([...data]);
        return Outcome.DONE;
      },
    });
    expect(cpu.memory.read16(DEVICE + 2)).toBe(0x0201);
    cpu.memory.write32(DEVICE + 8, 0xa1b2_c3d4);
    expect(seen).toEqual([
      [2, 2, 0],
      [8, 4, 1],
      [0xd4, 0xc3, 0xb2, 0xa1],
    ]);
    expect(() => cpu.memory.read8(DEVICE + 4096)).toThrow(WouldBlock);
    expect(machine.vp().interceptSuspend).toBe(true);
    // Without a parent at work the next instruction cannot begin either.
    expect(() => cpu.cpuid(0)).toThrow(WouldBlock);
    machine.vp().setRegister(HvRegister.InterceptSuspend, 0n);
    cpu.cpuid(0);
  });
});

describe('instructions of a program', () => {
  it('keeps architectural MSRs in the registers', () => {
    const { cpu } = new Machine();
    cpu.wrmsr(0xc000_0082, 0xffff_8000_1234_5678n);
    cpu.wrmsr(0xc000_0100, 0x7fff_0000_0000n);
    expect(cpu.rdmsr(0xc000_0082)).toBe(0xffff_8000_1234_5678n);
    expect(cpu.rdmsr(0xc000_0100)).toBe(0x7fff_0000_0000n);
    expect(cpu.rdmsr(0xc000_0080) & 0x500n).toBe(0x500n);
  });

  it('writes to ports that nobody has, and reads ones', () => {
    const { cpu, partition } = new Machine();
    cpu.out(0x80, 1, 0x55);
    expect([cpu.in(0x80, 1), cpu.in(0x80, 2), cpu.in(0x80, 4)]).toEqual([0xff, 0xffff, 0xffff_ffff]);
    expect(partition.counters.unclaimedPortAccesses).toBe(4);
  });

  it('calls the hypervisor by registers, with results in both halves', () => {
    const { cpu } = new Machine();
    const call = hypercallInputLow(HypercallCode.HvCallNotifyLongSpinWait, true);
    expect(cpu.vmcall(call, 0, 5, 0, 0, 0)).toBe(HvStatus.SUCCESS);
    expect(cpu.vmcallHigh).toBe(0);
    expect(cpu.vmcall(0x7777, 0, 0, 0, 0, 0)).toBe(HvStatus.INVALID_HYPERCALL_CODE);
    cpu.registers.segments[2]!.attributes |= 0x60;
    expect(() => cpu.vmcall(call, 0, 5, 0, 0, 0)).toThrow(expect.objectContaining({ vector: 6 }));
  });

  it('lets the exception filter show #GP to the parent first', () => {
    const machine = new Machine();
    const { cpu } = machine;
    machine.partition.intercepts.install(3, 4, 13);
    expect(() => cpu.rdmsr(0x4000_0fff)).toThrow(WouldBlock);
    expect(machine.partition.counters.exceptionIntercepts).toBe(1);
  });

  it('is a processor like any other to the hypervisor', () => {
    const machine = new Machine();
    const processor: Processor = machine.vp().processor;
    expect(processor.translate(0x1234n, 0, true, false)).toEqual({ code: 0, gpa: 0x1234 });
    processor.flushTlb();
    processor.gpaChanged(0, 1);
    processor.requestStop();
    processor.startUp(3);
    expect(machine.rips).toEqual([0xfff0]);
  });
});
