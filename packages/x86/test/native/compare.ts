/** Compares what two processors made of a case, and writes a difference down so that it can be looked into. */

import { decode } from '../../src/disassembler/decode.ts';
import { disassemble } from '../../src/disassembler/disassemble.ts';
import { registerName } from '../../src/disassembler/format.ts';
import { ARITHMETIC_FLAGS, ENDLESS, Flag, type Result, segmentBases, type TestCase } from './case.ts';
import { CODE } from './layout.ts';
import {
  definedBits,
  definedStatus,
  hasParts,
  leavesOpen,
  sameExtended,
  sameVector,
  tolerated,
} from './tolerance.ts';

const COMPARED_FLAGS = ARITHMETIC_FLAGS | Flag.DF | Flag.NT | Flag.AC | Flag.ID;
const PAGE_FAULT = 14;
/** Selector of 64-bit code. */
const CODE_64 = 0x33;
const SELECTOR_NAMES = ['cs', 'ss', 'ds', 'es'];
const HALF = 1n << 63n;

const hex = (value: bigint | number) => `0x${value.toString(16)}`;
const hexBytes = (bytes: Uint8Array) =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** RIP of the first instruction. */
function startOf({ bits, codeAt }: TestCase): number {
  return CODE - segmentBases(bits).code + codeAt;
}

/**
 * Differences between the host's result and ours, one line each; none when they agree. Without `strict`, nothing that
 * the manuals leave open is compared.
 */
export function differences(test: TestCase, host: Result, ours: Result, strict: boolean): string[] {
  const found: string[] = [];
  const check = (what: string, expected: bigint | number, actual: bigint | number) => {
    if (expected !== actual) found.push(`${what}: host ${hex(expected)}, ours ${hex(actual)}`);
  };
  const may = tolerated(test, host, ours);
  if (may.end) return found;
  check('trap', host.trap, ours.trap);
  check('rip', host.rip, ours.rip);
  if (host.trap !== ours.trap || ours.trap === ENDLESS) return found;
  if (host.trap === PAGE_FAULT) comparePageFaults(test, host, ours, check);
  else check('error', host.error, ours.error);
  if (test.undefinedResult) return found;
  ours.selectors.forEach((value, index) => {
    // The privilege level of a null selector is lost on the way through the host's system.
    const plain = (selector: number) => (selector < 4 ? 0 : selector);
    check(SELECTOR_NAMES[index]!, plain(host.selectors[index]!), plain(value));
  });
  const skipRegisters = may.registers || (!strict && leavesOpen(test.opcode));
  ours.registers.forEach((value, register) => {
    // 32-bit code does not see the rest.
    const is64 = test.bits === 64 && host.selectors[0] === CODE_64;
    const width = is64 ? 64 : 32;
    if (skipRegisters || (!is64 && register >= 8)) return;
    const name = registerName(register, width / 8, true);
    const defined = BigInt.asUintN(width, definedBits(test.opcode));
    check(name, host.registers[register]! & defined, value & defined);
  });
  const atEnd = host.rip === BigInt(startOf(test) + test.code.length + 1);
  const mask = COMPARED_FLAGS & ~(atEnd ? test.undefinedFlags : test.undefinedEarly);
  check('flags', host.flags & mask, ours.flags & mask);
  if (host.floats !== undefined && ours.floats !== undefined) {
    const status = definedStatus(test.opcode, strict);
    compareFloats(test, host.floats, ours.floats, may.x87 ? 0 : status, check);
  }
  if (!may.data) compareMemory(host, ours, found);
  return found;
}

type Check = (what: string, expected: bigint | number, actual: bigint | number) => void;

