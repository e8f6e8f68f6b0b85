/** The life of one machine: start, pause, reset, and each way to its end. */

import { MemoryDisk } from '@viridian/drivers';
import { type GuestCpu, programProcessors } from '@viridian/hypervisor/program';
import { CrashControl, Msr } from '@viridian/protocols/tlfs';
import { describe, expect, it } from 'vitest';
import { createMachine, type Machine, type MachineConfiguration, VirtualizationHost } from '../src/index.ts';
import { pattern, storageProgram, turn } from './support/guest.ts';

const MEGABYTE = 2 ** 20;

/** A machine whose guest is one function, called anew at each boot. */
function machineOf(
  start: (cpu: GuestCpu, boot: number, rip: number) => void | Promise<void>,
  settings: Partial<MachineConfiguration> = {},
): Machine {
  let boots = 0;
  const processor = programProcessors(() => {
    boots += 1;
    const boot = boots;
    return { name: 'test', start: (cpu, rip) => start(cpu, boot, rip) };
  });
  return createMachine({ name: 'test', memoryBytes: MEGABYTE, processor, ...settings });
}

async function forever(cpu: GuestCpu): Promise<void> {
  for (;;) await cpu.hlt();
}

describe('a machine', () => {
  it('starts at its boot address with its memory', async () => {
    let seen: unknown;
    const machine = machineOf(
      async (cpu, _, rip) => {
        seen = { rip, sizeBytes: cpu.memory.sizeBytes, last: cpu.memory.read8(3 * MEGABYTE - 1) };
        cpu.cli();
        await cpu.hlt();
      },
      { memoryBytes: 3 * MEGABYTE, boot: { rip: 0x10_0000 }, vmbus: false },
    );
    machine.start();
    expect(await machine.finished).toEqual({ reason: 'halted' });
    expect(seen).toEqual({ rip: 0x10_0000, sizeBytes: 3 * MEGABYTE, last: 0 });
    expect(() => machine.start()).toThrow('test is finished: it cannot be started');
    await expect(machine.reset()).rejects.toThrow('cannot be reset');
  });

  it('does not take a guest for halted that an interrupt can wake', async () => {
    const machine = machineOf((cpu) => {
      cpu.sti();
      return forever(cpu);
    });
    machine.start();
    for (let turns = 0; turns < 5; turns += 1) await turn();
    expect(machine.state).toBe('running');
    expect(await machine.stop()).toEqual({ reason: 'stopped' });
  });

  it('is switched off by its power port', async () => {
    const machine = machineOf(
      (cpu) => {
        cpu.sti();
        cpu.out(0x604, 2, 0x2000);
        return forever(cpu);
      },
      { powerOffPort: 0x604 },
    );
    machine.start();
    expect(await machine.finished).toEqual({ reason: 'powered-off' });
    expect(machine.counters().intercepts.portWrite).toBe(1);
  });

  it('boots again after the RESET MSR, with memory as it was and fresh devices', async () => {
    const events: string[] = [];
    let boots = 0;
    const machine: Machine = createMachine({
      name: 'test',
      memoryBytes: 8 * MEGABYTE,
      processor: programProcessors(() =>
        storageProgram(async ({ cpu, disks }) => {
          boots += 1;
          expect(await disks[0]!.readBytes(5, 1)).toEqual(pattern(1, 8192).slice(5 * 512, 6 * 512));
          expect(cpu.memory.read8(7 * MEGABYTE)).toBe(boots - 1);
          cpu.memory.write8(7 * MEGABYTE, boots);
          if (boots === 4) return;
          if (boots === 2) await machine.reset();
          cpu.wrmsr(Msr.HV_X64_MSR_RESET, 1n);
        }),
      ),
      disks: [{ device: new MemoryDisk(pattern(1, 8192)) }],
    });
    for (const name of ['started', 'reset', 'stopped'] as const) machine.on(name, () => events.push(name));
    machine.start();
    expect(await machine.finished).toEqual({ reason: 'halted' });
    expect(events).toEqual(['started', 'reset', 'reset', 'reset', 'stopped']);
  });

  it.each([
    ['reset', { onReset: 'finish' }, (cpu: GuestCpu) => cpu.wrmsr(Msr.HV_X64_MSR_RESET, 1n)],
    ['crashed', {}, (cpu: GuestCpu) => cpu.wrmsr(Msr.HV_X64_MSR_CRASH_CTL, CrashControl.CRASH_NOTIFY)],
    [
      'triple-fault',
      {},
      () => {
        throw new Error('a bug in the guest');
      },
    ],
  ] as const)('ends with reason %s', async (reason, policy, act) => {
    const machine = machineOf(
      (cpu) => {
        cpu.sti();
        act(cpu);
        return forever(cpu);
      },
      { policy },
    );
    machine.start();
    expect((await machine.finished).reason).toBe(reason);
  });

  it('leaves a crash to the guest and restarts after a triple fault when the policy says so', async () => {
    const seen: unknown[] = [];
    const machine = machineOf(
      async (cpu, boot) => {
        cpu.memory.view(0x3000, 5).set(new TextEncoder().encode('o\x1bops'));
        cpu.wrmsr(Msr.HV_X64_MSR_CRASH_P3, 0x3000n);
        cpu.wrmsr(Msr.HV_X64_MSR_CRASH_P4, 5n);
        cpu.wrmsr(Msr.HV_X64_MSR_CRASH_CTL, CrashControl.CRASH_NOTIFY | CrashControl.CRASH_MESSAGE);
        if (boot === 1) throw new Error('a bug in the guest');
        cpu.cli();
        await cpu.hlt();
      },
      { policy: { onCrash: 'continue', onTripleFault: 'restart' } },
    );
    machine.on('crash', ({ text }) => seen.push(text));
    machine.on('unrecoverable', ({ vp }) => seen.push(vp));
    machine.on('exit', ({ reason }) => seen.push(reason));
    machine.start();
    await machine.finished;
    expect(seen).toEqual(['o\ufffdops', 0, 'o\ufffdops', 'halted']);
  });

  it('stands still while it is paused', async () => {
    let beats = 0;
    const machine = machineOf(async (cpu) => {
      cpu.sti();
      cpu.setInterruptHandler(0x40, () => {
        beats += 1;
        cpu.wrmsr(Msr.HV_X64_MSR_EOI, 0n);
      });
      cpu.wrmsr(Msr.HV_X64_MSR_STIMER0_CONFIG, 0x1003n | (0x40n << 4n));
      cpu.wrmsr(Msr.HV_X64_MSR_STIMER0_COUNT, 10_000n);
      await forever(cpu);
    });
    machine.start();
    while (beats < 3) await turn();
    machine.pause();
    const before = beats;
    for (let turns = 0; turns < 5; turns += 1) await turn();
    expect(beats).toBe(before);
    machine.start();
    while (beats < before + 2) await turn();
    await machine.stop();
  });

  it('starts further processors by SIPI and counts what they do', async () => {
    const machine = machineOf(
      async (cpu, _, rip) => {
        if (cpu.index === 0) {
          // INIT and SIPI to each of the others, vector 8.
          for (const target of [1n, 2n]) {
            cpu.wrmsr(Msr.HV_X64_MSR_ICR, (target << 56n) | 0x4500n);
            cpu.wrmsr(Msr.HV_X64_MSR_ICR, (target << 56n) | 0x4608n);
          }
        } else {
          cpu.memory.write32(0x100 * cpu.index, rip);
        }
        if (cpu.index === 0)
          while (cpu.memory.read32(0x200) === 0 || cpu.memory.read32(0x100) === 0) await turn();
        expect(cpu.index === 0 ? cpu.memory.read32(0x200) : rip).toBe(0x8000);
        cpu.cli();
        await cpu.hlt();
      },
      { processors: 3 },
    );
    machine.start();
    expect(await machine.finished).toEqual({ reason: 'halted' });
    expect(machine.counters().interprocessorInterrupts).toBe(4);
  });

  it('can be looked into, and its report stays after its end', async () => {
    const machine = machineOf((cpu) => {
      cpu.sti();
      cpu.cpuid(0);
      return forever(cpu);
    });
    machine.start();
    while (machine.counters().intercepts.cpuid === 0) await turn();
    expect(machine.inspect('machine')).toMatchObject({ name: 'test', state: 'running' });
    expect(machine.inspect('partition/state')).toBe('active');
    await machine.stop();
    expect(machine.counters().intercepts.cpuid).toBe(1);
  });

  it('lets one listen to its own trace points alone', async () => {
    const host = new VirtualizationHost();
    const seen: string[] = [];
    const [heard, other] = ['heard', 'other'].map((name) =>
      host.createMachine({
        name,
        memoryBytes: MEGABYTE,
        processor: programProcessors(() => ({
          name,
          start: (cpu) => void cpu.wrmsr(Msr.HV_X64_MSR_CRASH_CTL, 1n << 63n),
        })),
      }),
    );
    using _stop = heard!.listen('hypervisor.crash', ({ where }) => seen.push(where));
    for (const machine of [heard!, other!]) machine.start();
    await Promise.all([heard!.finished, other!.finished]);
    expect(seen).toEqual([`partition/${heard!.partitionId}`]);
    host.close();
  });

  it('is killed at once, also before it started, and only once', async () => {
    const host = new VirtualizationHost();
    const machine = host.createMachine({
      name: 'idle',
      memoryBytes: MEGABYTE,
      processor: programProcessors(never),
    });
    machine.kill();
    machine.kill();
    expect(host.parent.childIds()).toEqual([]);
    expect(await machine.stop()).toEqual({ reason: 'killed' });
    const { sizeBytes } = host.hypervisor.memory;
    host.close();
    expect(host.hypervisor.memory.sizeBytes).toBeLessThan(sizeBytes);
  });

  it('builds nothing when the parent cannot', () => {
    const host = new VirtualizationHost();
    const processor = (): never => {
      throw new Error('no such processor');
    };
    const before = host.hypervisor.memory.sizeBytes;
    const build = () => host.createMachine({ name: 'none', memoryBytes: MEGABYTE, processor });
    expect(build).toThrow();
    expect(host.parent.childIds()).toEqual([]);
    expect(host.hypervisor.memory.sizeBytes).toBeLessThanOrEqual(before + MEGABYTE);
    host.close();
  });
});

function never(): never {
  throw new Error('this machine is not started');
}
