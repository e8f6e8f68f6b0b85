/** Debian's hv_utils and its daemons on our integration services: heartbeat, time, key-values, backup, file copy, shutdown. */

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryDisk } from '@viridian/drivers';
import { loadKernel, pcMemoryMap } from '@viridian/emulation/loader';
import { createMachine, type Machine } from '@viridian/vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pseudoRandom } from '../src/image/sample-files.ts';
import { Modules } from '../src/linux/flavours.ts';
import { buildInitramfs } from '../src/linux/initramfs.ts';
import { prepareLinuxGuest } from '../src/linux/prepare-linux-guest.ts';
import { GuestConsole } from './support/guest-console.ts';
import { daemonFiles } from './support/linux-daemons.ts';
import { haveKernels, makeDisk } from './support/linux-guests.ts';

const MEMORY_BYTES = 192 * 2 ** 20;
const YEAR_2001 = 1_000_000_000;

/** Starts the daemons, loses its clock, and then waits for what the host does. */
const SCRIPT = `
busybox chmod 755 /bin/hv_* /lib64/* /lib/*/*
mkdir -p /sbin /var/lib/hyperv
printf '#!/bin/sh\\necho "orderly: $(cat /proc/uptime)" > /dev/ttyS0\\numount /mnt\\npoweroff -f\\n' > /sbin/poweroff
busybox chmod 755 /sbin/poweroff
for wait in 1 2 3 4 5 6 7 8 9 10; do [ -b /dev/sda ] && [ -c /dev/vmbus/hv_kvp ] && break; sleep 1; done
mount -t ext4 /dev/sda /mnt
date -s @${YEAR_2001} > /dev/null
echo "wrong: $(date +%s)"
while [ $(date +%s) -lt 1700000000 ]; do sleep 0.1; done
echo "right: $(date +%s)"
/bin/hv_kvp_daemon -n & /bin/hv_vss_daemon -n & /bin/hv_fcopy_daemon -n &
echo ready
while true; do date >> /mnt/log; sync; sleep 0.05; done &
while [ ! -e /tmp/in/hello ]; do sleep 0.2; done
sleep 0.5
echo "copied: $(sha256sum < /tmp/in/hello)"
sleep 1000
`;

/** Counts writes. */
class CountingDisk extends MemoryDisk {
  writes = 0;

  override write(...args: Parameters<MemoryDisk['write']>): ReturnType<MemoryDisk['write']> {
    this.writes += 1;
    return super.write(...args);
  }
}

async function linuxMachine(disk: CountingDisk, output: GuestConsole): Promise<Machine> {
  const guest = await prepareLinuxGuest({ flavour: 'cloud-amd64', modules: Modules.enlightened });
  const boot = await loadKernel({
    kernel: new Uint8Array(await readFile(guest.kernelPath)),
    initrd: await buildInitramfs({ guest, script: SCRIPT, files: await daemonFiles() }),
    memory: pcMemoryMap(MEMORY_BYTES),
    commandLine: 'console=ttyS0 panic=-1 cryptomgr.notests',
  });
  return createMachine({
    name: 'integrated',
    memoryBytes: MEMORY_BYTES,
    boot,
    disks: [{ device: disk }],
    board: { serial: [{ write: (byte) => output.write(byte) }] },
    policy: { onReset: 'finish' },
  });
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.skipIf(!haveKernels())("Debian's hv_utils", () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'viridian-integration-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('does what its parent asks for', { timeout: 300_000 }, async () => {
    const { path } = await makeDisk(folder);
    const disk = new CountingDisk(new Uint8Array(await readFile(path)));
    const output = new GuestConsole();
    await using machine = await linuxMachine(disk, output);
    const killer = setTimeout(() => machine.kill(), 240_000);
    const hearts: string[] = [];
    machine.on('heartbeat', ({ heart }) => hearts.push(heart));
    void machine.finished.then(() => clearTimeout(killer));
    machine.start();
    const services = machine.integration!;

    // Time: the guest's clock is far away, and follows when it is told to.
    const wrong = Number(await output.line(/^wrong: (\d+)/m));
    expect(wrong).toBeLessThan(YEAR_2001 + 10);
    services.timeSync.resync();
    const right = Number(await output.line(/^right: (\d+)/m));
    expect(Math.abs(right - Date.now() / 1000)).toBeLessThan(3);
    expect(services.timeSync.version).toBe('4.0');

    await output.line(/^(ready)/m);
    expect(services.heartbeat.version).toBe('3.0');
    while (services.heartbeat.beats < 2) await pause(200);
    expect(hearts).toEqual(['beating']);

    // Key-values, through the daemon.
    const { keyValues, backup, fileCopy, shutdown } = services;
    await keyValues.whenReady();
    expect(keyValues.version).toBe('4.0');
    const facts = await keyValues.entries('facts');
    expect(facts.get('OSVersion') ?? '').toMatch(/^6\./);
    expect(facts.get('ProcessorArchitecture')).toBe('x86_64');
    await keyValues.set('colour', 'viridian ✓');
    await keyValues.set('shape', 'round');
    expect(await keyValues.entries('host')).toEqual(
      new Map([
        ['colour', 'viridian ✓'],
        ['shape', 'round'],
      ]),
    );
    expect(await keyValues.get('colour', 'host')).toBe('viridian ✓');
    expect(await keyValues.delete('shape')).toBe(true);
    expect(await keyValues.get('shape', 'host')).toBeUndefined();

    // Backup: a guest that writes all the time does not while it is frozen.
    await backup.whileFrozen(async () => {
      const before = disk.writes;
      await pause(1000);
      expect(disk.writes).toBe(before);
    });
    const after = disk.writes;
    while (disk.writes === after) await pause(50);

    // A file, whole and unharmed.
    const content = pseudoRandom(3, 100_000);
    await fileCopy.copy({ directory: '/tmp/in', fileName: 'hello', content, createPath: true });
    const hash = createHash('sha256').update(content).digest('hex');
    expect(await output.line(/^copied: (\w+)/m)).toBe(hash);

    // And an orderly end.
    expect(shutdown.version).toBe('3.2');
    await machine.shutdown();
    expect(await machine.finished).toEqual({ reason: 'powered-off' });
    expect(output.text).toContain('Shutdown request received - graceful shutdown initiated');
    expect(output.text).toMatch(/^orderly: \d/m);
    expect(output.text).not.toMatch(/\bBUG\b|Oops|WARNING:|Call Trace|hung task/);
  });
});
