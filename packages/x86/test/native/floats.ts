/** x87 and SSE state for cases: values at which floating-point instructions change their behaviour. */

import type { Opcode } from '../../src/disassembler/opcode-table.ts';
import { FLOAT_BYTES } from './layout.ts';
import { Random } from './random.ts';

/** What elements of a vector are. */
type Kind = 'single' | 'double' | 'integer';

/** Bit patterns: zeros, denormals and their limit, ones, what no longer converts, largest numbers, infinities, NaNs. */
const SINGLES = [
  0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x3f800000, 0xbf800000, 0x3f000000, 0x3f7fffff,
  0x3fc00000, 0x40490fdb, 0x4effffff, 0x4f000000, 0xcf000000, 0xcf000001, 0x5f000000, 0xdf000000, 0x7f7fffff,
  0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xffbfffff, 0x7fc12345, 0x4b000000,
  0x4b7fffff,
];
const DOUBLES = [
  0n,
  0x8000000000000000n,
  1n,
  0x800fffffffffffffn,
  0x0010000000000000n,
  0x3ff0000000000000n,
  0xbff0000000000000n,
  0x3fe0000000000000n,
  0x3fefffffffffffffn,
  0x3ff8000000000000n,
  0x400921fb54442d18n,
  0x41dfffffffc00000n,
  0x41e0000000000000n,
  0xc1e0000000000000n,
  0xc1e0000000200000n,
  0x43dfffffffffffffn,
  0x43e0000000000000n,
  0xc3e0000000000000n,
  0x7fefffffffffffffn,
  0xffefffffffffffffn,
  0x7ff0000000000000n,
  0xfff0000000000000n,
  0x7ff8000000000000n,
  0xfff8000000000000n,
  0x7ff0000000000001n,
  0xfff7ffffffffffffn,
  0x47efffffe0000000n,
  0x47effffff0000000n,
  0x380fffffffffffffn,
  0x36a0000000000000n,
  0x4330000000000000n,
  0x3690000000000000n,
];
const INTEGERS = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
];
/** Exponent with sign, and mantissa, of 80-bit numbers. */
const EXTENDED: readonly (readonly [number, bigint])[] = [
  [0, 0n],
  [0x8000, 0n],
  [0, 1n],
  [0, 0x7fffffffffffffffn],
  [0, 0x8000000000000000n], // pseudo-denormal
  [1, 0x8000000000000000n],
  [0x3fff, 0x8000000000000000n],
  [0xbfff, 0x8000000000000000n],
  [0x3ffe, 0xffffffffffffffffn],
  [0x4000, 0xc90fdaa22168c235n],
  [0x3ffe, 0xb17217f7d1cf79acn],
  [0x400d, 0xfffe000000000000n],
  [0x400e, 0x8000000000000000n],
  [0x401d, 0xffffffff00000000n],
  [0x403d, 0xffffffffffffffffn],
  [0x403e, 0x8000000000000000n],
  [0xc03e, 0x8000000000000000n],
  [0x43ff, 0x8000000000000000n],
  [0x3c00, 0xffffffffffffffffn],
  [0x7ffe, 0xffffffffffffffffn],
  [0xfffe, 0xffffffffffffffffn],
  [0x7fff, 0x8000000000000000n], // infinity
  [0xffff, 0x8000000000000000n],
  [0x7fff, 0xc000000000000000n], // quiet NaN
  [0xffff, 0xc000000000000000n],
  [0x7fff, 0x8000000000000001n], // signalling NaN
  [0xffff, 0xbfffffffffffffffn],
  [0x7fff, 0x0000000000000001n], // pseudo-infinity, pseudo-NaN and unnormal: invalid operands
  [0x7fff, 0n],
  [0x4000, 0x4000000000000000n],
  [0xc034, 0xfedcba9876543210n],
];

function single(random: Random): number {
  if (random.once(2)) return random.pick(SINGLES);
  // Exponents near each other, so that sums do not just give one operand.
  return (random.next() & 0x807fffff) | ((119 + random.below(16)) << 23);
}

function double(random: Random): bigint {
  if (random.once(2)) return random.pick(DOUBLES);
  if (random.once(3)) return random.wide();
  const mask = random.once(3) ? 0x800fffffe0000000n : 0x800fffffffffffffn;
  return (random.wide() & mask) | (BigInt(1015 + random.below(16)) << 52n);
}

/** Vectors made before: most are taken from here, which is faster than making them. */
const POOL_SIZE = 4096;
const pools = new Map<Kind, Uint8Array[]>();

/** Sixteen bytes of elements. */
export function vector(random: Random, kind: Kind): Uint8Array {
  let pool = pools.get(kind);
  if (pool === undefined) {
    // Not from `random`: a case must not depend on those before it.
    const own = new Random(POOL_SIZE);
    pool = Array.from({ length: POOL_SIZE }, () => makeVector(own, kind));
    pools.set(kind, pool);
  }
  return random.once(8) ? makeVector(random, kind) : random.pick(pool);
}

