/** The synthetic keyboard, seen from the child. */

export { DeviceError, type DeviceErrorKind } from '../message-link/device-error.ts';
export { KeyboardClient, type Keystroke, openKeyboard } from './keyboard-client.ts';
