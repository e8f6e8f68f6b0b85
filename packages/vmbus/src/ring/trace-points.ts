/** Where the bus can be watched: trace points for both ends, and the warning that every broken rule goes to. */

import { tracePoint, warning } from '@viridian/trace';

/** A channel message: `direction` is `sent` or `received`. */
export const messageTrace = tracePoint('vmbus.message', ['direction', 'type', 'sizeBytes'] as const);

/** A step in the life of a channel: offered, opened, closed, rescinded, released. */
export const channelTrace = tracePoint('vmbus.channel', ['relid', 'step', 'detail'] as const);

/** A ring packet. */
export const packetTrace = tracePoint('vmbus.packet', [
  'direction',
  'type',
  'id',
  'packetBytes',
  'rangeCount',
] as const);

/** The other end broke a rule of the bus. */
export const protocolWarning = warning('vmbus.protocol');

/** A device or driver of our own failed. */
export const deviceWarning = warning('vmbus.device');
