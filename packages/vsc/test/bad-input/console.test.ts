/** Keyboard, mouse and display against a host that says what it should not. net-input-video.md §2 to §4. */

import { HID_ATTRIBUTES_BYTES, MOUSE_REPORT_DESCRIPTOR } from '@viridian/protocols/synthhid';
import type { Channel } from '@viridian/vmbus/ring';
import { openKeyboard } from '@viridian/vsc/keyboard';
import { openMouse } from '@viridian/vsc/mouse';
import { openVideo } from '@viridian/vsc/video';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RawHost } from '../support/raw-host.ts';

type Opener = (channel: Channel) => Promise<unknown>;
const video: Opener = (channel) =>
  openVideo(channel, { place: () => ({ vramGpa: 0x10000, vramBytes: 0x10000 }) });

/** Words of 32 bits, and bytes behind them. */
function message(words: readonly number[], bytes: readonly number[] = []): Uint8Array {
  return new Uint8Array([...new Uint8Array(Uint32Array.from(words).buffer), ...bytes]);
}

const piped = (data: Uint8Array, dataBytes = data.length, type = 1) =>
  new Uint8Array([...message([type, dataBytes]), ...data]);

function say(host: RawHost, packet: Uint8Array): void {
  host.host.sendInBand(0, 0, packet, packet.length, false);
  host.host.endSend();
}

/** Opens, lets the host answer each request with the next packet, and tells what became of it. */
async function opening(open: Opener, ...answers: readonly Uint8Array[]): Promise<[string, RawHost]> {
  const host = new RawHost();
  const outcome = open(host.guest).then(
    () => 'open',
    (error: { kind?: string }) => error.kind ?? String(error),
  );
  for (const answer of answers) {
    await host.requests();
    say(host, answer);
  }
  await host.requests();
  const settled = await Promise.race([outcome, Promise.resolve().then(() => 'waits')]);
  return [settled, host];
}

const ACCEPTED = piped(message([1, 5, 0x20000], [1]));
/** A device info with the last bytes of the report descriptor changed or cut. */
function introduction(change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes): Uint8Array {
  const hid = [9, 0x21, 1, 1, 0, 1, 0x22, MOUSE_REPORT_DESCRIPTOR.length, 0];
  const attributes = new Array<number>(HID_ATTRIBUTES_BYTES).fill(0);
  return piped(change(message([2, 97], [...attributes, ...hid, ...MOUSE_REPORT_DESCRIPTOR])));
}

const RESOLUTIONS = (count: number, first: number, entries: number) =>
  piped(
    message(
      [14, 0],
      [...new Array<number>(128).fill(0), count, first, 0, ...new Array<number>(entries * 4).fill(1)],
    ),
  );
const VERSION = piped(message([2, 14, 0x50003], [2, 1]));
const LOCATED = piped(message([4, 16, 0, 0]));

