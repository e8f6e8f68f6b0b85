/** Pages under a balloon: gone from the guest's address space, forgotten, and back again. */

import { Hypervisor } from '@viridian/hypervisor';
import { ParentPartition } from '@viridian/hypervisor/parent';
import { programProcessors } from '@viridian/hypervisor/program';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, createMachine } from '../src/index.ts';
import { ChildBalloonMemory } from '../src/machine-balloon.ts';
import { MachineBank } from '../src/machine-memory.ts';

const PAGE = 4096;
const MEMORY_BYTES = 64 * PAGE;

function memoryUnderTest() {
  const hypervisor = new Hypervisor();
  const parent = ParentPartition.boot(hypervisor);
  const bank = new MachineBank(hypervisor, 'test', {
    memoryBytes: MEMORY_BYTES,
    videoBytes: 0,
    hasCore: false,
  });
  const processor = programProcessors(() => ({ name: 'none', start: async () => {} }));
  const child = parent.createPartition({ offer: { enlightened: true }, processor, pool: bank.pool });
  child.initialize();
  bank.giveTo(child);
  const { gpa } = hypervisor.partition(child.id)!;
  let isAlive = true;
  const memory = new ChildBalloonMemory(child, bank, MEMORY_BYTES, () => isAlive);
  const end = () => {
    isAlive = false;
    child.delete();
  };
  return { memory, bank, gpa, end };
}

describe('ChildBalloonMemory', () => {
  it('takes pages away, forgets what they held, and gives them back', () => {
    const { memory, bank, gpa } = memoryUnderTest();
    bank.bytes(0, MEMORY_BYTES).fill(7);
    const ranges = [
      { firstGpn: 9, pageCount: 1 },
      { firstGpn: 4, pageCount: 3 },
      { firstGpn: 7, pageCount: 2 },
    ];
    memory.take(ranges);
    const mapped = () => Array.from({ length: 12 }, (_, gpn) => gpa.systemPage(gpn) >= 0);
    expect(mapped().map(Number).join('')).toBe('111100000011');
    expect(bank.bytes(4 * PAGE, 6 * PAGE).every((byte) => byte === 0)).toBe(true);
    expect([bank.bytes(4 * PAGE - 1, 1)[0], bank.bytes(10 * PAGE, 1)[0]]).toEqual([7, 7]);
    memory.give(ranges);
    expect(mapped().every(Boolean)).toBe(true);
  });

  it('knows its pages', () => {
    const { memory } = memoryUnderTest();
    const isRam = (firstGpn: number, pageCount: number) => memory.isRam({ firstGpn, pageCount });
    expect(memory.pageCount).toBe(64);
    expect([isRam(0, 64), isRam(63, 1)]).toEqual([true, true]);
    expect([isRam(0, 65), isRam(64, 1), isRam(2 ** 40 - 1, 1), isRam(1, 2 ** 24 - 1)]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it('does nothing to a partition that is gone', () => {
    const { memory, end } = memoryUnderTest();
    end();
    memory.take([{ firstGpn: 1, pageCount: 1 }]);
    memory.give([{ firstGpn: 1, pageCount: 1 }]);
  });
});

describe('services of a machine', () => {
  it('are there with an x86 processor and a bus, unless told otherwise', async () => {
    const base = { name: 'test', memoryBytes: 16 * 2 ** 20 };
    await using usual = createMachine(base);
    await using without = createMachine({ ...base, integration: false, balloon: false, sockets: false });
    await using plain = createMachine({ ...base, enlightened: false });
    expect([usual.balloon?.memoryBytes, usual.integration?.heartbeat.heart]).toEqual([2 ** 24, 'no-contact']);
    expect(usual.inspect('integration/shutdown')).toMatchObject({ state: 'closed' });
    for (const { balloon, integration, sockets } of [without, plain]) {
      expect([balloon, integration, sockets]).toEqual([undefined, undefined, undefined]);
    }
    await expect(usual.sockets?.connect(1)).rejects.toMatchObject({ kind: 'not-ready' });
    await expect(usual.shutdown()).rejects.toMatchObject({ kind: 'not-ready' });
    await expect(without.shutdown()).rejects.toThrow('no integration services');
    expect(() => createMachine({ ...base, vmbus: false, balloon: true })).toThrow(ConfigurationError);
  });
});
