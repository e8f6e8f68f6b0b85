import { describe, expect, it } from 'vitest';
import { GuestException, WouldBlock } from '../../src/program/index.ts';
import { bootHost, MEGABYTE, startGuest, turn, waitFor } from './guest-kit.ts';

/** An address without memory. */
const DEVICE_GPA = 0xfec0_0000;
describe('intercepts that the parent completes', () => {
  it('finishes IN and OUT of every size, and keeps the rest of RAX', async () => {
    const host = bootHost();
    const log: string[] = [];
    const guest = startGuest(
      host,
      (cpu) => {
        cpu.out(0x3f8, 1, 0x141);
        cpu.out(0x3f8, 2, 0x4241);
        cpu.out(0x3f9, 4, 0xdead_beef);
        expect(cpu.in(0x3f8, 1)).toBe(0x78);
        expect(cpu.in(0x3f8, 2)).toBe(0x5678);
        expect(cpu.in(0x3f8, 4)).toBe(0x9234_5678);
      },
      {
        before: (child) => {
          child.intercepts.ports(0x3f8, 0x3ff, {
            read: (port, size) => (port === 0x3f8 && size <= 4 ? 0x9234_5678 : 0),
            write: (port, size, value) => void log.push(`${port.toString(16)}/${size}=${value.toString(16)}`),
          });
        },
      },
    );
    await guest.done;
    expect(log).toEqual(['3f8/1=41', '3f8/2=4241', '3f9/4=deadbeef']);
    expect(guest.child.intercepts.counters.port).toBe(6);
    guest.remove();
  });

  it('asks the newest handler of a port, and none once all are taken off', async () => {
    const host = bootHost();
    const answer = (value: number) => ({ read: () => value, write: () => {} });
    const guest = startGuest(host, async (cpu) => {
      const { intercepts } = guest.child;
      const wide = intercepts.ports(0x10, 0x1f, answer(1));
      const narrow = intercepts.ports(0x12, 0x12, answer(2));
      expect([0x11, 0x12].map((port) => cpu.in(port, 1))).toEqual([1, 2]);
      narrow();
      expect(cpu.in(0x12, 1)).toBe(1);
      narrow();
      wide();
      const before = intercepts.counters.port;
      expect(cpu.in(0x12, 1)).toBe(0xff);
      expect(intercepts.counters.port).toBe(before);
    });
    await guest.done;
    guest.remove();
  });

  it('lets the guest wait for an answer that takes its time', async () => {
    const host = bootHost();
    const guest = startGuest(
      host,
      async (cpu) => {
        expect(await cpu.inAsync(0x60, 1)).toBe(0x1c);
        await cpu.outAsync(0x60, 1, 0xed);
        expect(await cpu.rdmsrAsync(0x1a0)).toBe(0x1_0000_0002n);
        expect(() => cpu.in(0x60, 1)).toThrow(WouldBlock);
      },
      {
        before: (child) => {
          const later = async <Value>(value: Value): Promise<Value> => {
            await turn();
            return value;
          };
          child.intercepts.ports(0x60, 0x60, { read: () => later(0x1c), write: () => later(undefined) });
          child.intercepts.msrs({ read: () => later(0x1_0000_0002n), write: () => true });
        },
      },
    );
    await guest.done;
    guest.remove();
  });

  it('finishes RDMSR and WRMSR, or raises #GP', async () => {
    const host = bootHost();
    const written: bigint[] = [];
    const guest = startGuest(
      host,
      (cpu) => {
        expect(cpu.rdmsr(0x345)).toBe(0xffff_ffff_8000_0001n);
        cpu.wrmsr(0x345, 0x1234_5678_9abc_def0n);
        expect(() => cpu.rdmsr(0x346)).toThrow(GuestException);
        expect(() => cpu.wrmsr(0x346, 0n)).toThrow(GuestException);
      },
      {
        before: (child) => {
          child.intercepts.msrs({
            read: (index) => (index === 0x345 ? 0xffff_ffff_8000_0001n : undefined),
            write: (index, value) => index === 0x345 && written.push(value) > 0,
          });
        },
      },
    );
    await guest.done;
    expect(written).toEqual([0x1234_5678_9abc_def0n]);
    guest.remove();
  });

  it('changes what CPUID says, knowing what it would say', async () => {
    const host = bootHost();
    const guest = startGuest(
      host,
      (cpu) => {
        expect(cpu.cpuid(0x4000_0002)).toMatchObject({ eax: 7, edx: 0 });
        expect(cpu.cpuid(0x4000_0001).eax).toBe(0x3123_7648);
      },
      {
        before: (child) => {
          child.intercepts.cpuid(0x4000_0002, ({ vp, leaf, defaults }) => {
            expect({ vp, leaf }).toEqual({ vp: 0, leaf: 0x4000_0002 });
            return { ...defaults, eax: 7, edx: 0 };
          });
        },
      },
    );
    await guest.done;
    expect(guest.child.intercepts.counters.cpuid).toBe(1);
    guest.remove();
  });

  it('answers addresses without memory, by a handler or with all ones', async () => {
    const host = bootHost();
    const written = new Map<number, number[]>();
    const guest = startGuest(host, (cpu) => {
      const { memory } = cpu;
      expect(memory.read32(DEVICE_GPA)).toBe(0xffff_ffff);
      memory.write32(DEVICE_GPA, 5);
      guest.child.intercepts.memory({
        read: (gpa, data) =>
          data.set([0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, gpa & 0xff].slice(0, data.length)),
        write: (gpa, data) => void written.set(gpa, [...data]),
      });
      expect(memory.read8(DEVICE_GPA)).toBe(0x11);
      expect(memory.read16(DEVICE_GPA)).toBe(0x2211);
      expect(memory.read32(DEVICE_GPA)).toBe(0x4433_2211);
      expect(memory.read64(DEVICE_GPA + 8)).toBe(0x0877_6655_4433_2211n);
      memory.write32(DEVICE_GPA + 16, 0x8000_0001);
      memory.write64(DEVICE_GPA + 24, 0x1234_5678_9abc_def0n);
      memory.write8(DEVICE_GPA + 32, 0x7f);
    });
    await guest.done;
    expect([...written]).toEqual([
      [DEVICE_GPA + 16, [1, 0, 0, 0x80]],
      [DEVICE_GPA + 24, [0xf0, 0xde, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12]],
      [DEVICE_GPA + 32, [0x7f]],
    ]);
    guest.remove();
  });

  it('sends writes to read-only memory to the handler', async () => {
    const host = bootHost();
    const writes: number[] = [];
    const guest = startGuest(
      host,
      (cpu) => {
        expect(cpu.memory.read8(2 * MEGABYTE)).toBe(0);
        cpu.memory.write8(2 * MEGABYTE, 5);
        expect(cpu.memory.read8(2 * MEGABYTE)).toBe(0);
      },
      {
        before: (child) => {
          const rom = host.hypervisor.addMemory(64 * 1024);
          child.mapMemory({ gpa: 2 * MEGABYTE, bank: rom, sizeBytes: 4096, access: 'rx' });
          child.intercepts.memory({ read: () => {}, write: (gpa) => void writes.push(gpa) });
        },
      },
    );
    await guest.done;
    expect(writes).toEqual([2 * MEGABYTE]);
    guest.remove();
  });

  it('goes on with all ones, or #GP, when a handler throws', async () => {
    const host = bootHost();
    const fail = (): never => {
      throw new Error('a bug in a device');
    };
    const guest = startGuest(
      host,
      async (cpu) => {
        expect(cpu.in(0x70, 2)).toBe(0xffff);
        cpu.out(0x70, 1, 0);
        expect(await cpu.inAsync(0x71, 1)).toBe(0xff);
        expect(() => cpu.rdmsr(0x345)).toThrow(GuestException);
        expect(cpu.memory.read16(DEVICE_GPA)).toBe(0xffff);
        expect(cpu.cpuid(0x4000_0001).eax).toBe(0x3123_7648);
      },
      {
        before: ({ intercepts }) => {
          intercepts.ports(0x70, 0x70, { read: fail, write: fail });
          intercepts.ports(0x71, 0x71, { read: async () => fail(), write: fail });
          intercepts.msrs({ read: fail, write: fail });
          intercepts.memory({ read: fail, write: fail });
          intercepts.cpuid(0x4000_0001, fail);
        },
      },
    );
    await guest.done;
    expect(guest.child.guard.counters.callbackErrors).toBe(6);
    guest.remove();
  });

  it('drops a late answer for a child that was reset', async () => {
    const host = bootHost();
    const answer = Promise.withResolvers<number>();
    let starts = 0;
    const second = Promise.withResolvers<void>();
    const guest = startGuest(
      host,
      async (cpu) => {
        starts += 1;
        if (starts === 2) second.resolve();
        if (starts === 1) await cpu.inAsync(0x60, 1);
      },
      {
        before: ({ intercepts }) =>
          void intercepts.ports(0x60, 0x60, { read: () => answer.promise, write: () => {} }),
      },
    );
    await waitFor(() => guest.child.intercepts.counters.port === 1);
    host.hypervisor.partition(guest.child.id)!.reset();
    await second.promise;
    answer.resolve(5);
    await waitFor(() => guest.child.intercepts.inspect().answersTooLate === 1);
    guest.remove();
  });

  it('hears of a triple fault', async () => {
    const host = bootHost();
    const faulted = Promise.withResolvers<number>();
    const guest = startGuest(
      host,
      () => {
        throw new Error('the guest has a bug');
      },
      {
        before: ({ intercepts }) => {
          intercepts.onUnrecoverable = faulted.resolve;
        },
      },
    );
    expect(await faulted.promise).toBe(0);
    guest.remove();
  });
});
