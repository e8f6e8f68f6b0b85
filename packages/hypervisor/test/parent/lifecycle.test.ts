import { HvRegister, HvStatus, PartitionProperty, privilegeMask } from '@viridian/protocols/tlfs';
import { describe, expect, it } from 'vitest';
import { Hypervisor } from '../../src/index.ts';
import { HypercallError, ParentPartition } from '../../src/parent/index.ts';
import { bootHost, MEGABYTE, signalEvent, startGuest, turn, waitFor } from './guest-kit.ts';

/** What must be as before when everything is gone. */
function balance({ hypervisor, parent }: ReturnType<typeof bootHost>) {
  return {
    partitions: [...hypervisor.partitions].length,
    memoryBytes: hypervisor.memory.sizeBytes,
    rootPool: hypervisor.root.pool.inspect(),
    ports: hypervisor.root.ports.size,
    connections: hypervisor.root.connections.size,
    ...parent.resources,
  };
}

describe('the life of partitions', () => {
  it('builds and unmakes children in any order and leaves nothing', async () => {
    const host = bootHost();
    startGuest(host, () => {}).remove();
    const before = balance(host);
    const build = () => {
      const guest = startGuest(host, (cpu) => void signalEvent(cpu, 7), { vps: 4 });
      guest.child.connectToParentEvents(8, () => {});
      guest.child.openMessageRoute(2, 3);
      return guest;
    };
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0],
    ]) {
      const guests = [build(), build(), build()];
      expect(host.parent.childIds()).toEqual(guests.map(({ child }) => child.id));
      await Promise.all(guests.map(({ done }) => done));
      for (const index of order) guests[index]!.remove();
      expect(balance(host)).toEqual(before);
      expect(host.parent.childIds()).toEqual([]);
    }
  });

  it('deletes a child in the middle of traffic, from a callback of its own', async () => {
    const host = bootHost();
    const stopped = Promise.withResolvers<void>();
    let events = 0;
    const victim = startGuest(
      host,
      async (cpu) => {
        for (;;) {
          signalEvent(cpu, 7);
          await turn();
        }
      },
      {
        before: (child) => {
          child.connectToParentEvents(7, () => {
            events += 1;
            if (events < 3) return;
            victim.remove();
            stopped.resolve();
          });
        },
      },
    );
    await stopped.promise;
    expect(victim.child.isDeleted).toBe(true);
    victim.child.delete();
    const seen = events;
    let alive = 0;
    const other = startGuest(host, (cpu) => void signalEvent(cpu, 7), {
      before: (child) => void child.connectToParentEvents(7, () => (alive += 1)),
    });
    await other.done;
    await waitFor(() => alive > 0);
    expect({ seen: events, alive }).toEqual({ seen, alive: 1 });
    other.remove();
  });

  it('keeps the messages and events of two children apart', async () => {
    const host = bootHost();
    const seen: string[] = [];
    const guests = ['a', 'b'].map((name, index) =>
      startGuest(host, (cpu) => void expect(signalEvent(cpu, 0x2001, index)).toBe(HvStatus.SUCCESS), {
        before: (child) => void child.connectToParentEvents(0x2001, (flag) => seen.push(`${name}${flag}`), 2),
      }),
    );
    await Promise.all(guests.map(({ done }) => done));
    await waitFor(() => seen.length === 2);
    expect(seen.sort()).toEqual(['a0', 'b1']);
    for (const guest of guests) guest.remove();
  });

  it('deposits what the hypervisor lacks and gets all of it back', () => {
    const host = bootHost();
    const { pagesInUse } = host.parent.resources;
    const child = host.parent.createPartition({
      processor: () => expect.fail('never created'),
      poolPages: 1,
    });
    expect(child.balance()).toMatchObject({ pagesAvailable: 1, pagesInUse: 0 });
    child.initialize();
    expect(child.balance().pagesInUse).toBe(2);
    expect(host.parent.resources.pagesInUse).toBe(pagesInUse + 9);
    child.delete();
    expect(host.parent.resources.pagesInUse).toBe(pagesInUse);
  });

  it('deletes a child that was never initialized', () => {
    const host = bootHost();
    host.parent.createPartition().delete();
    expect(host.parent.children).toEqual([]);
  });

  it('sets privileges, reads properties and registers', async () => {
    const host = bootHost();
    const mask = privilegeMask('AccessHypercallMsrs', 'AccessVpIndex', 'SignalEvents');
    const guest = startGuest(host, (cpu) => void expect(cpu.cpuid(0x4000_0003).ebx).toBe(0x20), {
      offer: { privileges: mask, hints: 0x20 },
      before: (child) => {
        child.setRegisters(0, [
          { name: HvRegister.Rbx, low: 0xffff_ffff_0000_0001n },
          { name: HvRegister.Xmm15, low: 1n, high: 2n },
        ]);
      },
    });
    await guest.done;
    expect(guest.child.getProperty(PartitionProperty.PRIVILEGE_FLAGS)).toBe(mask);
    expect(guest.child.getRegisters(0, [HvRegister.Xmm15, HvRegister.VpIndex])).toEqual([
      { low: 1n, high: 2n },
      { low: 0n, high: 0n },
    ]);
    guest.remove();
  });

  it('maps and unmaps memory, whole pages within the bank only', () => {
    const host = bootHost();
    const child = host.parent.createPartition();
    child.initialize();
    const bank = host.hypervisor.addMemory(8 * MEGABYTE);
    child.mapMemory({ gpa: 2 ** 32, bank, bankOffset: 4096, sizeBytes: 8 * MEGABYTE - 4096 });
    const { gpa } = host.hypervisor.partition(child.id)!;
    expect(gpa.mappedPages).toBe(2047);
    expect(gpa.systemPage(2 ** 20 + 2046)).toBe(bank.firstPage + 2047);
    child.unmapMemory(2 ** 32, 4 * MEGABYTE);
    expect(gpa.mappedPages).toBe(2047 - 1024);
    for (const wrong of [
      { gpa: 1 },
      { sizeBytes: 100 },
      { bankOffset: -4096 },
      { sizeBytes: 16 * MEGABYTE },
    ]) {
      expect(() => child.mapMemory({ gpa: 0, bank, sizeBytes: 4096, ...wrong })).toThrow(RangeError);
    }
    expect(() => host.hypervisor.removeMemory(bank)).toThrow('in use');
    child.delete();
    host.hypervisor.removeMemory(bank);
  });

  it('says which call was refused and why', () => {
    const host = bootHost();
    const child = host.parent.createPartition();
    let caught: unknown;
    try {
      child.setProperty(0x1234, 0n);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(HypercallError);
    expect((caught as Error).message).toBe('HvCallSetPartitionProperty was answered UNKNOWN_PROPERTY');
    expect(() => child.start(0)).toThrow(HypercallError);
    child.delete();
  });

  it('boots once, and can be closed when the children are gone', () => {
    const hypervisor = new Hypervisor();
    const { sizeBytes } = hypervisor.memory;
    const parent = ParentPartition.boot(hypervisor);
    expect(() => ParentPartition.boot(hypervisor)).toThrow();
    const child = parent.createPartition();
    expect(() => parent.close()).toThrow('1 child partitions still exist');
    child.delete();
    parent.close();
    expect(hypervisor.memory.sizeBytes).toBe(sizeBytes);
    expect(ParentPartition.boot(hypervisor).id).toBe(1n);
  });

  it('does not boot on a root that lacks a privilege', () => {
    const hypervisor = new Hypervisor();
    hypervisor.root.configure({ privileges: hypervisor.root.privileges & ~privilegeMask('ConnectPort') });
    expect(() => ParentPartition.boot(hypervisor)).toThrow('lacks the privileges ConnectPort');
  });
});
