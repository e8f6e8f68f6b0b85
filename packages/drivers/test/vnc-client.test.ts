/** A VNC client that was not written here, over the host's own sockets: `vnc-rfb-client`. */

import { once } from 'node:events';
import { Framebuffer, Keyboard, Pointer, RfbServer } from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import { afterEach, describe, expect, it } from 'vitest';
import VncClient from 'vnc-rfb-client';
import { scanoutOf } from './support/rfb-peer.ts';

/** Its diary is of no interest. */
class QuietClient extends VncClient {
  override _log(): void {}
}

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0).toReversed()) close();
});

const { encodings } = VncClient.consts;
const SIZE = { width: 130, height: 70 };

/** Plain, striped and noisy tiles. */
const PIXELS = Uint32Array.from({ length: SIZE.width * SIZE.height }, (_, i) => {
  const [x, y] = [i % SIZE.width, Math.floor(i / SIZE.width)];
  if (x < 32) return 0x204060;
  if (x < 64) return y % 2 === 0 ? 0xff8000 : 0x0080ff;
  return Math.imul(i, 0x9e37_79b1) & 0xff_ffff;
});

/** It keeps blue in front where pixels came raw, else red, and leaves anything behind them. */
function colours(picture: Buffer, isBlueFirst: boolean): number[] {
  return Array.from({ length: picture.length / 4 }, (_, i) =>
    isBlueFirst ? picture.readUIntLE(i * 4, 3) : picture.readUIntBE(i * 4, 3),
  );
}

describe('a real VNC client', () => {
  it.each(['raw', 'hextile', 'zrle'] as const)('sees the picture by %s, types and clicks', async (name) => {
    const [framebuffer, keyboard, pointer] = [new Framebuffer(), new Keyboard(), new Pointer()];
    const heard: string[] = [];
    keyboard.connect({
      key: ({ makeCode, isBreak }) => heard.push(`${makeCode} ${isBreak ? 'up' : 'down'}`) > 0,
    });
    pointer.connect({ report: ({ buttons, x, y }) => heard.push(`${buttons} at ${x},${y}`) > 0 });
    framebuffer.show(scanoutOf(SIZE.width, SIZE.height, PIXELS));
    const server = new RfbServer({
      framebuffer,
      keyboard,
      pointer,
      sockets: hostSockets(),
      desktopName: 'a test',
    });
    open.push(() => server.close());
    const port = await server.listen({ port: 0 });
    const client = new QuietClient({ encodings: [encodings[name], encodings.raw], fps: 50 });
    open.push(() => client.disconnect());
    client.connect({ host: '127.0.0.1', port });
    await once(client, 'firstFrameUpdate');
    expect(client).toMatchObject({
      clientName: 'a test',
      clientWidth: SIZE.width,
      clientHeight: SIZE.height,
    });
    const picture = (): number[] => colours(client.fb, name === 'raw');
    expect(picture()).toEqual([...PIXELS]);
    client.sendKeyEvent('k'.charCodeAt(0), true);
    client.sendKeyEvent('k'.charCodeAt(0), false);
    client.sendPointerEvent(129, 69, true);
    client.sendPointerEvent(129, 69, false);
    await expect.poll(() => heard.length).toBe(5);
    expect(heard).toEqual(['37 down', '37 up', '0 at 32767,32767', '1 at 32767,32767', '0 at 32767,32767']);
    // Something changes: it sees that as well.
    PIXELS.fill(0x010203, 0, 10);
    framebuffer.dirtied({ left: 0, top: 0, right: 10, bottom: 1 });
    await expect.poll(() => picture()[9]).toBe(0x010203);
    PIXELS.fill(0x204060, 0, 10);
  });
});
