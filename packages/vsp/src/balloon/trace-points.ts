/** What can be watched of ballooning. */

import { tracePoint } from '@viridian/trace';

/** Pages changed hands: positive when the guest gave them up. */
export const balloonTrace = tracePoint('vsp.balloon.pages', ['pages', 'ballooned', 'wanted']);

/** A guest told how it is off. */
export const balloonStatusTrace = tracePoint('vsp.balloon.status', ['availablePages', 'committedPages']);
