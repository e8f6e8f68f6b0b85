import {
  DepositMemoryInput,
  GetMemoryBalanceInput,
  GpaPageElement,
  HvStatus,
  HypercallCode,
  MapGpaPagesInput,
  PartitionIdInput,
  Privilege,
  WithdrawMemoryInput,
} from '@viridian/protocols/tlfs';
import { PAGE_BYTES } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { block, World } from '../../../test/hypercall-caller.ts';
import type { Partition } from '../../partition/partition.ts';

const DEPOSIT = HypercallCode.HvCallDepositMemory;
const WITHDRAW = HypercallCode.HvCallWithdrawMemory;

function deposit(world: World, partition: Partition, gpns: readonly number[], start = 0) {
  const elements = gpns.map((gpn) => GpaPageElement.bytes({ gpn }));
  const input = block(DepositMemoryInput.bytes({ partitionId: partition.id }), ...elements);
  return world.root.slow(DEPOSIT, input, { reps: gpns.length, start });
}

describe('HvCallDepositMemory', () => {
  it('makes pages inaccessible to the depositor', () => {
    const world = new World();
    const child = world.create();
    const [a, b] = world.take(2) as [number, number];
    expect(deposit(world, child, [a, b])).toMatchObject({ status: 0, reps: 2 });
    expect(child.pool.available).toBe(2);
    expect([world.hypervisor.root.gpa.systemPage(a), world.hypervisor.root.gpa.access(b)]).toEqual([-1, 0]);
    expect(world.hypervisor.owners.isPooled(a)).toBe(true);
  });

  it('takes no page twice, none that a child maps, none under an overlay, none outside the space', () => {
    const world = new World();
    const child = world.create();
    const { sourcePages } = world.child();
    const [a, b] = world.take(2) as [number, number];
    expect(deposit(world, child, [a, a])).toMatchObject({ status: HvStatus.OPERATION_DENIED, reps: 1 });
    expect(deposit(world, child, [sourcePages[3]!])).toMatchObject({
      status: HvStatus.OPERATION_DENIED,
      reps: 0,
    });
    world.hypervisor.root.gpa.setOverlay(b, a, 7);
    expect(deposit(world, child, [b]).status).toBe(HvStatus.OPERATION_DENIED);
    expect(deposit(world, child, [2 ** 32]).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(deposit(world, child, [2 ** 52]).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(deposit(world, child, [0x100000]).status).toBe(HvStatus.OPERATION_DENIED);
    expect(child.pool.available).toBe(1);
  });

  it('goes on at the rep start, and says how far it came', () => {
    const world = new World();
    const child = world.create();
    const [a, b, c] = world.take(3) as [number, number, number];
    expect(deposit(world, child, [a, b, c], 1)).toMatchObject({ status: 0, reps: 3 });
    expect(child.pool.available).toBe(2);
    expect(world.hypervisor.root.gpa.systemPage(a)).toBe(a);
  });

  it('needs a child in a state that uses memory, or the root itself', () => {
    const world = new World();
    const [a] = world.take(1) as [number];
    const { callers, partition } = world.child();
    expect(deposit(world, world.hypervisor.root, [a]).status).toBe(HvStatus.SUCCESS);
    const input = block(
      DepositMemoryInput.bytes({ partitionId: partition.id }),
      GpaPageElement.bytes({ gpn: 1 }),
    );
    partition.privileges |= Privilege.AccessMemoryPool;
    expect(callers[0]!.slow(DEPOSIT, input, { reps: 1 }).status).toBe(HvStatus.OPERATION_DENIED);
    world.root.demand(
      HypercallCode.HvCallFinalizePartition,
      PartitionIdInput.bytes({ partitionId: partition.id }),
    );
    expect(deposit(world, partition, world.take(1)).status).toBe(HvStatus.INVALID_PARTITION_STATE);
  });

  it('keeps the pages away from children', () => {
    const world = new World();
    const { partition } = world.child();
    const [a] = world.take(1) as [number];
    deposit(world, partition, [a]);
    const map = block(
      MapGpaPagesInput.bytes({ targetPartitionId: partition.id, targetGpnBase: 100, mapFlags: 7 }),
      GpaPageElement.bytes({ gpn: a }),
    );
    expect(world.root.slow(HypercallCode.HvCallMapGpaPages, map, { reps: 1 }).status).toBe(
      HvStatus.OPERATION_DENIED,
    );
    expect(partition.gpa.systemPage(100)).toBe(-1);
  });
});

describe('HvCallWithdrawMemory', () => {
  const withdraw = (world: World, partition: Partition, reps: number, start = 0) =>
    world.root.slow(WITHDRAW, WithdrawMemoryInput.bytes({ partitionId: partition.id }), { reps, start });

  it('gives pages back zeroed and accessible, as many as there are', () => {
    const world = new World();
    const child = world.create();
    const pages = world.take(3);
    for (const page of pages) world.root.page(page).fill(0x33);
    deposit(world, child, pages);
    const result = withdraw(world, child, 5);
    expect([result.status, result.reps]).toEqual([HvStatus.NO_RESOURCES, 3]);
    const back = [0, 1, 2].map((i) => Number(result.output.getBigUint64(i * 8, true)));
    expect([...back].sort()).toEqual([...pages].sort());
    for (const page of back) {
      expect(world.root.page(page).every((byte) => byte === 0)).toBe(true);
      expect(world.hypervisor.root.gpa.access(page)).toBe(7);
    }
    expect(withdraw(world, child, 1)).toMatchObject({ status: HvStatus.NO_RESOURCES, reps: 0 });
  });

  it('writes only the elements that it did', () => {
    const world = new World();
    const child = world.create();
    deposit(world, child, world.take(4));
    world.root.page(world.root.outputGpn).fill(0xcc);
    const { output, reps } = withdraw(world, child, 3, 2);
    expect(reps).toBe(3);
    expect(output.getBigUint64(8)).toBe(0xccccccccccccccccn);
    expect(output.getBigUint64(16)).not.toBe(0xccccccccccccccccn);
    expect(output.getBigUint64(24)).toBe(0xccccccccccccccccn);
  });

  it('leaves pages in use alone', () => {
    const world = new World();
    const { partition } = world.child(2);
    expect(partition.pool.inspect()).toEqual({ available: 0, inUse: 8 });
    expect(withdraw(world, partition, 1).status).toBe(HvStatus.NO_RESOURCES);
  });

  it('takes proximity information that says nothing', () => {
    const world = new World();
    const child = world.create();
    const input = WithdrawMemoryInput.bytes({
      partitionId: child.id,
      proximity: { domainId: 3, flags: 0x80000000 },
    });
    expect(world.root.slow(WITHDRAW, input, { reps: 1 }).status).toBe(HvStatus.INVALID_PROXIMITY_DOMAIN_INFO);
    expect(
      world.root.slow(WITHDRAW, WithdrawMemoryInput.bytes({ partitionId: 9n }), { reps: 1 }).status,
    ).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(
      world.root.slow(WITHDRAW, WithdrawMemoryInput.bytes({ partitionId: child.id }), { reps: 513 }).status,
    ).toBe(HvStatus.INVALID_ALIGNMENT);
  });
});

describe('HvCallGetMemoryBalance', () => {
  it('tells pages available and in use', () => {
    const world = new World();
    const { partition } = world.child(1);
    deposit(world, partition, world.take(7));
    const input = GetMemoryBalanceInput.bytes({ partitionId: partition.id });
    const { output } = world.root.demand(HypercallCode.HvCallGetMemoryBalance, input);
    expect([output.getBigUint64(0, true), output.getBigUint64(8, true)]).toEqual([7n, 5n]);
    const other = GetMemoryBalanceInput.bytes({ partitionId: 55n });
    expect(world.root.slow(HypercallCode.HvCallGetMemoryBalance, other).status).toBe(
      HvStatus.INVALID_PARTITION_ID,
    );
    const near = GetMemoryBalanceInput.bytes({
      partitionId: partition.id,
      proximity: { domainId: 0, flags: 2 },
    });
    expect(world.root.slow(HypercallCode.HvCallGetMemoryBalance, near).status).toBe(
      HvStatus.INVALID_PROXIMITY_DOMAIN_INFO,
    );
  });
});

describe('memory of the machine', () => {
  it('comes to the root and goes again when nobody uses it', () => {
    const world = new World();
    const { hypervisor } = world;
    const bank = hypervisor.addMemory(64 * PAGE_BYTES);
    expect(hypervisor.root.gpa.systemPage(bank.firstPage + 63)).toBe(bank.firstPage + 63);
    const { partition } = world.child();
    partition.gpa.map(500, bank.firstPage, 7);
    expect(() => hypervisor.removeMemory(bank)).toThrow('in use');
    partition.gpa.unmap(500);
    deposit(world, partition, [bank.firstPage + 1]);
    expect(() => hypervisor.removeMemory(bank)).toThrow('in use');
    expect(hypervisor.takeFromPool(partition)).toBe(bank.firstPage + 1);
    hypervisor.removeMemory(bank);
    expect(hypervisor.root.gpa.systemPage(bank.firstPage)).toBe(-1);
  });
});