/** Compares FXSAVE images; of the x87 part `status` says which bits of the status word, and 0 nothing at all. */
function compareFloats(
  test: TestCase,
  host: Uint8Array,
  ours: Uint8Array,
  status: number,
  check: Check,
): void {
  const expected = new DataView(host.buffer, host.byteOffset, host.byteLength);
  const actual = new DataView(ours.buffer, ours.byteOffset, ours.byteLength);
  const wide = (view: DataView, at: number, high: bigint) => (high << 64n) | view.getBigUint64(at, true);
  check('mxcsr', expected.getUint32(24, true), actual.getUint32(24, true));
  for (let i = 0; i < (test.bits === 64 ? 16 : 8); i += 1) {
    const at = 160 + i * 16;
    if (sameVector(test, expected, actual, at)) continue;
    const high = (view: DataView) => view.getBigUint64(at + 8, true);
    check(`xmm${i}`, wide(expected, at, high(expected)), wide(actual, at, high(actual)));
  }
  if (status === 0) return;
  check('fcw', expected.getUint16(0, true), actual.getUint16(0, true));
  check('fsw', expected.getUint16(2, true) & status, actual.getUint16(2, true) & status);
  check('ftw', expected.getUint8(4), actual.getUint8(4));
  for (let i = 0; i < 8; i += 1) {
    const at = 32 + i * 16;
    const high = (view: DataView) => BigInt(view.getUint16(at + 8, true));
    const [there, here] = [wide(expected, at, high(expected)), wide(actual, at, high(actual))];
    if (!sameExtended(test, there, here)) check(`st${i}`, there, here);
  }
}

function comparePageFaults(test: TestCase, host: Result, ours: Result, check: Check): void {
  // Operands of several parts may be accessed in any order.
  const parts = hasParts(test.opcode);
  const width = parts ? 12n : 0n;
  check('cr2', host.address >> width, ours.address >> width);
  // Linux hides from programs what is present in the kernel's half.
  const hidden = host.address >= HALF ? 1 : 0;
  check('error', host.error & ~hidden, ours.error & ~hidden);
}

function compareMemory(host: Result, ours: Result, found: string[]): void {
  const same =
    host.changed.length === ours.changed.length &&
    (host.changed.length === 0 || host.changedAt === ours.changedAt) &&
    host.changed.every((byte, at) => byte === ours.changed[at]);
  if (same) return;
  const show = (result: Result) =>
    result.changed.length === 0
      ? 'unchanged'
      : `${hexBytes(result.changed.subarray(0, 64))} at ${hex(result.changedAt)}`;
  found.push(`data: host ${show(host)}, ours ${show(ours)}`);
}

/** The instructions of a case as text. */
export function disassembleCase(test: TestCase): string {
  const lines: string[] = [];
  for (let at = 0; at < test.code.length; ) {
    const { text, bytes } = disassemble(test.code, test.bits, startOf(test) + at, at);
    lines.push(text);
    at += decode(test.code, at, test.bits)?.bytes ?? bytes;
  }
  return lines.join('; ');
}

function describeFloats(image: Uint8Array): string[] {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const reversed = (at: number, bytes: number) =>
    hexBytes(image.slice(at, at + bytes).reverse()).replaceAll(' ', '');
  const st = Array.from({ length: 8 }, (_, i) => `st${i}=${reversed(32 + i * 16, 10)}`);
  const xmm = Array.from({ length: 16 }, (_, i) => `xmm${i}=${reversed(160 + i * 16, 16)}`);
  const words = `fcw=${hex(view.getUint16(0, true))} fsw=${hex(view.getUint16(2, true))} ftw=${hex(image[4]!)}`;
  return [
    `  before: ${words} mxcsr=${hex(view.getUint32(24, true))} ${st.join(' ')}`,
    `  before: ${xmm.join(' ')}`,
  ];
}

/** A difference with all that is needed to run the case again. */
export function describe(test: TestCase, host: Result, ours: Result, found: readonly string[]): string {
  const registers = [...test.registers]
    .slice(0, test.bits === 64 ? 16 : 8)
    .map((value, register) => `${registerName(register, test.bits === 64 ? 8 : 4, true)}=${hex(value)}`);
  const lines = [
    `${disassembleCase(test)}   [${hexBytes(test.code)}] ${test.bits}-bit at ${hex(startOf(test))}, seed ${test.seed}`,
    `  before: flags=${hex(test.flags)} ${registers.join(' ')}`,
  ];
  if (test.patch.length > 0) lines.push(`  data: ${hexBytes(test.patch)} at ${hex(test.patchAt)}`);
  if (test.floats !== undefined) lines.push(...describeFloats(test.floats));
  lines.push(
    `  ends: host trap ${host.trap} at ${hex(host.rip)}, ours trap ${ours.trap} at ${hex(ours.rip)}`,
  );
  return [...lines, ...found.map((line) => `  ${line}`)].join('\n');
}
