import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bzImage, elfFile, lz4Payload, type TestImage, u32 } from '../../test/support/kernel-files.ts';
import { type BootImage, LoadError, type LoadOptions, loadKernel, pcMemoryMap } from './index.ts';

const MIB = 2 ** 20;
const memory = pcMemoryMap(64 * MIB);
const CODE = Uint8Array.of(0x90, 0xf4);
const VMLINUX = elfFile({ segments: [{ gpa: 16 * MIB, bytes: CODE, memoryBytes: 0x2000 }] });

const load = (kernel: Uint8Array, more: Partial<LoadOptions> = {}) => loadKernel({ kernel, memory, ...more });
const image = (given: TestImage = {}) => bzImage({ payload: lz4Payload(VMLINUX), ...given });

/** The bytes that lie at an address. */
function at(boot: BootImage, gpa: number): Uint8Array {
  const found = boot.placements.find((placement) => placement.gpa === gpa);
  if (found === undefined) throw new Error(`nothing at ${gpa.toString(16)}h`);
  return found.bytes;
}

const zeroPageOf = (boot: BootImage) => {
  const page = at(boot, boot.entry.general.rsi);
  return { page, u32: (offset: number) => new DataView(page.buffer).getUint32(offset, true) };
};

describe('a Linux kernel', () => {
  it('is unpacked and entered in 64-bit mode, as the boot protocol says', async () => {
    const boot = await load(image());
    expect(at(boot, 16 * MIB)).toEqual(CODE);
    expect(boot.zeroed).toEqual([{ gpa: 16 * MIB + 2, byteCount: 0x1ffe }]);
    expect(boot).toMatchObject({
      protocol: 'linux-64',
      entry: {
        bits: 64,
        rip: 16 * MIB,
        rflags: 2,
        cr0: 0x8000_0011,
        cr4: 0x20,
        efer: 0x500,
        cs: { selector: 0x10, attributes: 0xa09b },
        data: { selector: 0x18, attributes: 0xc093 },
      },
    });
  });

  it('finds the segments of its entry state in the GDT', async () => {
    for (const [kernel, code] of [
      [image(), 0x00af_9b00],
      [elfFile({ bits: 32 }), 0x00cf_9b00],
    ] as const) {
      const { entry, ...boot } = await load(kernel);
      const gdt = at({ entry, ...boot }, entry.gdtr.base);
      const view = new DataView(gdt.buffer);
      expect(entry.gdtr.limit).toBe(gdt.length - 1);
      expect([0x10, 0x14, 0x18, 0x1c].map((offset) => view.getUint32(offset, true))).toEqual([
        0xffff,
        code,
        0xffff,
        0x00cf_9300,
      ]);
    }
  });

  it('finds 4 GiB mapped to themselves', async () => {
    const boot = await load(image());
    const root = boot.entry.cr3;
    const tables = at(boot, root);
    const view = new DataView(tables.buffer);
    const entry = (gpa: number) => view.getUint32(gpa - root, true);
    const translate = (address: number): number => {
      const pointers = entry(root) & ~0xfff;
      const directory = entry(pointers + Math.floor(address / 2 ** 30) * 8) & ~0xfff;
      const page = entry(directory + (Math.floor(address / 2 ** 21) % 512) * 8);
      expect(page & 0x83).toBe(0x83);
      return (page & ~0x1f_ffff) >>> 0;
    };
    for (const address of [0, 16 * MIB, 2 ** 31, 2 ** 32 - 2 ** 21]) expect(translate(address)).toBe(address);
  });

  it('is told of memory, ACPI, command line and initrd in the zero page', async () => {
    const initrd = new Uint8Array(5000).fill(7);
    const boot = await load(image(), { commandLine: 'console=ttyS0', initrd, rsdpGpa: 0xe_0000 });
    const { page, u32: field } = zeroPageOf(boot);
    expect(field(0x202)).toBe(0x5372_6448);
    expect(page[0x1ef]).toBe(0);
    expect(page[0x210]).toBe(0xff);
    expect(field(0x070)).toBe(0xe_0000);
    expect(field(0x218)).toBe(64 * MIB - 8192);
    expect(field(0x21c)).toBe(5000);
    expect(at(boot, field(0x218))).toEqual(initrd);
    expect(new TextDecoder().decode(at(boot, field(0x228)))).toBe('console=ttyS0\0');
    expect(page[0x1e8]).toBe(4);
    expect([0, 4, 8, 12, 16].map((offset) => field(0x2d0 + 3 * 20 + offset))).toEqual([
      MIB,
      0,
      63 * MIB,
      0,
      1,
    ]);
  });

  it('has its initrd below the address that its header names', async () => {
    const boot = await load(image({ initrdAddrMax: 32 * MIB - 1 }), { initrd: new Uint8Array(4096) });
    expect(zeroPageOf(boot).u32(0x218)).toBe(32 * MIB - 4096);
  });

  it('unpacks itself when asked to, entered at its 64-bit entry', async () => {
    const kernel = image();
    const boot = await load(kernel, { unpack: false });
    expect(boot.entry).toMatchObject({ bits: 64, rip: 16 * MIB + 0x200 });
    expect(at(boot, 16 * MIB)).toEqual(kernel.subarray(3 * 512));
    expect(zeroPageOf(boot).u32(0x214)).toBe(16 * MIB);
  });

  it('is entered in 32-bit mode without a 64-bit entry', async () => {
    const boot = await load(image({ xloadflags: 4 }), { unpack: false });
    expect(boot).toMatchObject({
      protocol: 'linux-32',
      entry: { bits: 32, rip: 16 * MIB, cr0: 0x11, cr3: 0, cr4: 0, efer: 0, cs: { attributes: 0xc09b } },
    });
    const inner = await load(bzImage({ payload: lz4Payload(elfFile({ bits: 32 })) }));
    expect(inner.protocol).toBe('linux-32');
  });

  it('may be a bare vmlinux, whose header is made up', async () => {
    const boot = await load(VMLINUX);
    expect(boot).toMatchObject({ protocol: 'linux-64', entry: { rip: 16 * MIB } });
    expect(zeroPageOf(boot).u32(0x202)).toBe(0x5372_6448);
  });

  it('places nothing twice', async () => {
    const boot = await load(image(), { initrd: new Uint8Array(10), commandLine: 'x' });
    const ranges = [
      ...boot.placements.map(({ gpa, bytes }) => [gpa, gpa + bytes.length] as const),
      ...boot.zeroed.map(({ gpa, byteCount }) => [gpa, gpa + byteCount] as const),
    ].sort((a, b) => a[0] - b[0]);
    ranges.forEach(([, end], index) => {
      expect(end).toBeLessThanOrEqual(ranges[index + 1]?.[0] ?? 2 ** 32);
    });
  });
});

