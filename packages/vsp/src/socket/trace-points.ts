/** What can be watched of sockets. */

import { tracePoint, warning } from '@viridian/trace';

/** A connection: `event` is `offered`, `open`, `closed`; the ports are vsock's. */
export const socketTrace = tracePoint('vsp.socket', ['event', 'localPort', 'remotePort']);

/** A guest asked for a connection that it does not get. */
export const socketWarning = warning('vsp.socket.refused');
