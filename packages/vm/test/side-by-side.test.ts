/** Several machines on one host: what happens to one is nothing to the others. */

import { MemoryDisk } from '@viridian/drivers';
import { type GuestCpu, type GuestProgram, programProcessors } from '@viridian/hypervisor/program';
import { Msr } from '@viridian/protocols/tlfs';
import { describe, expect, it } from 'vitest';
import { type Machine, type MachineResult, VirtualizationHost } from '../src/index.ts';
import { pattern, sha256, storageProgram, turn } from './support/guest.ts';

const MEGABYTE = 2 ** 20;
const BLOCKS = 2048;

/** A program that copies the first half of its disk to the second, block by block, until all is done. */
function worker(progress: { blocks: number }, onBlock?: (cpu: GuestCpu) => void): GuestProgram {
  return storageProgram(async ({ cpu, disks }) => {
    const [disk] = disks;
    for (let block = 0; block < BLOCKS / 2; block += 16) {
      await disk!.writeBytes(BLOCKS / 2 + block, await disk!.readBytes(block, 16));
      progress.blocks = block + 16;
      onBlock?.(cpu);
    }
    await disk!.flush();
  });
}

/** The good machine and the one that comes to grief, both at work. */
async function run(
  disturb: (machine: Machine, cpu: GuestCpu) => void,
): Promise<{ good: MachineResult; bad: MachineResult; intact: boolean; left: unknown }> {
  using host = new VirtualizationHost();
  const before = state(host);
  const content = pattern(9, BLOCKS * 512);
  const half = await sha256(content.slice(0, (BLOCKS / 2) * 512));
  const badProgress = { blocks: 0 };
  const make = (name: string, disk: Uint8Array, program: () => GuestProgram): Machine =>
    host.createMachine({
      name,
      memoryBytes: 8 * MEGABYTE,
      processor: programProcessors(program),
      disks: [{ device: new MemoryDisk(disk) }],
    });
  const good = make('good', content, () => worker({ blocks: 0 }));
  const bad: Machine = make('bad', pattern(8, BLOCKS * 512), () =>
    worker(badProgress, (cpu) => {
      if (badProgress.blocks === 160) disturb(bad, cpu);
    }),
  );
  good.start();
  bad.start();
  const results = await Promise.all([good.finished, bad.finished]);
  expect(badProgress.blocks).toBe(160);
  const intact = (await sha256(content.slice((BLOCKS / 2) * 512))) === half;
  await turn();
  expect(state(host)).toEqual(before);
  return { good: results[0], bad: results[1], intact, left: host.machines };
}

function state({ hypervisor, parent }: VirtualizationHost) {
  return {
    partitions: [...hypervisor.partitions].length,
    ports: hypervisor.root.ports.size,
    connections: hypervisor.root.connections.size,
    eventFlags: parent.resources.eventFlagsFree,
    pagesInUse: parent.resources.pagesInUse,
  };
}

describe('two machines on one host', () => {
  it('goes on when the other is killed', async () => {
    const result = await run((machine) => machine.kill());
    expect(result).toEqual({ good: { reason: 'halted' }, bad: { reason: 'killed' }, intact: true, left: [] });
  });

  it('goes on when the other crashes', async () => {
    const result = await run((_, cpu) => {
      cpu.wrmsr(Msr.HV_X64_MSR_CRASH_P0, 0xdeadn);
      cpu.wrmsr(Msr.HV_X64_MSR_CRASH_CTL, 1n << 63n);
    });
    expect(result).toMatchObject({ good: { reason: 'halted' }, bad: { reason: 'crashed' }, intact: true });
    expect(result.bad.crash?.parameters[0]).toBe(0xdeadn);
  });

  it('goes on when the other faults', async () => {
    const result = await run(() => {
      throw new Error('a bug in the guest');
    });
    expect(result).toMatchObject({
      good: { reason: 'halted' },
      bad: { reason: 'triple-fault', vp: 0 },
      intact: true,
    });
  });

  it('goes on when the other is stopped', async () => {
    const result = await run((machine) => void machine.stop());
    expect(result).toMatchObject({ good: { reason: 'halted' }, bad: { reason: 'stopped' }, intact: true });
  });
});
