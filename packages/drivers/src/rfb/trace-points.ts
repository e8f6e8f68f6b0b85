/** What can be watched of clients at a screen. */

import { warning } from '@viridian/trace';

/** A client broke the protocol, or has not the password: its connection ends. */
export const rfbWarning = warning('drivers.rfb.client');
