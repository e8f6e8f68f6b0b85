/** One instruction and the state it starts from, in the bytes that `host.c` reads and writes. */

/** Bytes of a case. */
export const CASE_BYTES = 224;
/** Bytes of memory that instructions see through RSI and RDI. */
export const MEMORY_BYTES = 64;

const CODE = 1;
const XMM = 16;
const MM = 80;
const RAX = 112;
const FLAGS = 144;
const MXCSR = 152;
const VECTOR = 156;
const MEMORY = 160;

/** Numbers of the XMM registers that a case has, in its order. */
export const CASE_XMM = [0, 1, 2, 9] as const;
/** CF, PF, AF, ZF, SF, OF. */
export const ARITHMETIC_FLAGS = 0x8d5;

/** A view of a case. `at` moves it. */
export class Case {
  at = 0;
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  get code(): Uint8Array {
    return this.bytes.subarray(this.at + CODE, this.at + CODE + this.bytes[this.at]!);
  }

  set code(code: ArrayLike<number>) {
    this.bytes[this.at] = code.length;
    this.bytes.set(code, this.at + CODE);
  }

  /** Registers of {@link CASE_XMM} by index. */
  xmm(index: number): Uint8Array {
    return this.bytes.subarray(this.at + XMM + index * 16, this.at + XMM + index * 16 + 16);
  }

  /** MM0 to MM3. */
  mm(index: number): Uint8Array {
    return this.bytes.subarray(this.at + MM + index * 8, this.at + MM + index * 8 + 8);
  }

  /** RAX, RCX, RDX, R9. */
  general(index: number): bigint {
    return this.#view.getBigUint64(this.at + RAX + index * 8, true);
  }

  setGeneral(index: number, value: bigint): void {
    this.#view.setBigUint64(this.at + RAX + index * 8, value, true);
  }

  /** RFLAGS. */
  get flags(): number {
    return this.#view.getUint32(this.at + FLAGS, true);
  }

  set flags(value: number) {
    this.#view.setUint32(this.at + FLAGS, value, true);
  }

  get mxcsr(): number {
    return this.#view.getUint32(this.at + MXCSR, true);
  }

  set mxcsr(value: number) {
    this.#view.setUint32(this.at + MXCSR, value, true);
  }

  /** Vector of the exception that the instruction raised, -1 for none. */
  get vector(): number {
    return this.#view.getInt32(this.at + VECTOR, true);
  }

  set vector(value: number) {
    this.#view.setInt32(this.at + VECTOR, value, true);
  }

  get memory(): Uint8Array {
    return this.bytes.subarray(this.at + MEMORY, this.at + MEMORY + MEMORY_BYTES);
  }
}

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
/** Little-endian numbers are read from their far end. */
const wide = (bytes: Uint8Array) => hex(Uint8Array.from(bytes).reverse());

/** All of a case in one text, for messages. */
export function describeCase(shown: Case): string {
  const registers = CASE_XMM.map((number, index) => `xmm${number}=${wide(shown.xmm(index))}`);
  const media = [0, 1, 2, 3].map((index) => `mm${index}=${wide(shown.mm(index))}`);
  const general = ['rax', 'rcx', 'rdx', 'r9'].map(
    (name, index) => `${name}=${shown.general(index).toString(16)}`,
  );
  const control = [
    `mxcsr=${shown.mxcsr.toString(16)}`,
    `flags=${shown.flags.toString(16)}`,
    `vector=${shown.vector}`,
  ];
  return [...registers, ...media, ...general, ...control, `memory=${hex(shown.memory)}`].join('\n    ');
}

export const describeCode = (shown: Case) => hex(shown.code);
