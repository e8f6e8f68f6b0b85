/** The guest of the page: Debian's kernel with a shell on its serial port, or a kernel of the user's. */

import { basename } from 'node:path';
import type { Progress } from '../linux/debian-packages.ts';
import { buildInitramfs } from '../linux/initramfs.ts';
import { prepareLinuxGuest } from '../linux/prepare-linux-guest.ts';
import type { ServedGuest } from './web-server.ts';

const KERNEL = '/guest/kernel';
const INITRD = '/guest/initrd';
const COMMAND_LINE = 'console=ttyS0 panic=-1 cryptomgr.notests mitigations=off nokaslr';
/** A login shell that owns its terminal, so that Ctrl-C ends programs; its end switches the guest off. */
const SCRIPT = `
cd /root
export PS1='\\w # '
echo "A Linux in your browser: $(uname -sr), $(nproc) processor(s)"
setsid -c sh -l < /dev/ttyS0 > /dev/ttyS0 2>&1
`;

/** What is to be served. */
export interface WebGuestOptions {
  /** A kernel file; Debian's when undefined. */
  readonly kernel: string | undefined;
  readonly initrd: string | undefined;
  /** The kernel's command line; one that fits the kernel when undefined. */
  readonly append: string | undefined;
  readonly memoryMiB: number;
  readonly processors: number;
  readonly engine: 'interpreter' | 'jit';
}

/** Finds or makes the files. Rejects with `GuestFilesError` where Debian's cannot be had. */
export async function prepareWebGuest(options: WebGuestOptions, progress?: Progress): Promise<ServedGuest> {
  const { memoryMiB, processors, engine, append } = options;
  const common = { memoryMiB, processors, engine };
  if (options.kernel !== undefined) {
    const { kernel, initrd } = options;
    return {
      guest: {
        ...common,
        name: basename(kernel),
        kernel: KERNEL,
        initrd: initrd && INITRD,
        commandLine: append ?? 'console=ttyS0',
      },
      files: { [KERNEL]: kernel, ...(initrd && { [INITRD]: initrd }) },
    };
  }
  const guest = await prepareLinuxGuest({ flavour: 'cloud-amd64', ...(progress && { progress }) });
  const initrd = await buildInitramfs({ guest, script: SCRIPT });
  return {
    guest: {
      ...common,
      name: `Linux ${guest.release}`,
      kernel: KERNEL,
      initrd: INITRD,
      commandLine: append ?? COMMAND_LINE,
    },
    files: { [KERNEL]: guest.kernelPath, [INITRD]: initrd },
  };
}
