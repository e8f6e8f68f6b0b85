/** The part of `ext2fs` that the demo uses; the package ships no types. */
declare module 'ext2fs' {
  interface OpenFile {
    read(
      buffer: Uint8Array,
      offset: number,
      length: number,
      position: number,
    ): Promise<{ bytesRead: number }>;
    close(): void;
  }
  export interface FileSystem {
    readdir(path: string): Promise<string[]>;
    stat(path: string): Promise<{ isDirectory(): boolean; size: number }>;
    open(path: string, flags: string): Promise<OpenFile>;
  }
  /** What libext2fs wants of a disk: bytes at any offset. */
  export interface DiskSource {
    read(buffer: Uint8Array, bufferOffset: number, length: number, offset: number): Promise<unknown>;
    write(buffer: Uint8Array, bufferOffset: number, length: number, offset: number): Promise<unknown>;
    discard(offset: number, length: number): Promise<void>;
    flush(): Promise<void>;
  }
  export function withMountedDisk<T>(
    disk: DiskSource,
    offset: number,
    use: (fs: { promises: FileSystem }) => Promise<T>,
  ): Promise<T>;
}
