/**
 * Debian's own keyboard, mouse and framebuffer drivers on our synthetic devices: keys, pointer events, pixels, from the
 * host and from a VNC client that was not written here.
 */

import { readFile } from 'node:fs/promises';
import {
  encodePng,
  Framebuffer,
  Keyboard,
  type Picture,
  Pointer,
  RfbServer,
  type ScreenSize,
} from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import { loadKernel, pcMemoryMap } from '@viridian/emulation/loader';
import { createMachine } from '@viridian/vm';
import { describe, expect, it } from 'vitest';
import { pseudoRandom } from '../src/image/sample-files.ts';
import { FLAVOURS, type Flavour, Modules } from '../src/linux/flavours.ts';
import { buildInitramfs } from '../src/linux/initramfs.ts';
import { prepareLinuxGuest } from '../src/linux/prepare-linux-guest.ts';
import { haveKernels } from './support/linux-guests.ts';
import { mapProgram } from './support/map-program.ts';
import { pngPixels } from './support/png-pixels.ts';
import { type VncEncoding, VncViewer } from './support/vnc-viewer.ts';

const LARGE = { widthPixels: 1920, heightPixels: 1080 };
const SMALL = { widthPixels: 640, heightPixels: 480 };
const MEMORY_BYTES = 192 * 2 ** 20;

/** Finds the devices by their place on the bus: the board's own keyboard has event files too. */
const SCRIPT = `
device() {
  for event in /sys/class/input/event*; do
    case "$(readlink -f $event)" in *$1*) echo /dev/input/$(basename $event); return;; esac
  done
}
for wait in 1 2 3 4 5 6 7 8 9 10; do
  keys=$(device d34b2567)
  pointer=$(device 045E:0621)
  [ -n "$keys" ] && [ -n "$pointer" ] && [ -e /dev/fb0 ] && break
  sleep 1
done
events() {
  dd if=$1 bs=EVENT_BYTES count=$2 of=/tmp/events 2> /dev/null &
  sleep 1
  echo "ready $3"
  wait
  hexdump -v -e 'EVENT_BYTES/1 "%02x" "\\n"' /tmp/events | sed "s/^/$3: /"
}
[ -n "$keys" ] && events $keys 24 keys
[ -n "$pointer" ] && events $pointer 42 pointer
echo "screen: $(cat /sys/class/graphics/fb0/virtual_size) $(cat /sys/class/graphics/fb0/bits_per_pixel)"
for console in /sys/class/vtconsole/*; do grep -q 'frame buffer' $console/name && echo 0 > $console/bind; done
DRAW
sleep 1
echo "drawn"
[ -n "$keys" ] && events $keys 30 typed
[ -n "$pointer" ] && events $pointer 9 clicked
dmesg | grep -i -e hyperv -e hid-generic -e fb0
`;

/** Who is asked to draw, and how. */
interface Sitting {
  readonly flavour: Flavour;
  readonly screen: ScreenSize;
  /** A shell command that brings /picture to the screen. */
  readonly draw: string;
  /** How pixels come to the VNC client. */
  readonly encoding: VncEncoding;
  readonly vramMebibytes?: number;
}

/** A machine that a person could sit at, and how its guest ended. */
async function boot({ flavour, screen, draw, encoding, vramMebibytes = 8 }: Sitting) {
  const drawn = pseudoRandom(11, screen.widthPixels * screen.heightPixels * 4);
  const modules = [...Modules.input, FLAVOURS[flavour].displayModule];
  const guest = await prepareLinuxGuest({ flavour, modules });
  const script = SCRIPT.replace('DRAW', draw).replaceAll('EVENT_BYTES', flavour === '686' ? '16' : '24');
  const files = { picture: drawn, 'map-program': mapProgram(drawn.length) };
  const image = await loadKernel({
    kernel: new Uint8Array(await readFile(guest.kernelPath)),
    initrd: await buildInitramfs({ guest, script, files }),
    memory: pcMemoryMap(MEMORY_BYTES),
    commandLine: `console=ttyS0 panic=-1 quiet cryptomgr.notests${flavour === '686' ? ' noisapnp' : ''}`,
  });
  const keyboard = new Keyboard();
  const pointer = new Pointer();
  const framebuffer = new Framebuffer();
  let text = '';
  let picture: Picture | undefined;
  const server = new RfbServer({ framebuffer, keyboard, pointer, sockets: hostSockets() });
  const viewer = new VncViewer(await server.listen({ port: 0 }), encoding);
  let seen: Promise<Uint8Array> | undefined;
  const reactions: [string, () => void][] = [
    ['ready keys', () => keyboard.type('aB') && keyboard.chord('ArrowUp')],
    ['ready pointer', () => useAllOf(pointer)],
    [
      'drawn',
      () => {
        picture = framebuffer.picture();
        seen = viewer.picture();
      },
    ],
    // What it types comes when it has seen the picture: the guest waits for it.
    ['ready typed', () => void seen?.then(() => viewer.type(0x48, 0x7b, 0xff1b))],
    ['ready clicked', () => viewer.click(screen.widthPixels - 1, 0)],
  ];
  const write = (byte: number): void => {
    text += String.fromCharCode(byte);
    if (byte !== 10) return;
    const next = reactions[0];
    if (next === undefined || !text.includes(`${next[0]}\r\n`)) return;
    reactions.shift();
    next[1]();
  };
  const machine = createMachine({
    name: 'console',
    memoryBytes: MEMORY_BYTES,
    boot: image,
    input: { keyboard, pointer },
    display: { framebuffer, resolutions: [screen], vramMebibytes },
    board: { serial: [{ write }] },
    policy: { onReset: 'finish' },
  });
  const killer = setTimeout(() => machine.kill(), 400_000);
  machine.start();
  const { reason } = await machine.finished;
  clearTimeout(killer);
  viewer.close();
  server.close();
  expect(reason, text).toBe('powered-off');
  return { text: text.replaceAll('\r', ''), picture, seen: await seen, drawn, framebuffer };
}

