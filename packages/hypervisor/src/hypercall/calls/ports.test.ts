import {
  ConnectPortInput,
  CreatePortInput,
  DeletePortInput,
  DisconnectPortInput,
  EventPortInfo,
  GetPortPropertyInput,
  HV_ANY_VP,
  HV_PARTITION_ID_SELF,
  HvStatus,
  HypercallCode,
  MessagePortInfo,
  MonitorPortInfo,
  PartitionIdInput,
  PortProperty,
  PortType,
  SetPortPropertyInput,
} from '@viridian/protocols/tlfs';
import type { InferInit } from '@viridian/wire';
import { describe, expect, it } from 'vitest';
import { World } from '../../../test/hypercall-caller.ts';

const CREATE = HypercallCode.HvCallCreatePort;
const CONNECT = HypercallCode.HvCallConnectPort;
const DELETE = HypercallCode.HvCallDeletePort;
const DISCONNECT = HypercallCode.HvCallDisconnectPort;

const MESSAGE_PORT = MessagePortInfo.bytes({ portType: PortType.MESSAGE, targetSint: 2, targetVp: 0 });
const ROOT_ID = 1n;

function setUp() {
  const world = new World();
  const { partition, callers } = world.child();
  const create = (init: InferInit<typeof CreatePortInput>) =>
    world.root.slow(
      CREATE,
      CreatePortInput.bytes({
        portPartitionId: HV_PARTITION_ID_SELF,
        portId: 0x10,
        connectionPartitionId: partition.id,
        portInfo: MESSAGE_PORT,
        ...init,
      }),
    ).status;
  const connect = (init: InferInit<typeof ConnectPortInput>) =>
    world.root.slow(
      CONNECT,
      ConnectPortInput.bytes({
        connectionPartitionId: partition.id,
        connectionId: 4,
        portPartitionId: HV_PARTITION_ID_SELF,
        portId: 0x10,
        connectionType: PortType.MESSAGE,
        ...init,
      }),
    ).status;
  return { world, partition, guest: callers[0]!, create, connect, rootPartition: world.hypervisor.root };
}

