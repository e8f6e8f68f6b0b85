/** The parts of the guest workload, in their order. */

/** A part: it ends with the line `MARK …` of workload.sh. */
export interface Part {
  readonly mark: string;
  /** Head of its column. */
  readonly title: string;
}

/** All of them; the first lasts from the start of the process that runs the machine. */
export const PARTS: readonly Part[] = [
  { mark: 'userspace', title: 'to userspace' },
  { mark: 'sha256-64M', title: 'sha256 64 MiB' },
  { mark: 'md5-64M', title: 'md5 64 MiB' },
  { mark: 'gzip-6M', title: 'gzip -9 6 MB' },
  { mark: 'shloop-200k', title: 'shell loop 200k' },
  { mark: 'forkexec-200', title: '200 fork+exec' },
  { mark: 'memcpy-128M', title: 'write 128 MB' },
];

/** The mark that ends a boot. */
export const BOOT_MARK = 'userspace';
/** The mark that ends the whole workload. */
export const LAST_MARK = PARTS.at(-1)!.mark;
