// Boots a kernel under QEMU's own processor emulation (TCG), with the options of `viridian run`: what a guest does there
// is the reference for what it should do here, and its time the one to compare with.
//
//   node scripts/reference-boot.mjs --kernel FILE [--initrd FILE] [--append TEXT] [--memory MIB] [--cpus N]
//                                   [--disk FILE[,ro]]… [--cdrom FILE] [--timeout SECONDS] [--summary FILE.json] [-- QEMU OPTIONS]
//
// Disks are IDE disks, and what the guest writes to them is forgotten. Options behind `--` are QEMU's, e.g.
// `-d int,cpu_reset -D qemu.log` for its exceptions, or `-d in_asm,nochain` for what it translates.

import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const QEMU = 'qemu-system-x86_64';
const USERSPACE = 'Run /init as init process';
const text = { type: 'string' };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kernel: text,
    initrd: text,
    append: { ...text, default: 'console=ttyS0' },
    memory: { ...text, default: '256' },
    cpus: { ...text, default: '1' },
    disk: { type: 'string', multiple: true, default: [] },
    cdrom: text,
    timeout: text,
    summary: text,
  },
});

if (values.kernel === undefined) fail('--kernel FILE is needed');
const version = /version (\S+)/.exec(spawnSync(QEMU, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
if (version === undefined) fail(`${QEMU} was not found (Debian package qemu-system-x86)`);

const started = performance.now();
const child = spawn(QEMU, qemuOptions(), { stdio: ['inherit', 'pipe', 'inherit'] });
const times = {};
let tail = '';
child.stdout.on('data', (data) => {
  process.stdout.write(data);
  tail += data.toString('latin1');
  if (times.userspace === undefined && tail.includes(USERSPACE))
    times.userspace = performance.now() - started;
  tail = tail.slice(-USERSPACE.length);
});
let timedOut = false;
const timer =
  values.timeout &&
  setTimeout(() => {
    timedOut = true;
    child.kill();
  }, Number(values.timeout) * 1000);
child.on('close', (code) => {
  clearTimeout(timer);
  times.end = performance.now() - started;
  const exitCode = timedOut ? 124 : (code ?? 1);
  const seconds = (time) => (time === undefined ? 'never' : `${(time / 1000).toFixed(2)} s`);
  console.error(
    `QEMU ${version}: user space ${seconds(times.userspace)}, end ${seconds(times.end)}, exit code ${exitCode}`,
  );
  if (values.summary) {
    writeFileSync(
      values.summary,
      `${JSON.stringify({ qemu: version, exitCode, milliseconds: times }, undefined, 2)}\n`,
    );
  }
  process.exitCode = exitCode;
});

function qemuOptions() {
  const { kernel, initrd, append, memory, cpus, disk, cdrom } = values;
  const disks = disk.map((option, index) => {
    const file = option.replace(/,(ro|overlay|bus=\w+)/g, '').replaceAll(',', ',,');
    // The second channel's master is the CD drive's place.
    const place = index < 2 ? index : index + 1;
    return `file=${file},if=ide,index=${place},snapshot=on${file.endsWith('.vhd') ? ',format=vpc' : ',format=raw'}`;
  });
  return [
    ...['-accel', 'tcg', '-machine', 'pc', '-cpu', 'qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+rdrand'],
    ...['-m', memory, '-smp', cpus, '-nodefaults', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', kernel, '-append', append],
    ...(initrd ? ['-initrd', initrd] : []),
    ...disks.flatMap((drive) => ['-drive', drive]),
    ...(cdrom ? ['-cdrom', cdrom] : []),
    ...positionals,
  ];
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
