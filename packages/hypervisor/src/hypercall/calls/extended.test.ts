import {
  ExtendedCapability,
  GpaPageRange2M,
  HEAT_HINT_COLD_DISCARD,
  HvStatus,
  HypercallCode,
  MemoryHeatHint,
  Privilege,
} from '@viridian/protocols/tlfs';
import { describe, expect, it } from 'vitest';
import { qwords, World } from '../../../test/hypercall-caller.ts';

const QUERY = HypercallCode.HvExtCallQueryCapabilities;
const HINT = HypercallCode.HvExtCallMemoryHeatHint;

function setUp(extendedCapabilities: bigint) {
  const world = new World();
  const { partition, callers } = world.child();
  partition.configure({
    privileges: partition.privileges | Privilege.EnableExtendedHypercalls,
    extendedCapabilities,
  });
  const cold: [number, number][] = [];
  world.hypervisor.observe(partition.id, { coldPages: (first, count) => cold.push([first, count]) });
  return { guest: callers[0]!, partition, cold };
}

const range = (pageNumber: number, additionalPages = 0, largePage = 1, pageSize = 0) =>
  GpaPageRange2M.encode({ pageNumber, additionalPages, largePage, pageSize });
const type = MemoryHeatHint.encode({ type: HEAT_HINT_COLD_DISCARD });

describe('extended hypercalls', () => {
  it('tell what is offered', () => {
    const { guest } = setUp(ExtendedCapability.MEMORY_COLD_DISCARD_HINT);
    expect(guest.demand(QUERY).output.getBigUint64(0, true)).toBe(0x100n);
  });

  it('are closed without the privilege', () => {
    const { guest, partition } = setUp(0n);
    partition.privileges &= ~Privilege.EnableExtendedHypercalls;
    expect(guest.slow(QUERY).status).toBe(HvStatus.ACCESS_DENIED);
    expect(guest.slow(HINT, qwords(type, range(0)), { reps: 1 }).status).toBe(HvStatus.ACCESS_DENIED);
  });

  it('hand cold pages to the host', () => {
    const { guest, cold } = setUp(ExtendedCapability.MEMORY_COLD_DISCARD_HINT);
    const input = qwords(type, range(1), range(10, 3));
    expect(guest.slow(HINT, input, { reps: 2 })).toMatchObject({ status: 0, reps: 2 });
    expect(cold).toEqual([
      [512, 512],
      [5120, 2048],
    ]);
  });

  it('refuse hints that were not offered or make no sense', () => {
    const closed = setUp(0n);
    expect(closed.guest.slow(HINT, qwords(type, range(1)), { reps: 1 }).status).toBe(
      HvStatus.INVALID_HYPERCALL_CODE,
    );
    const { guest, cold } = setUp(ExtendedCapability.MEMORY_COLD_DISCARD_HINT);
    const bad = [
      [1n, range(1)],
      [type | 4n, range(1)],
      [type, range(1, 0, 0)],
      [type, range(1, 0, 1, 1)],
      [type, range(2 ** 19, 0)],
      [type, range(2 ** 19 - 1, 1)],
    ] as const;
    for (const words of bad) {
      expect(guest.slow(HINT, qwords(...words), { reps: 1 })).toMatchObject({
        status: HvStatus.INVALID_PARAMETER,
        reps: 0,
      });
    }
    expect(cold).toEqual([]);
  });
});
