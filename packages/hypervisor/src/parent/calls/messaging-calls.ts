/** The calls about ports, connections, messages and events. TLFS, "Inter-Partition Communication". */

import {
  ConnectPortInput,
  CreatePortInput,
  EventPortInfo,
  HV_MESSAGE_MAX_PAYLOAD_BYTES,
  HypercallCode,
  MessagePortInfo,
  PortType,
  PostMessageInput,
} from '@viridian/protocols/tlfs';
import { demand } from '../hypercall-error.ts';
import type { HypercallGate } from '../hypercall-gate.ts';

/** A message port's target, or an event port's with its flags. */
export type PortTarget =
  | { readonly type: 'message'; readonly sint: number; readonly vp: number }
  | {
      readonly type: 'event';
      readonly sint: number;
      readonly vp: number;
      readonly firstFlag: number;
      readonly flagCount: number;
    };

/** A port of one partition and the connection of another one to it. */
export interface PortPair {
  readonly portPartitionId: bigint;
  readonly portId: number;
  readonly connectionPartitionId: bigint;
  readonly connectionId: number;
}

/** HvCallCreatePort. */
export function createPort(gate: HypercallGate, pair: PortPair, target: PortTarget): void {
  const { portPartitionId, portId, connectionPartitionId } = pair;
  CreatePortInput.write(gate.input, 0, {
    portPartitionId,
    portId,
    connectionPartitionId,
    portInfo: portInfo(target),
  });
  const call = HypercallCode.HvCallCreatePort;
  demand(call, gate.slow(call));
}

function portInfo(target: PortTarget): Uint8Array {
  const { sint: targetSint, vp: targetVp } = target;
  if (target.type === 'message') {
    return MessagePortInfo.bytes({ portType: PortType.MESSAGE, targetSint, targetVp });
  }
  const { firstFlag: baseFlagNumber, flagCount } = target;
  return EventPortInfo.bytes({ portType: PortType.EVENT, targetSint, targetVp, baseFlagNumber, flagCount });
}

/** HvCallConnectPort. */
export function connectPort(gate: HypercallGate, pair: PortPair, type: PortTarget['type']): void {
  const { portPartitionId, portId, connectionPartitionId, connectionId } = pair;
  ConnectPortInput.write(gate.input, 0, {
    connectionPartitionId,
    connectionId,
    portPartitionId,
    portId,
    connectionType: type === 'message' ? PortType.MESSAGE : PortType.EVENT,
  });
  const call = HypercallCode.HvCallConnectPort;
  demand(call, gate.slow(call));
}

/** HvCallDeletePort: messages that are queued to it are dropped. */
export function deletePort(gate: HypercallGate, partitionId: bigint, portId: number): void {
  const call = HypercallCode.HvCallDeletePort;
  demand(call, fastWithId(gate, call, partitionId, portId));
}

/** HvCallDisconnectPort. */
export function disconnectPort(gate: HypercallGate, partitionId: bigint, connectionId: number): void {
  const call = HypercallCode.HvCallDisconnectPort;
  demand(call, fastWithId(gate, call, partitionId, connectionId));
}

function fastWithId(gate: HypercallGate, call: number, partitionId: bigint, id: number): number {
  return gate.fast(call, Number(partitionId & 0xffff_ffffn), Number(partitionId >> 32n), id, 0);
}

const { offsets } = PostMessageInput;

/** HvCallPostMessage of the first `payloadBytes` of `payload`. Returns the status; allocates nothing. */
export function postMessage(
  gate: HypercallGate,
  connectionId: number,
  type: number,
  payload: Uint8Array,
  payloadBytes: number,
): number {
  if (payloadBytes > HV_MESSAGE_MAX_PAYLOAD_BYTES || payloadBytes > payload.length) {
    throw new RangeError(`a message of ${payloadBytes} bytes from ${payload.length}`);
  }
  const { input, inputBytes } = gate;
  input.setUint32(offsets.connectionId, connectionId, true);
  input.setUint32(offsets.reserved, 0, true);
  input.setUint32(offsets.messageType, type, true);
  input.setUint32(offsets.payloadSize, payloadBytes, true);
  for (let index = 0; index < payloadBytes; index += 1) inputBytes[offsets.payload + index] = payload[index]!;
  return gate.slow(HypercallCode.HvCallPostMessage);
}

/** HvCallSignalEvent in its fast form. Returns the status; allocates nothing. */
export function signalEvent(gate: HypercallGate, connectionId: number, flagNumber: number): number {
  return gate.fast(HypercallCode.HvCallSignalEvent, connectionId, flagNumber);
}
