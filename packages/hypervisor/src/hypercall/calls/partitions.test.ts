import {
  CHILD_PRIVILEGES,
  CreatePartitionInput,
  CreateVpInput,
  GetNextChildPartitionInput,
  GetPartitionPropertyInput,
  HV_PARTITION_ID_SELF,
  HvStatus,
  HypercallCode,
  PartitionIdInput,
  PartitionProperty,
  Privilege,
  SetPartitionPropertyInput,
} from '@viridian/protocols/tlfs';
import { PAGE_BYTES } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { qwords, World } from '../../../test/hypercall-caller.ts';
import type { Partition } from '../../partition/partition.ts';

const CREATE = HypercallCode.HvCallCreatePartition;
const INITIALIZE = HypercallCode.HvCallInitializePartition;
const FINALIZE = HypercallCode.HvCallFinalizePartition;
const DELETE = HypercallCode.HvCallDeletePartition;

const idOf = (partition: Partition) => PartitionIdInput.bytes({ partitionId: partition.id });

function setProperty(world: World, partition: Partition, propertyCode: number, value: bigint): number {
  const input = SetPartitionPropertyInput.bytes({ partitionId: partition.id, propertyCode, value });
  return world.root.slow(HypercallCode.HvCallSetPartitionProperty, input).status;
}

function getProperty(world: World, partitionId: bigint, propertyCode: number): bigint | number {
  const input = GetPartitionPropertyInput.bytes({ partitionId, propertyCode });
  const { status, output } = world.root.slow(HypercallCode.HvCallGetPartitionProperty, input);
  return status === HvStatus.SUCCESS ? output.getBigUint64(0, true) : status;
}

describe('HvCallCreatePartition', () => {
  it('makes an uninitialized child with the privileges of an ordinary guest', () => {
    const world = new World();
    const child = world.create();
    expect([child.id, child.state, child.parent, child.privileges]).toEqual([
      2n,
      'uninitialized',
      world.hypervisor.root,
      CHILD_PRIVILEGES,
    ]);
    expect(world.create().id).toBe(3n);
  });

  it.each([
    ['an unknown flag', CreatePartitionInput.bytes({ flags: 1n << 40n }), HvStatus.INVALID_PARAMETER],
    [
      'a proximity domain',
      CreatePartitionInput.bytes({ proximity: { domainId: 1, flags: 0x80000000 } }),
      HvStatus.INVALID_PROXIMITY_DOMAIN_INFO,
    ],
    [
      'an unknown proximity flag',
      CreatePartitionInput.bytes({ proximity: { domainId: 0, flags: 4 } }),
      HvStatus.INVALID_PROXIMITY_DOMAIN_INFO,
    ],
  ])('refuses %s', (_, input, status) => {
    const world = new World();
    expect(world.root.slow(CREATE, input).status).toBe(status);
    expect(world.hypervisor.root.children).toEqual([]);
  });

  it('refuses reserved bytes', () => {
    const world = new World();
    for (const offset of [20, 48]) {
      const input = CreatePartitionInput.bytes();
      input[offset] = 1;
      expect(world.root.slow(CREATE, input).status).toBe(HvStatus.INVALID_PARAMETER);
    }
  });

  it('is as deep as it gets', () => {
    const world = new World();
    const { partition, callers } = world.child();
    partition.configure({ privileges: partition.privileges | Privilege.CreatePartitions });
    expect(callers[0]!.slow(CREATE, CreatePartitionInput.bytes()).status).toBe(HvStatus.PARTITION_TOO_DEEP);
  });
});

