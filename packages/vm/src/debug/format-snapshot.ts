/** A processor's snapshot as text for people. */

import type { AddressNames } from '@viridian/emulation/loader';
import { type CodeBits, disassemble, Reg, type RegisterFile } from '@viridian/x86';
import type { ProcessorSnapshot, ReturnAddress } from './processor-snapshot.ts';

/** Instructions shown in front of RIP, and from it on. */
const INSTRUCTIONS_BEFORE = 6;
const INSTRUCTIONS_AFTER = 6;
const MOST_STACK_LINES = 40;
const MOST_INSTRUCTION_BYTES = 15;

const EXCEPTIONS =
  '#DE #DB NMI #BP #OF #BR #UD #NM #DF 9 #TS #NP #SS #GP #PF 15 #MF #AC #MC #XM #VE #CP'.split(' ');
const FLAGS = 'CF . PF . AF . ZF SF TF IF DF OF . . NT . RF VM AC VIF VIP ID'.split(' ');
const CR0 = 'PE MP EM TS ET NE'.split(' ').concat(new Array(10).fill('.'), 'WP . AM'.split(' '));
const CR0_HIGH = { 29: 'NW', 30: 'CD', 31: 'PG' };
const CR4 =
  'VME PVI TSD DE PSE PAE MCE PGE PCE OSFXSR OSXMM UMIP LA57 VMXE SMXE . FSGSBASE PCIDE OSXSAVE . SMEP SMAP'.split(
    ' ',
  );
const EFER = { 0: 'SCE', 8: 'LME', 10: 'LMA', 11: 'NXE' };
const GENERAL = ['ax', 'bx', 'cx', 'dx', 'si', 'di', 'bp', 'sp'] as const;
const GENERAL_REGISTERS = [Reg.RAX, Reg.RBX, Reg.RCX, Reg.RDX, Reg.RSI, Reg.RDI, Reg.RBP, Reg.RSP];
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'];

/** Several lines, without a newline at the end. `names` are those of the program that ran, if they are known. */
export function formatSnapshot(snapshot: ProcessorSnapshot, names?: AddressNames): string {
  const { vp, state, bits, registers, instructions } = snapshot;
  const privilege = registers.isProtected ? `, privilege level ${registers.cpl}` : '';
  return [
    `processor ${vp}: ${state}, ${bits}-bit code${privilege}, after ${instructions} instructions`,
    ...registerLines(registers, bits, names),
    ...exceptionLines(snapshot, names),
    '  code',
    ...codeLines(snapshot, names),
    '  stack (? is a value that a call may have left there earlier)',
    ...stackLines(snapshot, names),
  ].join('\n');
}

const hex = (value: bigint | number, digits = 0): string => value.toString(16).padStart(digits, '0');
const addressDigits = (bits: CodeBits): number => (bits === 64 ? 16 : 8);
const withName = (text: string, name: string | undefined): string =>
  name === undefined ? text : `${text} ${name}`;

function bitNames(value: number, names: Readonly<Record<number, string>>): string {
  const set: string[] = [];
  for (let bit = 0; bit < 32; bit += 1) {
    const name = names[bit];
    if (((value >>> bit) & 1) === 1 && name !== undefined && name !== '.') set.push(name);
  }
  return `[${set.join(' ')}]`;
}

function registerLines(registers: RegisterFile, bits: CodeBits, names: AddressNames | undefined): string[] {
  const { qwords, dwords, gdtr, idtr } = registers;
  const digits = addressDigits(bits);
  const prefix = bits === 64 ? 'r' : 'e';
  const value = (register: number): string => hex(BigInt.asUintN(digits * 4, qwords[register]!), digits);
  const general = GENERAL.map((name, at) => `${prefix}${name} ${value(GENERAL_REGISTERS[at]!)}`);
  const high = Array.from({ length: 8 }, (_, at) => `${`r${at + 8}`.padEnd(3)} ${value(Reg.R8 + at)}`);
  const all = bits === 64 ? [...general, ...high] : general;
  const lines = Array.from({ length: all.length / 4 }, (_, row) =>
    all.slice(row * 4, row * 4 + 4).join('  '),
  );
  const low = (register: number): number => dwords[register * 2]!;
  const rip = withName(value(Reg.RIP), names?.describe(qwords[Reg.RIP]!));
  return [
    `${prefix}ip ${rip}`,
    ...lines,
    `${prefix}flags ${hex(low(Reg.RFLAGS), 8)} ${bitNames(low(Reg.RFLAGS), FLAGS)}`,
    `cr0 ${hex(low(Reg.CR0), 8)} ${bitNames(low(Reg.CR0), { ...CR0, ...CR0_HIGH })}  cr2 ${value(Reg.CR2)}  cr3 ${value(Reg.CR3)}`,
    `cr4 ${hex(low(Reg.CR4), 8)} ${bitNames(low(Reg.CR4), CR4)}  cr8 ${low(Reg.CR8)}  efer ${hex(low(Reg.EFER), 8)} ${bitNames(low(Reg.EFER), EFER)}`,
    ...debugLines(registers, value),
    ...segmentLines(registers, digits),
    `gdt ${hex(gdtr.base, digits)} limit ${hex(gdtr.limit, 4)}  idt ${hex(idtr.base, digits)} limit ${hex(idtr.limit, 4)}`,
  ].map((line) => `  ${line}`);
}

