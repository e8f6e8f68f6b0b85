// Boots Debian's Linux again and again, each time to a script in userspace that reads a disk and switches off:
//
//   node scripts/bootstrap.mjs --conditions=viridian:source scripts/boots.mjs [--times 50] [options of viridian run]
//
// e.g. `--times 50 --cpus 2 --engine jit`. Shows the end of the console of each boot that failed, and ends with 0 when none did.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pseudoRandom } from '../apps/demo/src/image/sample-files.ts';
import { Modules } from '../apps/demo/src/linux/flavours.ts';
import { buildInitramfs } from '../apps/demo/src/linux/initramfs.ts';
import { prepareLinuxGuest } from '../apps/demo/src/linux/prepare-linux-guest.ts';

const MAIN = fileURLToPath(new URL('../apps/demo/src/main.ts', import.meta.url));
const DISK_BYTES = 2 ** 22;
/** A boot takes seconds; one that takes so long hangs. */
const MOST_SECONDS = 300;
const TAIL_LINES = 40;

const SCRIPT = `
for wait in 1 2 3 4 5 6 7 8 9 10; do [ -b /dev/sda ] && break; sleep 1; done
echo "BOOT cpus $(grep -c ^processor /proc/cpuinfo)"
echo "BOOT data $(sha256sum < /dev/sda)"
dmesg | grep -E 'BUG:|Oops|WARNING:|Call Trace|I/O error|hung task|stall|segfault' | sed 's/^/BOOT kernel: /'
echo "BOOT end"
`;

const { values, tokens } = parseArgs({
  options: { times: { type: 'string', default: '50' }, cpus: { type: 'string', default: '1' } },
  strict: false,
  allowPositionals: true,
  tokens: true,
});
const times = Number(values.times);
/** All else is for `viridian run`; what follows an option unknown here is a value of its own. */
const others = tokens
  .filter(({ kind, name }) => kind === 'positional' || (kind === 'option' && name !== 'times'))
  .flatMap(({ kind, rawName, value }) =>
    kind === 'positional' ? [value] : value === undefined ? [rawName] : [`${rawName}=${value}`],
  );

const folder = await mkdtemp(join(tmpdir(), 'viridian-boots-'));
try {
  process.exitCode = await bootAll();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function bootAll() {
  const guest = await prepareLinuxGuest({ flavour: 'cloud-amd64', modules: Modules.enlightened });
  const initrd = join(folder, 'initrd');
  await writeFile(initrd, await buildInitramfs({ guest, script: SCRIPT }));
  const disk = join(folder, 'disk.raw');
  const data = pseudoRandom(11, DISK_BYTES);
  await writeFile(disk, data);
  const hash = createHash('sha256').update(data).digest('hex');
  const options = ['--kernel', guest.kernelPath, '--initrd', initrd, '--disk', `${disk},overlay`];
  options.push('--append', 'console=ttyS0 panic=-1', '--timeout', `${MOST_SECONDS}`, ...others);
  let failures = 0;
  const seconds = [];
  for (let number = 1; number <= times; number += 1) {
    const start = performance.now();
    const { code, text } = await boot(options);
    const problems = judge(code, text, hash);
    seconds.push((performance.now() - start) / 1000);
    console.log(
      `boot ${number} of ${times}: ${seconds.at(-1).toFixed(1)} s${problems.length ? ' FAILED' : ''}`,
    );
    if (problems.length === 0) continue;
    failures += 1;
    for (const problem of problems) console.log(`  ${problem}`);
    console.log(text.split('\n').slice(-TAIL_LINES).join('\n'));
  }
  const median = seconds.sort((a, b) => a - b)[seconds.length >> 1];
  console.log(`boots: ${times - failures} of ${times} came to their end, median ${median.toFixed(1)} s`);
  return failures === 0 ? 0 : 1;
}

/** Runs one guest to its end. */
async function boot(options) {
  const args = ['--conditions=viridian:source', MAIN, 'run', ...options];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk.toString('latin1').replaceAll('\r', '');
    });
  }
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, text };
}

function judge(code, text, hash) {
  const problems = text.split('\n').filter((line) => line.startsWith('BOOT kernel'));
  if (code !== 0) problems.push(`the run ended with ${code}`);
  if (!text.includes('BOOT end')) problems.push('the guest did not come to its end');
  if (!text.includes(`BOOT cpus ${values.cpus}`)) problems.push('processors are missing');
  if (!text.includes(`BOOT data ${hash}`)) problems.push('the disk holds something else');
  return problems;
}
