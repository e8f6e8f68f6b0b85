/** The synthetic display, seen from the child. */

export { DeviceError, type DeviceErrorKind } from '../message-link/device-error.ts';
export {
  openVideo,
  type Resolution,
  VideoClient,
  type VideoMemory,
  type VideoOptions,
  type VideoRectangle,
} from './video-client.ts';
