/** The heartbeat service. Integration Services, Heartbeat. */

import { pad, struct, u32, u64 } from '@viridian/wire';

/** `state` of an answer: how the applications of the guest are; Linux does not say. */
export const HeartbeatState = { UNKNOWN: 0, HEALTHY: 1, CRITICAL: 2 } as const;

/** Payload of request and answer; the answer has the next sequence number. */
export const Heartbeat = struct('HEARTBEAT_MSG_DATA', 40, {
  sequence: u64,
  state: u32,
  reserved: pad(28),
});
