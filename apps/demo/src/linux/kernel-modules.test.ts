import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { GuestFilesError } from './guest-files-error.ts';
import { KernelModules } from './kernel-modules.ts';
import { readModuleInfo } from './module-info.ts';

/** A relocatable ELF file with a .modinfo section. */
function moduleFile(bits: 32 | 64, ...modinfo: string[]): Uint8Array {
  const names = '\0.shstrtab\0.modinfo\0';
  const info = modinfo.map((entry) => `${entry}\0`).join('');
  const is64 = bits === 64;
  const [headerBytes, entryBytes] = is64 ? [64, 64] : [52, 40];
  const dataAt = headerBytes + 3 * entryBytes;
  const file = new Uint8Array(Math.max(64, dataAt + names.length + info.length));
  const view = new DataView(file.buffer);
  const word = (at: number, value: number) =>
    is64 ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, value, true);
  file.set([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, 1, 1]);
  word(is64 ? 40 : 32, headerBytes);
  [entryBytes, 3, 1].forEach((value, index) => {
    view.setUint16((is64 ? 58 : 46) + index * 2, value, true);
  });
  const section = (index: number, name: number, offset: number, byteCount: number) => {
    const at = headerBytes + index * entryBytes;
    view.setUint32(at, name, true);
    word(at + (is64 ? 24 : 16), offset);
    word(at + (is64 ? 32 : 20), byteCount);
  };
  section(1, 1, dataAt, names.length);
  section(2, 11, dataAt + names.length, info.length);
  file.set(new TextEncoder().encode(names + info), dataAt);
  return file;
}

describe('readModuleInfo', () => {
  it.each([32, 64] as const)('reads a %i-bit module', (bits) => {
    const file = moduleFile(
      bits,
      'license=GPL',
      'softdep=pre: crypto-crc32c b post: c',
      'depends=scsi_mod,hv-vmbus',
    );
    expect(readModuleInfo(file)).toEqual({
      license: 'GPL',
      depends: ['scsi_mod', 'hv_vmbus'],
      softBefore: ['crypto_crc32c', 'b'],
    });
  });

  it('needs nothing where nothing is told', () => {
    expect(readModuleInfo(moduleFile(64, 'depends='))).toEqual({
      license: undefined,
      depends: [],
      softBefore: [],
    });
  });

  it('takes damaged files for what they are, and never throws', () => {
    const file = moduleFile(64, 'depends=a');
    expect(readModuleInfo(new Uint8Array(100))).toBeUndefined();
    for (let length = 0; length < file.length; length += 1) readModuleInfo(file.subarray(0, length));
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), (at, byte) => {
        const damaged = file.slice();
        damaged[at] = byte;
        readModuleInfo(damaged);
      }),
    );
  });
});

describe('KernelModules', () => {
  let folder = '';
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Modules by path with what they need. */
  async function modulesFrom(
    files: Record<string, string[]>,
    builtIn: string[] = [],
  ): Promise<KernelModules> {
    folder = await mkdtemp(join(tmpdir(), 'viridian-modules-'));
    await mkdir(join(folder, 'kernel/drivers'), { recursive: true });
    await writeFile(join(folder, 'modules.builtin'), builtIn.map((name) => `kernel/${name}.ko\n`).join(''));
    for (const [path, modinfo] of Object.entries(files)) {
      await writeFile(join(folder, 'kernel', path), moduleFile(64, ...modinfo));
    }
    return await KernelModules.open(folder);
  }

  const names = async (modules: KernelModules, ...wanted: string[]) =>
    (await modules.inOrder(wanted)).map(({ name }) => name);

  it('puts what is needed first, each module once', async () => {
    const modules = await modulesFrom({
      'drivers/hv_storvsc.ko': ['depends=hv_vmbus,scsi_mod,scsi_transport_fc'],
      'drivers/hv_vmbus.ko': ['depends='],
      'drivers/scsi_mod.ko': ['depends=scsi_common'],
      'drivers/scsi_transport_fc.ko': ['depends=scsi_mod'],
      'scsi-common.ko': ['depends='],
    });
    expect(await names(modules, 'hv_storvsc', 'hv-vmbus')).toEqual([
      'hv_vmbus',
      'scsi_common',
      'scsi_mod',
      'scsi_transport_fc',
      'hv_storvsc',
    ]);
  });

  it('leaves out what is built in, and finds the algorithm that a wish means', async () => {
    const modules = await modulesFrom(
      { 'ext4.ko': ['depends=jbd2', 'softdep=pre: crypto-crc32c nothing'], 'crc32c_generic.ko': [] },
      ['fs/jbd2'],
    );
    expect(await names(modules, 'ext4', 'jbd2')).toEqual(['crc32c_generic', 'ext4']);
  });

  it('says which module is missing and who needs it', async () => {
    const modules = await modulesFrom({ 'a.ko': ['depends=b'], 'text.ko': [] });
    await writeFile(join(folder, 'kernel/text.ko'), 'no module');
    await expect(modules.inOrder(['a'])).rejects.toThrow('this kernel has no module b, which a needs');
    await expect(modules.inOrder(['c'])).rejects.toThrow(GuestFilesError);
    await expect(modules.inOrder(['text'])).rejects.toThrow('is not a kernel module');
  });

  it('refuses a circle', async () => {
    const modules = await modulesFrom({ 'a.ko': ['depends=b'], 'b.ko': ['depends=a'] });
    await expect(modules.inOrder(['a'])).rejects.toThrow('needs itself');
  });
});
