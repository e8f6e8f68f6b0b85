/** Kernels for loader tests, small and with any field as a test wants it. */

/** A segment of a made-up executable. */
export interface TestSegment {
  readonly gpa: number;
  readonly bytes: Uint8Array;
  /** As many as the bytes unless given. */
  readonly memoryBytes?: number;
}

/** Fields of a made-up ELF file. */
export interface TestElf {
  readonly bits?: 32 | 64;
  readonly machine?: number;
  readonly type?: number;
  readonly entry?: number;
  readonly segments?: readonly TestSegment[];
  /** In front of the segments' bytes. */
  readonly preamble?: Uint8Array;
}

/** An executable for x86-64 at 1000000h unless asked otherwise. */
export function elfFile(given: TestElf = {}): Uint8Array {
  const { bits = 64, machine = bits === 64 ? 62 : 3, type = 2, entry = 0x100_0000 } = given;
  const { segments = [{ gpa: 0x100_0000, bytes: Uint8Array.of(0xf4) }], preamble = new Uint8Array(0) } =
    given;
  const headerBytes = bits === 64 ? 64 : 52;
  const entryBytes = bits === 64 ? 56 : 32;
  const preambleAt = headerBytes + segments.length * entryBytes;
  const dataAt = (preambleAt + preamble.length + 3) & ~3;
  const file = new Uint8Array(dataAt + segments.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const view = new DataView(file.buffer);
  const word = (at: number, value: number): void => {
    view.setUint32(at, value >>> 0, true);
    if (bits === 64) view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
  };
  const half = bits === 64 ? 8 : 4;
  file.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, 1, 1]);
  view.setUint16(16, type, true);
  view.setUint16(18, machine, true);
  word(24, entry);
  word(24 + half, headerBytes);
  view.setUint16(headerBytes - 10, entryBytes, true);
  view.setUint16(headerBytes - 8, segments.length, true);
  file.set(preamble, preambleAt);
  let at = dataAt;
  segments.forEach(({ gpa, bytes, memoryBytes = bytes.length }, index) => {
    const header = headerBytes + index * entryBytes;
    const first = header + half;
    view.setUint32(header, 1, true);
    [at, gpa, gpa, bytes.length, memoryBytes].forEach((value, field) => {
      word(first + field * half, value);
    });
    file.set(bytes, at);
    at += bytes.length;
  });
  return file;
}

/** Fields of a made-up bzImage. */
export interface TestImage {
  readonly payload?: Uint8Array;
  readonly version?: number;
  readonly xloadflags?: number;
  readonly loadflags?: number;
  readonly prefAddress?: number;
  readonly initBytes?: number;
  readonly cmdlineBytes?: number;
  readonly initrdAddrMax?: number;
}

const SETUP_SECTORS = 2;
const PAYLOAD_OFFSET = 0x240;

/** A bzImage with a payload as it is given (with its size at the end). */
export function bzImage(given: TestImage = {}): Uint8Array {
  const { payload = new Uint8Array(16) } = given;
  const start = (SETUP_SECTORS + 1) * 512;
  const paragraphs = Math.ceil((PAYLOAD_OFFSET + payload.length) / 16);
  const file = new Uint8Array(start + paragraphs * 16);
  const view = new DataView(file.buffer);
  file[0x1f1] = SETUP_SECTORS;
  view.setUint32(0x1f4, paragraphs, true);
  view.setUint16(0x1fe, 0xaa55, true);
  file.set([0xeb, 0x6a, 0x48, 0x64, 0x72, 0x53], 0x200);
  view.setUint16(0x206, given.version ?? 0x020f, true);
  file[0x211] = given.loadflags ?? 1;
  view.setUint32(0x22c, given.initrdAddrMax ?? 0x7fff_ffff, true);
  view.setUint16(0x236, given.xloadflags ?? 0x7f, true);
  view.setUint32(0x238, given.cmdlineBytes ?? 2047, true);
  view.setUint32(0x248, PAYLOAD_OFFSET, true);
  view.setUint32(0x24c, payload.length, true);
  view.setUint32(0x258, given.prefAddress ?? 0x100_0000, true);
  view.setUint32(0x260, given.initBytes ?? 0x10_0000, true);
  file.set(payload, start + PAYLOAD_OFFSET);
  return file;
}

/** Packs as an LZ4 legacy frame of literals only, and appends the size as a kernel's build does. */
export function lz4Payload(bytes: Uint8Array): Uint8Array {
  const lengths: number[] = [];
  for (let rest = bytes.length - 15; rest >= 0; rest -= 255) lengths.push(Math.min(rest, 255));
  if (bytes.length >= 15 && lengths.at(-1) === 255) lengths.push(0);
  const block = [Math.min(bytes.length, 15) << 4, ...lengths, ...bytes];
  return Uint8Array.from([0x02, 0x21, 0x4c, 0x18, ...u32(block.length), ...block, ...u32(bytes.length)]);
}

/** Little-endian bytes. */
export function u32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}
