/** What can be watched of the network. */

import { tracePoint, warning } from '@viridian/trace';

/** A guest broke NVSP or RNDIS: the request gets a status, or the channel ends. */
export const networkWarning = warning('vsp.network.request');

/** An NVSP message other than a packet was taken; `status` is 0 when its answer has none. */
export const nvspTrace = tracePoint('vsp.network.nvsp', ['type', 'status', 'version']);

/** An RNDIS control message was taken; `oid` is 0 when it names none. */
export const rndisTrace = tracePoint('vsp.network.rndis', ['type', 'oid', 'status']);

/** A frame passed, seen from the guest. */
export const frameTrace = tracePoint('vsp.network.frame', [
  'direction',
  'frameBytes',
  'vlan',
  'segmentBytes',
]);
