import {
  ConnectPortInput,
  CreatePortInput,
  DeletePortInput,
  EventPortInfo,
  HV_ANY_VP,
  HvRegister,
  HvStatus,
  HypercallCode,
  Message,
  MessagePortInfo,
  PartitionIdInput,
  PortType,
  PostMessageInput,
  SignalEventDirectInput,
  SignalEventInput,
} from '@viridian/protocols/tlfs';
import { describe, expect, it } from 'vitest';
import { type Caller, qwords, World } from '../../../test/hypercall-caller.ts';
import type { Partition } from '../../partition/partition.ts';

const POST = HypercallCode.HvCallPostMessage;
const SIGNAL = HypercallCode.HvCallSignalEvent;
const SIM = 20;
const SIEF = 21;
const ROOT_ID = 1n;

/** A port of `owner` and the connection of `peer` to it, made by the root. */
function link(
  world: World,
  owner: Partition,
  peer: Partition,
  id: number,
  portInfo: Uint8Array,
  type: number,
): void {
  world.root.demand(
    HypercallCode.HvCallCreatePort,
    CreatePortInput.bytes({
      portPartitionId: owner.id,
      portId: id,
      connectionPartitionId: peer.id,
      portInfo,
    }),
  );
  world.root.demand(
    HypercallCode.HvCallConnectPort,
    ConnectPortInput.bytes({
      connectionPartitionId: peer.id,
      connectionId: id,
      portPartitionId: owner.id,
      portId: id,
      connectionType: type,
    }),
  );
}

function messageLink(world: World, owner: Partition, peer: Partition, id: number, targetVp = 0): void {
  const info = MessagePortInfo.bytes({ portType: PortType.MESSAGE, targetSint: 2, targetVp });
  link(world, owner, peer, id, info, PortType.MESSAGE);
}

function eventLink(world: World, owner: Partition, peer: Partition, id: number, targetVp = 0): void {
  const info = EventPortInfo.bytes({
    portType: PortType.EVENT,
    targetSint: 3,
    targetVp,
    baseFlagNumber: 100,
    flagCount: 8,
  });
  link(world, owner, peer, id, info, PortType.EVENT);
}

const message = (connectionId: number, text = 'hello', messageType = 1) =>
  PostMessageInput.bytes({
    connectionId,
    messageType,
    payloadSize: text.length,
    payload: new TextEncoder().encode(text),
  });

const slot = (caller: Caller, sint: number) => {
  const bytes = caller.page(SIM);
  return Message.read(new DataView(bytes.buffer, bytes.byteOffset + sint * 256, 256));
};

function setUp(vpCount = 1) {
  const world = new World();
  const { partition, callers } = world.child(vpCount);
  const root = world.hypervisor.root;
  messageLink(world, partition, root, 1);
  return { world, partition, callers, guest: callers[0]!, root };
}

