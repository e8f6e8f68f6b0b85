/** What can be watched of the integration services. */

import { tracePoint, warning } from '@viridian/trace';

/** A guest broke the protocol of a service: the answer is dropped, or the channel ends. */
export const answerWarning = warning('vsp.integration.answer');

/** A request was answered. */
export const requestTrace = tracePoint('vsp.integration.request', [
  'messageType',
  'transactionId',
  'requestBytes',
  'status',
]);

/** Versions were negotiated; zeros when there is none in common. */
export const versionTrace = tracePoint('vsp.integration.version', ['framework', 'version']);
