/**
 * Ports, where messages and events of other partitions arrive, and connections, through which a partition reaches
 * a port. TLFS, "Inter-Partition Communication", ports and connections.
 */

import { HV_ANY_VP, HV_EVENT_FLAGS_COUNT, HvStatus, PortType, SINT_COUNT } from '@viridian/protocols/tlfs';
import type { Partition } from '../partition/partition.ts';

/** What a port delivers to. Monitor ports name a page and deliver nothing by themselves. */
export type PortTarget =
  | { readonly type: typeof PortType.MESSAGE; readonly sint: number; readonly vp: number }
  | {
      readonly type: typeof PortType.EVENT;
      readonly sint: number;
      readonly vp: number;
      readonly baseFlag: number;
      readonly flagCount: number;
    }
  | { readonly type: typeof PortType.MONITOR; readonly gpa: number };

/** The receiving end, owned by the partition in whose `ports` it stands. */
export class Port {
  readonly id: number;
  readonly owner: Partition;
  /** The only partition that may connect. */
  readonly peer: Partition;
  readonly target: PortTarget;
  /** Message buffers in use: messages of this port that are queued and not yet in a slot. Kept by the SynIC. */
  queuedMessages = 0;
  /** Messages or events that went through. */
  deliveries = 0;
  /** VP that a port for any VP tries first. */
  preferredVp = 0;
  connection: Connection | undefined;
  /** True once deleted: connections that still point here answer HV_STATUS_INVALID_PORT_ID. */
  deleted = false;

  constructor(id: number, owner: Partition, peer: Partition, target: PortTarget) {
    this.id = id;
    this.owner = owner;
    this.peer = peer;
    this.target = target;
  }
}

/** The sending end, owned by the partition in whose `connections` it stands. */
export class Connection {
  readonly id: number;
  readonly owner: Partition;
  readonly port: Port;

  constructor(id: number, owner: Partition, port: Port) {
    this.id = id;
    this.owner = owner;
    this.port = port;
  }
}

/** Takes a port away and drops what is queued on it; its connection stays and finds it gone. */
export function removePort(port: Port): void {
  port.deleted = true;
  port.owner.ports.delete(port.id);
  for (const vp of port.owner.vps) vp?.synic.dropPort(port);
}

/** Takes a connection away; the port can be connected anew, and messages queued on it stay. */
export function disconnect(connection: Connection): void {
  connection.owner.connections.delete(connection.id);
  if (connection.port.connection === connection) connection.port.connection = undefined;
}

/** Whether the SINT and, for events, the flags of a port lie within the controller. */
export function portTargetIsValid(target: PortTarget): boolean {
  if (target.type === PortType.MONITOR) return true;
  if (target.sint < 1 || target.sint >= SINT_COUNT) return false;
  if (target.type === PortType.MESSAGE) return true;
  return target.flagCount >= 1 && target.baseFlag + target.flagCount <= HV_EVENT_FLAGS_COUNT;
}

/** Posts a message to the port's VP; for any VP, to the first one, from the preferred on, that can take it. */
export function postToPort(port: Port, type: number, payload: Uint8Array, sizeBytes: number): HvStatus {
  const { target, owner } = port;
  if (port.deleted || target.type !== PortType.MESSAGE || owner.state !== 'active') {
    return HvStatus.INVALID_PORT_ID;
  }
  const isAny = target.vp === HV_ANY_VP;
  const tries = isAny ? owner.vps.length : 1;
  let status: HvStatus = HvStatus.INVALID_VP_INDEX;
  for (let i = 0; i < tries; i++) {
    const vp = owner.vps[isAny ? (port.preferredVp + i) % tries : target.vp];
    if (vp === undefined) continue;
    status = vp.synic.postMessage(target.sint, type, port.id, payload, sizeBytes, port);
    if (status !== HvStatus.INVALID_SYNIC_STATE) break;
  }
  if (status === HvStatus.SUCCESS) port.deliveries += 1;
  return status;
}

/** Sets a flag of an event port, counted from its base; for any VP as with messages. */
export function signalPort(port: Port, flag: number): HvStatus {
  const { target, owner } = port;
  if (port.deleted || target.type !== PortType.EVENT || owner.state !== 'active') {
    return HvStatus.INVALID_PORT_ID;
  }
  if (flag >= target.flagCount) return HvStatus.INVALID_PARAMETER;
  const isAny = target.vp === HV_ANY_VP;
  const tries = isAny ? owner.vps.length : 1;
  let status: HvStatus = HvStatus.INVALID_VP_INDEX;
  for (let i = 0; i < tries; i++) {
    const vp = owner.vps[isAny ? (port.preferredVp + i) % tries : target.vp];
    if (vp === undefined) continue;
    status = vp.synic.setEvent(target.sint, target.baseFlag + flag);
    if (status !== HvStatus.INVALID_SYNIC_STATE) break;
  }
  if (status === HvStatus.SUCCESS) port.deliveries += 1;
  return status;
}
