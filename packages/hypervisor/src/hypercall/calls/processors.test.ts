import {
  CreateVpInput,
  DeleteVpInput,
  HvRegister,
  HvStatus,
  HypercallCode,
  RegisterAssociation,
  RegisterNameElement,
  VpRegistersInput,
} from '@viridian/protocols/tlfs';
import { PAGE_BYTES, Reg } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { block, World } from '../../../test/hypercall-caller.ts';

const CREATE = HypercallCode.HvCallCreateVp;
const DELETE = HypercallCode.HvCallDeleteVp;
const GET = HypercallCode.HvCallGetVpRegisters;
const SET = HypercallCode.HvCallSetVpRegisters;

function setUp() {
  const world = new World();
  const { partition, callers } = world.child();
  return { world, partition, guest: callers[0]! };
}

describe('HvCallCreateVp', () => {
  it('makes a suspended VP in reset state', () => {
    const { world, partition } = setUp();
    world.deposit(partition, 3);
    world.root.demand(CREATE, CreateVpInput.bytes({ partitionId: partition.id, vpIndex: 63 }));
    const vp = partition.vps[63]!;
    expect([vp.index, vp.explicitSuspend, vp.interceptSuspend]).toEqual([63, true, false]);
    expect(vp.processor.registers.qwords[Reg.RIP]).toBe(0xfff0n);
  });

  it('refuses indexes in use or too high, and a short pool', () => {
    const { world, partition } = setUp();
    const create = (vpIndex: number) =>
      world.root.slow(CREATE, CreateVpInput.bytes({ partitionId: partition.id, vpIndex })).status;
    expect(create(1)).toBe(HvStatus.INSUFFICIENT_MEMORY);
    world.deposit(partition, 2);
    expect(create(1)).toBe(HvStatus.INSUFFICIENT_MEMORY);
    world.deposit(partition, 1);
    expect([create(0), create(64), create(0xffffffff)]).toEqual([
      HvStatus.INVALID_VP_INDEX,
      HvStatus.INVALID_VP_INDEX,
      HvStatus.INVALID_VP_INDEX,
    ]);
    expect(create(1)).toBe(HvStatus.SUCCESS);
  });

  it('refuses flags, subnodes, proximity, reserved bytes, and partitions that are not the caller’s', () => {
    const { world, partition } = setUp();
    world.deposit(partition, 3);
    const status = (init: object, offset = -1) => {
      const input = CreateVpInput.bytes({ partitionId: partition.id, vpIndex: 1, ...init });
      if (offset >= 0) input[offset] = 1;
      return world.root.slow(CREATE, input).status;
    };
    expect(status({ flags: 1n })).toBe(HvStatus.INVALID_PARAMETER);
    expect(status({ subnodeType: 1 })).toBe(HvStatus.INVALID_PARAMETER);
    expect(status({ subnodeId: 1n })).toBe(HvStatus.INVALID_PARAMETER);
    expect([status({}, 12), status({}, 14)]).toEqual([
      HvStatus.INVALID_PARAMETER,
      HvStatus.INVALID_PARAMETER,
    ]);
    expect(status({ proximity: { domainId: 2, flags: 0x80000000 } })).toBe(
      HvStatus.INVALID_PROXIMITY_DOMAIN_INFO,
    );
    expect(status({ partitionId: 1n })).toBe(HvStatus.ACCESS_DENIED);
    expect(status({ partitionId: 70n })).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(status({ partitionId: world.create().id })).toBe(HvStatus.INVALID_PARTITION_STATE);
    expect(status({ proximity: { domainId: 0, flags: 0x80000001 } })).toBe(HvStatus.SUCCESS);
  });

  it('needs to know who executes it', () => {
    const { world, partition } = setUp();
    world.deposit(partition, 3);
    partition.processorFactory = undefined;
    const input = CreateVpInput.bytes({ partitionId: partition.id, vpIndex: 1 });
    expect(world.root.slow(CREATE, input).status).toBe(HvStatus.NO_RESOURCES);
  });
});

describe('HvCallDeleteVp', () => {
  it('stops the VP, uncovers its pages and gives them back', () => {
    const { world, partition, guest } = setUp();
    guest.enableSynic(20, 21);
    expect(partition.gpa.isOverlay(20)).toBe(true);
    const input = DeleteVpInput.bytes({ partitionId: partition.id });
    expect(world.root.fast(DELETE, input).status).toBe(HvStatus.SUCCESS);
    expect(partition.vps[0]).toBeUndefined();
    expect([partition.gpa.isOverlay(20), partition.gpa.isOverlay(21)]).toEqual([false, false]);
    expect(partition.pool.inspect()).toEqual({ available: 3, inUse: 2 });
    expect(world.root.fast(DELETE, input).status).toBe(HvStatus.INVALID_VP_INDEX);
    world.root.demand(CREATE, CreateVpInput.bytes({ partitionId: partition.id }));
    input[12] = 1;
    expect(world.root.slow(DELETE, input).status).toBe(HvStatus.INVALID_PARAMETER);
  });
});

