/** A host whose DVD drive answers nonsense: the request fails, and the next one is asked all the same. */

import { ScsiError, StorageDvd, StorageError } from '@viridian/vsc/storage';
import { describe, expect, it } from 'vitest';

const ADDRESS = { path: 0, target: 0, lun: 0 };

/** A drive whose host gives these bytes, cut or filled up as the length check of the adapter would have it. */
function drive(answer: readonly number[] | Error): StorageDvd {
  return new StorageDvd(
    ADDRESS,
    {
      tell: async () => {
        if (answer instanceof Error) throw answer;
      },
      whole: async (_address, cdb, byteCount) => {
        if (answer instanceof Error) throw answer;
        if (answer.length !== byteCount)
          throw new StorageError('short', `command ${cdb[0]}: ${answer.length}`);
        return Uint8Array.from(answer);
      },
    },
    64 * 1024,
  );
}

describe('a drive', () => {
  it.each([
    ['blocks of 512 bytes', [0, 0, 0, 9, 0, 0, 2, 0]],
    ['blocks of no bytes', [0, 0, 0, 9, 0, 0, 0, 0]],
    ['endless blocks', [0, 0, 0, 9, 0xff, 0xff, 0xff, 0xff]],
  ])('with %s has no size', async (_, answer) => {
    await expect(drive(answer).blockCount()).rejects.toMatchObject({ kind: 'failed' });
  });

  it('that answers too little fails', async () => {
    await expect(drive([0, 0]).blockCount()).rejects.toMatchObject({ kind: 'short' });
    await expect(drive([0, 0]).takeEvent()).rejects.toMatchObject({ kind: 'short' });
    await expect(drive([0, 0]).readBytes(0, 1)).rejects.toMatchObject({ kind: 'short' });
  });

  it('whose events nobody knows has none', async () => {
    expect(await drive([0, 6, 4, 0x10, 0x0f, 2, 0, 0]).takeEvent()).toBe('none');
    expect(await drive([0xff, 0xff, 0xff, 0xff, 0xf3, 2, 0, 0]).takeEvent()).toBe('removal');
  });

  it('that is not ready has no disc, and any other failure is told', async () => {
    expect(await drive(new ScsiError(0, 2, 0x3a, 1, 2)).hasDisc()).toBe(false);
    await expect(drive(new ScsiError(0, 4, 0x44, 0, 2)).hasDisc()).rejects.toThrow(/HARDWARE_ERROR/);
    await expect(drive(new StorageError('closed', 'gone')).hasDisc()).rejects.toMatchObject({
      kind: 'closed',
    });
  });
});
