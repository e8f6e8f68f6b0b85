export { type DuplexOptions, duplexOf } from './byte-stream-duplex.ts';
export {
  type CreateVhdFileOptions,
  type CreateVhdxFileOptions,
  createImageFile,
  createVhdFile,
  createVhdxFile,
} from './create-image.ts';
export { FileStore, type FileStoreOptions } from './file-store.ts';
export { hostSockets } from './host-sockets.ts';
export { fileParents, type OpenImageOptions, openImage, openRawFile } from './open-image.ts';
export { ReadThread, type StartThread } from './read-thread.ts';
export { openSharedSwitch, type SharedSwitch } from './shared-switch.ts';
