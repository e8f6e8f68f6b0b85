/** The shutdown service. Integration Services, Guest Shutdown. */

import { struct, u32, utf16 } from '@viridian/wire';

/** `flags` of a shutdown request: what to do, and bit 0 to do it by force. */
export const ShutdownFlag = { POWER_OFF: 0, FORCE: 1, RESTART: 2, HIBERNATE: 4 } as const;

/** Bit of `reasonCode`: it was planned. */
export const SHUTDOWN_REASON_PLANNED = 0x8000_0000;

/** Payload of a shutdown request. Linux takes no shorter one. The message is for people at the guest. */
export const ShutdownRequest = struct('SHUTDOWN_MSG_DATA', 2060, {
  reasonCode: u32,
  timeoutSeconds: u32,
  flags: u32,
  displayMessage: utf16(1024),
});
