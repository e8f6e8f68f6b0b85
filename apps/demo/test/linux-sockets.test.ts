/** Debian's hv_sock on our sockets: connections asked for by either side, half-closed, held up, and by the hundred. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadKernel, pcMemoryMap } from '@viridian/emulation/loader';
import { createMachine, type Machine } from '@viridian/vm';
import type { SocketConnection } from '@viridian/vsp/socket';
import { describe, expect, it } from 'vitest';
import { vsockProgram } from '../src/agent/vsock-program.ts';
import { pseudoRandom } from '../src/image/sample-files.ts';
import { type Flavour, Modules } from '../src/linux/flavours.ts';
import { buildInitramfs } from '../src/linux/initramfs.ts';
import { prepareLinuxGuest } from '../src/linux/prepare-linux-guest.ts';
import { GuestConsole } from './support/guest-console.ts';
import { haveKernels } from './support/linux-guests.ts';
import { stormProgram } from './support/storm-program.ts';

const MEMORY_BYTES = 192 * 2 ** 20;
/** Ten thousand with `VIRIDIAN_SOCKETS=10000`, as every night. */
const STORM = Number(process.env.VIRIDIAN_SOCKETS ?? 300);

const SCRIPT = `
busybox chmod 755 /bin/vsock /bin/storm
vsock l 1000 /bin/cat &
vsock l 1001 /bin/sha256sum &
vsock l 1002 /bin/sleep 1000 &
sleep 1
echo ready
vsock c 2000 /bin/sh -c 'echo "hello host"; read answer; echo "answer: $answer" >&2; cat >&2'
vsock c 2001 /bin/true
echo "refused: $?"
storm
echo "storm: $?"
sleep 1000
`;

async function linuxMachine(flavour: Flavour, output: GuestConsole, storm: number): Promise<Machine> {
  const guest = await prepareLinuxGuest({ flavour, modules: Modules.sockets });
  const files = { 'bin/vsock': vsockProgram(), 'bin/storm': stormProgram(2002, storm) };
  const boot = await loadKernel({
    kernel: new Uint8Array(await readFile(guest.kernelPath)),
    initrd: await buildInitramfs({ guest, script: SCRIPT, files }),
    memory: pcMemoryMap(MEMORY_BYTES),
    commandLine: `console=ttyS0 panic=-1 quiet cryptomgr.notests${flavour === '686' ? ' noisapnp' : ''}`,
  });
  return createMachine({
    name: 'sockets',
    memoryBytes: MEMORY_BYTES,
    boot,
    board: { serial: [{ write: (byte) => output.write(byte) }] },
    policy: { onReset: 'finish' },
  });
}

/** All that comes, until the connection is over. */
function everything(connection: SocketConnection): Promise<{ bytes: Buffer; reason: string | undefined }> {
  const pieces: Uint8Array[] = [];
  return new Promise((resolve) => {
    connection.onData = (bytes) => pieces.push(bytes);
    connection.onClosed = (reason) => resolve({ bytes: Buffer.concat(pieces), reason });
    connection.resume();
  });
}

describe.skipIf(!haveKernels())("Debian's hv_sock", () => {
  it.each([
    ['cloud-amd64', STORM],
    ['amd64', 20],
    ['686', 20],
  ] as const)('of the %s kernel connects and is connected to', { timeout: 1_200_000 }, async (...of) => {
    const [flavour, storm] = of;
    const output = new GuestConsole();
    await using machine = await linuxMachine(flavour, output, storm);
    const killer = setTimeout(() => machine.kill(), 1_100_000);
    void machine.finished.then(() => clearTimeout(killer));
    const sockets = machine.sockets!;
    let stormed = 0;
    sockets.listen(2000, (connection) => {
      connection.onData = (bytes) => {
        connection.write(Buffer.concat([bytes, Buffer.from('and more\n')]));
        connection.end();
      };
      connection.resume();
    });
    sockets.listen(2002, (connection) => {
      connection.onData = (bytes) => {
        stormed += 1;
        connection.write(bytes);
        connection.end();
      };
      connection.resume();
    });
    machine.start();
    await output.line(/^(ready)/m);

    // The guest connects, is answered, hears the end; and is refused where nobody listens.
    expect(await output.line(/^answer: (.*)\r/m)).toBe('hello host');
    expect(await output.line(/^refused: (\d+)/m)).toBe('110');
    expect(output.text).toContain('and more');
    expect(await output.line(/^storm: (\d+)/m)).toBe('0');
    expect(stormed).toBe(storm);

    // The host connects: a megabyte there and back, a hash after the end of what was sent.
    const content = pseudoRandom(9, 1_000_000);
    for (const [port, expected] of [
      [1000, Buffer.from(content)],
      [1001, Buffer.from(`${createHash('sha256').update(content).digest('hex')}  -\n`)],
    ] as const) {
      const connection = await sockets.connect(port);
      const heard = everything(connection);
      connection.write(content.slice());
      connection.end();
      const { bytes, reason } = await heard;
      expect([bytes.equals(expected), reason]).toEqual([true, undefined]);
    }

    // A program that reads nothing holds its writer up, and harms nobody.
    const stuck = await sockets.connect(1002);
    let written = 0;
    while (stuck.write(new Uint8Array(16_384))) written += 16_384;
    expect(written).toBeLessThan(600_000);
    expect(stuck.pendingBytes).toBeGreaterThan(0);
    stuck.destroy();
    await expect(sockets.connect(1999, { timeoutMs: 1000 })).rejects.toMatchObject({ kind: 'timeout' });
    const last = await sockets.connect(1000);
    const heard = everything(last);
    last.end();
    expect((await heard).reason).toBeUndefined();
    expect(output.text).not.toMatch(/\bBUG\b|Oops|WARNING:|Call Trace|hung task/);
  });
});
