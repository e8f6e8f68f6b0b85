export { type CreateVhdFileOptions, createImageFile, createVhdFile } from './create-image.ts';
export { FileStore, type FileStoreOptions } from './file-store.ts';
export { hostSockets } from './host-sockets.ts';
export { fileParents, type OpenImageOptions, openImage, openRawFile } from './open-image.ts';