describe('HvCallCreatePort', () => {
  it('makes ports of the three types, in itself and in a child', () => {
    const { create, rootPartition, partition } = setUp();
    const event = EventPortInfo.bytes({
      portType: PortType.EVENT,
      targetSint: 15,
      targetVp: HV_ANY_VP,
      baseFlagNumber: 2047,
      flagCount: 1,
    });
    const monitor = MonitorPortInfo.bytes({ portType: PortType.MONITOR, monitorPageGpa: 0x5000 });
    expect(create({})).toBe(HvStatus.SUCCESS);
    expect(create({ portId: 0xffffff, portInfo: event })).toBe(HvStatus.SUCCESS);
    expect(create({ portId: 0, portInfo: monitor, targetVtls: 1 })).toBe(HvStatus.SUCCESS);
    expect(create({ portPartitionId: partition.id, connectionPartitionId: ROOT_ID })).toBe(HvStatus.SUCCESS);
    expect([...rootPartition.ports.keys()]).toEqual([0x10, 0xffffff, 0]);
    expect(partition.ports.get(0x10)?.peer).toBe(rootPartition);
    expect(rootPartition.ports.get(0)?.target).toEqual({ type: PortType.MONITOR, gpa: 0x5000 });
  });

  it('refuses ids in use and ids above 24 bits', () => {
    const { create, partition } = setUp();
    expect(create({})).toBe(HvStatus.SUCCESS);
    expect(create({})).toBe(HvStatus.INVALID_PORT_ID);
    expect(create({ portId: 0x1000000 })).toBe(HvStatus.INVALID_PARAMETER);
    expect(create({ portId: 0xffffffff })).toBe(HvStatus.INVALID_PARAMETER);
    // The same id in another partition is another port.
    expect(create({ portPartitionId: partition.id, connectionPartitionId: ROOT_ID })).toBe(HvStatus.SUCCESS);
  });

  it('refuses partitions that are the same, unknown or not active', () => {
    const { create, world, partition } = setUp();
    const sleeping = world.create();
    expect(create({ connectionPartitionId: HV_PARTITION_ID_SELF })).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(create({ portPartitionId: partition.id })).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(create({ connectionPartitionId: 88n })).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(create({ portPartitionId: 88n })).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(create({ connectionPartitionId: sleeping.id })).toBe(HvStatus.INVALID_PARTITION_STATE);
    expect(create({ portPartitionId: sleeping.id })).toBe(HvStatus.INVALID_PARTITION_STATE);
  });

  it.each([0, 16, 255])('refuses SINT %i', (targetSint) => {
    const { create } = setUp();
    expect(create({ portInfo: MessagePortInfo.bytes({ portType: PortType.MESSAGE, targetSint }) })).toBe(
      HvStatus.INVALID_PARAMETER,
    );
  });

  it.each([64, 1000, 0xfffffffe])('refuses VP %i', (targetVp) => {
    const { create } = setUp();
    const portInfo = MessagePortInfo.bytes({ portType: PortType.MESSAGE, targetSint: 2, targetVp });
    expect(create({ portInfo })).toBe(HvStatus.INVALID_VP_INDEX);
  });

  it.each([
    [0, 0],
    [0, 2049],
    [1, 2048],
    [2048, 1],
    [65535, 65535],
  ])('refuses flags from %i, %i of them', (baseFlagNumber, flagCount) => {
    const { create } = setUp();
    const portInfo = EventPortInfo.bytes({
      portType: PortType.EVENT,
      targetSint: 2,
      baseFlagNumber,
      flagCount,
    });
    expect(create({ portInfo })).toBe(HvStatus.INVALID_PARAMETER);
  });

  it('accepts all flags of a SINT in one port', () => {
    const { create } = setUp();
    const portInfo = EventPortInfo.bytes({ portType: PortType.EVENT, targetSint: 2, flagCount: 2048 });
    expect(create({ portInfo })).toBe(HvStatus.SUCCESS);
  });

  it('refuses unknown types, other VTLs, misaligned monitor pages, reserved bytes, proximity', () => {
    const { create, world, partition } = setUp();
    expect(create({ portInfo: MessagePortInfo.bytes({ portType: 0 }) })).toBe(HvStatus.INVALID_PARAMETER);
    expect(create({ portInfo: MessagePortInfo.bytes({ portType: 4 }) })).toBe(HvStatus.INVALID_PARAMETER);
    expect(create({ targetVtls: 2 })).toBe(HvStatus.INVALID_PARAMETER);
    const monitor = MonitorPortInfo.bytes({ portType: PortType.MONITOR, monitorPageGpa: 0x5008 });
    expect(create({ portInfo: monitor })).toBe(HvStatus.INVALID_ALIGNMENT);
    expect(create({ proximity: { domainId: 7, flags: 0x80000000 } })).toBe(
      HvStatus.INVALID_PROXIMITY_DOMAIN_INFO,
    );
    // Byte 14 is padding of the call, 28 and 40 of the message port's information.
    for (const offset of [14, 28, 40]) {
      const input = CreatePortInput.bytes({
        portPartitionId: ROOT_ID,
        connectionPartitionId: partition.id,
        portInfo: MESSAGE_PORT,
      });
      input[offset] = 1;
      expect(world.root.slow(CREATE, input).status).toBe(HvStatus.INVALID_PARAMETER);
    }
  });

  it('is for the partition itself or its parent', () => {
    const { guest, world, partition } = setUp();
    partition.privileges = 0xffffffffffffffffn;
    const other = world.child().partition;
    const input = CreatePortInput.bytes({
      portPartitionId: other.id,
      connectionPartitionId: partition.id,
      portInfo: MESSAGE_PORT,
    });
    expect(guest.slow(CREATE, input).status).toBe(HvStatus.ACCESS_DENIED);
  });
});

describe('HvCallConnectPort', () => {
  it('connects once, and again after a disconnect', () => {
    const { create, connect, partition, world } = setUp();
    create({});
    expect(connect({})).toBe(HvStatus.SUCCESS);
    expect(partition.connections.get(4)?.port).toBe(world.hypervisor.root.ports.get(0x10));
    expect(connect({ connectionId: 5 })).toBe(HvStatus.INVALID_PORT_ID);
    const input = DisconnectPortInput.bytes({ partitionId: partition.id, connectionId: 4 });
    expect(world.root.fast(DISCONNECT, input).status).toBe(HvStatus.SUCCESS);
    expect(world.root.fast(DISCONNECT, input).status).toBe(HvStatus.INVALID_CONNECTION_ID);
    expect(connect({ connectionId: 5 })).toBe(HvStatus.SUCCESS);
  });

  it('refuses ports that are missing or meant for another, and connection ids in use', () => {
    const { create, connect, world } = setUp();
    const other = world.child().partition;
    create({});
    create({ portId: 0x11 });
    create({ portId: 0x12, connectionPartitionId: other.id });
    expect(connect({ portId: 0x13 })).toBe(HvStatus.INVALID_PORT_ID);
    expect(connect({ portId: 0x12 })).toBe(HvStatus.INVALID_PORT_ID);
    expect(connect({})).toBe(HvStatus.SUCCESS);
    expect(connect({ portId: 0x11 })).toBe(HvStatus.INVALID_CONNECTION_ID);
    expect(connect({ portId: 0x11, connectionId: 0x1000004 })).toBe(HvStatus.INVALID_PARAMETER);
  });

  it('refuses another type, VTL, page or partition', () => {
    const { create, connect, world, partition } = setUp();
    create({});
    expect(connect({ connectionType: PortType.EVENT })).toBe(HvStatus.INVALID_PARAMETER);
    expect(connect({ connectionVtl: 1 })).toBe(HvStatus.INVALID_PARAMETER);
    expect(connect({ monitorPageGpa: 0x10 })).toBe(HvStatus.INVALID_ALIGNMENT);
    expect(connect({ proximity: { domainId: 1, flags: 0 } })).toBe(HvStatus.INVALID_PROXIMITY_DOMAIN_INFO);
    expect(connect({ connectionPartitionId: 77n })).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(connect({ portPartitionId: 77n })).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(connect({ portPartitionId: partition.id })).toBe(HvStatus.INVALID_PARTITION_ID);
    expect(connect({ portPartitionId: world.create().id })).toBe(HvStatus.INVALID_PARTITION_STATE);
    for (const offset of [13, 28, 36, 48, 60]) {
      const input = ConnectPortInput.bytes({
        connectionPartitionId: partition.id,
        connectionId: 4,
        portPartitionId: ROOT_ID,
        portId: 0x10,
        connectionType: PortType.MESSAGE,
      });
      input[offset] = 1;
      expect(world.root.slow(CONNECT, input).status).toBe(HvStatus.INVALID_PARAMETER);
    }
    expect(connect({})).toBe(HvStatus.SUCCESS);
  });
});

