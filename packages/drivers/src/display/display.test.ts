import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DirtyRegion } from './dirty-region.ts';
import { Framebuffer, type Picture, type Scanout } from './framebuffer.ts';
import { encodePng } from './png.ts';
import type { Rectangle } from './rectangle.ts';

/** A screen on which each pixel tells its place. */
const grid = (widthPixels: number, heightPixels: number): Scanout => ({
  widthPixels,
  heightPixels,
  read: ({ left, top, right, bottom }, into) => {
    let at = 0;
    for (let y = top; y < bottom; y += 1) {
      for (let x = left; x < right; x += 1, at += 4) into.set([x, y, 7, 0], at);
    }
    return true;
  },
});

const rectangle = fc
  .tuple(
    fc.integer({ min: -9, max: 60 }),
    fc.integer({ min: -9, max: 60 }),
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 1, max: 30 }),
  )
  .map(([left, top, width, height]): Rectangle => ({ left, top, right: left + width, bottom: top + height }));

describe('Framebuffer', () => {
  it('is dark until a device shows something, and reads what it shows', () => {
    const screen = new Framebuffer();
    expect(screen.size).toBeUndefined();
    expect(screen.picture()).toBeUndefined();
    screen.show(grid(3, 2));
    expect(screen.size).toEqual({ widthPixels: 3, heightPixels: 2 });
    expect([...screen.picture({ left: 2, top: 0, right: 9, bottom: 9 })!.pixels]).toEqual([
      2, 0, 7, 0, 2, 1, 7, 0,
    ]);
    expect(screen.picture({ left: 3, top: 0, right: 9, bottom: 9 })).toBeUndefined();
    screen.show({ ...grid(3, 2), read: () => false });
    expect(screen.picture()).toBeUndefined();
  });

  it('tells watchers of modes, dirt on the screen and the pointer, until they stop', () => {
    const screen = new Framebuffer();
    const heard: unknown[] = [];
    const stop = screen.watch({
      modeChanged: (size) => heard.push(size?.widthPixels),
      dirtied: ({ left, right }) => heard.push([left, right]),
      pointerMoved: ({ x }) => heard.push(`x=${x}`),
      pointerShaped: ({ hotX }) => heard.push(`hot=${hotX}`),
    });
    screen.watch({});
    screen.dirtied({ left: 0, top: 0, right: 9, bottom: 9 });
    screen.show(grid(8, 8));
    screen.dirtied({ left: -4, top: 2, right: 3, bottom: 3 });
    screen.dirtied({ left: 8, top: 0, right: 9, bottom: 1 });
    screen.movePointer({ isVisible: true, x: 5, y: 6 });
    const shape = {
      widthPixels: 1,
      heightPixels: 1,
      hotX: 0,
      hotY: 0,
      isArgb: true,
      pixels: new Uint8Array(4),
    };
    screen.shapePointer(shape);
    screen.show(undefined);
    stop();
    screen.show(grid(1, 1));
    expect(heard).toEqual([8, [0, 8], [0, 3], 'x=5', 'hot=0', undefined]);
    expect(screen.pointerShape).toBe(shape);
    expect(screen.inspect()).toMatchObject({ size: '1×1', pointer: { x: 5 }, counters: { modes: 3 } });
  });
});

describe('DirtyRegion', () => {
  it('covers all that was added with few rectangles, and forgets it when taken', () => {
    fc.assert(
      fc.property(fc.array(rectangle, { maxLength: 60 }), (added) => {
        const region = new DirtyRegion();
        for (const one of added) region.add(one);
        expect(region.isEmpty).toBe(added.length === 0);
        const taken = region.take();
        expect(taken.length).toBeLessThanOrEqual(16);
        for (const one of added) {
          const isCovered = (x: number, y: number): boolean =>
            taken.some(({ left, top, right, bottom }) => left <= x && x < right && top <= y && y < bottom);
          expect(isCovered(one.left, one.top) && isCovered(one.right - 1, one.bottom - 1)).toBe(true);
        }
        expect(region.take()).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('joins what lies together and keeps apart what does not', () => {
    const region = new DirtyRegion();
    region.add({ left: 0, top: 0, right: 10, bottom: 5 });
    region.add({ left: 90, top: 90, right: 91, bottom: 91 });
    region.add({ left: 0, top: 5, right: 10, bottom: 9 });
    expect(region.take()).toEqual([
      { left: 90, top: 90, right: 91, bottom: 91 },
      { left: 0, top: 0, right: 10, bottom: 9 },
    ]);
  });
});

/** Reads back what `encodePng` writes: the parts of the format that it uses. */
function decode(png: Uint8Array): Picture & { types: string } {
  const view = new DataView(png.buffer);
  let types = '';
  const data: Uint8Array[] = [];
  for (let at = 8; at < png.length; at += 12 + view.getUint32(at)) {
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    types += type;
    if (type === 'IDAT') data.push(png.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  const [widthPixels, heightPixels] = [view.getUint32(16), view.getUint32(20)];
  const lines = inflateSync(data[0]!);
  const pixels = new Uint8Array(widthPixels * heightPixels * 4);
  for (let y = 0; y < heightPixels; y += 1) {
    for (let x = 0; x < widthPixels; x += 1) {
      const from = y * (1 + widthPixels * 3) + 1 + x * 3;
      pixels.set([lines[from + 2]!, lines[from + 1]!, lines[from]!], (y * widthPixels + x) * 4);
    }
  }
  return { widthPixels, heightPixels, pixels, types };
}

describe('encodePng', () => {
  it('is the file that other tools write for one red pixel', async () => {
    const png = await encodePng({ widthPixels: 1, heightPixels: 1, pixels: Uint8Array.of(0, 0, 255, 0) });
    const text = Array.from(png, (byte) => byte.toString(16).padStart(2, '0')).join('');
    // The head's CRC as libpng has it for 1×1 of 24 bits.
    expect(text.startsWith('89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de')).toBe(true);
    expect(text.endsWith('0000000049454e44ae426082')).toBe(true);
  });

  it('keeps every pixel', async () => {
    const screen = new Framebuffer();
    screen.show(grid(33, 17));
    const picture = screen.picture()!;
    expect(decode(await encodePng(picture))).toEqual({ ...picture, types: 'IHDRIDATIEND' });
  });
});
