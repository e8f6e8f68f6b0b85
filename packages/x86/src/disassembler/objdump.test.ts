/** The disassembler against `objdump -M intel` on code that compilers wrote. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { disassemble } from './disassemble.ts';

const FILES = [
  '/lib/x86_64-linux-gnu/libc.so.6',
  '/bin/bash',
  '/lib/x86_64-linux-gnu/libm.so.6',
  '/bin/busybox',
];
/** Instructions that are compared per file, spread over it. */
const INSTRUCTIONS = 15_000;

/** What the processor lacks and the disassembler does not name, and the two-instruction names of FWAIT. */
const UNKNOWN =
  /^(v|k[a-z]|\(bad|notrack|x(begin|end|abort|test)|(rd|wr)pkru|(s[ah][lr]x|bzhi|bls|andn|rorx|mulx|pdep|pext|bextr)|f(st|ld|s|n?st|stc)[a-z]*w\b|fst?env|fsave|fclex|finit|ffreep|u?d1|rdpid|xsavec|xsaves|xrstors|incssp|rdssp|aes|pclmul|sha)/;

interface Line {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** Addresses of branches as we write them, no names of functions, single spaces. */
function normalised(text: string): string {
  return text
    .replace(/\s+#.*$/, '')
    .replace(/\s*<[^>]*>/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^((?:bnd )?(?:j\w+|call|loop\w*)) ([0-9a-f]+)$/, '$1 0x$2');
}

function objdump(file: string): Line[] {
  const options = ['-d', '-w', '-M', 'intel', '-j', '.text', '--insn-width=16', file];
  const { stdout } = spawnSync('objdump', options, { maxBuffer: 2 ** 29, encoding: 'utf8' });
  const found = [...stdout.matchAll(/^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*\t?(.*)$/gm)];
  const stride = Math.max(1, Math.floor(found.length / INSTRUCTIONS));
  return found
    .filter((_, at) => at % stride === 0)
    .map(([, address, bytes, text]) => ({
      address: BigInt(`0x${address}`),
      bytes: Uint8Array.from(bytes!.trim().split(' '), (byte) => Number.parseInt(byte, 16)),
      text: normalised(text!),
    }))
    .filter(({ text }) => !UNKNOWN.test(text));
}

describe('disassemble and objdump agree', () => {
  const files = FILES.filter((file) => existsSync(file));
  const obstacle =
    process.arch !== 'x64'
      ? 'no x86-64 programs here'
      : spawnSync('objdump', ['-v']).status !== 0
        ? 'no objdump'
        : '';

  for (const file of files) {
    it(`on ${file}`, { timeout: 60_000 }, ({ skip }) => {
      if (obstacle !== '') skip(obstacle);
      const lines = objdump(file);
      const wrong = lines
        .map((line) => ({ line, ours: disassemble(line.bytes, 64, line.address) }))
        .filter(({ line, ours }) => ours.text !== line.text || ours.bytes !== line.bytes.length)
        .map(
          ({ line, ours }) => `${[...line.bytes].map((b) => b.toString(16))}: ${line.text} | ${ours.text}`,
        );
      expect(wrong).toEqual([]);
      expect(lines.length).toBeGreaterThan(5000);
    });
  }
});
