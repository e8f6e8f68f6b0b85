// What takes too long for every change, step after step; with names, only those steps:
//
//   node scripts/bootstrap.mjs scripts/nightly.mjs [name …]
//
// Shows what each step printed, then the list of steps with their results. Ends with 0 when all passed.

import { run } from './lib/run.mjs';

const node = process.execPath;
const onSource = '--conditions=viridian:source';
const script = (name, ...args) => [node, [onSource, `scripts/${name}.mjs`, ...args]];
const tests = (project, environment, ...args) => [
  'env',
  [...environment, node, 'node_modules/vitest/vitest.mjs', 'run', '--project', project, ...args],
];

/** Name, command, arguments. Add yours. */
const STEPS = [
  ['boots with one processor', ...script('boots', '--times', '50', '--engine', 'jit')],
  ['boots with two processors', ...script('boots', '--times', '50', '--cpus', '2', '--engine', 'jit')],
  ['a boot in lock-step', ...script('boots', '--times', '1', '--engine', 'lock-step')],
  [
    'a boot of two processors in lock-step',
    ...script('boots', '--times', '1', '--cpus', '2', '--engine', 'lock-step'),
  ],
  ['2000 programs', ...script('processes', '--count', '2000', '--engine', 'jit')],
  ['random programs', ...tests('packages/x86', ['VIRIDIAN_JIT_RUNS=20000'], 'test/jit', '--testTimeout=0')],
  [
    'the processor in lock-step',
    ...tests('packages/x86', ['VIRIDIAN_ENGINE=lock-step:0'], '--testTimeout=120000'),
  ],
  ['200 disks that come and go', ...tests('apps/demo', ['VIRIDIAN_PLUG_ROUNDS=200'], 'linux-storage')],
  [
    'a million packets for each provider',
    ...tests('packages/vsp', ['VIRIDIAN_FUZZ_CASES=1000000'], 'test/fuzz'),
  ],
  ['10,000 sockets', ...tests('apps/demo', ['VIRIDIAN_SOCKETS=10000'], 'test/linux-sockets', '-t', 'cloud')],
  [
    '200 network adapters that come and go',
    ...tests('apps/demo', ['VIRIDIAN_PLUG_ROUNDS=200'], 'linux-transfers'),
  ],
  ['30 minutes of disk I/O', ...script('soak', '--minutes', '30', '--engine=jit')],
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STEPS.some(([step]) => step === name));
if (unknown.length > 0) {
  console.log(`no such step: ${unknown.join(', ')}; there are: ${STEPS.map(([name]) => name).join(', ')}`);
  process.exit(2);
}

const results = [];
for (const [name, command, args] of STEPS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n== ${name}`);
  const start = performance.now();
  const { code } = await run(command, args, { live: true });
  results.push([name, code === 0, (performance.now() - start) / 1000]);
}
console.log('');
for (const [name, passed, seconds] of results)
  console.log(`${passed ? '✓' : '✗'} ${name} (${seconds.toFixed(0)} s)`);
process.exitCode = results.every(([, passed]) => passed) ? 0 : 1;
