// Runs a kernel on our processor and under QEMU's, both instruction by instruction, and shows where they part:
//
//   node scripts/bootstrap.mjs --conditions=viridian:source scripts/compare-with-qemu.mjs --kernel FILE
//     [--initrd FILE] [--append TEXT] [--memory MIB] [--from ADDRESS|SYMBOL] [--count N] [--system-map FILE]
//     [--timeout SECONDS] [-- QEMU OPTIONS]
//
// --from is where the comparison begins, for both at the first time that they come there: the entry of the kernel unless
// given. Each of the two gets --timeout seconds (120). Ends with 0 when all steps are the same, with 1 when not, with 2
// when nothing could be compared.
//
// The two machines are not the same one: time-stamp counter, CPUID, devices and interrupts differ rightly. What differs in
// registers is told with the instruction that made it so. `-- -cpu Nehalem` gives QEMU another processor.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, createReadStream, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadSymbols } from '../apps/demo/src/run/kernel-symbols.ts';
import { LoadError, loadKernel, pcMemoryMap } from '../packages/emulation/src/loader/index.ts';
import { createMachine } from '../packages/vm/src/index.ts';
import { formatTraceLine } from '../packages/x86/src/index.ts';
import { Comparison, stepsOf } from './lib/compare-runs.mjs';
import { QemuStates } from './lib/qemu-states.mjs';

const QEMU = 'qemu-system-x86_64';
const MIB = 2 ** 20;
const DEBUG_EXIT = 0xf4;
/** A run that does nothing for so long has come to its end. */
const IDLE_MS = 10_000;

const text = { type: 'string' };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kernel: text,
    initrd: text,
    append: { ...text, default: '' },
    memory: { ...text, default: '64' },
    from: text,
    count: { ...text, default: '100000' },
    'system-map': text,
    timeout: { ...text, default: '120' },
  },
});
const { kernel, initrd, append } = values;
if (kernel === undefined) fail('--kernel FILE is needed');
const memoryBytes = Number(values.memory) * MIB;
const count = Number(values.count);
if (!(memoryBytes > 4 * MIB)) fail(`--memory ${values.memory}: more than 4 MiB are needed`);
if (!(count >= 1)) fail(`--count ${values.count}: a number is needed`);
const version = /version (\d+)\.(\d+)/.exec(
  spawnSync(QEMU, ['--version'], { encoding: 'utf8' }).stdout ?? '',
);
if (version === null) fail(`${QEMU} was not found (Debian package qemu-system-x86)`);

const symbols = await loadSymbols({ kernel, systemMap: values['system-map'] }).catch((error) =>
  fail(error.message),
);
const steps = await runOurs();
if (steps.length === 0) fail('our processor did not come to the place to compare from');
console.log(`ours: ${steps.length} steps from ${show(steps[0])}`);
const comparison = new Comparison(steps);
await runQemu(comparison);
for (const line of comparison.report(show)) console.log(line);
if (!comparison.hasBegun) fail('QEMU did not come to the place to compare from');
const isSame = comparison.same === steps.length;
if (!isSame && comparison.isDone === false) console.log('QEMU ended or waits');
console.log(`${comparison.same} of ${steps.length} steps are the same`);
process.exitCode = isSame ? 0 : 1;

/** Our steps: those of the window, or fewer when the guest ends or waits. */
async function runOurs() {
  const boot = await loadKernel({
    kernel: readFileSync(kernel),
    ...(initrd && { initrd: readFileSync(initrd) }),
    memory: pcMemoryMap(memoryBytes),
    commandLine: append,
    kernelName: basename(kernel),
  }).catch((error) => fail(error instanceof LoadError ? `${kernel}: ${error.message}` : error));
  const lines = [];
  let isComplete = false;
  const machine = createMachine({
    name: basename(kernel),
    memoryBytes,
    boot,
    enlightened: false,
    board: { serial: [{ write: () => {} }], debugExit: DEBUG_EXIT },
    policy: { onReset: 'finish', onTripleFault: 'finish' },
    watch: {
      instructions: {
        from: { address: startAddress(boot.entry.rip) },
        count,
        line: (line) => {
          lines.push(line);
          isComplete = lines.length === count;
        },
      },
    },
  });
  let seen = -1;
  const idle = setInterval(() => {
    if (seen === machine.counters().instructions) machine.kill();
    seen = machine.counters().instructions;
  }, IDLE_MS);
  const end = performance.now() + Number(values.timeout) * 1000;
  const done = setInterval(() => (isComplete || performance.now() > end) && machine.kill(), 20);
  machine.start();
  await machine.finished;
  clearInterval(idle);
  clearInterval(done);
  return stepsOf(lines);
}

