/** A TypeScript guest at its synthetic console: a VNC client that was not written here sees what it draws and types into it. */

import { encodePng, Framebuffer, Keyboard, Pointer, RfbServer } from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import { programProcessors } from '@viridian/hypervisor/program';
import { type Kernel, linuxGuest } from '@viridian/linux-guest';
import { createMachine } from '@viridian/vm';
import { expect, it } from 'vitest';
import { pseudoRandom } from '../src/image/sample-files.ts';
import { pngPixels } from './support/png-pixels.ts';
import { VncViewer } from './support/vnc-viewer.ts';

const SIZE = { widthPixels: 640, heightPixels: 480 };
const ESCAPE = 0xff1b;

it('shows a TypeScript guest to a VNC client, and the other way round', async () => {
  const drawn = pseudoRandom(5, SIZE.widthPixels * SIZE.heightPixels * 4).map((byte, i) =>
    i % 4 === 3 ? 0 : byte,
  );
  const keys: string[] = [];
  const moves: string[] = [];
  let isDrawn = (): void => {};
  const drawing = new Promise<void>((resolve) => {
    isDrawn = resolve;
  });
  const main = async (kernel: Kernel): Promise<void> => {
    kernel.framebuffer!.pixels.set(drawn);
    kernel.framebuffer!.drawn();
    await new Promise<void>((resolve) => {
      // They come on channels of their own, in no order between them.
      const look = (): void => {
        if (keys.at(-1) === '1 up' && moves.at(-1)?.endsWith(',-1') === true) resolve();
      };
      kernel.input.onPointer = ({ buttons, x, y, wheel }) => {
        moves.push([buttons, x, y, wheel].join());
        look();
      };
      kernel.input.onKey = ({ makeCode, isBreak }) => {
        keys.push(`${makeCode}${isBreak ? ' up' : ''}`);
        look();
      };
      isDrawn();
    });
  };
  const [keyboard, pointer, framebuffer] = [new Keyboard(), new Pointer(), new Framebuffer()];
  const machine = createMachine({
    name: 'drawing',
    memoryBytes: 16 * 2 ** 20,
    processor: programProcessors(linuxGuest({ main })),
    input: { keyboard, pointer },
    display: { framebuffer, resolutions: [SIZE] },
  });
  const server = new RfbServer({ framebuffer, keyboard, pointer, sockets: hostSockets() });
  const viewer = new VncViewer(await server.listen({ port: 0 }), 'zrle');
  machine.start();
  await drawing;
  const seen = await viewer.picture();
  const colours = Buffer.from(seen.map((byte, i) => (i % 4 === 3 ? 0 : byte)));
  expect(colours.equals(drawn)).toBe(true);
  expect(Buffer.from(pngPixels(await encodePng(framebuffer.picture()!))).equals(drawn)).toBe(true);
  viewer.click(SIZE.widthPixels - 1, 0);
  viewer.type('h'.charCodeAt(0), ESCAPE);
  expect(await machine.finished).toEqual({ reason: 'halted' });
  expect(moves).toEqual(['0,32767,0,0', '2,32767,0,0', '0,32767,0,0', '0,32767,0,-1']);
  expect(keys).toEqual(['35', '35 up', '1', '1 up']);
  viewer.close();
  server.close();
});
