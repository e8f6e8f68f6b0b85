/** Messages, events, ports and connections. TLFS, "Inter-Partition Communication". */

import { bytes, pad, struct, u8, u16, u32, u64, u64capped } from '@viridian/wire';
import { hypercall } from './declaration.ts';
import { ProximityDomainInfo } from './partitions.ts';

/** Input of 0x5C. `reserved` must be zero. */
export const PostMessageInput = struct('HV_INPUT_POST_MESSAGE', 256, {
  connectionId: u32,
  reserved: u32,
  messageType: u32,
  payloadSize: u32,
  payload: bytes(240),
});

/** Input of 0x5D; also its fast form in one register. `reserved` must be zero. */
export const SignalEventInput = struct('HV_INPUT_SIGNAL_EVENT', 8, {
  connectionId: u32,
  flagNumber: u16,
  reserved: u16,
});

/** HV_PORT_TYPE. */
export const PortType = { MESSAGE: 1, EVENT: 2, MONITOR: 3 } as const;

/** HV_PORT_INFO of a message port. */
export const MessagePortInfo = struct('HV_PORT_INFO (message)', 24, {
  portType: u32,
  reserved0: pad(4),
  targetSint: u32,
  targetVp: u32,
  reserved1: pad(8),
});

/** HV_PORT_INFO of an event port. `flagCount` is at least 1; base plus count is at most 2048. */
export const EventPortInfo = struct('HV_PORT_INFO (event)', 24, {
  portType: u32,
  reserved0: pad(4),
  targetSint: u32,
  targetVp: u32,
  baseFlagNumber: u16,
  flagCount: u16,
  reserved1: pad(4),
});

/** HV_PORT_INFO of a monitor port. `monitorPageGpa` is page aligned. */
export const MonitorPortInfo = struct('HV_PORT_INFO (monitor)', 24, {
  portType: u32,
  reserved0: pad(4),
  monitorPageGpa: u64capped,
  reserved1: pad(8),
});

/** Input of 0x95. `portInfo` is one of the port info structures. */
export const CreatePortInput = struct('HV_INPUT_CREATE_PORT', 56, {
  portPartitionId: u64,
  portId: u32,
  targetVtls: u16,
  reserved: pad(2),
  connectionPartitionId: u64,
  portInfo: bytes(24),
  proximity: ProximityDomainInfo,
});

/** Input of 0x58. */
export const DeletePortInput = struct('HV_INPUT_DELETE_PORT', 16, {
  partitionId: u64,
  portId: u32,
  reserved: pad(4),
});

/** Input of 0x96. `monitorPageGpa` counts for monitor connections only, else it is zero. */
export const ConnectPortInput = struct('HV_INPUT_CONNECT_PORT', 72, {
  connectionPartitionId: u64,
  connectionId: u32,
  connectionVtl: u8,
  reserved0: pad(3),
  portPartitionId: u64,
  portId: u32,
  reserved1: pad(4),
  connectionType: u32,
  reserved2: pad(4),
  monitorPageGpa: u64capped,
  reserved3: pad(16),
  proximity: ProximityDomainInfo,
});

/** Input of 0x5B. */
export const DisconnectPortInput = struct('HV_INPUT_DISCONNECT_PORT', 16, {
  partitionId: u64,
  connectionId: u32,
  reserved: pad(4),
});

/** Port property codes. */
export const PortProperty = { POST_COUNT: 0, PREFERRED_TARGET_VP: 1 } as const;

/** Input of 0x5A. */
export const GetPortPropertyInput = struct('HV_INPUT_GET_PORT_PROPERTY', 24, {
  partitionId: u64,
  portId: u32,
  reserved0: pad(4),
  propertyCode: u32,
  reserved1: pad(4),
});

/** Output of 0x5A. */
export const GetPortPropertyOutput = struct('HV_OUTPUT_GET_PORT_PROPERTY', 8, { value: u64 });

/** Input of 0x70. */
export const SetPortPropertyInput = struct('HV_INPUT_SET_PORT_PROPERTY', 32, {
  partitionId: u64,
  portId: u32,
  reserved0: pad(4),
  propertyCode: u32,
  reserved1: pad(4),
  value: u64,
});

/** Input of 0xC0: an event flag set by the parent without a port. */
export const SignalEventDirectInput = struct('HV_INPUT_SIGNAL_EVENT_DIRECT', 16, {
  partitionId: u64,
  vpIndex: u32,
  targetVtl: u8,
  sint: u8,
  flagNumber: u16,
});

/** Output of 0xC0. */
export const SignalEventDirectOutput = struct('HV_OUTPUT_SIGNAL_EVENT_DIRECT', 8, {
  newlySignaled: u8,
  reserved: pad(7),
});

/** The messaging calls. */
export const MESSAGING_CALLS = [
  hypercall('HvCallPostMessage', { input: PostMessageInput, privilege: 'PostMessages' }),
  hypercall('HvCallSignalEvent', { input: SignalEventInput, fast: true, privilege: 'SignalEvents' }),
  hypercall('HvCallCreatePort', { input: CreatePortInput, privilege: 'CreatePort' }),
  hypercall('HvCallDeletePort', { input: DeletePortInput, fast: true }),
  hypercall('HvCallConnectPort', { input: ConnectPortInput, privilege: 'ConnectPort' }),
  hypercall('HvCallDisconnectPort', { input: DisconnectPortInput, fast: true }),
  hypercall('HvCallGetPortProperty', { input: GetPortPropertyInput, output: GetPortPropertyOutput }),
  hypercall('HvCallSetPortProperty', { input: SetPortPropertyInput }),
  hypercall('HvCallSignalEventDirect', { input: SignalEventDirectInput, output: SignalEventDirectOutput }),
] as const;
