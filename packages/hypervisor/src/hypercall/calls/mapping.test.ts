import {
  GpaPageElement,
  HvStatus,
  HypercallCode,
  MapGpaPagesInput,
  MapSparseGpaPagesInput,
  SparseGpaPageElement,
  UnmapGpaPagesInput,
} from '@viridian/protocols/tlfs';
import { describe, expect, it } from 'vitest';
import { block, World } from '../../../test/hypercall-caller.ts';

const MAP = HypercallCode.HvCallMapGpaPages;
const SPARSE = HypercallCode.HvCallMapSparseGpaPages;
const UNMAP = HypercallCode.HvCallUnmapGpaPages;
const LAST_GPN = 2 ** 28 - 1;

function setUp() {
  const world = new World();
  const { partition } = world.child();
  const map = (targetGpnBase: number, mapFlags: number, sources: readonly number[], start = 0) => {
    const elements = sources.map((gpn) => GpaPageElement.bytes({ gpn }));
    const header = MapGpaPagesInput.bytes({ targetPartitionId: partition.id, targetGpnBase, mapFlags });
    return world.root.slow(MAP, block(header, ...elements), { reps: sources.length, start });
  };
  const unmap = (targetGpnBase: number, reps: number, unmapFlags = 0) =>
    world.root.slow(
      UNMAP,
      UnmapGpaPagesInput.bytes({ targetPartitionId: partition.id, targetGpnBase, unmapFlags }),
      { reps },
    );
  return { world, partition, map, unmap };
}

