import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lz4Payload, u32 } from '../../../test/support/kernel-files.ts';
import * as samples from '../../../test/support/packed-samples.ts';
import { LoadError } from '../load-error.ts';
import { crc32 } from './crc32.ts';
import { unpackPayload } from './unpack.ts';

const { LZ4, XZ_ARM, XZ_CRC64, XZ_NOISE, XZ_PROPERTIES, XZ_X86, ZSTD } = samples;
const READABLE = { LZ4, XZ_NOISE, XZ_PROPERTIES, XZ_X86, ZSTD };

/** With the size behind it, as a kernel's build puts it. */
const payload = ({ packed, unpacked }: samples.PackedSample, bytes = unpacked.length): Uint8Array =>
  Uint8Array.from([...packed, ...u32(bytes)]);

describe('unpackPayload', () => {
  it.each(Object.entries(READABLE))('unpacks what the tool packed: %s', async (_, sample) => {
    expect(await unpackPayload(payload(sample))).toEqual(sample.unpacked);
  });

  it('unpacks gzip, which ends with its own size', async () => {
    const text = new TextEncoder().encode('a kernel '.repeat(100));
    const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
    const packed = new Uint8Array(await new Response(stream).arrayBuffer());
    expect(await unpackPayload(packed)).toEqual(text);
    await expect(unpackPayload(packed.subarray(0, 20))).rejects.toMatchObject({ kind: 'corrupt' });
  });

  it('unpacks every LZ4 block of literals', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 1000 }), async (bytes) => {
        expect(await unpackPayload(lz4Payload(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each(Object.entries(READABLE))('refuses %s with another size than it claims', async (_, sample) => {
    for (const claimed of [sample.unpacked.length - 1, sample.unpacked.length + 1]) {
      await expect(unpackPayload(payload(sample, claimed))).rejects.toMatchObject({
        kind: expect.stringMatching(/corrupt|truncated/),
      });
    }
  });

  it('refuses a size that no kernel has', async () => {
    await expect(unpackPayload(payload(LZ4, 2 ** 31))).rejects.toThrow('2048 MiB unpacked');
  });

  it.each([
    ['bzip2', [0x42, 0x5a, 0x68, 0x39]],
    ['LZMA', [0x5d, 0x00, 0x00, 0x80]],
    ['a format that is not known here', [1, 2, 3, 4]],
  ])('names %s, which the kernel has to unpack itself', async (name, bytes) => {
    await expect(unpackPayload(Uint8Array.from([...bytes, ...u32(1)]))).rejects.toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining(name),
    });
  });

  it.each([
    ['check', XZ_CRC64, 'the check 4'],
    ['filter', XZ_ARM, 'the filters 7,33'],
  ])('refuses XZ with another %s', async (_, sample, words) => {
    await expect(unpackPayload(payload(sample))).rejects.toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining(words),
    });
  });

  it.each(Object.entries(READABLE))(
    'never takes damaged %s for whole, and never hangs',
    async (name, sample) => {
      const whole = payload(sample);
      // Zstandard and the legacy LZ4 frame are without a checksum: other bytes may come out, but as many as claimed.
      const isChecked = name.startsWith('XZ') && sample !== XZ_NOISE;
      await fc.assert(
        fc.asyncProperty(
          fc.nat(sample.packed.length - 1),
          fc.integer({ min: 1, max: 255 }),
          async (at, flip) => {
            const damaged = whole.slice();
            damaged[at]! ^= flip;
            const result = await unpackPayload(damaged).catch((error: unknown) => error);
            if (result instanceof Uint8Array) {
              expect(result.length).toBe(sample.unpacked.length);
              if (isChecked) expect(result).toEqual(sample.unpacked); // damage in the index, which is not read
            } else expect(result).toBeInstanceOf(LoadError);
          },
        ),
        { numRuns: 200 },
      );
    },
  );

  it.each(Object.entries(READABLE))('refuses %s that is cut off', async (_, sample) => {
    const { packed, unpacked } = sample;
    // Behind the data only the XZ index follows: at most 40 bytes.
    for (let length = 6; length < packed.length - 40; length += 7) {
      const cut = Uint8Array.from([...packed.subarray(0, length), ...u32(unpacked.length)]);
      const result = await unpackPayload(cut).catch((error: unknown) => error);
      expect(result).toBeInstanceOf(LoadError);
    }
  });
});

describe('crc32', () => {
  it('has the check value of the catalogue', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf4_3926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });
});
