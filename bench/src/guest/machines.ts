/** The machines that run the workload: ours, v86, QEMU, and the host. */

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchFiles, type Bits, guestOf, WORKLOAD_PATH } from './guest-files.ts';
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
  /** Of ours only. */
  readonly engine?: 'interpreter' | 'jit';
  /** `boot` ends when the guest has reached user space. */
  readonly scope: 'whole' | 'boot';
  /** Why it cannot run here. */
  readonly missing?: () => string | undefined;
  command(files: BenchFiles, scratch: string): Command;
}

const NO_SELF_TESTS = `${COMMAND_LINE} cryptomgr.notests`;

/** All machines, in the order of the tables. */
export const MACHINES: readonly BenchMachine[] = [
  viridian({ name: 'viridian64-jit', title: 'Viridian, 64-bit, JIT', bits: 64, engine: 'jit' }),
  viridian({
    name: 'viridian64-interpreter',
    title: 'Viridian, 64-bit, interpreter',
    bits: 64,
    engine: 'interpreter',
  }),
  viridian({ name: 'viridian32-jit', title: 'Viridian, 32-bit, JIT', bits: 32, engine: 'jit' }),
  viridian({
    name: 'viridian32-interpreter',
    title: 'Viridian, 32-bit, interpreter',
    bits: 32,
    engine: 'interpreter',
  }),
  v86('v86', 'v86, 32-bit'),
  qemu('qemu64', 'QEMU TCG, 64-bit', 64),
  qemu('qemu32', 'QEMU TCG, 32-bit', 32),
  host(),
  ...([64, 32] as const).flatMap(variants),
  boot(v86('v86-notests', 'v86, 32-bit, `cryptomgr.notests`', NO_SELF_TESTS)),
];

/** Boots of one width with other options. */
function variants(bits: Bits): BenchMachine[] {
  const [name, title, engine] = [`viridian${bits}-jit`, `Viridian, ${bits}-bit, JIT`, 'jit'] as const;
  const [unpacking, quick] = ['`--no-unpack`', '`cryptomgr.notests`'];
  return [
    { name: `${name}-no-unpack`, title: `${title}, ${unpacking}`, bits, engine, flags: ['--no-unpack'] },
    { name: `${name}-notests`, title: `${title}, ${quick}`, bits, engine, append: NO_SELF_TESTS },
  ]
    .map((setup) => boot(viridian(setup)))
    .concat(boot(qemu(`qemu${bits}-notests`, `QEMU TCG, ${bits}-bit, ${quick}`, bits, NO_SELF_TESTS)));
}

function boot(machine: BenchMachine): BenchMachine {
  return { ...machine, scope: 'boot' };
}

interface ViridianSetup {
  readonly name: string;
  readonly title: string;
  readonly bits: Bits;
  readonly engine: 'interpreter' | 'jit';
  readonly flags?: readonly string[];
  readonly append?: string;
}

/** Through the command, as a user starts it. */
function viridian(setup: ViridianSetup): BenchMachine {
  const { name, title, bits, engine, flags = [], append = COMMAND_LINE } = setup;
  const main = fileURLToPath(import.meta.resolve('viridian-demo/command'));
  const command = (files: BenchFiles): Command => {
    const { kernelPath, initrdPath } = guestOf(files, bits);
    const kernel = ['--kernel', kernelPath, '--initrd', initrdPath, '--append', append];
    const options = ['--memory', `${GUEST_MEMORY_MIB}`, '--engine', engine, ...flags];
    return {
      file: process.execPath,
      args: ['--conditions=viridian:source', main, 'run', ...kernel, ...options],
    };
  };
  return { name, title, kind: 'viridian', bits, scope: 'whole', engine, command };
}

function v86(name: string, title: string, append = COMMAND_LINE): BenchMachine {
  const program = fileURLToPath(new URL('v86-machine.ts', import.meta.url));
  const command = (files: BenchFiles): Command => {
    const { firmware } = files;
    if (firmware === undefined) throw new Error('v86 needs firmware');
    const { kernelPath, initrdPath } = guestOf(files, 32);
    const images = [firmware.biosPath, firmware.vgaBiosPath, kernelPath, initrdPath];
    return { file: process.execPath, args: [program, ...images, append, `${GUEST_MEMORY_MIB}`] };
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
  const command = (files: BenchFiles): Command => {
    const { kernelPath, initrdPath } = guestOf(files, bits);
    return {
      file,
      args: [...QEMU_OPTIONS, '-kernel', kernelPath, '-initrd', initrdPath, '-append', append],
    };
  };
  return { name, title, kind: 'qemu', bits, scope: 'whole', missing, command };
}

const QEMU_OPTIONS = [
  ...['-accel', 'tcg', '-m', `${GUEST_MEMORY_MIB}`, '-no-reboot', '-nic', 'none'],
  ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
];

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
