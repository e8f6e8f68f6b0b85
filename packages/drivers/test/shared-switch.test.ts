/** A switch between processes: here several in one, which makes no difference to sockets. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Frame } from '@viridian/drivers';
import { openSharedSwitch, type SharedSwitch } from '@viridian/drivers/node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BROADCAST, MAC_A, MAC_B, plainFrame } from './support/packets.ts';

let folder = '';
const open: SharedSwitch[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'viridian-switch-'));
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
  rmSync(folder, { recursive: true, force: true });
});

async function joined(name = 'lan') {
  const shared = await openSharedSwitch(name, folder);
  open.push(shared);
  const port = shared.port('guest');
  const heard: Frame[] = [];
  port.connect({ receive: (frame) => heard.push(frame) > 0 });
  return { shared, port, heard };
}

const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 2));
};

it('joins guests of several processes, whole frames with what is known of them', async () => {
  const [one, two, three] = [await joined(), await joined(), await joined()];
  expect([one.shared.isHub, two.shared.isHub, three.shared.isHub]).toEqual([true, false, false]);
  two.port.send(new Frame(plainFrame(BROADCAST, MAC_B)));
  await until(() => one.heard.length + three.heard.length === 2);
  const large = plainFrame(MAC_B, MAC_A, 60_000);
  one.port.send(new Frame(large, { segmentBytes: 1448, verified: true, vlan: 7 }));
  await until(() => two.heard.length === 1);
  expect(two.heard[0]).toMatchObject({ bytes: large, segmentBytes: 1448, verified: true, vlan: 7 });
  // The switch has learnt where it is.
  expect(three.heard).toHaveLength(1);
  for (let i = 0; i < 500; i += 1) one.port.send(new Frame(plainFrame(MAC_B, MAC_A, 46 + i * 3)));
  await until(() => two.heard.length === 501);
  expect(two.heard.slice(1).map(({ bytes }) => bytes.length)).toEqual(
    Array.from({ length: 500 }, (_, i) => 60 + i * 3),
  );
  const other = await joined('other');
  expect(other.shared.isHub).toBe(true);
});

it('goes on when the hub ends, and begins where a killed one has left its socket', async () => {
  const [one, two, three] = [await joined(), await joined(), await joined()];
  one.shared.close();
  await until(() => two.shared.isHub || three.shared.isHub);
  await until(() => {
    two.port.send(new Frame(plainFrame(BROADCAST, MAC_B)));
    return three.heard.length > 0;
  });
  const path = join(folder, 'viridian-switch-stale.sock');
  const killed = "net.createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
  spawnSync(process.execPath, ['-e', killed, path]);
  expect(existsSync(path)).toBe(true);
  expect((await joined('stale')).shared.isHub).toBe(true);
});

it('refuses impossible names, and whoever speaks nonsense to the hub', async () => {
  await expect(openSharedSwitch('../x', folder)).rejects.toThrow(RangeError);
  await expect(openSharedSwitch('', folder)).rejects.toThrow(RangeError);
  const { port, heard } = await joined();
  const socket = connect(join(folder, 'viridian-switch-lan.sock'));
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.on('error', () => {});
  socket.write(new Uint8Array(12).fill(0xff));
  await closed;
  const short = connect(join(folder, 'viridian-switch-lan.sock'));
  short.write(Uint8Array.of(60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3));
  short.end();
  const well = await joined();
  await until(() => {
    well.port.send(new Frame(plainFrame(BROADCAST, MAC_B)));
    return heard.length > 0;
  });
  expect(port.counters.framesReceived).toBeGreaterThan(0);
});