describe('HvCallPostMessage', () => {
  it('puts the message into the slot of the port and interrupts', () => {
    const { world, guest, partition } = setUp();
    guest.enableSynic(SIM, SIEF);
    expect(world.root.slow(POST, message(1)).status).toBe(HvStatus.SUCCESS);
    const { header, payload } = slot(guest, 2);
    expect(header).toEqual({ messageType: 1, payloadSize: 5, flags: 0, origin: 1n });
    expect(new TextDecoder().decode(payload.subarray(0, 5))).toBe('hello');
    expect(guest.vp.apic.irr.highest()).toBe(0x42);
    expect(partition.ports.get(1)?.deliveries).toBe(1);
    expect(world.hypervisor.root.counters.messagesPosted).toBe(1);
  });

  it('goes from the guest to its parent as well', () => {
    const { world, guest, partition, root } = setUp();
    messageLink(world, root, partition, 4);
    world.root.enableSynic(SIM, SIEF);
    expect(guest.slow(POST, message(4, 'from below')).status).toBe(HvStatus.SUCCESS);
    expect(slot(world.root, 2).header).toMatchObject({ payloadSize: 10, origin: 4n });
  });

  it('has 16 buffers for messages that wait', () => {
    const { world, guest } = setUp();
    guest.enableSynic(SIM, SIEF);
    for (let i = 0; i <= 16; i++)
      expect(world.root.slow(POST, message(1, `${i}`)).status).toBe(HvStatus.SUCCESS);
    expect(world.root.slow(POST, message(1)).status).toBe(HvStatus.INSUFFICIENT_BUFFERS);
    expect(slot(guest, 2).header.flags).toBe(1);
    guest.page(SIM).fill(0, 512, 516);
    guest.vp.setRegister(HvRegister.Eom, 0n);
    expect(new TextDecoder().decode(slot(guest, 2).payload.subarray(0, 1))).toBe('1');
    expect(world.root.slow(POST, message(1)).status).toBe(HvStatus.SUCCESS);
  });

  it('refuses types, sizes and reserved words that are not a guest’s', () => {
    const { world, guest } = setUp();
    guest.enableSynic(SIM, SIEF);
    const bad = [
      { connectionId: 1, messageType: 0 },
      { connectionId: 1, messageType: 0x80000000 },
      { connectionId: 1, messageType: 0xffffffff },
      { connectionId: 1, messageType: 1, payloadSize: 241 },
      { connectionId: 1, messageType: 1, payloadSize: 0xffffffff },
      { connectionId: 1, messageType: 1, reserved: 1 },
    ];
    for (const init of bad) {
      expect(world.root.slow(POST, PostMessageInput.bytes(init)).status).toBe(HvStatus.INVALID_PARAMETER);
    }
    expect(world.root.slow(POST, PostMessageInput.bytes({ connectionId: 1, messageType: 7 })).status).toBe(0);
    expect(slot(guest, 2).header).toMatchObject({ messageType: 7, payloadSize: 0 });
  });

  it('names a connection to a message port that is still there', () => {
    const { world, guest, partition, root } = setUp();
    guest.enableSynic(SIM, SIEF);
    eventLink(world, partition, root, 2);
    for (const id of [0, 99, 0x1000001, 0xffffffff]) {
      expect(world.root.slow(POST, message(id)).status).toBe(HvStatus.INVALID_CONNECTION_ID);
    }
    expect(world.root.slow(POST, message(2)).status).toBe(HvStatus.INVALID_PORT_ID);
    world.root.demand(
      HypercallCode.HvCallDeletePort,
      DeletePortInput.bytes({ partitionId: partition.id, portId: 1 }),
    );
    expect(world.root.slow(POST, message(1)).status).toBe(HvStatus.INVALID_PORT_ID);
  });

  it('needs a running SynIC of an existing VP of an active partition', () => {
    const { world, guest, partition, root } = setUp();
    messageLink(world, partition, root, 7, 5);
    expect(world.root.slow(POST, message(7)).status).toBe(HvStatus.INVALID_VP_INDEX);
    expect(world.root.slow(POST, message(1)).status).toBe(HvStatus.INVALID_SYNIC_STATE);
    guest.enableSynic(SIM, SIEF);
    guest.vp.setRegister(HvRegister.Simp, 0n);
    expect(world.root.slow(POST, message(1)).status).toBe(HvStatus.INVALID_SYNIC_STATE);
    const id = PartitionIdInput.bytes({ partitionId: partition.id });
    world.root.demand(HypercallCode.HvCallFinalizePartition, id);
    expect(world.root.slow(POST, message(1)).status).toBe(HvStatus.INVALID_PORT_ID);
  });

  it('finds any VP that can take it, the preferred one first', () => {
    const { world, partition, callers, root } = setUp(3);
    messageLink(world, partition, root, 9, HV_ANY_VP);
    expect(world.root.slow(POST, message(9)).status).toBe(HvStatus.INVALID_SYNIC_STATE);
    callers[2]!.enableSynic(SIM, SIEF);
    expect(world.root.slow(POST, message(9, 'two')).status).toBe(HvStatus.SUCCESS);
    expect(slot(callers[2]!, 2).header.payloadSize).toBe(3);
    callers[1]!.enableSynic(SIM + 2, SIEF + 2);
    partition.ports.get(9)!.preferredVp = 1;
    expect(world.root.slow(POST, message(9, 'one')).status).toBe(HvStatus.SUCCESS);
    expect(callers[1]!.vp.synic.counters.messages).toBe(1);
  });
});

