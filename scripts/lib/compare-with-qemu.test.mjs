/** The comparison with QEMU as a person runs it, on programs of a few bytes. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../compare-with-qemu.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'viridian-compare-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hasQemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;
if (!hasQemu) console.warn('no qemu-system-x86_64 here: the comparison with QEMU is skipped');

/** A multiboot kernel at 2 MiB that is nothing but 32-bit code. */
function kernel(name, code) {
  const [magic, flags, start] = [0x1bad_b002, 0x1_0000, 0x20_0000];
  const header = Uint32Array.of(magic, flags, -(magic + flags), start, start, 0, 0, start + 32);
  const path = join(folder, name);
  writeFileSync(path, Uint8Array.of(...new Uint8Array(header.buffer), ...code));
  return path;
}

async function compare(...args) {
  const child = spawn(process.execPath, ['--conditions=viridian:source', SCRIPT, ...args]);
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (out += data));
  const [code] = await once(child, 'close');
  return { code, out };
}

// mov ecx, 100; xor eax, eax; L: add eax, ecx; dec ecx; jnz L; mov edi, 300000h; mov ecx, 100; cld; rep stosd
const WORK = [
  ...[0xb9, 100, 0, 0, 0, 0x31, 0xc0, 0x01, 0xc8, 0x49, 0x75, 0xfb],
  ...[0xbf, 0, 0, 0x30, 0, 0xb9, 100, 0, 0, 0, 0xfc, 0xf3, 0xab],
];
/** mov al, 0; out F4h, al; cli; hlt */
const END = [0xb0, 0, 0xe6, 0xf4, 0xfa, 0xf4];

describe.skipIf(!hasQemu)('compare-with-qemu', () => {
  it('finds the same steps in a program that asks nothing of its machine', async () => {
    const { code, out } = await compare('--kernel', kernel('same', [...WORK, ...END]));
    expect(out).toMatch(/\n308 of 308 steps are the same\n$/);
    expect(code).toBe(0);
  });

  it('shows the first difference, and where it came from', async () => {
    // mov eax, 40000000h; cpuid; cmp ebx, "TCGT"; je over a nop: the branch goes another way on each of them.
    const ask = [0xb8, 0, 0, 0, 0x40, 0x0f, 0xa2, 0x81, 0xfb, 0x54, 0x43, 0x47, 0x54, 0x74, 1, 0x90];
    const { code, out } = await compare('--kernel', kernel('other', [...WORK, ...ask, ...END]));
    expect(code).toBe(1);
    expect(out).toMatch(/\ndifferent behind 310 steps:\n/);
    expect(out).toMatch(/\n {2}ours {2}#\d+ +00200048 {2}90 +nop\n {2}QEMU +00200049\n/);
    expect(out).toMatch(/\n {2}rbx ours 0 QEMU 54474354 behind #\d+ +0020003e {2}0f a2 +cpuid/);
  });

  it('begins where it is told to', async () => {
    const path = kernel('from', [...WORK, ...END]);
    const { code, out } = await compare('--kernel', path, '--from', '0x20002c', '--count', '3');
    expect(out).toMatch(/^ours: 3 steps from #302 /);
    expect(code).toBe(0);
  });

  it('says what cannot be compared', async () => {
    const path = kernel('never', END);
    expect(await compare('--kernel', path, '--from', 'nowhere')).toMatchObject({ code: 2 });
    expect(await compare('--kernel', SCRIPT)).toMatchObject({ code: 2 });
    const { code, out } = await compare('--kernel', path, '--', '-no-such-option');
    expect(code).toBe(2);
    expect(out).toContain('invalid option');
  });
});
