// Runs Debian's Linux for a long time with continuous disk I/O and hashing, and watches the host's memory meanwhile:
//
//   node scripts/bootstrap.mjs --conditions=viridian:source scripts/soak.mjs [--minutes 30] [options of viridian run]
//
// Ends with 0 when the guest saw no error, no interrupt got lost, and the host's memory did not grow.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Modules } from '../apps/demo/src/linux/flavours.ts';
import { buildInitramfs } from '../apps/demo/src/linux/initramfs.ts';
import { prepareLinuxGuest } from '../apps/demo/src/linux/prepare-linux-guest.ts';

const MAIN = fileURLToPath(new URL('../apps/demo/src/main.ts', import.meta.url));
const DISK_BYTES = 256 * 2 ** 20;
const SAMPLE_MS = 10_000;
/** What the host may gain after the first fifth of the run: caches of its own that fill late. */
const GROWTH_BYTES = 24 * 2 ** 20;

/** `WARNING` and its like come from the kernel; a difference of hashes is ours. */
const script = (seconds) => `
for wait in 1 2 3 4 5 6 7 8 9 10; do [ -b /dev/sda ] && break; sleep 1; done
tr '\\0' '\\377' < /dev/zero | dd of=/dev/sda bs=1M count=1 2> /dev/null
# All of the guest's memory is used once, as cache, before anybody compares the host's.
dd if=/dev/sda of=/dev/null bs=1M 2> /dev/null
end=$(( $(cut -d. -f1 /proc/uptime) + ${seconds} ))
round=0
irq() { awk '/HYP|HVS|LOC|ata_piix/ { sum = 0; for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+$/) sum += $i; printf "%s%d ", $1, sum }' /proc/interrupts; }
while [ $(cut -d. -f1 /proc/uptime) -lt $end ]; do
  round=$((round + 1))
  place=$((round * 37 % 200 + 8))
  dd if=/dev/urandom of=/tmp/data bs=64k count=48 2> /dev/null
  want=$(sha256sum < /tmp/data)
  dd if=/tmp/data of=/dev/sda bs=64k seek=$((place * 16)) oflag=direct 2> /dev/null || echo "SOAK failed: write in round $round"
  echo 3 > /proc/sys/vm/drop_caches
  have=$(dd if=/dev/sda bs=64k skip=$((place * 16)) count=48 2> /dev/null | sha256sum)
  [ "$want" = "$have" ] || echo "SOAK failed: other data came back in round $round"
  [ $((round % 10)) = 0 ] && echo "SOAK round $round at $(cut -d' ' -f1 /proc/uptime) $(irq)"
done
echo "SOAK rounds $round $(irq)"
dmesg | grep -E 'BUG:|Oops|WARNING:|Call Trace|I/O error|hung task|stall|timed out|lost' | sed 's/^/SOAK kernel: /'
echo "SOAK end"
`;

const { values, tokens } = parseArgs({
  options: { minutes: { type: 'string', default: '30' } },
  strict: false,
  tokens: true,
});
const minutes = Number(values.minutes);
const others = tokens
  .filter(({ kind, name }) => kind === 'option' && name !== 'minutes')
  .flatMap(({ rawName, value }) => (value === undefined ? [rawName] : [`${rawName}=${value}`]));

const folder = await mkdtemp(join(tmpdir(), 'viridian-soak-'));
try {
  process.exitCode = await soak();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function soak() {
  const isIde = others.includes('--no-enlightenments');
  const guest = await prepareLinuxGuest({
    flavour: 'cloud-amd64',
    modules: isIde ? Modules.emulated : Modules.enlightened,
  });
  const initrd = join(folder, 'initrd');
  await writeFile(initrd, await buildInitramfs({ guest, script: script(minutes * 60) }));
  const disk = join(folder, 'disk.raw');
  await writeFile(disk, '');
  await truncate(disk, DISK_BYTES);
  const child = spawn(
    process.execPath,
    [
      ...['--conditions=viridian:source', MAIN, 'run', '--kernel', guest.kernelPath, '--initrd', initrd],
      ...[
        '--append',
        'console=ttyS0 panic=-1 quiet cryptomgr.notests',
        '--disk',
        `${disk}${isIde ? ',bus=ide' : ''}`,
      ],
      ...others,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  process.once('SIGINT', () => child.kill('SIGINT'));
  const samples = [];
  const sampling = setInterval(async () => samples.push(await residentBytes(child.pid)), SAMPLE_MS);
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
    process.stdout.write(data);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(sampling);
  return judge(
    code,
    text,
    samples.filter((bytes) => bytes > 0),
  );
}

async function residentBytes(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

function judge(code, text, samples) {
  const problems = text.split('\n').filter((line) => /SOAK (failed|kernel)/.test(line));
  if (code !== 0) problems.push(`the run ended with ${code}`);
  if (!text.includes('SOAK end')) problems.push('the guest did not come to its end');
  const settled = Math.max(...samples.slice(0, Math.ceil(samples.length / 5)));
  const last = Math.max(...samples.slice(-Math.ceil(samples.length / 5)));
  const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  console.log(`soak: host memory ${mib(settled)} in the first fifth, ${mib(last)} in the last`);
  if (last - settled > GROWTH_BYTES) problems.push("the host's memory grew");
  for (const problem of problems) console.log(`soak: ${problem.trim()}`);
  console.log(problems.length === 0 ? 'soak: all well' : 'soak: FAILED');
  return problems.length === 0 ? 0 : 1;
}