describe('HvCallMapGpaPages', () => {
  it('maps with the rights asked for and supersedes what was there', () => {
    const { world, partition, map } = setUp();
    const pages = world.take(3);
    expect(map(1000, 3, pages)).toMatchObject({ status: 0, reps: 3 });
    expect([partition.gpa.systemPage(1001), partition.gpa.access(1001)]).toEqual([pages[1], 3]);
    expect(map(1001, 1, [pages[2]!])).toMatchObject({ status: 0, reps: 1 });
    expect([partition.gpa.systemPage(1001), partition.gpa.access(1001)]).toEqual([pages[2], 1]);
    expect(world.hypervisor.owners.mappings(pages[2]!)).toBe(2);
  });

  it.each([
    [0, 0],
    [1, 1],
    [3, 3],
    [5, 5],
    [7, 7],
    [0xd, 5],
    [0xf, 7],
  ])('takes flags 0x%s as rights %i', (flags, access) => {
    const { world, partition, map } = setUp();
    const [page] = world.take(1) as [number];
    expect(map(1000, flags, [page]).status).toBe(HvStatus.SUCCESS);
    expect([partition.gpa.systemPage(1000), partition.gpa.access(1000)]).toEqual([page, access]);
  });

  it.each([2, 4, 6, 8, 9, 0xb, 0x10, 0x8000_0001, 0xffffffff])('refuses flags %i', (flags) => {
    const { world, partition, map } = setUp();
    expect(map(1000, flags, world.take(1)).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(partition.gpa.systemPage(1000)).toBe(-1);
  });

  it('refuses targets and sources outside their spaces, and sources that the caller does not have', () => {
    const { world, map } = setUp();
    const [page] = world.take(1) as [number];
    expect(map(LAST_GPN, 7, [page]).status).toBe(HvStatus.SUCCESS);
    for (const gpn of [LAST_GPN + 1, 2 ** 40, 2 ** 52, 2 ** 53]) {
      expect(map(gpn, 7, [page]).status).toBe(HvStatus.INVALID_PARAMETER);
    }
    expect(map(LAST_GPN, 7, [page, page])).toMatchObject({ status: HvStatus.INVALID_PARAMETER, reps: 0 });
    expect(map(1000, 7, [page, 2 ** 32])).toMatchObject({ status: HvStatus.INVALID_PARAMETER, reps: 1 });
    expect(map(1000, 7, [0x200000]).status).toBe(HvStatus.OPERATION_DENIED);
  });

  it('gives no right that the caller lacks', () => {
    const { world, map } = setUp();
    const [page] = world.take(1) as [number];
    world.hypervisor.root.gpa.map(page, page, 1);
    expect(map(1000, 3, [page]).status).toBe(HvStatus.OPERATION_DENIED);
    expect(map(1000, 1, [page]).status).toBe(HvStatus.SUCCESS);
  });

  it('lets several children share a page', () => {
    const { world, partition, map } = setUp();
    const second = world.child().partition;
    const [page] = world.take(1) as [number];
    map(1000, 7, [page]);
    const header = MapGpaPagesInput.bytes({ targetPartitionId: second.id, targetGpnBase: 2000, mapFlags: 3 });
    world.root.demand(MAP, block(header, GpaPageElement.bytes({ gpn: page })), { reps: 1 });
    partition.gpa.page(1000)!.fill(9);
    expect(second.gpa.page(2000)![77]).toBe(9);
  });

  it('takes sources in any order, tells of rows of pages once, and keeps what it mapped before a bad one', () => {
    const { world, partition, map } = setUp();
    const pages = world.take(4);
    const told: number[][] = [];
    partition.gpa.onChange((first, count) => told.push([first, count]));
    const [a, b, c, d] = pages as [number, number, number, number];
    expect(map(1000, 7, [c, d, a, a, b, 0x200000])).toMatchObject({
      status: HvStatus.OPERATION_DENIED,
      reps: 5,
    });
    const seen = [1000, 1001, 1002, 1003, 1004, 1005].map((gpn) => partition.gpa.systemPage(gpn));
    expect(seen).toEqual([c, d, a, a, b, -1]);
    expect(told).toEqual([
      [1000, 2],
      [1002, 1],
      [1003, 2],
    ]);
  });

  it('continues at the rep start', () => {
    const { world, partition, map } = setUp();
    const pages = world.take(3);
    expect(map(1000, 7, pages, 2)).toMatchObject({ status: 0, reps: 3 });
    expect([1000, 1001, 1002].map((gpn) => partition.gpa.systemPage(gpn))).toEqual([-1, -1, pages[2]]);
  });

  it('wants an active child and zero reserved bytes', () => {
    const { world, partition } = setUp();
    const element = GpaPageElement.bytes({ gpn: world.take(1)[0]! });
    const to = (targetPartitionId: bigint) =>
      block(MapGpaPagesInput.bytes({ targetPartitionId, mapFlags: 7 }), element);
    expect(world.root.slow(MAP, to(1n), { reps: 1 }).status).toBe(HvStatus.ACCESS_DENIED);
    expect(world.root.slow(MAP, to(99n), { reps: 1 }).status).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(world.root.slow(MAP, to(world.create().id), { reps: 1 }).status).toBe(
      HvStatus.INVALID_PARTITION_STATE,
    );
    const input = to(partition.id);
    input[20] = 1;
    expect(world.root.slow(MAP, input, { reps: 1 }).status).toBe(HvStatus.INVALID_PARAMETER);
  });
});

describe('HvCallMapSparseGpaPages', () => {
  it('maps pairs, and stops at the first bad one', () => {
    const { world, partition } = setUp();
    const [a, b] = world.take(2) as [number, number];
    const pairs = [
      { targetGpn: 5000, sourceGpn: a },
      { targetGpn: 2 ** 27, sourceGpn: b },
      { targetGpn: LAST_GPN + 1, sourceGpn: b },
    ];
    const header = MapSparseGpaPagesInput.bytes({ targetPartitionId: partition.id, mapFlags: 5 });
    const input = block(header, ...pairs.map((pair) => SparseGpaPageElement.bytes(pair)));
    expect(world.root.slow(SPARSE, input, { reps: 3 })).toMatchObject({
      status: HvStatus.INVALID_PARAMETER,
      reps: 2,
    });
    expect([partition.gpa.systemPage(5000), partition.gpa.systemPage(2 ** 27)]).toEqual([a, b]);
    const bad = block(
      MapSparseGpaPagesInput.bytes({ targetPartitionId: partition.id, mapFlags: 2 }),
      input.subarray(16),
    );
    expect(world.root.slow(SPARSE, bad, { reps: 1 }).status).toBe(HvStatus.INVALID_PARAMETER);
    input[12] = 1;
    expect(world.root.slow(SPARSE, input, { reps: 1 }).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(world.root.slow(SPARSE, input, { reps: 256 }).status).toBe(HvStatus.INVALID_ALIGNMENT);
  });
});

describe('HvCallUnmapGpaPages', () => {
  it('unmaps as many pages as it counts; unmapped ones are fine', () => {
    const { partition, unmap } = setUp();
    expect(unmap(60, 100)).toMatchObject({ status: 0, reps: 100 });
    expect([partition.gpa.systemPage(59) >= 0, partition.gpa.systemPage(60)]).toEqual([true, -1]);
    expect(unmap(60, 100).status).toBe(HvStatus.SUCCESS);
  });

  it('refuses ranges past the end and flags', () => {
    const { unmap } = setUp();
    expect(unmap(LAST_GPN, 1).status).toBe(HvStatus.SUCCESS);
    expect(unmap(LAST_GPN, 2).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(unmap(2 ** 52, 1).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(unmap(0, 1, 1).status).toBe(HvStatus.INVALID_PARAMETER);
  });
});
