/** Ports and connections: 0x95, 0x58, 0x96, 0x5B, 0x5A, 0x70. TLFS, "Inter-Partition Communication". */

import {
  ConnectPortInput,
  CreatePortInput,
  DeletePortInput,
  DisconnectPortInput,
  EventPortInfo,
  GetPortPropertyInput,
  GetPortPropertyOutput,
  HV_ANY_VP,
  HV_PAGE_BYTES,
  HvStatus,
  MessagePortInfo,
  MonitorPortInfo,
  PORT_ID_MASK,
  PortProperty,
  PortType,
  SetPortPropertyInput,
} from '@viridian/protocols/tlfs';
import { MAX_VPS, type Partition } from '../../partition/partition.ts';
import {
  Connection,
  disconnect,
  Port,
  type PortTarget,
  portTargetIsValid,
  removePort,
} from '../../synic/ports.ts';
import type { CallContext } from '../call-context.ts';
import type { HandlerGroup } from '../hypercall-table.ts';
import { proximityStatus, reservedIsZero, selfOrChildOf } from '../targets.ts';

const reserved = {
  create: reservedIsZero(CreatePortInput),
  message: reservedIsZero(MessagePortInfo),
  event: reservedIsZero(EventPortInfo),
  monitor: reservedIsZero(MonitorPortInfo),
  remove: reservedIsZero(DeletePortInput),
  connect: reservedIsZero(ConnectPortInput),
  disconnect: reservedIsZero(DisconnectPortInput),
  getProperty: reservedIsZero(GetPortPropertyInput),
  setProperty: reservedIsZero(SetPortPropertyInput),
};

/** Targeted VTLs of a port: none named, or VTL 0 only. */
const VTL0_ONLY = 1;

function idIsValid(id: number): boolean {
  return (id & ~PORT_ID_MASK) === 0;
}

/** An active partition that is the caller or its child. */
function activeOwner(call: CallContext, id: bigint): Partition | HvStatus {
  const owner = selfOrChildOf(call, id);
  if (typeof owner === 'number') return owner;
  return owner.state === 'active' ? owner : HvStatus.INVALID_PARTITION_STATE;
}

/** The other end, which need not be related to the caller. */
function activePeer(call: CallContext, id: bigint): Partition | HvStatus {
  const peer = call.partitionOf(id);
  if (peer === undefined) return HvStatus.INVALID_PARTITION_ID;
  return peer.state === 'active' ? peer : HvStatus.INVALID_PARTITION_STATE;
}

/** What HV_PORT_INFO at `at` says, or the status for what it must not say. */
function portTarget(view: DataView, at: number): PortTarget | HvStatus {
  const info = EventPortInfo.read(view, at);
  switch (info.portType) {
    case PortType.MESSAGE:
      if (!reserved.message(view, at)) return HvStatus.INVALID_PARAMETER;
      return checked({ type: PortType.MESSAGE, sint: info.targetSint, vp: info.targetVp });
    case PortType.EVENT:
      if (!reserved.event(view, at)) return HvStatus.INVALID_PARAMETER;
      return checked({
        type: PortType.EVENT,
        sint: info.targetSint,
        vp: info.targetVp,
        baseFlag: info.baseFlagNumber,
        flagCount: info.flagCount,
      });
    case PortType.MONITOR: {
      if (!reserved.monitor(view, at)) return HvStatus.INVALID_PARAMETER;
      const gpa = MonitorPortInfo.read(view, at).monitorPageGpa;
      return gpa % HV_PAGE_BYTES === 0 ? { type: PortType.MONITOR, gpa } : HvStatus.INVALID_ALIGNMENT;
    }
    default:
      return HvStatus.INVALID_PARAMETER;
  }
}

function checked(target: Exclude<PortTarget, { type: typeof PortType.MONITOR }>): PortTarget | HvStatus {
  if (!portTargetIsValid(target)) return HvStatus.INVALID_PARAMETER;
  return target.vp === HV_ANY_VP || target.vp < MAX_VPS ? target : HvStatus.INVALID_VP_INDEX;
}

function createPort(call: CallContext): HvStatus {
  const input = CreatePortInput.read(call.input);
  const owner = activeOwner(call, input.portPartitionId);
  if (typeof owner === 'number') return owner;
  const peer = activePeer(call, input.connectionPartitionId);
  if (typeof peer === 'number') return peer;
  if (peer === owner) return HvStatus.INVALID_PARTITION_ID;
  if (!idIsValid(input.portId) || !reserved.create(call.input)) return HvStatus.INVALID_PARAMETER;
  if ((input.targetVtls & ~VTL0_ONLY) !== 0) return HvStatus.INVALID_PARAMETER;
  const proximity = proximityStatus(input.proximity.domainId, input.proximity.flags);
  if (proximity !== HvStatus.SUCCESS) return proximity;
  const target = portTarget(call.input, CreatePortInput.offsets.portInfo);
  if (typeof target === 'number') return target;
  if (owner.ports.has(input.portId)) return HvStatus.INVALID_PORT_ID;
  owner.ports.set(input.portId, new Port(input.portId, owner, peer, target));
  return HvStatus.SUCCESS;
}