function makeVector(random: Random, kind: Kind): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < 16; at += kind === 'single' ? 4 : 8) {
    if (kind === 'single') view.setUint32(at, single(random), true);
    else if (kind === 'double') view.setBigUint64(at, double(random), true);
    else view.setBigUint64(at, integers(random), true);
  }
  return bytes;
}

function integers(random: Random): bigint {
  if (random.once(2)) return random.wide();
  const edge = random.pick(INTEGERS);
  return random.once(2) ? random.integer() : edge | (random.pick(INTEGERS) << BigInt(random.below(48)));
}

/** Ten bytes of an 80-bit number. */
export function extended(random: Random): Uint8Array {
  const bytes = new Uint8Array(10);
  const view = new DataView(bytes.buffer);
  let [exponent, mantissa] = random.pick(EXTENDED);
  if (random.once(2)) {
    exponent = (0x3ff0 + random.below(32)) | (random.below(2) << 15);
    mantissa = random.wide() | (1n << 63n);
    if (random.once(3)) mantissa &= -1n << BigInt(random.below(64));
    mantissa = BigInt.asUintN(64, mantissa) | (1n << 63n);
  }
  view.setBigUint64(0, mantissa, true);
  view.setUint16(8, exponent, true);
  return bytes;
}

/** What an instruction's operands most likely are, by its name. */
function kindOf(opcode: Opcode, random: Random): Kind {
  const name = opcode.names[0]!;
  if (random.once(6)) return random.pick(['single', 'double', 'integer'] as const);
  if (/^p|dq|movd|movq/.test(name) && !/ps2|pd2/.test(name)) return 'integer';
  if (/s[di]$/.test(name) && /^cvtt?s/.test(name)) return name.includes('ss') ? 'single' : 'double';
  return /[ps]d$|pd2|sd2|^f/.test(name) ? 'double' : 'single';
}

const MASKED_MXCSR = 0x1f80;
const MASKED_FCW = 0x37f;

function chooseMxcsr(random: Random): number {
  if (random.once(3)) return MASKED_MXCSR;
  // Rounding, denormals and flags are anything; exceptions mostly masked.
  const any = random.next() & 0xffff;
  return random.once(5) ? any : any | MASKED_MXCSR;
}

/** Control and status word: flags that are set are masked, so that nothing is pending, but seldom. */
function chooseX87(random: Random, view: DataView): void {
  const fcw = random.once(3)
    ? MASKED_FCW
    : (random.next() & 0xf00) | 0x40 | (random.once(5) ? random.below(64) : 63);
  let fsw = (random.next() & 0x4700) | (random.below(8) << 11);
  const flags = random.below(64) & (random.once(2) ? 0 : 63);
  fsw |= flags & fcw & 63;
  if (random.once(40)) fsw |= flags;
  if (fsw & ~fcw & 63) fsw |= 0x8080;
  view.setUint16(0, fcw, true);
  view.setUint16(2, fsw, true);
  view.setUint8(4, random.once(3) ? random.below(256) : 0xff);
}

/** An FXSAVE image for an instruction. */
export function makeFloats(random: Random, opcode: Opcode): Uint8Array {
  const image = new Uint8Array(FLOAT_BYTES);
  const view = new DataView(image.buffer);
  chooseX87(random, view);
  // MMX instructions meet pending x87 exceptions too, but mostly they should run.
  if (opcode.set === 'simd') view.setUint16(2, view.getUint16(2, true) & 0x7f00, true);
  view.setUint32(24, chooseMxcsr(random), true);
  const kind = kindOf(opcode, random);
  for (let register = 0; register < 8; register += 1) {
    image.set(
      opcode.set === 'simd' ? vector(random, 'integer').subarray(0, 8) : extended(random),
      32 + register * 16,
    );
    if (opcode.set === 'simd') view.setUint16(40 + register * 16, 0xffff, true);
  }
  for (let register = 0; register < 16; register += 1) {
    const again = register > 0 && random.once(6);
    image.set(
      again ? image.subarray(144 + register * 16, 160 + register * 16) : vector(random, kind),
      160 + register * 16,
    );
  }
  return image;
}

/** Bytes for a memory operand of an instruction. */
export function makeOperand(random: Random, opcode: Opcode): Uint8Array {
  if (opcode.set === 'simd') return vector(random, kindOf(opcode, random));
  const operand = opcode.operands.find((each) => /^M/.test(each));
  const isInteger = opcode.names[0]!.startsWith('fi');
  if (operand === 'Mt') return opcode.names[0] === 'fbld' ? decimal(random) : extended(random);
  if (isInteger || operand === 'M' || operand === 'Mw') return vector(random, 'integer');
  return vector(random, operand === 'Md' ? 'single' : 'double');
}

/** A packed decimal, seldom with digits that are none. */
function decimal(random: Random): Uint8Array {
  const bytes = new Uint8Array(10);
  for (let at = 0; at < 9; at += 1) bytes[at] = random.below(10) | (random.below(10) << 4);
  bytes[9] = random.once(2) ? 0x80 : 0;
  if (random.once(12)) bytes[random.below(10)] = random.next();
  return bytes;
}
