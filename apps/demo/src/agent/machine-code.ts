/** Machine code with jumps to labels, and the smallest file that Linux executes. Intel SDM, Jcc and JMP; System V ABI, i386, ELF. */

/** Bytes of instructions, a label ('name:'), or a jump to one by its opcode. */
export type CodeItem =
  | readonly number[]
  | `${string}:`
  | { readonly opcode: readonly number[]; readonly to: string };

/** JMP rel32. */
export const jump = (to: string): CodeItem => ({ opcode: [0xe9], to });
/** JE, JZ. */
export const jumpIfZero = (to: string): CodeItem => ({ opcode: [0x0f, 0x84], to });
/** JS: the last result is negative. */
export const jumpIfNegative = (to: string): CodeItem => ({ opcode: [0x0f, 0x88], to });
/** JB: the last comparison was below, unsigned. */
export const jumpIfBelow = (to: string): CodeItem => ({ opcode: [0x0f, 0x82], to });

/** Four bytes, little-endian. */
export const word = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);

/** Places the items one behind the other. Throws for a jump to nowhere. */
export function assemble(items: readonly CodeItem[]): Uint8Array<ArrayBuffer> {
  const labels = new Map<string, number>();
  let end = 0;
  for (const item of items) {
    if (typeof item === 'string') labels.set(item.slice(0, -1), end);
    else end += 'to' in item ? item.opcode.length + 4 : item.length;
  }
  const code: number[] = [];
  for (const item of items) {
    if (typeof item === 'string') continue;
    if (!('to' in item)) {
      code.push(...item);
      continue;
    }
    const target = labels.get(item.to);
    if (target === undefined) throw new Error(`no label ${item.to}`);
    code.push(...item.opcode, ...word(target - (code.length + item.opcode.length + 4)));
  }
  return Uint8Array.from(code);
}

const LOAD_ADDRESS = 0x0804_8000;
const ELF_HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;

/** An executable of one segment, entered at its first instruction. Linux for x86-64 runs it as well. */
export function elfProgram(code: Uint8Array): Uint8Array<ArrayBuffer> {
  const start = ELF_HEADER_BYTES + PROGRAM_HEADER_BYTES;
  const file = new Uint8Array(start + code.length);
  const view = new DataView(file.buffer);
  const put = (at: number, ...words: number[]): void =>
    words.forEach((value, i) => {
      view.setUint32(at + i * 4, value, true);
    });
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]); // 32 bits, little-endian
  // type and machine, version, entry, program headers, section headers, flags
  put(16, 0x0003_0002, 1, LOAD_ADDRESS + start, ELF_HEADER_BYTES, 0, 0);
  // sizes of the header and of a program header, one of those
  put(40, ELF_HEADER_BYTES | (PROGRAM_HEADER_BYTES << 16), 1, 0);
  // loadable, from the file's start, at this address, all of it, readable and executable, pages
  put(ELF_HEADER_BYTES, 1, 0, LOAD_ADDRESS, LOAD_ADDRESS, file.length, file.length, 5, 0x1000);
  file.set(code, start);
  return file;
}
