import {
  AssertVirtualInterruptInput,
  ClearVirtualInterruptInput,
  HvStatus,
  HypercallCode,
  RetargetDeviceInterruptInput,
  VIRTUAL_INTERRUPT_DEASSERT,
  VirtualInterruptFlag,
  VirtualInterruptType,
} from '@viridian/protocols/tlfs';
import { describe, expect, it } from 'vitest';
import { block, qwords, World } from '../../../test/hypercall-caller.ts';

const ASSERT = HypercallCode.HvCallAssertVirtualInterrupt;
const CLEAR = HypercallCode.HvCallClearVirtualInterrupt;
const RETARGET = HypercallCode.HvCallRetargetDeviceInterrupt;
const { FIXED, LOWEST_PRIORITY, NMI, INIT, SIPI, EXTINT } = VirtualInterruptType;

function setUp() {
  const world = new World();
  const { partition, callers } = world.child(3);
  for (const { vp } of callers) vp.apic.setSpurious(0x1ff);
  const assert = (init: object) =>
    world.root.slow(ASSERT, AssertVirtualInterruptInput.bytes({ partitionId: partition.id, ...init })).status;
  const clear = () =>
    world.root.fast(CLEAR, ClearVirtualInterruptInput.bytes({ partitionId: partition.id })).status;
  const requested = () => callers.map(({ vp }) => vp.apic.irr.highest());
  return { world, partition, callers, assert, clear, requested };
}

