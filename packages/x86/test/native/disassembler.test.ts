/** The disassembler against `objdump -M intel` on instructions of every row of the opcode table, in all modes. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/disassembler/decode.ts';
import { OPCODES, type Opcode } from '../../src/disassembler/opcode-table.ts';
import { type CodeBits, disassemble } from '../../src/index.ts';
import { encodeInstruction } from './encode.ts';
import { Random } from './random.ts';

const MACHINES = { 16: 'i8086', 32: 'i386', 64: 'i386:x86-64' } as const;
/** Instructions of a row. */
const VARIANTS = 4;
/** Instructions lie this far apart. */
const SLOT_BYTES = 32;
const NOP = 0x90;

/** Rows that objdump names otherwise, or that only newer processors have with a prefix. */
const NAMED_OTHERWISE =
  /^(fwait|salc|sysret|sysexit|[sl][gi]dt|xsave|xrstor|[rw][dr][fg]sbase|lddqu|cmpxchg(8|16)b|l[fg]s|lss|call|jmp|clflush)/;
/** Prefixes without meaning, which it writes in another order, and what hangs on them. */
const PREFIXED = /\b(data(16|32)|addr32|rex|lock|repn?z|[c-gs]s|es) |\[(eiz\*1\+)?0x/;

/** Of map 0F: NOPs that some processors have a use for. */
const LATER_USED = new Set([0x0d, 0x1a, 0x1b]);

/** The instructions that a test disassembles; far pointers, which the encoder does not make, are left out. */
function instructions(bits: CodeBits): { readonly opcode: Opcode; readonly code: Uint8Array }[] {
  const random = new Random(bits);
  return OPCODES.filter(({ only64, invalid64, operands, opcode, map }) => {
    const wasNop = map === 1 && LATER_USED.has(opcode);
    return (bits === 64 ? !invalid64 : !only64) && !operands.includes('Ap') && !wasNop;
  }).flatMap((opcode) =>
    Array.from({ length: VARIANTS }, () => {
      const { code } = encodeInstruction(random, opcode, { bits, target: 0x20000100, address: 0x10000000 });
      return { opcode, code: Uint8Array.from(code) };
    }),
  );
}

/** Lengths and texts by address. */
function objdump(code: Uint8Array, bits: CodeBits): Map<number, { bytes: number; text: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'viridian-objdump-'));
  const file = join(folder, 'code');
  writeFileSync(file, code);
  const options = ['-D', '-w', '-b', 'binary', '-m', MACHINES[bits], '-M', 'intel', '--insn-width=16', file];
  const { stdout } = spawnSync('objdump', options, { maxBuffer: 2 ** 28, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  const lines = new Map<number, { bytes: number; text: string }>();
  for (const [, address, bytes, text] of stdout.matchAll(
    /^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*\t?(.*)$/gm,
  )) {
    const normal = text!
      .replace(/\s+#.*$/, '')
      .replace(/\brex(\.[WRXB]+)? /, '')
      .replace(/(?:,p[nt])?\s+/g, ' ')
      .trim();
    lines.set(Number.parseInt(address!, 16), { bytes: bytes!.trim().split(' ').length, text: normal });
  }
  return lines;
}

const obstacle = spawnSync('objdump', ['-v']).status === 0 ? undefined : 'there is no objdump';

describe('disassemble and objdump agree on every row of the opcode table', () => {
  for (const bits of [16, 32, 64] as const) {
    it(`in ${bits}-bit code`, ({ skip }) => {
      if (obstacle !== undefined) skip(obstacle);
      const all = instructions(bits);
      const image = new Uint8Array(all.length * SLOT_BYTES).fill(NOP);
      all.forEach(({ code }, index) => {
        image.set(code, index * SLOT_BYTES);
      });
      const lines = objdump(image, bits);
      const wrong: string[] = [];
      let compared = 0;
      all.forEach(({ opcode, code }, index) => {
        const line = lines.get(index * SLOT_BYTES);
        const ours = disassemble(code, bits, index * SLOT_BYTES);
        // An instruction of another row: a prefix or the ModRM byte made it one.
        const isOther = decode(code, 0, bits)?.opcode !== opcode;
        if (line === undefined || NAMED_OTHERWISE.test(opcode.names[0]!) || isOther) return;
        if (PREFIXED.test(line.text) || PREFIXED.test(ours.text)) return;
        compared += 1;
        if (line.text === ours.text && line.bytes === ours.bytes) return;
        wrong.push(`${[...code].map((byte) => byte.toString(16))}: ${line.text} | ${ours.text}`);
      });
      expect(wrong).toEqual([]);
      expect(compared).toBeGreaterThan(2000);
    });
  }
});