/** Everything that a pointing device has. */
function useAllOf(pointer: Pointer): void {
  pointer.moveTo(0x1234, 0x4321);
  for (const button of ['left', 'right', 'middle', 'back', 'forward'] as const) pointer.click(button);
  pointer.scroll(1);
  pointer.scroll(-2);
  pointer.moveTo(0x7fff, 0);
}

/** The colours of two pictures are the same; what is in the unused byte of a pixel does not matter. */
function expectSamePixels(pixels: Uint8Array | undefined, drawn: Uint8Array): void {
  expect(pixels).toHaveLength(drawn.length);
  const words = (bytes: Uint8Array) => new Uint32Array(bytes.slice().buffer);
  const [seen, wanted] = [words(pixels!), words(drawn)];
  const wrong = seen.reduce((sum, word, i) => sum + (((word ^ wanted[i]!) & 0xff_ffff) === 0 ? 0 : 1), 0);
  expect(wrong, 'pixels that differ').toBe(0);
}

/** The `input_event` structures that the guest printed, as type, code and value, without the synchronisations. */
function events(text: string, of: string): string[] {
  const lines = text.split('\n').filter((line) => line.startsWith(`${of}: `));
  const parsed = lines.map((line) => {
    // Their time, in front, is as long as the kernel's words.
    const event = Buffer.from(line.slice(of.length + 2), 'hex').subarray(-8);
    return `${event.readUInt16LE(0)} ${event.readUInt16LE(2)} ${event.readInt32LE(4)}`;
  });
  return parsed.filter((event) => event !== '0 0 0');
}

/** EV_KEY is 1: KEY_A, left Shift with KEY_B, KEY_UP; down and up. */
const KEYS = [
  ...['1 30 1', '1 30 0'],
  ...['1 42 1', '1 48 1', '1 48 0', '1 42 0'],
  ...['1 103 1', '1 103 0'],
];
/** What the viewer typed: left Shift with KEY_H, left Shift with KEY_LEFTBRACE, KEY_ESC. */
const TYPED = [
  ...['1 42 1', '1 35 1', '1 42 0', '1 35 0'],
  ...['1 42 1', '1 26 1', '1 42 0', '1 26 0', '1 1 1', '1 1 0'],
];
/** EV_ABS X and Y; BTN_LEFT, RIGHT, MIDDLE, SIDE and EXTRA; EV_REL wheel and its fine-grained twin; the upper right corner. */
const MOVES = [
  ...[`3 0 ${0x1234}`, `3 1 ${0x4321}`],
  ...[272, 273, 274, 275, 276].flatMap((button) => [`1 ${button} 1`, `1 ${button} 0`]),
  ...['2 8 1', '2 11 120', '2 8 -2', '2 11 -240'],
  ...['3 0 32767', '3 1 0'],
];
/** The viewer's pointer was in that corner: a click on the right, a notch down. */
const CLICKED = ['1 273 1', '1 273 0', '2 8 -1', '2 11 -120'];
const MAPPED = 'chmod +x /map-program; /map-program < /picture';
const WRITTEN = 'cat /picture > /dev/fb0';

describe.skipIf(!haveKernels())("Debian's console drivers", () => {
  it.each<[string, Sitting]>([
    [
      'hyperv_fb, in the PCI window',
      { flavour: 'cloud-amd64', screen: LARGE, draw: MAPPED, encoding: 'raw' },
    ],
    [
      'hyperv_fb, in its own memory where video memory is small',
      { flavour: 'cloud-amd64', screen: SMALL, draw: WRITTEN, encoding: 'zrle', vramMebibytes: 4 },
    ],
    ['hyperv_drm', { flavour: 'amd64', screen: LARGE, draw: WRITTEN, encoding: 'hextile' }],
    ['hyperv_drm in 32 bits', { flavour: '686', screen: SMALL, draw: WRITTEN, encoding: 'zrle' }],
  ])('hear keys and pointer, and draw: %s', { timeout: 480_000 }, async (_, sitting) => {
    const { text, picture, seen, drawn, framebuffer } = await boot(sitting);
    for (const [of, wanted] of [
      ['keys', KEYS],
      ['typed', TYPED],
    ] as const) {
      const found = events(text, of).filter((event) => event.startsWith('1 '));
      expect(found, text).toEqual(wanted);
    }
    for (const [of, wanted] of [
      ['pointer', MOVES],
      ['clicked', CLICKED],
    ] as const) {
      // EV_MSC, 4, tells scan codes besides.
      const found = events(text, of).filter((event) => !event.startsWith('4 '));
      expect(found, text).toEqual(wanted);
    }
    const { widthPixels, heightPixels } = sitting.screen;
    expect(text).toContain(`screen: ${widthPixels},${heightPixels} 32`);
    expectSamePixels(picture?.pixels, drawn);
    expectSamePixels(seen, drawn);
    expectSamePixels(pngPixels(await encodePng(picture!)), drawn);
    expect(framebuffer.counters.rectangles).toBeGreaterThan(1);
    expect(framebuffer.size).toBeUndefined();
  });
});