describe('HvCallAssertVirtualInterrupt', () => {
  it('latches fixed interrupts, edge and level, by APIC id and by logical destination', () => {
    const { assert, requested, callers } = setUp();
    expect(assert({ interruptType: FIXED, destination: 1, vector: 0x51 })).toBe(HvStatus.SUCCESS);
    expect(requested()).toEqual([-1, 0x51, -1]);
    expect(callers[1]!.vp.apic.tmr.has(0x51)).toBe(false);
    assert({ interruptType: FIXED, flags: VirtualInterruptFlag.LEVEL, destination: 0xff, vector: 0x60 });
    expect(requested()).toEqual([0x60, 0x60, 0x60]);
    expect(callers[2]!.vp.apic.tmr.has(0x60)).toBe(true);
    callers[2]!.vp.apic.ldr = 4 << 24;
    const flags = VirtualInterruptFlag.LOGICAL_DESTINATION;
    expect(assert({ interruptType: FIXED, flags, destination: 4, vector: 0x70 })).toBe(HvStatus.SUCCESS);
    expect(requested()).toEqual([0x60, 0x60, 0x70]);
    expect(assert({ interruptType: FIXED, flags, destination: 8, vector: 0x70 })).toBe(HvStatus.SUCCESS);
  });

  it('gives lowest-priority interrupts to the least busy', () => {
    const { assert, requested, callers } = setUp();
    callers[0]!.vp.apic.taskPriority = 0x80;
    expect(assert({ interruptType: LOWEST_PRIORITY, destination: 0xff, vector: 0x90 })).toBe(
      HvStatus.SUCCESS,
    );
    expect(requested()).toEqual([-1, 0x90, -1]);
  });

  it('sends NMI, INIT and SIPI', () => {
    const { assert, callers } = setUp();
    for (const { processor } of callers) processor.log.length = 0;
    expect(assert({ interruptType: NMI, destination: 0 })).toBe(HvStatus.SUCCESS);
    expect(assert({ interruptType: INIT, destination: 1 })).toBe(HvStatus.SUCCESS);
    expect(assert({ interruptType: SIPI, destination: 1, vector: 0x9a })).toBe(HvStatus.SUCCESS);
    expect(callers.map(({ processor }) => processor.log)).toEqual([['nmi'], ['init', 'startUp 154'], []]);
  });

  it('holds the line of an external interrupt until it was acknowledged and cleared', () => {
    const { assert, clear, callers } = setUp();
    const { apic } = callers[0]!.vp;
    apic.setSpurious(0xff);
    const extInt = (vector: number) => assert({ interruptType: EXTINT, destination: 0, vector });
    expect(clear()).toBe(HvStatus.NOT_ACKNOWLEDGED);
    expect(extInt(8)).toBe(HvStatus.SUCCESS);
    expect(extInt(VIRTUAL_INTERRUPT_DEASSERT)).toBe(HvStatus.SUCCESS);
    expect(apic.acknowledge()).toBe(-1);
    expect(extInt(9)).toBe(HvStatus.SUCCESS);
    expect(clear()).toBe(HvStatus.NOT_ACKNOWLEDGED);
    expect(apic.acknowledge()).toBe(9);
    expect(extInt(8)).toBe(HvStatus.ACKNOWLEDGED);
    expect(clear()).toBe(HvStatus.SUCCESS);
    expect(extInt(8)).toBe(HvStatus.SUCCESS);
  });

  it('lets a level line go down', () => {
    const { assert, requested } = setUp();
    const down = { interruptType: FIXED, destination: 0, vector: VIRTUAL_INTERRUPT_DEASSERT };
    expect(assert({ ...down, flags: VirtualInterruptFlag.LEVEL })).toBe(HvStatus.SUCCESS);
    expect(assert(down)).toBe(HvStatus.INVALID_PARAMETER);
    expect(requested()).toEqual([-1, -1, -1]);
  });

  it.each([
    ['an unknown type', { interruptType: 2, vector: 0x30 }],
    ['a vector above 255', { interruptType: FIXED, vector: 256 }],
    ['a vector for NMI', { interruptType: NMI, vector: 1 }],
    ['a vector for INIT', { interruptType: INIT, vector: 1 }],
    ['a wide SIPI vector', { interruptType: SIPI, vector: 256 }],
    ['a destination for ExtInt', { interruptType: EXTINT, vector: 8, destination: 1 }],
    ['an unknown flag', { interruptType: FIXED, vector: 0x30, flags: 4 }],
    ['another VTL', { interruptType: FIXED, vector: 0x30, targetVtl: 1 }],
  ])('refuses %s', (_, init) => {
    const { assert, requested } = setUp();
    expect(assert(init)).toBe(HvStatus.INVALID_PARAMETER);
    expect(requested()).toEqual([-1, -1, -1]);
  });

  it('refuses reserved bytes, missing VPs and partitions of others', () => {
    const { world, assert, partition } = setUp();
    const input = AssertVirtualInterruptInput.bytes({ partitionId: partition.id, vector: 0x30 });
    input[29] = 1;
    expect(world.root.slow(ASSERT, input).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(assert({ vector: 0x30, destination: 3 })).toBe(HvStatus.INVALID_VP_INDEX);
    expect(assert({ vector: 0x30, destination: 0x100 })).toBe(HvStatus.INVALID_VP_INDEX);
    expect(assert({ vector: 0x30, partitionId: 1n })).toBe(HvStatus.ACCESS_DENIED);
    expect(assert({ vector: 0x30, partitionId: 40n })).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(world.root.fast(CLEAR, qwords(40n)).status).toBe(HvStatus.INVALID_PARTITION_ID);
  });
});

describe('HvCallRetargetDeviceInterrupt', () => {
  const SELF = 0xffffffffffffffffn;
  const input = (init: object) =>
    RetargetDeviceInterruptInput.bytes({ partitionId: SELF, interruptSource: 1, vector: 0x40, ...init });

  it('knows no device', () => {
    const guest = setUp().callers[0]!;
    expect(guest.slow(RETARGET, input({ deviceId: 77n, maskOrFormatLow: 1 })).status).toBe(
      HvStatus.INVALID_DEVICE_ID,
    );
    const set = block(input({ targetFlags: 2 }), qwords(1n, 1n));
    expect(guest.slow(RETARGET, set, { variableQwords: 2 }).status).toBe(HvStatus.INVALID_DEVICE_ID);
  });

  it('refuses what is badly asked', () => {
    const { callers, world } = setUp();
    const guest = callers[0]!;
    expect(guest.slow(RETARGET, input({ partitionId: 1n })).status).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(guest.slow(RETARGET, input({ interruptSource: 2 })).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(guest.slow(RETARGET, input({ targetFlags: 4 })).status).toBe(HvStatus.INVALID_PARAMETER);
    const reserved = input({});
    reserved[32] = 1;
    expect(guest.slow(RETARGET, reserved).status).toBe(HvStatus.INVALID_PARAMETER);
    const wrong = [
      [input({}), 1],
      [input({ targetFlags: 2 }), 0],
      [block(input({ targetFlags: 2 }), qwords(3n, 1n)), 2],
      [block(input({ targetFlags: 2 }), qwords(0n, 1n)), 2],
    ] as const;
    for (const [bytes, variableQwords] of wrong) {
      expect(guest.slow(RETARGET, bytes, { variableQwords }).status).toBe(HvStatus.INVALID_HYPERCALL_INPUT);
    }
    const format = block(input({ targetFlags: 2, maskOrFormatLow: 5 }), qwords(1n, 1n));
    expect(guest.slow(RETARGET, format, { variableQwords: 2 }).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(world.hypervisor.root.state).toBe('active');
  });
});