describe('HvCallGetVpRegisters and HvCallSetVpRegisters', () => {
  const header = (partitionId: bigint, extra: object = {}) =>
    VpRegistersInput.bytes({ partitionId, ...extra });
  const names = (...list: number[]) =>
    block(...list.map((registerName) => RegisterNameElement.bytes({ registerName })));
  const values = (...list: [number, bigint, bigint?][]) =>
    block(
      ...list.map(([registerName, low, high = 0n]) =>
        RegisterAssociation.bytes({ registerName, value: { low, high } }),
      ),
    );

  it('read what was written', () => {
    const { world, partition } = setUp();
    const set = block(
      header(partition.id),
      values([HvRegister.Rip, 0x100000n], [HvRegister.Rbx, 0xfedcba9876543210n], [HvRegister.Xmm0, 1n, 2n]),
    );
    expect(world.root.slow(SET, set, { reps: 3 })).toMatchObject({ status: 0, reps: 3 });
    const get = block(header(partition.id), names(HvRegister.Xmm0, HvRegister.Rip, HvRegister.Rbx));
    const { output, reps } = world.root.demand(GET, get, { reps: 3 });
    const words = [0, 8, 16, 24, 32, 40].map((at) => output.getBigUint64(at, true));
    expect([reps, words]).toEqual([3, [1n, 2n, 0x100000n, 0n, 0xfedcba9876543210n, 0n]]);
  });

  it('go on at the rep start', () => {
    const { world, partition, guest } = setUp();
    const set = block(header(partition.id), values([HvRegister.Rip, 1n], [HvRegister.Rbx, 2n]));
    expect(world.root.slow(SET, set, { reps: 2, start: 1 })).toMatchObject({ status: 0, reps: 2 });
    expect([guest.qwords[Reg.RIP], guest.qwords[Reg.RBX]]).toEqual([0xfff0n, 2n]);
  });

  it('stop at the first bad name or value, with what was done before it', () => {
    const { world, partition, guest } = setUp();
    world.root.page(world.root.outputGpn).fill(0xee);
    const get = block(header(partition.id), names(HvRegister.Rip, 0x12345, HvRegister.Rbx));
    const read = world.root.slow(GET, get, { reps: 3 });
    expect([read.status, read.reps]).toEqual([HvStatus.INVALID_PARAMETER, 1]);
    expect([read.output.getBigUint64(0, true), read.output.getUint8(16)]).toEqual([0xfff0n, 0xee]);
    const set = block(header(partition.id), values([HvRegister.Rbx, 9n], [HvRegister.VpIndex, 9n]));
    expect(world.root.slow(SET, set, { reps: 2 })).toMatchObject({
      status: HvStatus.INVALID_PARAMETER,
      reps: 1,
    });
    expect(guest.qwords[Reg.RBX]).toBe(9n);
    const wide = block(header(partition.id), values([HvRegister.Rbx, 1n, 1n]));
    expect(world.root.slow(SET, wide, { reps: 1 })).toMatchObject({
      status: HvStatus.INVALID_REGISTER_VALUE,
      reps: 0,
    });
  });

  it('start a VP by clearing ExplicitSuspend', () => {
    const { world, partition } = setUp();
    const vp = partition.vps[0]!;
    vp.explicitSuspend = true;
    const set = block(header(partition.id), values([HvRegister.ExplicitSuspend, 0n]));
    world.root.demand(SET, set, { reps: 1 });
    expect(vp.explicitSuspend).toBe(false);
  });

  it('refuse reserved bytes and other VTLs', () => {
    const { world, partition } = setUp();
    const element = values([HvRegister.Rbx, 1n]);
    expect(
      world.root.slow(SET, block(header(partition.id, { inputVtl: 1 }), element), { reps: 1 }).status,
    ).toBe(HvStatus.INVALID_PARAMETER);
    for (const offset of [13, 15, 16 + 4, 16 + 15]) {
      const input = block(header(partition.id), element);
      input[offset] = 1;
      expect(world.root.slow(SET, input, { reps: 1 }).status).toBe(HvStatus.INVALID_PARAMETER);
    }
  });

  it('reach VPs of children, and the caller’s own with the privilege for that', () => {
    const { world, partition, guest } = setUp();
    const get = (id: bigint, vpIndex: number) =>
      world.root.slow(GET, block(header(id, { vpIndex }), names(HvRegister.VpIndex)), { reps: 1 });
    expect(get(partition.id, 5).status).toBe(HvStatus.INVALID_VP_INDEX);
    expect(get(99n, 0).status).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(get(world.create().id, 0).status).toBe(HvStatus.INVALID_PARTITION_STATE);
    expect(get(1n, 0xfffffffe).status).toBe(HvStatus.SUCCESS);
    expect(get(partition.id, 0xfffffffe).status).toBe(HvStatus.INVALID_VP_INDEX);
    const own = block(header(0xffffffffffffffffn), names(HvRegister.VpIndex));
    expect(guest.slow(GET, own, { reps: 1 }).status).toBe(HvStatus.ACCESS_DENIED);
    const parents = block(header(1n), names(HvRegister.VpIndex));
    expect(guest.slow(GET, parents, { reps: 1 }).status).toBe(HvStatus.ACCESS_DENIED);
  });

  it('have room for 256 names and 127 values', () => {
    const { world, partition } = setUp();
    const input = new Uint8Array(PAGE_BYTES);
    input.set(header(partition.id));
    for (let i = 0; i < 256; i++)
      input.set(RegisterNameElement.bytes({ registerName: HvRegister.Rip }), 16 + i * 4);
    expect(world.root.slow(GET, input, { reps: 256 })).toMatchObject({ status: 0, reps: 256 });
    expect(world.root.slow(GET, input, { reps: 257 }).status).toBe(HvStatus.INVALID_ALIGNMENT);
    const sets = block(
      header(partition.id),
      ...Array.from({ length: 127 }, () => values([HvRegister.Rax, 1n])),
    );
    expect(world.root.slow(SET, sets, { reps: 127 })).toMatchObject({ status: 0, reps: 127 });
    expect(world.root.slow(SET, sets, { reps: 128 }).status).toBe(HvStatus.INVALID_ALIGNMENT);
  });
});
