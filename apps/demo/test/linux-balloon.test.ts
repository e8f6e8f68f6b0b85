/** Debian's hv_balloon on our memory channel: down, up again, down to its floor; and what the host gains. */

import { readFile } from 'node:fs/promises';
import { loadKernel, pcMemoryMap } from '@viridian/emulation/loader';
import { createMachine } from '@viridian/vm';
import { describe, expect, it } from 'vitest';
import { buildInitramfs } from '../src/linux/initramfs.ts';
import { prepareLinuxGuest } from '../src/linux/prepare-linux-guest.ts';
import { GuestConsole } from './support/guest-console.ts';
import { haveKernels } from './support/linux-guests.ts';

const MIB = 2 ** 20;
const MEMORY_BYTES = 256 * MIB;

/** Reports memory without end; fills all of it once when it has it back. */
const SCRIPT = `
echo 0 > /sys/module/hv_balloon/parameters/pressure_report_delay
total() { awk '/MemTotal/ {print $2}' /proc/meminfo; }
full=$(total)
echo "full: $full"
while [ $(total) -gt $((full - 60000)) ]; do sleep 0.1; done
echo "less: $(total)"
while [ $(total) -lt $full ]; do sleep 0.1; done
echo "again: $(total)"
mount -t tmpfs -o size=100% tmpfs /mnt
dd if=/dev/urandom of=/tmp/piece bs=1M count=4 2> /dev/null
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do cp /tmp/piece /mnt/$i; done
echo "different: $(md5sum /tmp/piece /mnt/1 /mnt/15 /mnt/30 | cut -c1-32 | sort | uniq | wc -l)"
rm -f /mnt/*
echo "empty"
sleep 1000
`;

describe.skipIf(!haveKernels())("Debian's hv_balloon", () => {
  it('gives memory up and takes it back', { timeout: 300_000 }, async () => {
    const guest = await prepareLinuxGuest({ flavour: 'cloud-amd64', modules: ['hv_vmbus', 'hv_balloon'] });
    const output = new GuestConsole();
    await using machine = createMachine({
      name: 'balloon',
      memoryBytes: MEMORY_BYTES,
      boot: await loadKernel({
        kernel: new Uint8Array(await readFile(guest.kernelPath)),
        initrd: await buildInitramfs({ guest, script: SCRIPT }),
        memory: pcMemoryMap(MEMORY_BYTES),
        commandLine: 'console=ttyS0 panic=-1 cryptomgr.notests',
      }),
      board: { serial: [{ write: (byte) => output.write(byte) }] },
      policy: { onReset: 'finish' },
    });
    const killer = setTimeout(() => machine.kill(), 240_000);
    void machine.finished.then(() => clearTimeout(killer));
    machine.start();
    const balloon = machine.balloon!;
    const kilobytes = async (name: string) => Number(await output.line(new RegExp(`^${name}: (\\d+)`, 'm')));
    const full = await kilobytes('full');
    expect(output.text).toContain('Using Dynamic Memory protocol version 2.0');

    // 64 MiB less, to the page, on both sides.
    expect(await balloon.setTarget(MEMORY_BYTES - 64 * MIB)).toBe(MEMORY_BYTES - 64 * MIB);
    expect(full - (await kilobytes('less'))).toBe(64 * 1024);
    // And all of it back, good to use.
    expect(await balloon.setTarget(MEMORY_BYTES)).toBe(MEMORY_BYTES);
    expect(await kilobytes('again')).toBe(full);
    expect(await kilobytes('different')).toBe(1);

    // More than it can: Linux keeps its floor, and says so; the host hears how it is off.
    await output.line(/^(empty)/m);
    const reached = await balloon.setTarget(16 * MIB);
    expect(reached).toBeGreaterThan(32 * MIB);
    expect(reached).toBeLessThan(200 * MIB);
    while (balloon.status === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(balloon.status.committedBytes).toBeGreaterThan(MIB);
    expect(balloon.inspect()).toMatchObject({ state: 'ready', counters: { timeouts: 0 } });
    expect(output.text).toContain('Balloon request will be partially fulfilled');
    expect(output.text).not.toMatch(/\bBUG\b|Oops|WARNING:|Call Trace|Out of memory|hung task/);
  });
});