function connectPort(call: CallContext): HvStatus {
  const input = ConnectPortInput.read(call.input);
  const owner = activeOwner(call, input.connectionPartitionId);
  if (typeof owner === 'number') return owner;
  const portOwner = activePeer(call, input.portPartitionId);
  if (typeof portOwner === 'number') return portOwner;
  if (portOwner === owner) return HvStatus.INVALID_PARTITION_ID;
  if (!idIsValid(input.connectionId) || !reserved.connect(call.input)) return HvStatus.INVALID_PARAMETER;
  if (input.connectionVtl !== 0) return HvStatus.INVALID_PARAMETER;
  const proximity = proximityStatus(input.proximity.domainId, input.proximity.flags);
  if (proximity !== HvStatus.SUCCESS) return proximity;
  if (input.monitorPageGpa % HV_PAGE_BYTES !== 0) return HvStatus.INVALID_ALIGNMENT;
  const port = portOwner.ports.get(input.portId);
  if (port === undefined || port.peer !== owner || port.connection !== undefined)
    return HvStatus.INVALID_PORT_ID;
  if (input.connectionType !== port.target.type) return HvStatus.INVALID_PARAMETER;
  if (owner.connections.has(input.connectionId)) return HvStatus.INVALID_CONNECTION_ID;
  const connection = new Connection(input.connectionId, owner, port);
  owner.connections.set(input.connectionId, connection);
  port.connection = connection;
  return HvStatus.SUCCESS;
}

/** Handlers of the port calls. The owner of a port or connection is the caller or a child of it. */
export const PORT_HANDLERS: HandlerGroup = {
  HvCallCreatePort: createPort,
  HvCallConnectPort: connectPort,
  HvCallDeletePort(call) {
    const input = DeletePortInput.read(call.input);
    const owner = selfOrChildOf(call, input.partitionId);
    if (typeof owner === 'number') return owner;
    if (!reserved.remove(call.input)) return HvStatus.INVALID_PARAMETER;
    const port = owner.ports.get(input.portId);
    if (port === undefined) return HvStatus.INVALID_PORT_ID;
    removePort(port);
    return HvStatus.SUCCESS;
  },
  HvCallDisconnectPort(call) {
    const input = DisconnectPortInput.read(call.input);
    const owner = selfOrChildOf(call, input.partitionId);
    if (typeof owner === 'number') return owner;
    if (!reserved.disconnect(call.input)) return HvStatus.INVALID_PARAMETER;
    const connection = owner.connections.get(input.connectionId);
    if (connection === undefined) return HvStatus.INVALID_CONNECTION_ID;
    disconnect(connection);
    return HvStatus.SUCCESS;
  },
  HvCallGetPortProperty(call) {
    const input = GetPortPropertyInput.read(call.input);
    const owner = selfOrChildOf(call, input.partitionId);
    if (typeof owner === 'number') return owner;
    if (!reserved.getProperty(call.input)) return HvStatus.INVALID_PARAMETER;
    const port = owner.ports.get(input.portId);
    if (port === undefined) return HvStatus.INVALID_PORT_ID;
    const code = input.propertyCode;
    if (code !== PortProperty.POST_COUNT && code !== PortProperty.PREFERRED_TARGET_VP) {
      return HvStatus.UNKNOWN_PROPERTY;
    }
    const value = code === PortProperty.POST_COUNT ? port.deliveries : port.preferredVp;
    GetPortPropertyOutput.write(call.output, 0, { value: BigInt(value) });
    return HvStatus.SUCCESS;
  },
  HvCallSetPortProperty(call) {
    const input = SetPortPropertyInput.read(call.input);
    const owner = selfOrChildOf(call, input.partitionId);
    if (typeof owner === 'number') return owner;
    if (!reserved.setProperty(call.input)) return HvStatus.INVALID_PARAMETER;
    const port = owner.ports.get(input.portId);
    if (port === undefined) return HvStatus.INVALID_PORT_ID;
    if (input.propertyCode === PortProperty.POST_COUNT) return HvStatus.PROPERTY_VALUE_OUT_OF_RANGE;
    if (input.propertyCode !== PortProperty.PREFERRED_TARGET_VP) return HvStatus.UNKNOWN_PROPERTY;
    if (input.value >= BigInt(MAX_VPS)) return HvStatus.PROPERTY_VALUE_OUT_OF_RANGE;
    port.preferredVp = Number(input.value);
    return HvStatus.SUCCESS;
  },
};