/** Only when a breakpoint is on. */
function debugLines({ dwords }: RegisterFile, value: (register: number) => string): string[] {
  if ((dwords[Reg.DR7 * 2]! & 0xff) === 0) return [];
  const registers = [Reg.DR0, Reg.DR1, Reg.DR2, Reg.DR3, Reg.DR6, Reg.DR7];
  return [registers.map((register, at) => `dr${[0, 1, 2, 3, 6, 7][at]} ${value(register)}`).join('  ')];
}

function segmentLines({ segments, qwords }: RegisterFile, digits: number): string[] {
  const cells = SEGMENTS.map((name, at) => {
    const { selector, base, limit, attributes } = segments[at]!;
    const place = `base ${hex(base, digits)} limit ${hex(limit, 8)}`;
    return `${name.padEnd(4)} ${hex(selector, 4)} ${place} ${hex(attributes, 4)}`;
  });
  const rows = [0, 2, 4, 6].map((at) => `${cells[at]}  ${cells[at + 1]}`);
  const kernelGs = qwords[Reg.KERNEL_GS_BASE]!;
  return kernelGs === 0n ? rows : [...rows, `kernel gs base ${hex(kernelGs, digits)}`];
}

function exceptionLines({ exceptions, bits }: ProcessorSnapshot, names: AddressNames | undefined): string[] {
  if (exceptions.length === 0) return [];
  const lines = exceptions.map(({ vector, errorCode, rip, cr2 }) => {
    const error = errorCode === undefined ? '' : ` error ${hex(errorCode)}h`;
    const about = vector === 14 ? ` for ${hex(cr2, addressDigits(bits))}` : '';
    const at = withName(hex(rip, addressDigits(bits)), names?.describe(rip));
    return `    ${EXCEPTIONS[vector] ?? vector}${error}${about} at ${at}`;
  });
  return ['  exceptions raised by instructions, the newest last', ...lines];
}

function codeLines(snapshot: ProcessorSnapshot, names: AddressNames | undefined): string[] {
  const { code, codeLinear, bits, registers } = snapshot;
  const at = Number(codeLinear - code.linear);
  if (code.bytes.length <= at) return ['    there is no memory at this address'];
  const rip = registers.qwords[Reg.RIP]!;
  const nameStart = names?.startOf(rip);
  const start = nameStart === undefined ? undefined : at - Number(rip - nameStart);
  const before = instructionsBefore(code.bytes, at, bits, start).slice(-INSTRUCTIONS_BEFORE);
  const offsets = [...before, at];
  for (let count = 1; count < INSTRUCTIONS_AFTER; count += 1) {
    const last = offsets.at(-1)!;
    const next = last + disassemble(code.bytes, bits, 0, last).bytes;
    if (next >= code.bytes.length - MOST_INSTRUCTION_BYTES) break;
    offsets.push(next);
  }
  return offsets.map((offset) => {
    const address = rip + BigInt(offset - at);
    const { bytes, text } = disassemble(code.bytes, bits, address, offset);
    const dump = Array.from(code.bytes.subarray(offset, offset + bytes), (byte) => hex(byte, 2)).join(' ');
    const marker = offset === at ? '=>' : '  ';
    const line = `  ${marker} ${hex(address, addressDigits(bits))}  ${dump.padEnd(30)}  ${text}`;
    return line + targetName(text, address + BigInt(bytes), names);
  });
}

/** The name of the address that an instruction is about: where a branch goes, or what is accessed. */
function targetName(text: string, next: bigint, names: AddressNames | undefined): string {
  const relative = /\[rip([+-])0x([0-9a-f]+)\]/.exec(text);
  const absolute = /0x([0-9a-f]{6,16})\b/.exec(text);
  let target: bigint | undefined;
  if (relative !== null) target = next + BigInt(`0x${relative[2]}`) * (relative[1] === '-' ? -1n : 1n);
  else if (absolute !== null) target = BigInt(`0x${absolute[1]}`);
  const name = target === undefined ? undefined : names?.describe(target);
  return name === undefined ? '' : ` <${name}>`;
}

/**
 * Instructions have no mark at their beginning: decoding begins at the symbol that `at` is in when the bytes reach back to
 * it, else at the first byte from which instructions lead to `at`.
 */
function instructionsBefore(
  bytes: Uint8Array,
  at: number,
  bits: CodeBits,
  symbolStart: number | undefined,
): number[] {
  const first = symbolStart !== undefined && symbolStart >= 0 ? symbolStart : 0;
  for (let start = first; start < at; start += 1) {
    const offsets: number[] = [];
    let offset = start;
    while (offset < at) {
      const instruction = disassemble(bytes, bits, 0, offset);
      if (instruction.text === '(bad)') break;
      offsets.push(offset);
      offset += instruction.bytes;
    }
    if (offset === at) return offsets;
  }
  return [];
}

function stackLines({ stack, bits }: ProcessorSnapshot, names: AddressNames | undefined): string[] {
  const isPlausible = ({ address }: ReturnAddress): boolean =>
    names === undefined || names.isFunction(address) || names.describe(address) === undefined;
  const shown = stack.filter(isPlausible);
  const lines = shown.slice(0, MOST_STACK_LINES).map(({ stackOffset, address, kind }) => {
    const mark = kind === 'scan' ? '? ' : '';
    const note = kind === 'interrupted' ? '  (interrupted here)' : '';
    const text = withName(hex(address, addressDigits(bits)), names?.describe(address));
    return `    +${hex(stackOffset, 4)}  ${mark}${text}${note}`;
  });
  if (lines.length === 0) return ['    no return addresses found'];
  const more = shown.length - lines.length;
  return more > 0 ? [...lines, `    and ${more} more`] : lines;
}
