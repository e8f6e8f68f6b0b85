/** Keyboard, mouse and display: our drivers in the child against our devices in the parent, over the real bus. */

import { Framebuffer, Keyboard, Pointer } from '@viridian/drivers';
import type { OfferedDevice } from '@viridian/vmbus/host';
import type { Channel } from '@viridian/vmbus/ring';
import { type Keystroke, openKeyboard } from '@viridian/vsc/keyboard';
import { type MouseMove, openMouse } from '@viridian/vsc/mouse';
import { openVideo } from '@viridian/vsc/video';
import { SynthKeyboard } from '@viridian/vsp/keyboard';
import { SynthMouse } from '@viridian/vsp/mouse';
import { SynthVideo } from '@viridian/vsp/video';
import { describe, expect, it } from 'vitest';
import { makeBus } from './support/bus.ts';

async function opened<Client>(device: OfferedDevice, open: (channel: Channel) => Promise<Client>) {
  const bus = makeBus();
  const offered = bus.host.offer(device);
  await bus.guest.connect();
  const [offer] = await bus.guest.requestOffers();
  const channel = await bus.guest.open(offer!, { ringPages: 9 });
  return { ...bus, offered, offer: offer!, channel, client: await open(channel) };
}

describe('both ends', () => {
  it('of the keyboard: keys one way, lights the other, until it is unplugged', async () => {
    const keyboard = new Keyboard();
    const { client, offered, channel, quiet } = await opened(new SynthKeyboard(keyboard), openKeyboard);
    const heard: Keystroke[] = [];
    client.onKey = (keystroke) => heard.push(keystroke);
    keyboard.chord('ControlRight', 'KeyC');
    keyboard.press('Pause');
    await quiet();
    const text = heard.map(({ makeCode, prefix, isBreak }) =>
      [prefix, makeCode, isBreak ? 'up' : 'down'].join(),
    );
    expect(text).toEqual([
      ...['224,29,down', '0,46,down', '0,46,up', '224,29,up'],
      ...['225,29,down', '0,69,down', '225,29,up', '0,69,up'],
    ]);
    client.setLights(4);
    await quiet();
    expect(keyboard.lights).toEqual({ scrollLock: false, numLock: false, capsLock: true });
    let closed = '';
    client.onClosed = (reason) => {
      closed = reason;
    };
    offered.rescind();
    await quiet();
    expect(closed).not.toBe('');
    expect([keyboard.press('KeyA'), client.setLights(0), channel.open]).toEqual([false, false, false]);
  });

  it('of the mouse: introduces itself and moves', async () => {
    const pointer = new Pointer();
    const { client, quiet, offer } = await opened(new SynthMouse(pointer), openMouse);
    expect(offer).toMatchObject({ flags: 0x10 });
    expect(client.identity).toEqual({ vendor: 0x045e, product: 0x0621, version: 0 });
    await quiet();
    const heard: MouseMove[] = [];
    client.onMove = (move) => heard.push(move);
    pointer.moveTo(100, 200);
    pointer.click('right');
    pointer.scroll(-3);
    await quiet();
    expect(heard).toEqual([
      { buttons: 0, x: 100, y: 200, wheel: 0 },
      { buttons: 2, x: 100, y: 200, wheel: 0 },
      { buttons: 0, x: 100, y: 200, wheel: 0 },
      { buttons: 0, x: 100, y: 200, wheel: -3 },
    ]);
  });

  it.each([0x50003, 0x20003])(
    'of the display, version %i: what one draws the other sees',
    async (version) => {
      const screen = new Framebuffer();
      const size = { widthPixels: 32, heightPixels: 20 };
      const device = new SynthVideo(screen, { vramMebibytes: 1, resolutions: [size] });
      const place = { gpn: 0 };
      const { client, memory, quiet, offer } = await opened(device, (channel) => {
        place.gpn = 900;
        const vram = { vramGpa: place.gpn * 4096, vramBytes: 32 * 4096 };
        return openVideo(channel, { place: () => vram, versions: [version] });
      });
      expect(offer.mmioMegabytes).toBe(1);
      expect(client.version).toBe(version);
      if (version === 0x50003) expect(client.resolutions).toEqual([size]);
      await client.setMode(size);
      await quiet();
      expect(screen.size).toEqual(size);
      const dirty: string[] = [];
      screen.watch({
        dirtied: ({ left, top, right, bottom }) => dirty.push([left, top, right, bottom].join()),
      });
      const pixels = memory.bytes(place.gpn, 0, 32 * 20 * 4);
      pixels.forEach((_, index) => {
        pixels[index] = index * 7;
      });
      const row = { left: 0, top: 1, right: 32, bottom: 2 };
      expect(client.drawn(...new Array<typeof row>(300).fill(row))).toBe(true);
      client.movePointer(3, 4);
      client.shapePointer({ widthPixels: 1, heightPixels: 1 }, 0, 0, Uint8Array.of(1, 2, 3, 4));
      await quiet();
      expect(dirty).toEqual(new Array(300).fill('0,1,32,2'));
      expect([...screen.picture()!.pixels]).toEqual([...pixels]);
      expect(screen.pointer).toEqual({ isVisible: true, x: 3, y: 4 });
      expect([...screen.pointerShape!.pixels]).toEqual([1, 2, 3, 4]);
      await expect(client.setMode({ widthPixels: 1024, heightPixels: 768 })).rejects.toThrow(RangeError);
    },
  );

  it('of the display when no version is taken', async () => {
    const device = new SynthVideo(new Framebuffer());
    const vram = { vramGpa: 0x10000, vramBytes: 4096 };
    const opening = opened(device, (channel) =>
      openVideo(channel, { place: () => vram, versions: [0x90003] }),
    );
    await expect(opening).rejects.toMatchObject({ name: 'DeviceError', kind: 'refused' });
  });
});
