// Starts many different programs in Debian's Linux, one after the other, and watches what the processor's compiler keeps:
//
//   node scripts/bootstrap.mjs --conditions=viridian:source scripts/processes.mjs [--count 2000] [options of viridian run]
//
// Ends with 0 when each program computed what it should, no more regions were kept than there is room for, and the host's
// memory grew little.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Modules } from '../apps/demo/src/linux/flavours.ts';
import { buildInitramfs } from '../apps/demo/src/linux/initramfs.ts';
import { prepareLinuxGuest } from '../apps/demo/src/linux/prepare-linux-guest.ts';
import {
  distinctProgram,
  processProblems,
  processScript,
} from '../apps/demo/test/support/distinct-programs.ts';

const MAIN = fileURLToPath(new URL('../apps/demo/src/main.ts', import.meta.url));
const MIB = 2 ** 20;
const GUEST_MIB = 256;
/** What the host may gain between the first program and the last; the guest touches more of its memory meanwhile. */
const MOST_GROWTH_MIB = 150;
/** `MOST_REGIONS` of packages/x86/assembly/jit/memory-map.ts. */
const MOST_REGIONS = 2048;
const SAMPLE_MS = 500;

const { values, tokens } = parseArgs({
  options: { count: { type: 'string', default: '2000' } },
  strict: false,
  allowPositionals: true,
  tokens: true,
});
const count = Number(values.count);
/** All else is for `viridian run`; what follows an option unknown here is a value of its own. */
const others = tokens
  .filter(({ kind, name }) => kind === 'positional' || (kind === 'option' && name !== 'count'))
  .flatMap(({ kind, rawName, value }) =>
    kind === 'positional' ? [value] : value === undefined ? [rawName] : [`${rawName}=${value}`],
  );

const folder = await mkdtemp(join(tmpdir(), 'viridian-processes-'));
try {
  process.exitCode = await runAll();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function runAll() {
  const guest = await prepareLinuxGuest({ flavour: 'cloud-amd64', modules: Modules.enlightened });
  const programs = Array.from({ length: count }, (_, number) => distinctProgram(number));
  const files = Object.fromEntries(programs.map(({ bytes }, number) => [`p/${number}`, bytes]));
  const initrd = join(folder, 'initrd');
  await writeFile(initrd, await buildInitramfs({ guest, script: processScript(count), files }));
  const summary = join(folder, 'summary.json');
  const options = ['--kernel', guest.kernelPath, '--initrd', initrd, '--memory', `${GUEST_MIB}`];
  options.push('--append', 'console=ttyS0 panic=-1 quiet cryptomgr.notests', '--summary', summary, ...others);
  const { code, text, samples } = await run(options);
  const problems = processProblems(
    text,
    programs.map(({ result }) => result),
  );
  if (code !== 0) problems.push(`the run ended with ${code}`);
  const { compiledCode } = JSON.parse(await readFile(summary, 'utf8'));
  report(compiledCode, samples, problems);
  for (const problem of problems.slice(0, 20)) console.log(`processes: ${problem}`);
  console.log(problems.length === 0 ? 'processes: all well' : 'processes: FAILED');
  return problems.length === 0 ? 0 : 1;
}

/** Runs the guest to its end; samples of the host's memory begin with its first process. */
async function run(options) {
  const child = spawn(process.execPath, ['--conditions=viridian:source', MAIN, 'run', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk.toString('latin1').replaceAll('\r', '');
  });
  const samples = [];
  const sampling = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    const resident = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
    if (resident > 0 && text.includes('process ') && !text.includes('processes end')) samples.push(resident);
  }, SAMPLE_MS);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(sampling);
  return { code, text, samples };
}

function report(compiledCode, samples, problems) {
  const { regions, liveRegions, moduleBytes } = compiledCode;
  const most = Math.max(...samples);
  console.log(
    `processes: ${count} programs; ${regions} regions compiled (${(moduleBytes / MIB).toFixed(1)} MiB), ${liveRegions} of ` +
      `${MOST_REGIONS} kept; host memory ${samples[0]?.toFixed(0)} MiB with the first program, ${samples.at(-1)?.toFixed(0)} ` +
      `with the last, at most ${most.toFixed(0)}`,
  );
  if (liveRegions > MOST_REGIONS) problems.push(`${liveRegions} regions are kept`);
  const growth = most - samples[0];
  if (growth > MOST_GROWTH_MIB) problems.push(`the host's memory grew by ${growth.toFixed(0)} MiB`);
}