describe('the states of a partition', () => {
  it('go from uninitialized to deleted, slow and fast', () => {
    const world = new World();
    const child = world.create();
    const states: string[] = [];
    world.hypervisor.observe(child.id, { stateChanged: (state) => states.push(state) });
    expect(world.root.slow(INITIALIZE, idOf(child)).status).toBe(HvStatus.INSUFFICIENT_MEMORY);
    world.deposit(child, 2);
    expect(world.root.fast(INITIALIZE, idOf(child)).status).toBe(HvStatus.SUCCESS);
    expect(world.root.fast(FINALIZE, idOf(child)).status).toBe(HvStatus.SUCCESS);
    expect(world.root.fast(DELETE, idOf(child)).status).toBe(HvStatus.OPERATION_DENIED);
    for (let i = 0; i < 2; i++) world.hypervisor.takeFromPool(child);
    expect(world.root.fast(DELETE, idOf(child)).status).toBe(HvStatus.SUCCESS);
    expect(states).toEqual(['active', 'finalizing', 'finalized', 'deleted']);
    expect(world.root.fast(DELETE, idOf(child)).status).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(world.hypervisor.root.children).toEqual([]);
  });

  it('allow no other step', () => {
    const world = new World();
    const child = world.create();
    expect(world.root.slow(FINALIZE, idOf(child)).status).toBe(HvStatus.INVALID_PARTITION_STATE);
    world.deposit(child, 2);
    world.root.demand(INITIALIZE, idOf(child));
    expect(world.root.slow(INITIALIZE, idOf(child)).status).toBe(HvStatus.INVALID_PARTITION_STATE);
    expect(world.root.slow(DELETE, idOf(child)).status).toBe(HvStatus.INVALID_PARTITION_STATE);
    world.root.demand(FINALIZE, idOf(child));
    expect(world.root.slow(INITIALIZE, idOf(child)).status).toBe(HvStatus.INVALID_PARTITION_STATE);
    expect(world.root.slow(FINALIZE, idOf(child)).status).toBe(HvStatus.INVALID_PARTITION_STATE);
    const vp = CreateVpInput.bytes({ partitionId: child.id });
    expect(world.root.slow(HypercallCode.HvCallCreateVp, vp).status).toBe(HvStatus.INVALID_PARTITION_STATE);
  });

  it('may be left unused', () => {
    const world = new World();
    const child = world.create();
    expect(world.root.slow(DELETE, idOf(child)).status).toBe(HvStatus.SUCCESS);
    expect(world.hypervisor.partition(child.id)).toBeUndefined();
  });

  it('belong to the parent', () => {
    const world = new World();
    const { callers, partition } = world.child();
    const { root } = world.hypervisor;
    for (const call of [INITIALIZE, FINALIZE, DELETE]) {
      expect(callers[0]!.slow(call, idOf(root)).status).toBe(HvStatus.ACCESS_DENIED);
      expect(callers[0]!.slow(call, qwords(HV_PARTITION_ID_SELF)).status).toBe(HvStatus.ACCESS_DENIED);
      expect(world.root.slow(call, qwords(0n)).status).toBe(HvStatus.INVALID_PARTITION_ID);
      expect(world.root.slow(call, idOf(root)).status).toBe(HvStatus.ACCESS_DENIED);
    }
    expect(partition.state).toBe('active');
  });

  it('end with everything freed, and the memory of others untouched', () => {
    const world = new World();
    const { partition, sourcePages } = world.child(3);
    const other = world.child();
    other.callers[0]!.page(0).fill(0x77);
    const { owners } = world.hypervisor;
    expect(owners.mappings(sourcePages[0]!)).toBe(1);
    partition.vps[0]!.setRegister(0xa0013, BigInt(5 * PAGE_BYTES + 1));
    world.root.demand(FINALIZE, idOf(partition));
    expect(partition.pool.inspect()).toEqual({ available: 11, inUse: 0 });
    expect([partition.gpa.mappedPages, partition.ports.size, partition.vps.filter(Boolean).length]).toEqual([
      0, 0, 0,
    ]);
    expect(owners.mappings(sourcePages[0]!)).toBe(0);
    expect(partition.gpa.isOverlay(5)).toBe(false);
    expect(other.callers[0]!.page(0).every((byte) => byte === 0x77)).toBe(true);
  });
});

