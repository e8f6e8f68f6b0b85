/** The machines that run the workload: ours, v86, QEMU, and the host. */

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchFiles, type Bits, type Guest, WORKLOAD_PATH } from './guest-files.ts';
import type { Command } from './timed-run.ts';

/** Memory of every guest in MiB. */
export const GUEST_MEMORY_MIB = 512;
/** The command line of every kernel. */
export const COMMAND_LINE = 'console=ttyS0 panic=-1 nokaslr';

/** Whose work a machine is. */
export type Kind = 'viridian' | 'v86' | 'qemu' | 'host';

/** One column's worth of measuring. */
export interface BenchMachine {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  readonly kind: Kind;
  readonly bits: Bits;
  /** `boot` ends when the guest has reached user space. */
  readonly scope: 'whole' | 'boot';
  /** Why it cannot run here. */
  readonly missing?: () => string | undefined;
  command(files: BenchFiles, scratch: string): Command;
}

const NO_SELF_TESTS = `${COMMAND_LINE} cryptomgr.notests`;

/** All machines, in the order of the tables. */
export const MACHINES: readonly BenchMachine[] = [
  viridian('viridian64', 'Viridian, 64-bit', 64),
  viridian('viridian32', 'Viridian, 32-bit', 32),
  v86('v86', 'v86, 32-bit'),
  qemu('qemu64', 'QEMU TCG, 64-bit', 64),
  qemu('qemu32', 'QEMU TCG, 32-bit', 32),
  host(),
  boot(viridian('viridian64-no-unpack', 'Viridian, 64-bit, `--no-unpack`', 64, { flags: ['--no-unpack'] })),
  boot(
    viridian('viridian64-notests', 'Viridian, 64-bit, `cryptomgr.notests`', 64, { append: NO_SELF_TESTS }),
  ),
  boot(viridian('viridian32-no-unpack', 'Viridian, 32-bit, `--no-unpack`', 32, { flags: ['--no-unpack'] })),
  boot(
    viridian('viridian32-notests', 'Viridian, 32-bit, `cryptomgr.notests`', 32, { append: NO_SELF_TESTS }),
  ),
  boot(v86('v86-notests', 'v86, 32-bit, `cryptomgr.notests`', NO_SELF_TESTS)),
  boot(qemu('qemu64-notests', 'QEMU TCG, 64-bit, `cryptomgr.notests`', 64, NO_SELF_TESTS)),
  boot(qemu('qemu32-notests', 'QEMU TCG, 32-bit, `cryptomgr.notests`', 32, NO_SELF_TESTS)),
];

function boot(machine: BenchMachine): BenchMachine {
  return { ...machine, scope: 'boot' };
}

/** Through the command, as a user starts it. */
function viridian(
  name: string,
  title: string,
  bits: Bits,
  { flags = [], append = COMMAND_LINE }: { flags?: readonly string[]; append?: string } = {},
): BenchMachine {
  const main = fileURLToPath(import.meta.resolve('viridian-demo/command'));
  const command = ({ guests }: BenchFiles): Command => {
    const options = ['--append', append, '--memory', `${GUEST_MEMORY_MIB}`, ...flags];
    const kernel = ['--kernel', guests[bits].kernelPath, '--initrd', guests[bits].initrdPath];
    return {
      file: process.execPath,
      args: ['--conditions=viridian:source', main, 'run', ...kernel, ...options],
    };
  };
  return { name, title, kind: 'viridian', bits, scope: 'whole', command };
}

function v86(name: string, title: string, append = COMMAND_LINE): BenchMachine {
  const program = fileURLToPath(new URL('v86-machine.ts', import.meta.url));
  const command = ({ guests, firmware }: BenchFiles): Command => {
    if (firmware === undefined) throw new Error('v86 needs firmware');
    const { kernelPath, initrdPath } = guests[32];
    const files = [firmware.biosPath, firmware.vgaBiosPath, kernelPath, initrdPath];
    return { file: process.execPath, args: [program, ...files, append, `${GUEST_MEMORY_MIB}`] };
  };
  return { name, title, kind: 'v86', bits: 32, scope: 'whole', command };
}

/** The program of Debian's package for a guest's width. */
export function qemuProgram(bits: Bits): string {
  return bits === 64 ? 'qemu-system-x86_64' : 'qemu-system-i386';
}

function qemu(name: string, title: string, bits: Bits, append = COMMAND_LINE): BenchMachine {
  const file = qemuProgram(bits);
  const missing = (): string | undefined =>
    isInstalled(file) ? undefined : `${file} is not installed (Debian package qemu-system-x86)`;
  const command = ({ guests }: BenchFiles): Command => ({
    file,
    args: [...QEMU_OPTIONS, ...kernelOptions(guests[bits]), '-append', append],
  });
  return { name, title, kind: 'qemu', bits, scope: 'whole', missing, command };
}

const QEMU_OPTIONS = [
  ...['-accel', 'tcg', '-m', `${GUEST_MEMORY_MIB}`, '-no-reboot', '-nic', 'none'],
  ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
];

function kernelOptions({ kernelPath, initrdPath }: Guest): string[] {
  return ['-kernel', kernelPath, '-initrd', initrdPath];
}

function host(): BenchMachine {
  const command = ({ busyboxPath }: BenchFiles, scratch: string): Command => ({
    file: busyboxPath,
    args: ['sh', WORKLOAD_PATH],
    env: { BENCH_BUSYBOX: busyboxPath, BENCH_PAYLOAD: busyboxPath, BENCH_SCRATCH: scratch },
  });
  const missing = (): string | undefined =>
    process.platform === 'linux' && process.arch === 'x64'
      ? undefined
      : 'busybox for 64-bit PCs and Linux does not run on this host';
  return { name: 'host', title: 'the host itself', kind: 'host', bits: 64, scope: 'whole', missing, command };
}

function isInstalled(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}
