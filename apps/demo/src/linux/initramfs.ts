/** The initial file system of a Linux guest: a script as `/init`, busybox for its commands, and kernel modules. */

import { readFile } from 'node:fs/promises';
import { CpioArchive } from './cpio.ts';
import type { LinuxGuestFiles } from './prepare-linux-guest.ts';

/** Commands that scripts may use; each is a link to busybox. */
const APPLETS =
  'sh ash awk basename blockdev cat chmod chvt cmp cp cut date dd df dirname dmesg du echo env expr false find free ' +
  'grep gzip gunzip halt head hexdump hostname insmod ip kill ln losetup ls lsmod md5sum mkdir mkfifo mknod mktemp ' +
  'modprobe mount mv nproc od ping poweroff printf ps pwd readlink reboot rm rmdir rmmod sed seq setsid sha256sum ' +
  'sleep sort stat stty swapon sync sysctl tail tar tee test time top touch tr true tty umount uname uniq uptime vi ' +
  'wc which xargs yes zcat [';

/** What goes in. */
export interface InitramfsOptions {
  readonly guest: LinuxGuestFiles;
  /** Shell commands after the file systems are mounted; when they end, the guest is switched off. */
  readonly script: string;
  /** Load all modules first, in order; true unless given. */
  readonly loadModules?: boolean;
  /** More files, by path. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

/** Builds the archive. */
export async function buildInitramfs(options: InitramfsOptions): Promise<Uint8Array> {
  const { guest, files = {} } = options;
  const archive = new CpioArchive().characterDevice('dev/console', 5, 1);
  for (const folder of ['proc', 'sys', 'mnt', 'tmp', 'root']) archive.folder(folder);
  archive.file('bin/busybox', new Uint8Array(await readFile(guest.busyboxPath)), 0o755);
  for (const applet of APPLETS.split(' ')) archive.link(`bin/${applet}`, 'busybox');
  guest.modules.forEach(({ name, bytes }, index) => {
    // The shell sorts what a pattern finds: the number keeps the load order.
    archive.file(`m/${String(index).padStart(3, '0')}-${name}.ko`, bytes);
  });
  // What the kernel calls when the host asks for it; without an init there is nobody else to tell.
  for (const end of ['poweroff', 'reboot']) {
    archive.file(`sbin/${end}`, new TextEncoder().encode(`#!/bin/sh\nsync\nexec /bin/${end} -f\n`), 0o755);
  }
  for (const [path, bytes] of Object.entries(files)) archive.file(path, bytes);
  archive.file('init', new TextEncoder().encode(initScript(options)), 0o755);
  return archive.bytes();
}

function initScript({ script, loadModules = true }: InitramfsOptions): string {
  const lines = [
    '#!/bin/sh',
    'export PATH=/bin HOME=/root',
    'mount -t proc proc /proc',
    'mount -t sysfs sysfs /sys',
    'mount -t devtmpfs dev /dev',
    ...(loadModules
      ? ['for module in /m/*.ko; do insmod $module || echo "insmod $module: failed"; done']
      : []),
    script.trimEnd(),
    'sync',
    'poweroff -f',
  ];
  return `${lines.join('\n')}\n`;
}
