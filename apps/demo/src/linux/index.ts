/** `viridian-demo/linux`: Debian's kernels and initial file systems, for the demo, its tests and the benchmarks. */

export { cacheFolder } from './cache-folder.ts';
export { CpioArchive } from './cpio.ts';
export { DebianPackages, type Progress } from './debian-packages.ts';
export { type Flavour, Modules } from './flavours.ts';
export { GuestFilesError } from './guest-files-error.ts';
export { buildInitramfs } from './initramfs.ts';
export { unpackPackage } from './package-contents.ts';
export { type LinuxGuestFiles, prepareLinuxGuest } from './prepare-linux-guest.ts';