describe('a host that answers', () => {
  it.each<[string, Opener, readonly Uint8Array[], string]>([
    ['keyboard: taken', openKeyboard, [message([2, 1])], 'open'],
    ['keyboard: refused', openKeyboard, [message([2, 0])], 'refused'],
    ['keyboard: nothing to it', openKeyboard, [message([9, 9]), message([3, 0x1e, 0])], 'waits'],
    ['mouse: taken', openMouse, [ACCEPTED, introduction()], 'open'],
    ['mouse: refused', openMouse, [piped(message([1, 5, 0x20000], [0]))], 'refused'],
    ['mouse: response cut short', openMouse, [piped(message([1, 5, 0x20000]))], 'protocol'],
    ['mouse: introduction without descriptors', openMouse, [ACCEPTED, piped(message([2, 97]))], 'protocol'],
    [
      'mouse: report descriptor cut short',
      openMouse,
      [ACCEPTED, introduction((bytes) => bytes.slice(0, -1))],
      'protocol',
    ],
    [
      'mouse: another report descriptor',
      openMouse,
      [ACCEPTED, introduction((bytes) => bytes.fill(0, -2))],
      'refused',
    ],
    ['mouse: no pipe header', openMouse, [new Uint8Array(0)], 'protocol'],
    ['mouse: a pipe message longer than its packet', openMouse, [piped(message([1]), 4000)], 'protocol'],
    ['mouse: another pipe packet', openMouse, [piped(message([1]), 4, 2)], 'protocol'],
    ['mouse: a message without type', openMouse, [piped(message([1]), 3)], 'protocol'],
    ['video: taken', video, [VERSION, RESOLUTIONS(1, 0, 1), LOCATED], 'open'],
    ['video: no resolution', video, [VERSION, RESOLUTIONS(0, 0, 0)], 'protocol'],
    ['video: a default that is not there', video, [VERSION, RESOLUTIONS(2, 2, 2)], 'protocol'],
    ['video: fewer resolutions than it says', video, [VERSION, RESOLUTIONS(64, 0, 63)], 'protocol'],
    ['video: more than there may be', video, [VERSION, RESOLUTIONS(65, 0, 65)], 'protocol'],
    ['video: version cut short', video, [piped(message([2, 14, 0x50003]))], 'protocol'],
    [
      'video: place cut short',
      video,
      [VERSION, RESOLUTIONS(1, 0, 1), piped(message([4, 16, 0]))],
      'protocol',
    ],
    ['video: memory never backed', video, [VERSION, RESOLUTIONS(1, 0, 1)], 'waits'],
  ])('%s', async (_, open, answers, expected) => {
    const [outcome, host] = await opening(open, ...answers);
    expect(outcome).toBe(expected);
    expect(host.ended !== undefined).toBe(expected === 'protocol');
  });

  it.each<[string, Opener]>([
    ['keyboard', openKeyboard],
    ['mouse', openMouse],
    ['video', video],
  ])('%s: not at all, and goes', async (_, open) => {
    const host = new RawHost();
    const outcome = open(host.guest);
    host.end('rescinded');
    await expect(outcome).rejects.toMatchObject({ kind: 'closed' });
    await expect(open(host.guest)).rejects.toMatchObject({ kind: 'closed' });
  });

  it('with reports of another length, or keys cut short: the channel ends', async () => {
    const [, mouse] = await opening(openMouse, ACCEPTED, introduction(), piped(message([4, 8, 0, 0])));
    expect(mouse.ended).toBe('mouse report of another length');
    const [, keyboard] = await opening(openKeyboard, message([2, 1]), message([3, 0x1e]));
    expect(keyboard.ended).toBe('keystroke is too short');
    const [, display] = await opening(video, VERSION, RESOLUTIONS(1, 0, 1), LOCATED, piped(message([9, 12])));
    expect(display.ended).toBe('feature change is too short');
  });

  it.each<[string, Opener, readonly Uint8Array[]]>([
    ['mouse', openMouse, [ACCEPTED, introduction()]],
    ['video', video, [VERSION, RESOLUTIONS(1, 0, 1), LOCATED]],
  ])('%s: with a message cut at any byte, which opens nothing', async (_, open, answers) => {
    for (const [index, whole] of answers.entries()) {
      const before = answers.slice(0, index);
      const data = whole.subarray(8);
      for (let bytes = 0; bytes < data.length; bytes += 1) {
        const cut = data.slice(0, bytes);
        const [outcome, host] = await opening(open, ...before, piped(cut));
        expect(['waits', 'protocol'], `${index} at ${bytes}`).toContain(outcome);
        expect(host.ended !== undefined).toBe(outcome === 'protocol');
      }
    }
  });

  it('with anything', async () => {
    const packet = fc.tuple(fc.nat(20), fc.uint8Array({ maxLength: 80 }), fc.boolean());
    const opener = fc.constantFrom(openKeyboard as Opener, openMouse as Opener, video);
    await fc.assert(
      fc.asyncProperty(opener, fc.array(packet, { maxLength: 6 }), async (open, packets) => {
        const bytes = packets.map(([type, rest, isPiped]) => {
          const one = message([type], [...rest]);
          return isPiped ? piped(one) : one;
        });
        const [outcome] = await opening(open, ...bytes);
        expect(['open', 'waits', 'refused', 'protocol', 'closed']).toContain(outcome);
      }),
      { numRuns: 80 },
    );
  });
});
