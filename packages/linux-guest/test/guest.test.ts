/** The kit on the real host: boot, disks, several processors, shutdown, panic. */

import { MemoryDisk } from '@viridian/drivers';
import { programProcessors } from '@viridian/hypervisor/program';
import { createMachine, type MachineConfiguration } from '@viridian/vm';
import { describe, expect, it } from 'vitest';
import { type Kernel, linuxGuest } from '../src/index.ts';

const MIB = 2 ** 20;

function machineWith(
  main: (kernel: Kernel) => Promise<void>,
  more: Partial<MachineConfiguration> = {},
): { machine: ReturnType<typeof createMachine>; log: string[] } {
  const log: string[] = [];
  const machine = createMachine({
    name: 'test',
    memoryBytes: 16 * MIB,
    processor: programProcessors(linuxGuest({ main, onLog: (line) => log.push(line.text) })),
    ...more,
  });
  return { machine, log };
}

function patternDisk(bytes: number): { disk: MemoryDisk; content: Uint8Array } {
  const content = Uint8Array.from({ length: bytes }, (_, index) => (index * 31 + (index >> 9)) & 0xff);
  return { disk: new MemoryDisk(content.slice()), content };
}

describe('a TypeScript guest', () => {
  it('boots, reads and writes its disk over the bus, and halts', async () => {
    const { disk, content } = patternDisk(2 * MIB);
    let read = new Uint8Array(0) as Uint8Array;
    let back = new Uint8Array(0) as Uint8Array;
    const { machine, log } = machineWith(
      async (kernel) => {
        const sda = kernel.block.disk('sda')!;
        expect(sda.sizeBytes).toBe(2 * MIB);
        read = await sda.readBlocks(0, sda.blockCount);
        await sda.writeBlocks(100, new Uint8Array(8192).fill(0x5a));
        await sda.flush();
        back = await sda.readBlocks(99, 18);
      },
      { disks: [{ device: disk }] },
    );
    machine.start();
    expect(await machine.finished).toEqual({ reason: 'halted' });
    expect(Buffer.from(read).equals(Buffer.from(content))).toBe(true);
    expect(back.subarray(0, 512)).toEqual(content.subarray(99 * 512, 100 * 512));
    expect(back.subarray(512, 512 + 8192).every((byte) => byte === 0x5a)).toBe(true);
    const report = machine.counters();
    expect(report.intercepts).toMatchObject({ portRead: 0, portWrite: 0, memory: 0 });
    expect(report.hypercalls.HvCallPostMessage).toBeGreaterThan(0);
    expect(report.channels[0]?.counters.packetsReceived).toBeGreaterThan(10);
    expect(log.join('\n')).toContain('hv_vmbus: Vmbus version:5.3');
    expect(log.join('\n')).not.toContain('panic');
  });

  it('brings up four processors and spreads the adapter over them', async () => {
    const { disk, content } = patternDisk(4 * MIB);
    let equal = false;
    const { machine, log } = machineWith(
      async (kernel) => {
        const sda = kernel.block.disk('sda')!;
        const parts = await Promise.all(
          Array.from({ length: 64 }, (_, index) => sda.readBlocks(index * 128, 128)),
        );
        equal = Buffer.concat(parts).equals(Buffer.from(content));
      },
      { processors: 4, disks: [{ device: disk }] },
    );
    machine.start();
    expect(await machine.finished).toEqual({ reason: 'halted' });
    expect(equal).toBe(true);
    expect(log.join('\n')).toContain('Brought up 1 node, 4 CPUs');
    expect(machine.counters().channels.length).toBe(4);
  });

  it('tells time by the reference TSC page and sleeps by synthetic timers', async () => {
    let slept = 0;
    const { machine } = machineWith(async (kernel) => {
      const before = kernel.clock.now();
      await kernel.sleep(20);
      slept = kernel.clock.now() - before;
    });
    machine.start();
    await machine.finished;
    expect(slept).toBeGreaterThanOrEqual(200_000);
  });

  it('reports a panic through the crash MSRs', async () => {
    const { machine } = machineWith(async () => {
      throw new Error('attempted to kill init');
    });
    machine.start();
    const result = await machine.finished;
    expect(result.reason).toBe('crashed');
    expect(result.crash?.text).toContain('attempted to kill init');
  });

  it('boots again after the machine was reset', async () => {
    const { disk } = patternDisk(MIB);
    let boots = 0;
    const { machine } = machineWith(
      async (kernel) => {
        boots += 1;
        await kernel.block.disk('sda')!.readBlocks(0, 8);
        if (boots === 1) await kernel.sleep(100_000);
      },
      { disks: [{ device: disk }] },
    );
    machine.start();
    while (boots === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await machine.reset();
    expect(await machine.finished).toEqual({ reason: 'halted' });
    expect(boots).toBe(2);
  });

  for (const version of [
    0x0000000d, 0x00010001, 0x00020004, 0x00030000, 0x00040000, 0x00050000, 0x00050003,
  ]) {
    it(`uses bus version 0x${version.toString(16)}`, async () => {
      const { disk, content } = patternDisk(MIB);
      let equal = false;
      const { machine, log } = machineWith(
        async (kernel) => {
          const bytes = await kernel.block.disk('sda')!.readBlocks(0, 2048);
          equal = Buffer.from(bytes).equals(Buffer.from(content));
        },
        { disks: [{ device: disk }], vmbus: { newest: version } },
      );
      machine.start();
      await machine.finished;
      expect(equal, log.join('\n')).toBe(true);
    });
  }
});
