/** The synthetic mouse, seen from the child. */

export { DeviceError, type DeviceErrorKind } from '../message-link/device-error.ts';
export { MouseClient, type MouseIdentity, type MouseMove, openMouse } from './mouse-client.ts';