describe('partition properties', () => {
  it('can be read back', () => {
    const world = new World();
    const { partition } = world.child();
    const values: [number, bigint][] = [
      [PartitionProperty.PRIVILEGE_FLAGS, 0x11n],
      [PartitionProperty.SUSPEND, 1n],
      [PartitionProperty.CPU_RESERVE, 0x8000n],
      [PartitionProperty.CPU_CAP, 0x4000n],
      [PartitionProperty.CPU_WEIGHT, 10000n],
      [PartitionProperty.TIME_FREEZE, 1n],
    ];
    for (const [code, value] of values) {
      expect([code, setProperty(world, partition, code, value)]).toEqual([code, HvStatus.SUCCESS]);
      expect([code, getProperty(world, partition.id, code)]).toEqual([code, value]);
    }
    expect(partition.privileges).toBe(0x11n);
    expect(partition.suspended).toBe(true);
  });

  it('freeze the reference time and set it', () => {
    const world = new World();
    const { partition } = world.child();
    const now = () => getProperty(world, partition.id, PartitionProperty.REFERENCE_TIME);
    world.clock.advanceBy(1000);
    const before = now();
    setProperty(world, partition, PartitionProperty.TIME_FREEZE, 1n);
    world.clock.advanceBy(1000);
    expect(now()).toBe(before);
    expect(setProperty(world, partition, PartitionProperty.REFERENCE_TIME, 5_000_000n)).toBe(
      HvStatus.SUCCESS,
    );
    expect(now()).toBe(5_000_000n);
    setProperty(world, partition, PartitionProperty.TIME_FREEZE, 0n);
    world.clock.advanceBy(1000);
    const after = now();
    expect(after === 5_001_000n || after === 5_000_999n).toBe(true);
  });

  it('have ranges', () => {
    const world = new World();
    const { partition } = world.child();
    const bad: [number, bigint][] = [
      [PartitionProperty.SUSPEND, 2n],
      [PartitionProperty.CPU_RESERVE, 0x10001n],
      [PartitionProperty.CPU_CAP, 0x10001n],
      [PartitionProperty.CPU_WEIGHT, 0n],
      [PartitionProperty.CPU_WEIGHT, 10001n],
      [PartitionProperty.TIME_FREEZE, 2n],
      [PartitionProperty.REFERENCE_TIME, 1n << 60n],
      [PartitionProperty.PROCESSOR_VENDOR, 0n],
      [PartitionProperty.GUEST_OS_ID, 1n],
    ];
    for (const [code, value] of bad) {
      expect([code, setProperty(world, partition, code, value)]).toEqual([
        code,
        HvStatus.PROPERTY_VALUE_OUT_OF_RANGE,
      ]);
    }
    for (const code of [0, 0x1234, 0xffffffff]) {
      expect(setProperty(world, partition, code, 0n)).toBe(HvStatus.UNKNOWN_PROPERTY);
      expect(getProperty(world, partition.id, code)).toBe(HvStatus.UNKNOWN_PROPERTY);
    }
  });

  it('are set early or not', () => {
    const world = new World();
    const child = world.create();
    expect(setProperty(world, child, PartitionProperty.PRIVILEGE_FLAGS, 1n)).toBe(HvStatus.SUCCESS);
    expect(setProperty(world, child, PartitionProperty.SUSPEND, 1n)).toBe(HvStatus.INVALID_PARTITION_STATE);
    world.deposit(child, 2);
    world.root.demand(INITIALIZE, idOf(child));
    world.root.demand(FINALIZE, idOf(child));
    expect(setProperty(world, child, PartitionProperty.PRIVILEGE_FLAGS, 1n)).toBe(
      HvStatus.INVALID_PARTITION_STATE,
    );
  });

  it('of the scheduler need CpuManagement', () => {
    const world = new World();
    const { partition } = world.child();
    const { root } = world.hypervisor;
    root.privileges &= ~Privilege.CpuManagement;
    expect(setProperty(world, partition, PartitionProperty.CPU_WEIGHT, 7n)).toBe(HvStatus.ACCESS_DENIED);
    expect(setProperty(world, partition, PartitionProperty.SUSPEND, 1n)).toBe(HvStatus.SUCCESS);
  });

  it('of the root can be read by the root', () => {
    const world = new World();
    expect(getProperty(world, HV_PARTITION_ID_SELF, PartitionProperty.PRIVILEGE_FLAGS)).toBe(
      world.hypervisor.root.privileges,
    );
    expect(getProperty(world, 99n, PartitionProperty.SUSPEND)).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(setProperty(world, world.hypervisor.root, PartitionProperty.SUSPEND, 1n)).toBe(
      HvStatus.ACCESS_DENIED,
    );
    const { callers } = world.child();
    const own = GetPartitionPropertyInput.bytes({ partitionId: HV_PARTITION_ID_SELF, propertyCode: 0x10000 });
    expect(callers[0]!.slow(HypercallCode.HvCallGetPartitionProperty, own).status).toBe(
      HvStatus.ACCESS_DENIED,
    );
  });

  it('have reserved bytes', () => {
    const world = new World();
    const { partition } = world.child();
    const input = SetPartitionPropertyInput.bytes({ partitionId: partition.id, propertyCode: 0x10000 });
    input[12] = 1;
    expect(world.root.slow(HypercallCode.HvCallSetPartitionProperty, input).status).toBe(
      HvStatus.INVALID_PARAMETER,
    );
    expect(world.root.slow(HypercallCode.HvCallGetPartitionProperty, input).status).toBe(
      HvStatus.INVALID_PARAMETER,
    );
  });
});

describe('partition ids', () => {
  it('are told to those who may know', () => {
    const world = new World();
    const get = HypercallCode.HvCallGetPartitionId;
    expect(world.root.demand(get).output.getBigUint64(0, true)).toBe(1n);
    const { callers, partition } = world.child();
    expect(callers[0]!.slow(get).status).toBe(HvStatus.ACCESS_DENIED);
    partition.privileges |= Privilege.AccessPartitionId;
    expect(callers[0]!.demand(get).output.getBigUint64(0, true)).toBe(partition.id);
  });

  it('of children come in the order of creation', () => {
    const world = new World();
    const next = (parentId: bigint, previousChildId: bigint) => {
      const input = GetNextChildPartitionInput.bytes({ parentId, previousChildId });
      const { status, output } = world.root.slow(HypercallCode.HvCallGetNextChildPartition, input);
      return status === HvStatus.SUCCESS ? output.getBigUint64(0, true) : status;
    };
    expect(next(HV_PARTITION_ID_SELF, 0n)).toBe(0n);
    const ids = [world.create().id, world.create().id, world.create().id];
    expect([next(1n, 0n), next(1n, ids[0]!), next(1n, ids[1]!), next(1n, ids[2]!)]).toEqual([...ids, 0n]);
    world.root.demand(DELETE, qwords(ids[1]!));
    expect(next(1n, ids[0]!)).toBe(ids[2]);
    expect(next(1n, ids[1]!)).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(next(ids[0]!, 0n)).toBe(0n);
    expect(next(77n, 0n)).toBe(HvStatus.INVALID_PARTITION_ID);
  });
});