describe('HvCallDeletePort', () => {
  it('takes the port away under its connection', () => {
    const { create, connect, partition, world } = setUp();
    create({});
    connect({});
    const input = DeletePortInput.bytes({ partitionId: ROOT_ID, portId: 0x10 });
    expect(world.root.fast(DELETE, input).status).toBe(HvStatus.SUCCESS);
    expect(world.root.slow(DELETE, input).status).toBe(HvStatus.INVALID_PORT_ID);
    expect(partition.connections.get(4)?.port.deleted).toBe(true);
    expect(create({})).toBe(HvStatus.SUCCESS);
    input[12] = 1;
    expect(world.root.slow(DELETE, input).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(world.root.slow(DELETE, DeletePortInput.bytes({ partitionId: 66n })).status).toBe(
      HvStatus.INVALID_PARTITION_ID,
    );
  });
});

describe('a partition that ends', () => {
  it('leaves neither its ports nor its connections behind', () => {
    const { create, connect, partition, world, rootPartition } = setUp();
    create({});
    connect({});
    create({ portPartitionId: partition.id, connectionPartitionId: ROOT_ID, portId: 1 });
    connect({ connectionPartitionId: ROOT_ID, portPartitionId: partition.id, portId: 1, connectionId: 9 });
    world.root.demand(
      HypercallCode.HvCallFinalizePartition,
      PartitionIdInput.bytes({ partitionId: partition.id }),
    );
    expect(rootPartition.ports.get(0x10)?.connection).toBeUndefined();
    expect(rootPartition.connections.get(9)?.port.deleted).toBe(true);
    expect([partition.ports.size, partition.connections.size]).toEqual([0, 0]);
  });
});

describe('port properties', () => {
  it('are the number of deliveries and the preferred VP', () => {
    const { create, world } = setUp();
    create({});
    const get = (propertyCode: number, portId = 0x10) => {
      const input = GetPortPropertyInput.bytes({ partitionId: ROOT_ID, portId, propertyCode });
      const { status, output } = world.root.slow(HypercallCode.HvCallGetPortProperty, input);
      return status === HvStatus.SUCCESS ? output.getBigUint64(0, true) : status;
    };
    const set = (propertyCode: number, value: bigint, portId = 0x10) => {
      const input = SetPortPropertyInput.bytes({ partitionId: ROOT_ID, portId, propertyCode, value });
      return world.root.slow(HypercallCode.HvCallSetPortProperty, input).status;
    };
    expect([get(PortProperty.POST_COUNT), get(PortProperty.PREFERRED_TARGET_VP)]).toEqual([0n, 0n]);
    expect(set(PortProperty.PREFERRED_TARGET_VP, 3n)).toBe(HvStatus.SUCCESS);
    expect(get(PortProperty.PREFERRED_TARGET_VP)).toBe(3n);
    expect(set(PortProperty.PREFERRED_TARGET_VP, 64n)).toBe(HvStatus.PROPERTY_VALUE_OUT_OF_RANGE);
    expect(set(PortProperty.POST_COUNT, 0n)).toBe(HvStatus.PROPERTY_VALUE_OUT_OF_RANGE);
    expect([set(2, 0n), get(2)]).toEqual([HvStatus.UNKNOWN_PROPERTY, HvStatus.UNKNOWN_PROPERTY]);
    expect([set(1, 0n, 5), get(1, 5)]).toEqual([HvStatus.INVALID_PORT_ID, HvStatus.INVALID_PORT_ID]);
  });
});