describe('what cannot be started', () => {
  const cases: [string, Uint8Array, Partial<LoadOptions>, string, string][] = [
    ['an empty file', new Uint8Array(0), {}, 'not-a-kernel', 'it is empty'],
    [
      'a Windows program',
      Uint8Array.of(0x4d, 0x5a, 0, 0),
      {},
      'not-a-kernel',
      '4 bytes that begin with 4d 5a',
    ],
    ['a vmlinux for ARM', elfFile({ machine: 183 }), {}, 'wrong-architecture', '64-bit ARM'],
    [
      'an ARM kernel inside',
      bzImage({ payload: lz4Payload(elfFile({ machine: 40 })) }),
      {},
      'wrong-architecture',
      'unpacked kernel is for 32-bit ARM',
    ],
    [
      'no kernel inside',
      bzImage({ payload: lz4Payload(new Uint8Array(99)) }),
      {},
      'not-a-kernel',
      'not an ELF file',
    ],
    ['an old protocol', image({ version: 0x0203 }), {}, 'unsupported', 'boot protocol 2.03'],
    ['a zImage', image({ loadflags: 0 }), {}, 'unsupported', 'zImage'],
    ['no payload told', image({ version: 0x0207 }), {}, 'unsupported', '--no-unpack'],
    [
      'a kernel above the memory',
      image(),
      { memory: pcMemoryMap(16 * MIB) },
      'does-not-fit',
      'the kernel does not fit',
    ],
    [
      'a machine below 1 MiB',
      image(),
      { memory: pcMemoryMap(0x1000) },
      'does-not-fit',
      'the kernel does not fit',
    ],
    ['no room to unpack itself', image({ initBytes: 60 * MIB }), { unpack: false }, 'does-not-fit', '76 MiB'],
    [
      'a preferred address beyond',
      image({ prefAddress: 0xf000_0000 }),
      { unpack: false },
      'does-not-fit',
      'f0000000h',
    ],
    [
      'an initrd that does not fit',
      image(),
      { initrd: new Uint8Array(49 * MIB) },
      'does-not-fit',
      'the initrd of 49 MiB',
    ],
    [
      'a kernel on the zero page',
      elfFile({ segments: [{ gpa: 0x1_0000, bytes: CODE }] }),
      {},
      'does-not-fit',
      'overlap',
    ],
    [
      'a kernel over itself',
      elfFile({
        segments: [
          { gpa: MIB, bytes: CODE },
          { gpa: MIB + 1, bytes: CODE },
        ],
      }),
      {},
      'does-not-fit',
      'overlap',
    ],
    [
      'a long command line',
      image({ cmdlineBytes: 10 }),
      { commandLine: 'x'.repeat(11) },
      'options',
      '11 bytes, this kernel takes 10',
    ],
    ['a NUL in the command line', image(), { commandLine: 'a\0b' }, 'options', 'NUL'],
    ['modules', image(), { modules: [{ bytes: CODE, commandLine: '' }] }, 'options', 'multiboot'],
  ];
  it.each(cases)('is told: %s', async (_, kernel, more, kind, words) => {
    await expect(load(kernel, more)).rejects.toMatchObject({ kind, message: expect.stringContaining(words) });
  });

  it.each([true, false])('is every shortened image (unpack: %s)', async (unpack) => {
    const kernel = image();
    for (let length = 0; length < kernel.length; length += 5) {
      const error = await load(kernel.subarray(0, length), { unpack }).catch((cause: unknown) => cause);
      // Padding behind the payload is nobody's loss.
      if (unpack && length > kernel.length - 16) continue;
      expect(error).toBeInstanceOf(LoadError);
    }
  });

  it('is nothing else: damaged files load or are refused with a reason', async () => {
    const kernels = [image(), bzImage({ payload: Uint8Array.from([0x1f, 0x8b, ...u32(9)]) }), VMLINUX];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kernels),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        async (kernel, changes, unpack) => {
          const damaged = kernel.slice();
          for (const [where, byte] of changes) damaged[where % damaged.length] = byte;
          const result = await load(damaged, { unpack, initrd: CODE }).catch((cause: unknown) => cause);
          if (result instanceof Error) expect(result).toBeInstanceOf(LoadError);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('pcMemoryMap', () => {
  it('leaves the holes of a PC and continues at 4 GiB', () => {
    const ram = pcMemoryMap(2 ** 32).filter(({ type }) => type === 1);
    expect(ram.map(({ gpa }) => gpa)).toEqual([0, MIB, 2 ** 32]);
    expect(ram[1]!.gpa + ram[1]!.byteCount).toBe(0xf800_0000);
    expect(ram[2]!.byteCount).toBe(2 ** 32 - 0xf800_0000);
  });
});
