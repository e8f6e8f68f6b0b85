/** Debian's own drivers with discs that change, and with disks that come and go under traffic. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createVhdx, MemoryDisk, MemoryStore, openVhdx } from '@viridian/drivers';
import { loadKernel, pcMemoryMap } from '@viridian/emulation/loader';
import { createMachine, type MachineStorage } from '@viridian/vm';
import { describe, expect, it } from 'vitest';
import { pseudoRandom } from '../src/image/sample-files.ts';
import { Modules } from '../src/linux/flavours.ts';
import { buildInitramfs } from '../src/linux/initramfs.ts';
import { prepareLinuxGuest } from '../src/linux/prepare-linux-guest.ts';
import { GuestConsole } from './support/guest-console.ts';
import { isoImage } from './support/iso-image.ts';
import { haveKernels } from './support/linux-guests.ts';

const LONG = { timeout: 1_800_000 };
const MEMORY_BYTES = 192 * 2 ** 20;
/** Disks that come and go; the nightly run asks for 200. */
const ROUNDS = Number(process.env.VIRIDIAN_PLUG_ROUNDS ?? 6);

const SCRIPT = `
for wait in 1 2 3 4 5 6 7 8 9 10; do [ -b /dev/sr0 ] && [ -b /dev/sda ] && break; sleep 1; done
mount -t iso9660 -o ro /dev/sr0 /mnt && echo "first: $(sha256sum < /mnt/data.bin)"
echo "mounted"
sleep 1
cat /mnt/data.bin | sha256sum | sed 's/^/locked: /'
umount /mnt
echo "unmounted"
while mount -t iso9660 -o ro /dev/sr0 /mnt 2> /tmp/said; do umount /mnt; sleep 0.2; done
sed 's/^/empty: /' /tmp/said
echo "empty"
for wait in 1 2 3 4 5 6 7 8 9 10; do mount -t iso9660 -o ro /dev/sr0 /mnt 2> /dev/null && break; sleep 1; done
echo "second: $(sha256sum < /mnt/data.bin)"
umount /mnt
( while [ ! -e /tmp/stop ]; do dd if=/dev/sda bs=64k count=32 iflag=direct 2> /dev/null | sha256sum >> /tmp/sums; done ) &
round=0
while [ $round -lt ROUNDS ]; do
  echo "ready $round"
  new=
  while [ -z "$new" ]; do
    for disk in /sys/block/sd*; do [ $disk = /sys/block/sda ] || new=\${disk##*/}; done
    sleep 0.05
  done
  while [ ! -b /dev/$new ]; do sleep 0.05; done
  echo "round $round: $(dd if=/dev/$new bs=64k count=1 iflag=direct 2> /dev/null | sha256sum)"
  ( while dd if=/dev/$new of=/dev/null bs=64k iflag=direct 2> /dev/null; do :; done ) &
  reader=$!
  echo "busy $round"
  while [ -e /sys/block/$new ]; do sleep 0.05; done
  wait $reader
  round=$((round + 1))
done
touch /tmp/stop
wait
echo "sums: $(sort /tmp/sums | uniq | wc -l) $(head -n 1 /tmp/sums)"
dmesg | grep -E 'sr0|sr 0|sr_mod|Oops|BUG|Call Trace|hung task|WARNING'
`;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A memory disk, or every third time a VHDX, with this content. */
async function diskOf(round: number, content: Uint8Array) {
  if (round % 3 !== 2) return new MemoryDisk(content);
  const store = new MemoryStore();
  await createVhdx(store, { type: 'dynamic', sizeBytes: content.length });
  const disk = await openVhdx(store);
  await disk.write(0, [content]);
  return disk;
}

/** Plays the host's part of the script. */
async function host(console: GuestConsole, storage: MachineStorage, second: MemoryDisk): Promise<string[]> {
  const expected: string[] = [];
  const dvd = storage.dvd()!;
  await console.line(/^mounted/m);
  // The guest keeps the tray shut while the disc is mounted.
  expect(dvd.pressEject()).toBe(false);
  await console.line(/^unmounted/m);
  expect(dvd.pressEject()).toBe(true);
  // Linux closes an open tray by itself when it wants to mount: the disc must be out of it.
  await dvd.remove();
  await console.line(/^empty\r?$/m);
  expect(dvd.disc).toBeUndefined();
  dvd.insert(second);
  for (let round = 0; round < ROUNDS; round++) {
    await console.line(new RegExp(`^ready ${round}\\r?$`, 'm'));
    const content = pseudoRandom(round + 100, 2 ** 20);
    const lun = storage.addDisk(await diskOf(round, content));
    expected.push(`round ${round}: ${sha256(content.subarray(0, 65536))}`);
    await console.line(new RegExp(`^busy ${round}\\r?$`, 'm'));
    const unit = await storage.remove(lun);
    if (unit.kind === 'disk') await unit.device.close();
  }
  return expected;
}

describe.skipIf(!haveKernels())("Debian's Linux", () => {
  it(`changes discs, and loses and gains disks under traffic ${ROUNDS} times`, LONG, async () => {
    const first = pseudoRandom(21, 300_000);
    const second = pseudoRandom(22, 200_000);
    const content = pseudoRandom(23, 2 ** 21);
    const guest = await prepareLinuxGuest({
      flavour: 'amd64',
      modules: [...Modules.enlightened, ...Modules.dvd],
    });
    const image = await loadKernel({
      kernel: new Uint8Array(await readFile(guest.kernelPath)),
      initrd: await buildInitramfs({ guest, script: SCRIPT.replace('ROUNDS', String(ROUNDS)) }),
      memory: pcMemoryMap(MEMORY_BYTES),
      commandLine: 'console=ttyS0 panic=-1 quiet cryptomgr.notests',
    });
    const console = new GuestConsole();
    const iso = new MemoryDisk(isoImage('FIRST', { 'DATA.BIN': first }), { readOnly: true });
    const machine = createMachine({
      name: 'storage',
      memoryBytes: MEMORY_BYTES,
      boot: image,
      disks: [{ device: new MemoryDisk(content) }, { isDvd: true, device: iso }],
      board: { serial: [{ write: (byte) => console.write(byte) }] },
      policy: { onReset: 'finish' },
    });
    const killer = setTimeout(() => machine.kill(), 240_000 + ROUNDS * 10_000);
    machine.start();
    const next = new MemoryDisk(isoImage('SECOND', { 'DATA.BIN': second }), { readOnly: true });
    const played = host(console, machine.storage[0]!, next);
    const ended = machine.finished.then(({ reason }) => expect(reason, console.text).toBe('powered-off'));
    const [expected] = await Promise.all([Promise.race([played, ended]), ended]);
    clearTimeout(killer);
    const text = console.text.replaceAll('\r', '');
    expect(text).toContain(`first: ${sha256(first)}`);
    expect(text).toContain(`locked: ${sha256(first)}`);
    expect(text).toMatch(/empty: .*No medium found/);
    expect(text).toContain(`second: ${sha256(second)}`);
    for (const line of expected!) expect(text).toContain(line);
    expect(text).toContain(`sums: 1 ${sha256(content)}`);
    expect(text).not.toMatch(/Oops|BUG|Call Trace|hung task|WARNING/);
  });
});
