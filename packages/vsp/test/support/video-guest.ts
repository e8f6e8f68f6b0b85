/** What a guest says to its display, and a display to say it to. net-input-video.md §4. */

import { Framebuffer } from '@viridian/drivers';
import { SynthVideo } from '@viridian/vsp/video';
import { type Field, fields, MessageGuest } from './message-guest.ts';

/** Where the test's video memory is. */
export const PAGE = 4096;
export const VRAM_PAGE = 16;

/** A message without pipe header. */
export const message = (type: number, ...list: readonly Field[]): Uint8Array => {
  const payload = fields(...list);
  return new Uint8Array([...fields([4, type], [4, 8 + payload.length]), ...payload]);
};
/** VERSION_REQUEST; 3.5 unless said otherwise. */
export const version = (value = 0x50003) => message(1, [4, value]);
/** VRAM_LOCATION. */
export const locate = (gpa: number | bigint = VRAM_PAGE * PAGE, specified = 1) =>
  message(3, [8, gpa], [1, specified], [8, gpa]);

/** What a SITUATION_UPDATE says; a screen of 64×48 unless said otherwise. */
export interface Situation {
  readonly outputs?: number;
  readonly active?: number;
  readonly offset?: number;
  readonly depth?: number;
  readonly width?: number;
  readonly height?: number;
  readonly pitch?: number;
}

/** SITUATION_UPDATE. */
export const situate = ({
  outputs = 1,
  active = 1,
  offset = 0,
  depth = 32,
  width = 64,
  height = 48,
  pitch = width * 4,
}: Situation = {}) =>
  message(
    5,
    [8, 7n],
    [1, outputs],
    [1, active],
    [4, offset],
    [1, depth],
    [4, width],
    [4, height],
    [4, pitch],
  );
/** DIRT; left, top, right, bottom of each rectangle. */
export const dirt = (...rectangles: readonly (readonly [number, number, number, number])[]) =>
  message(10, [1, 0], [1, rectangles.length], ...rectangles.flat().map((value) => [4, value] as const));

/** A display with 1 MiB and one resolution, its guest, and what its watchers heard. */
export async function plugged() {
  const screen = new Framebuffer();
  const device = new SynthVideo(screen, {
    vramMebibytes: 1,
    resolutions: [{ widthPixels: 64, heightPixels: 48 }],
  });
  const guest = await MessageGuest.open(device);
  const dirty: string[] = [];
  screen.watch({
    dirtied: ({ left, top, right, bottom }) => dirty.push([left, top, right, bottom].join()),
    modeChanged: (size) =>
      dirty.push(size === undefined ? 'dark' : `${size.widthPixels}×${size.heightPixels}`),
  });
  return { screen, device, guest, dirty };
}

/** The same, showing a screen. */
export async function showing() {
  const all = await plugged();
  for (const one of [version(), locate(), situate()]) all.guest.say(one);
  await all.guest.hear();
  all.dirty.length = 0;
  return all;
}
