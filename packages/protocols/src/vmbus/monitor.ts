/** Monitored notification pages: signalling without a hypercall. VMBus monitor page. */

import { array, i32, pad, struct, u16, u32 } from '@viridian/wire';

/** HV_MONITOR_TRIGGER_GROUP: 32 monitors. */
export const MonitorTriggerGroup = struct('HV_MONITOR_TRIGGER_GROUP', 8, { pending: u32, armed: u32 });

/** HV_MONITOR_PARAMETER: whom a monitor signals. */
export const MonitorParameter = struct('HV_MONITOR_PARAMETER', 8, {
  connectionId: u32,
  flagNumber: u16,
  reserved: pad(2),
});

/** HV_MONITOR_PAGE. Monitor m is entry m of each table, bit m % 32 of group m >> 5. */
export const MonitorPage = struct('HV_MONITOR_PAGE', 4096, {
  /** Bits 3:0 enable groups 3..0. */
  triggerState: u32,
  reserved0: pad(4),
  triggerGroups: array(MonitorTriggerGroup, 4),
  reserved1: pad(24),
  nextCheckTime: array(i32, 128),
  /** In 100 ns units. */
  latency: array(u16, 128),
  reserved2: pad(256),
  parameters: array(MonitorParameter, 128),
  reserved3: pad(1984),
});

/** Monitors of one page. */
export const MONITOR_COUNT = 128;

/** Byte offsets in the monitor page, for polling without accessors. */
export const MonitorOffset = {
  TRIGGER_STATE: 0x000,
  TRIGGER_GROUPS: 0x008,
  NEXT_CHECK_TIME: 0x040,
  LATENCY: 0x240,
  PARAMETERS: 0x440,
  RESERVED: 0x840,
} as const;
