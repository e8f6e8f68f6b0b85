import { Reg } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { Hypervisor } from '../index.ts';
import { ParentPartition } from '../parent/index.ts';
import { type GuestCpu, WouldBlock } from './guest-cpu.ts';
import { programProcessors } from './program-processors.ts';

const DEVICE = 0xd000_0000;

describe('a program under a real parent', () => {
  /** A child of the parent library, whose program is the test. */
  function underParent() {
    const machine = { hypervisor: new Hypervisor() };
    const parent = ParentPartition.boot(machine.hypervisor);
    const started = Promise.withResolvers<GuestCpu>();
    const processor = programProcessors(() => ({ name: 'child', start: (cpu) => started.resolve(cpu) }));
    const child = parent.createPartition({ processor });
    const bank = machine.hypervisor.addMemory(0x10000);
    child.initialize();
    child.mapMemory({ gpa: 0, bank, sizeBytes: 0x10000 });
    child.createVp(0);
    child.start(0);
    return { hypervisor: machine.hypervisor, parent, child, started: started.promise };
  }

  it('shows it real instructions, and finishes them in the middle of a call', async () => {
    const { child, started } = underParent();
    const cpu = await started;
    const written: unknown[] = [];
    child.intercepts.memory({
      read: (gpa, data) => data.set(Uint8Array.from(data, (_, at) => gpa + at)),
      write: (gpa, data) => void written.push([gpa - DEVICE, ...data]),
    });
    expect(cpu.memory.read8(DEVICE + 1)).toBe(1);
    expect(cpu.memory.read16(DEVICE + 1)).toBe(0x0201);
    expect(cpu.memory.read32(DEVICE + 1)).toBe(0x0403_0201);
    expect(cpu.memory.read64(DEVICE + 1)).toBe(0x0807_0605_0403_0201n);
    cpu.memory.write8(DEVICE + 1, 0x91);
    cpu.memory.write16(DEVICE + 2, 0x9291);
    cpu.memory.write32(DEVICE + 4, 0x9493_9291);
    cpu.memory.write64(DEVICE + 8, 0x0807_0605_0403_0201n);
    expect(written).toEqual([
      [1, 0x91],
      [2, 0x91, 0x92],
      [4, 0x91, 0x92, 0x93, 0x94],
      [8, 1, 2, 3, 4, 5, 6, 7, 8],
    ]);
    // RIP is back where the program stands.
    expect(Number(cpu.registers.qwords[Reg.RIP])).toBe(0xfff0);
    child.delete();
  });

  it('finishes ports at once or later', async () => {
    const { child, started } = underParent();
    const cpu = await started;
    const later = Promise.withResolvers<number>();
    child.intercepts.ports(0x70, 0x70, { read: () => 0x5a, write: () => {} });
    child.intercepts.ports(0x71, 0x71, { read: () => later.promise, write: () => {} });
    expect(cpu.in(0x70, 1)).toBe(0x5a);
    const answer = cpu.inAsync(0x71, 1);
    expect(() => cpu.in(0x70, 1)).toThrow(WouldBlock);
    later.resolve(0x33);
    expect(await answer).toBe(0x33);
    expect(await cpu.inAsync(0x70, 1)).toBe(0x5a);
    child.delete();
  });
});
