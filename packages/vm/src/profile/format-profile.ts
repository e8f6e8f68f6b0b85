/** A profile as text for people. */

import type { AddressNames } from '@viridian/emulation/loader';
import {
  ACTIVITIES,
  type ActivityName,
  disassemble,
  type JitCounters,
  type ProfileData,
  type ProfilePlace,
} from '@viridian/x86';

/** What is known besides the samples. */
export interface ProfileContext {
  /** Wall time of the profile. */
  readonly milliseconds: number;
  /** Of it, the time in which the thread of the machine had nothing to do, where the host can tell. */
  readonly idleMilliseconds?: number | undefined;
  readonly instructions: number;
  /** What the compiler counted since the machine was made. */
  readonly jit: JitCounters;
  /** Names of the kernel, where it runs now. */
  readonly names?: AddressNames | undefined;
  /** Lines of each table; 25 unless given. */
  readonly lines?: number;
}

const MOST_LINES = 25;
/** Shares that would be printed as zero are left out. */
const LEAST_SHARE = 0.0005;
const UPPER_HALF = 1n << 63n;
const MODULES = 0xffff_ffff_c000_0000n;
const USER_RANGE = 0x1_0000n;
const MODRM_AND_MORE = [0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const ESCAPES = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
/** Opcodes whose ModRM byte chooses among several instructions, by the number that counters use. */
const GROUPS = new Set([
  0x80, 0x81, 0x83, 0x8f, 0xc0, 0xc1, 0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3, 0xf6, 0xf7, 0xfe, 0xff, 0x100,
  0x101, 0x118, 0x171, 0x172, 0x173, 0x1ae, 0x1ba, 0x1c7,
]);

const WORDS: Readonly<Record<ActivityName, string>> = {
  outside: 'outside of the processors: devices, timers, the host',
  compiled: 'compiled code',
  handler: 'single instructions that compiled code leaves to the interpreter',
  interpreter: 'the interpreter',
  compiling: 'compiling',
  exit: 'exits to hypervisor and board',
};

/** Tables, the largest share first, without a newline at the end. */
export function formatProfile(data: ProfileData, context: ProfileContext): string {
  const most = context.lines ?? MOST_LINES;
  return [
    ...headLines(data, context),
    ...placeLines('kernel', kernelRows(data, context.names), data.samples, most),
    ...placeLines('programs', userRows(data), data.samples, most),
    ...shareLines('regions of compiled code', regionRows(data, context.names), data.samples, most),
    ...shareLines('exits', [...data.exits], data.samples, most),
    ...handlerLines(data, context.jit, most),
    ...countLines('instructions that regions ended for', context.jit.exits, most),
    ...jitLines(context.jit),
  ].join('\n');
}

/** A line of the table of places. */
interface Row {
  readonly name: string;
  readonly samples: readonly number[];
}

function headLines(data: ProfileData, context: ProfileContext): string[] {
  const { milliseconds, idleMilliseconds, instructions } = context;
  const idle = Math.min((idleMilliseconds ?? 0) / milliseconds, data.activities.outside / data.samples);
  const lines = ACTIVITIES.map((name): [string, number] => [
    WORDS[name],
    data.activities[name] / data.samples,
  ]);
  if (idleMilliseconds !== undefined) {
    lines[0] = [WORDS.outside, data.activities.outside / data.samples - idle];
    lines.push(['idle', idle]);
  }
  lines.sort((a, b) => b[1] - a[1]);
  const millions = (instructions / 1e6).toFixed(0);
  return [
    `profile of ${(milliseconds / 1000).toFixed(2)} s, ${data.samples} samples, ${millions} million instructions`,
    ...lines.filter(([, share]) => share > 0).map(([name, share]) => `${percent(share)}  ${name}`),
  ];
}

function kernelRows({ places }: ProfileData, names: AddressNames | undefined): Row[] {
  return addedUp(
    places.filter((place) => !isProgram(place)),
    ({ rip }) => {
      const name = names?.describe(rip)?.replace(/\+0x[0-9a-f]+$/, '');
      if (name !== undefined) return name;
      const range = (rip / USER_RANGE) * USER_RANGE;
      return rip >= MODULES ? `a module at ${hex(range)}` : hex(range);
    },
  );
}

/** A sample in the middle of a system call may have the address of the one side and the privilege of the other. */
function isProgram({ task, rip }: ProfilePlace): boolean {
  return task !== '' && rip < UPPER_HALF;
}

/** Compiled code by the address at which its region begins. */
function regionRows({ places }: ProfileData, names: AddressNames | undefined): [string, number][] {
  const regions = new Map<string, number>();
  for (const place of places) {
    const { task, rip, samples } = place;
    const name = isProgram(place) ? `${task} ${hex(rip)}` : (names?.describe(rip) ?? hex(rip));
    regions.set(name, (regions.get(name) ?? 0) + samples[ACTIVITIES.indexOf('compiled')]!);
  }
  return [...regions];
}

function userRows({ places }: ProfileData): Row[] {
  return addedUp(
    places.filter(isProgram),
    ({ task, rip }) => `${task} ${hex((rip / USER_RANGE) * USER_RANGE)}`,
  );
}

function addedUp(places: readonly ProfilePlace[], nameOf: (place: ProfilePlace) => string): Row[] {
  const rows = new Map<string, number[]>();
  for (const place of places) {
    const name = nameOf(place);
    const sum = rows.get(name) ?? ACTIVITIES.map(() => 0);
    place.samples.forEach((count, index) => {
      sum[index]! += count;
    });
    rows.set(name, sum);
  }
  return [...rows].map(([name, samples]) => ({ name, samples }));
}

function placeLines(title: string, rows: readonly Row[], all: number, most: number): string[] {
  if (rows.length === 0) return [];
  const total = ({ samples }: Row): number => samples.reduce((sum, count) => sum + count, 0);
  const sorted = rows.filter((row) => total(row) / all >= LEAST_SHARE).sort((a, b) => total(b) - total(a));
  const shown = ACTIVITIES.slice(1);
  const line = (row: Row): string => {
    const parts = row.samples.slice(1).map((count, at) => cell(count / all, shown[at]!.length));
    return `${percent(total(row) / all)}  ${parts.join('  ')}  ${row.name}`;
  };
  return ['', `   share  ${shown.join('  ')}  ${title}`, ...sorted.slice(0, most).map(line)];
}

function shareLines(
  title: string,
  rows: readonly (readonly [string, number])[],
  all: number,
  most: number,
): string[] {
  const sorted = rows.filter(([, samples]) => samples / all >= LEAST_SHARE).sort((a, b) => b[1] - a[1]);
  if (sorted.length === 0) return [];
  const lines = sorted.slice(0, most).map(([name, samples]) => `${percent(samples / all)}  ${name}`);
  return ['', `   share  ${title}`, ...lines];
}

function handlerLines(data: ProfileData, jit: JitCounters, most: number): string[] {
  if (jit.handlers.size === 0) return [];
  const rows = [...jit.handlers].sort(
    ([a, m], [b, n]) => (data.handlers.get(b) ?? 0) - (data.handlers.get(a) ?? 0) || n - m,
  );
  const line = ([opcode, calls]: readonly [number, number]): string =>
    `${percent((data.handlers.get(opcode) ?? 0) / data.samples)}  ${count(calls)}  ${opcodeName(opcode)}`;
  const head = '   share         calls  instructions that compiled code leaves to the interpreter';
  return ['', head, ...rows.slice(0, most).map(line)];
}

function countLines(title: string, counts: ReadonlyMap<number, number>, most: number): string[] {
  if (counts.size === 0) return [];
  const rows = [...counts].sort((a, b) => b[1] - a[1]).slice(0, most);
  return [
    '',
    `       times  ${title}`,
    ...rows.map(([opcode, times]) => `${count(times)}  ${opcodeName(opcode)}`),
  ];
}

function jitLines({
  compiled,
  dropped,
  failed,
  instructions,
  bytes,
  left,
  linked,
  toCold,
  fills,
}: JitCounters): string[] {
  if (compiled === 0) return [];
  const n = (value: number): string => value.toLocaleString('en-US');
  return [
    '',
    `regions: ${n(compiled)} compiled, ${n(dropped)} dropped, ${n(failed)} refused; ${n(instructions)} instructions, ${n(bytes)} bytes of WebAssembly`,
    `left ${n(left)} times for other code, ${n(toCold)} of them for code without a region; ${n(linked)} times one led to the next`,
    `${n(fills)} accesses were not in the TLB`,
  ];
}

/** `0f a2 cpuid`; of a group, whose ModRM byte is not known, only the opcode. */
function opcodeName(opcode: number): string {
  const prefix = ESCAPES[(opcode >> 8) & 3]!;
  const bytes = [...prefix, opcode & 0xff];
  const text = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  if (GROUPS.has(opcode)) return text;
  for (const prefixes of [[], [0x66]]) {
    const { text: instruction } = disassemble(Uint8Array.of(...prefixes, ...bytes, ...MODRM_AND_MORE), 64);
    if (instruction !== '(bad)') return `${text} ${instruction.split(' ')[0]}`;
  }
  return text;
}

const hex = (value: bigint): string => `${value.toString(16)}h`;
const percent = (share: number): string => `${(share * 100).toFixed(1).padStart(6)} %`;
const cell = (share: number, width: number): string =>
  (share === 0 ? '' : (share * 100).toFixed(1)).padStart(width);
const count = (value: number): string => value.toLocaleString('en-US').padStart(12);
