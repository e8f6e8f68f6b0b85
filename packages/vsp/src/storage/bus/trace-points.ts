/** What can be watched of storage. */

import { tracePoint, warning } from '@viridian/trace';

/** A guest broke the storage protocol: the request gets a status, or the channel ends. */
export const requestWarning = warning('vsp.storage.request');

/** A unit broke its contract: it threw, or rejected. */
export const unitWarning = warning('vsp.storage.unit');

/** A command was answered. */
export const commandTrace = tracePoint('vsp.storage.command', [
  'path',
  'target',
  'lun',
  'opcode',
  'wantedBytes',
  'movedBytes',
  'srbStatus',
  'scsiStatus',
]);

/** A control packet was answered. */
export const controlTrace = tracePoint('vsp.storage.control', ['operation', 'status', 'state']);
