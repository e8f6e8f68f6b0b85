/** What can be watched of keyboard, mouse and display. */

import { tracePoint, warning } from '@viridian/trace';

/** A message: `direction` is `sent` or `received`, `type` of its device's own numbering. */
export const messageTrace = tracePoint('vsp.message', ['direction', 'type', 'messageBytes']);

/** A guest sent what its device does not know or cannot do now; it was ignored or refused. */
export const messageWarning = warning('vsp.message.ignored');
