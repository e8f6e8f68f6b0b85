import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elfFile, u32 } from '../../../test/support/kernel-files.ts';
import { type BootImage, LoadError, type LoadOptions, loadKernel, pcMemoryMap } from '../index.ts';

const MIB = 2 ** 20;
const memory = pcMemoryMap(64 * MIB);
const MAGIC = 0x1bad_b002;

function header(flags: number, ...addresses: number[]): Uint8Array {
  return Uint8Array.from([MAGIC, flags, -(MAGIC + flags), ...addresses].flatMap(u32));
}

const CODE = Uint8Array.of(0x90, 0xf4);
const ELF = elfFile({
  bits: 32,
  entry: 4 * MIB,
  preamble: header(0),
  segments: [{ gpa: 4 * MIB, bytes: CODE, memoryBytes: 100 }],
});
const FLAT_START = 2 * MIB;
const flat = (loadEnd: number, bssEnd: number, entry = FLAT_START + 32): Uint8Array =>
  Uint8Array.from([...header(0x1_0000, FLAT_START, FLAT_START, loadEnd, bssEnd, entry), ...CODE]);

const load = (kernel: Uint8Array, more: Partial<LoadOptions> = {}) => loadKernel({ kernel, memory, ...more });

/** Reads the boot information as a kernel would. */
function information(boot: BootImage) {
  const gpa = boot.entry.general.rbx;
  const { bytes } = boot.placements.find((placement) => placement.gpa === gpa)!;
  const view = new DataView(bytes.buffer);
  const field = (offset: number) => view.getUint32(offset, true);
  const text = (address: number) => {
    const start = address - gpa;
    return new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)));
  };
  return { field, text, inside: (address: number) => address - gpa };
}

describe('a multiboot kernel', () => {
  it('is entered in flat protected mode with the magic', async () => {
    const boot = await load(ELF);
    expect(boot).toMatchObject({
      protocol: 'multiboot',
      entry: { bits: 32, rip: 4 * MIB, cr0: 0x11, rflags: 2, general: { rax: 0x2bad_b002, rsi: 0 } },
    });
    expect(boot.placements).toContainEqual({ gpa: 4 * MIB, bytes: CODE });
    expect(boot.zeroed).toEqual([{ gpa: 4 * MIB + 2, byteCount: 98 }]);
  });

  it('gets its command line, modules and memory', async () => {
    const boot = await load(ELF, {
      kernelName: 'apic.flat',
      commandLine: 'smp=1',
      initrd: new TextEncoder().encode('NR_CPUS=1'),
      modules: [{ bytes: CODE, commandLine: 'second 2' }],
    });
    const { field, text, inside } = information(boot);
    expect(field(0) & 0x4d).toBe(0x4d);
    expect(field(4)).toBe(639);
    expect(field(8)).toBe(63 * 1024);
    expect(text(field(16))).toBe('apic.flat smp=1');
    expect(field(20)).toBe(2);
    const list = inside(field(24));
    const starts = [field(list), field(list + 16)];
    expect(starts).toEqual([4 * MIB + 0x1000, 4 * MIB + 0x2000]);
    expect([field(list + 4), field(list + 20)]).toEqual([starts[0]! + 9, starts[1]! + 2]);
    expect([text(field(list + 8)), text(field(list + 24))]).toEqual(['initrd', 'second 2']);
    expect(boot.placements).toContainEqual({ gpa: starts[1], bytes: CODE });
    const map = inside(field(48));
    expect(field(44)).toBe(4 * 24);
    expect([0, 4, 8, 12, 16, 20].map((offset) => field(map + 3 * 24 + offset))).toEqual([
      20,
      MIB,
      0,
      63 * MIB,
      0,
      1,
    ]);
  });

  it('may tell its addresses itself', async () => {
    const file = flat(FLAT_START + 33, FLAT_START + 0x1000);
    const boot = await load(file);
    expect(boot.entry.rip).toBe(FLAT_START + 32);
    expect(boot.placements).toContainEqual({ gpa: FLAT_START, bytes: file.subarray(0, 33) });
    expect(boot.zeroed).toEqual([{ gpa: FLAT_START + 33, byteCount: 0x1000 - 33 }]);
    const whole = await load(flat(0, 0));
    expect(whole.placements).toContainEqual({ gpa: FLAT_START, bytes: flat(0, 0) });
    expect(whole.zeroed).toEqual([]);
  });

  const refused: [string, Uint8Array, Partial<LoadOptions>, string][] = [
    ['unknown needs', elfFile({ bits: 32, preamble: header(0x8) }), {}, 'unsupported'],
    ['a video mode', elfFile({ bits: 32, preamble: header(0x4) }), {}, 'unsupported'],
    ['more than the file has', flat(FLAT_START + 1000, 0), {}, 'truncated'],
    ['an end before its start', flat(FLAT_START - 1, 0), {}, 'corrupt'],
    ['zeros inside itself', flat(0, FLAT_START + 1), {}, 'corrupt'],
    ['an entry outside', flat(0, 0, MIB), {}, 'corrupt'],
    ['too little memory', ELF, { memory: pcMemoryMap(2 * MIB) }, 'does-not-fit'],
    ['modules without room', ELF, { initrd: new Uint8Array(61 * MIB) }, 'does-not-fit'],
    ['a command line without end', ELF, { commandLine: 'x'.repeat(2 ** 18) }, 'options'],
    ['a NUL', ELF, { commandLine: 'a\0' }, 'options'],
  ];
  it.each(refused)('is refused: %s', async (_, kernel, more, kind) => {
    await expect(load(kernel, more)).rejects.toMatchObject({ kind });
  });

  it('loads damaged or is refused with a reason', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(ELF, flat(0, 0)), fc.nat(), fc.nat(255), async (kernel, at, byte) => {
        const damaged = kernel.slice();
        damaged[at % damaged.length] = byte;
        const result = await load(damaged).catch((cause: unknown) => cause);
        if (result instanceof Error) expect(result).toBeInstanceOf(LoadError);
      }),
      { numRuns: 300 },
    );
  });
});