function startAddress(entry) {
  if (values.from === undefined) return BigInt(entry);
  if (/^0x[0-9a-f]+$/i.test(values.from)) return BigInt(values.from);
  return (
    symbols?.addressOf(values.from) ??
    fail(`--from ${values.from}: no symbol has this name; an address begins with 0x`)
  );
}

/** Feeds the comparison until it is done, or QEMU is. Its log comes through a pipe with a name: its stderr is too slow. */
async function runQemu(to) {
  const folder = mkdtempSync(join(tmpdir(), 'viridian-compare-'));
  try {
    const pipe = join(folder, 'log');
    execFileSync('mkfifo', [pipe]);
    const log = createReadStream(pipe, { encoding: 'latin1', highWaterMark: 1 << 20 });
    const child = spawn(QEMU, [...qemuOptions(), '-D', pipe], { stdio: ['ignore', 'ignore', 'pipe'] });
    const states = new QemuStates(steps[0].rip, (registers) => to.state(registers));
    let heard = performance.now();
    let messages = '';
    child.stderr.on('data', (data) => {
      messages += data;
    });
    log.on('data', (data) => {
      heard = performance.now();
      states.hear(data);
      if (to.isDone) child.kill();
    });
    const end = performance.now() + Number(values.timeout) * 1000;
    const idle = setInterval(() => {
      const now = performance.now();
      if (now > end || (to.hasBegun && now - heard > IDLE_MS)) child.kill();
    }, 1000);
    const ended = once(log, 'close');
    await once(child, 'close');
    clearInterval(idle);
    releaseReader(pipe);
    await ended;
    // Its farewell when it was killed is no news.
    if (!to.hasBegun && messages !== '') console.error(messages.trimEnd());
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A QEMU that refuses its options never opens the pipe, and who reads would wait for ever. */
function releaseReader(pipe) {
  try {
    closeSync(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch (error) {
    // Nobody reads any more: there was a log, and its end.
    if (error.code !== 'ENXIO') throw error;
  }
}

function qemuOptions() {
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const isNew = major > 8 || (major === 8 && minor >= 1);
  // Firmware runs below 1 MiB and near the end of the memory; it would cost minutes to write its steps down.
  const high = '0xffff800000000000..0xffffffffffffffff';
  const ranges = `0x100000..${Math.floor(memoryBytes / 2)},0x80000000..0xfffdffff,${high}`;
  return [
    ...(isNew ? ['-accel', 'tcg,one-insn-per-tb=on'] : ['-accel', 'tcg', '-singlestep']),
    ...['-machine', 'pc', '-cpu', 'qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+rdrand', '-m', values.memory],
    ...['-nodefaults', '-display', 'none', '-no-reboot', '-serial', 'null'],
    ...['-device', `isa-debug-exit,iobase=${DEBUG_EXIT},iosize=4`],
    ...['-kernel', kernel, '-append', append, ...(initrd ? ['-initrd', initrd] : [])],
    ...['-d', 'cpu,nochain', '-dfilter', ranges],
    ...positionals,
  ];
}

function show(step) {
  const name = symbols?.describe(step.rip);
  const text = `#${step.number}`.padEnd(11);
  return `${text}  ${formatTraceLine(step)}${name === undefined ? '' : `  <${name}>`}`;
}

function fail(message) {
  console.error(message instanceof Error ? message.stack : message);
  process.exit(2);
}