describe('HvCallSignalEvent', () => {
  const signal = (connectionId: number, flagNumber = 0) =>
    SignalEventInput.bytes({ connectionId, flagNumber });

  it('sets a flag counted from the base of the port, and interrupts once', () => {
    const { world, guest, partition, root } = setUp();
    guest.enableSynic(SIM, SIEF);
    eventLink(world, partition, root, 2);
    expect(world.root.fast(SIGNAL, signal(2, 3)).status).toBe(HvStatus.SUCCESS);
    // Flag 103 of SINT 3: byte 12, bit 7.
    expect(guest.page(SIEF)[3 * 256 + 12]).toBe(0x80);
    expect(guest.vp.apic.irr.highest()).toBe(0x43);
    guest.vp.apic.irr.delete(0x43);
    expect(world.root.slow(SIGNAL, signal(2, 3)).status).toBe(HvStatus.SUCCESS);
    expect(guest.vp.apic.irr.highest()).toBe(-1);
    expect(world.hypervisor.root.counters.eventsSignaled).toBe(2);
  });

  it('refuses flags past the end, reserved bits, and what is no event port', () => {
    const { world, guest, partition, root } = setUp();
    guest.enableSynic(SIM, SIEF);
    eventLink(world, partition, root, 2);
    for (const flag of [8, 9, 0xffff]) {
      expect(world.root.fast(SIGNAL, signal(2, flag)).status).toBe(HvStatus.INVALID_PARAMETER);
    }
    expect(world.root.fast(SIGNAL, SignalEventInput.bytes({ connectionId: 2, reserved: 1 })).status).toBe(
      HvStatus.INVALID_PARAMETER,
    );
    expect(world.root.fast(SIGNAL, signal(3)).status).toBe(HvStatus.INVALID_CONNECTION_ID);
    expect(world.root.fast(SIGNAL, signal(1)).status).toBe(HvStatus.INVALID_PORT_ID);
    expect(guest.page(SIEF).every((byte) => byte === 0)).toBe(true);
  });

  it('needs SIEFP and SCONTROL on and the SINT unmasked', () => {
    const { world, guest, partition, root } = setUp();
    eventLink(world, partition, root, 2);
    eventLink(world, partition, root, 6, 4);
    eventLink(world, partition, root, 8, HV_ANY_VP);
    const status = (id = 2) => world.root.fast(SIGNAL, signal(id)).status;
    expect([status(), status(6), status(8)]).toEqual([
      HvStatus.INVALID_SYNIC_STATE,
      HvStatus.INVALID_VP_INDEX,
      HvStatus.INVALID_SYNIC_STATE,
    ]);
    guest.enableSynic(SIM, SIEF);
    expect([status(), status(8)]).toEqual([0, 0]);
    guest.vp.setRegister(HvRegister.Sint0 + 3, 0x10043n);
    expect(status()).toBe(HvStatus.INVALID_SYNIC_STATE);
  });

  it('is off without its privilege', () => {
    const { world, guest, partition, root } = setUp();
    eventLink(world, root, partition, 3);
    partition.privileges = 0xeffn;
    expect(guest.fast(SIGNAL, signal(3)).status).toBe(HvStatus.ACCESS_DENIED);
    expect(guest.slow(POST, message(3)).status).toBe(HvStatus.ACCESS_DENIED);
  });

  it('takes no more than its word in the fast form', () => {
    const { world, guest, partition, root } = setUp();
    guest.enableSynic(SIM, SIEF);
    eventLink(world, partition, root, 2);
    expect(world.root.fast(SIGNAL, qwords(2n, 0xffffffffffffffffn)).status).toBe(HvStatus.SUCCESS);
  });
});

describe('HvCallSignalEventDirect', () => {
  it('sets a flag of a child without a port and tells whether it is new', () => {
    const { world, guest, partition } = setUp();
    guest.enableSynic(SIM, SIEF);
    const call = (init: object) =>
      world.root.slow(
        HypercallCode.HvCallSignalEventDirect,
        SignalEventDirectInput.bytes({ partitionId: partition.id, sint: 5, flagNumber: 2047, ...init }),
      );
    expect([call({}).output.getUint8(0), call({}).output.getUint8(0)]).toEqual([1, 0]);
    expect(guest.page(SIEF)[5 * 256 + 255]).toBe(0x80);
    expect(call({ sint: 16 }).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(call({ flagNumber: 2048 }).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(call({ targetVtl: 1 }).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(call({ vpIndex: 1 }).status).toBe(HvStatus.INVALID_VP_INDEX);
    expect(call({ partitionId: ROOT_ID }).status).toBe(HvStatus.ACCESS_DENIED);
    expect(call({ partitionId: 50n }).status).toBe(HvStatus.INVALID_PARTITION_ID);
  });
});
