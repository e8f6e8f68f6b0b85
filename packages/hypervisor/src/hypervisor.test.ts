import { HvRegister, HypercallCode, PartitionIdInput } from '@viridian/protocols/tlfs';
import { InspectTree } from '@viridian/trace';
import { PAGE_BYTES } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { World } from '../test/hypercall-caller.ts';
import { CHILD_OFFER, Hypervisor } from './index.ts';

describe('the hypervisor', () => {
  it('starts with an active root that sees all memory but its own pool', () => {
    const hypervisor = new Hypervisor({ rootMemoryBytes: 64 * PAGE_BYTES });
    const { root, rootBank } = hypervisor;
    expect([root.id, root.state, root.parent, root.where]).toEqual([1n, 'active', null, 'partition/1']);
    expect([root.privileges, root.features, root.hints]).toEqual([0x000210f7_00000effn, 0x80520, 0xe2c]);
    expect(root.gpa.mappedPages).toBe(rootBank.pageCount - 5);
    expect(root.pool.inspect()).toEqual({ available: 3, inUse: 2 });
    expect(CHILD_OFFER).toMatchObject({ privileges: 0x0000003000000effn, features: 0x80520, hints: 0xe2c });
  });

  it('has one first processor of the root', () => {
    const world = new World();
    expect(() => world.hypervisor.createRootProcessor(() => world.root.processor)).toThrow(
      'cannot be created',
    );
  });

  it('knows its partitions', () => {
    const world = new World();
    const child = world.create();
    expect([...world.hypervisor.partitions].map(({ id }) => id)).toEqual([1n, 2n]);
    expect(world.hypervisor.partition(2n)).toBe(child);
    expect(() => world.hypervisor.observe(9n, {})).toThrow('no partition 9');
    expect(() => world.hypervisor.setProcessorFactory(9n, () => world.root.processor)).toThrow(
      'no partition 9',
    );
  });

  it('can be inspected', () => {
    const world = new World();
    world.child();
    const tree = new InspectTree();
    tree.add('hypervisor', world.hypervisor);
    expect(tree.query('hypervisor/partition/2/state')).toBe('active');
    expect(tree.query('hypervisor/partition/2/pool/inUse')).toBe(5);
    expect(tree.query('hypervisor/partition/1/hypercalls/byCode/HvCallCreatePartition')).toBe(1);
    expect(tree.format()).not.toContain('inspection failed');
  });
});

describe('a partition that is reset', () => {
  it('keeps memory, ports and intercepts, and loses overlays and processor state', () => {
    const world = new World();
    const { partition, callers } = world.child();
    const guest = callers[0]!;
    guest.enableSynic(20, 21);
    guest.page(3).fill(0x12);
    partition.intercepts.install(0, 3, 0x60);
    const seen: string[] = [];
    world.hypervisor.observe(partition.id, { reset: () => seen.push('reset') });
    partition.reset();
    expect([partition.gpa.isOverlay(20), guest.page(3)[0], partition.intercepts.hasPort(0x60, true)]).toEqual(
      [false, 0x12, true],
    );
    expect(guest.vp.getRegister(HvRegister.Scontrol)).toBe(0n);
    expect(guest.vp.getRegister(HvRegister.Rip)).toBe(0xfff0n);
    expect([seen, partition.counters.resets, partition.state]).toEqual([['reset'], 1, 'active']);
  });
});

describe('a partition that is suspended by its property', () => {
  it('gets no turns until it is resumed', () => {
    const world = new World();
    const { partition } = world.child();
    const vp = partition.vps[0]!;
    world.executor.runAll();
    partition.suspended = true;
    vp.kick();
    expect(world.executor.pending).toBe(0);
    partition.suspended = false;
    expect(world.executor.pending).toBe(1);
  });
});

describe('machines that come and go', () => {
  it('leave no page and no partition behind', () => {
    const world = new World();
    const before = world.hypervisor.root.gpa.mappedPages;
    for (let i = 0; i < 5; i++) {
      const { partition } = world.child(2);
      const id = PartitionIdInput.bytes({ partitionId: partition.id });
      world.root.demand(HypercallCode.HvCallFinalizePartition, id);
      while (world.hypervisor.takeFromPool(partition) >= 0);
      world.root.demand(HypercallCode.HvCallDeletePartition, id);
    }
    expect(world.hypervisor.root.gpa.mappedPages).toBe(before);
    expect(world.hypervisor.owners.isBusy(world.hypervisor.rootBank)).toBe(true);
    expect([...world.hypervisor.partitions]).toHaveLength(1);
  });
});
