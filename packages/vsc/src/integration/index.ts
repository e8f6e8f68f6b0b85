/** Integration services in the guest: what its host may ask, and who answers. */

export { type FileSink, type Freezable, type OfferedFile, serveBackup, serveFileCopy } from './backup.ts';
export { type IcFacts, type IcHandler, IcResponder } from './ic-responder.ts';
export { type KeyValuePools, serveKeyValues } from './key-values.ts';
export {
  type HostTime,
  type ShutdownWish,
  serveHeartbeat,
  serveShutdown,
  serveTimeSync,
} from './services.ts';
