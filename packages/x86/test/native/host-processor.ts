/** Runs cases on the host's own processor, by the program of `host.c` in a child process. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CodeBits } from '../../src/index.ts';
import type { Memory, Result, TestCase } from './case.ts';
import { FLOAT_BYTES, MOST_CODE, MOST_PATCH } from './layout.ts';

/** Answers a batch of encoded cases with encoded results. */
export type Backend = (batch: Uint8Array) => Uint8Array;

const MAGIC = 0x31464456;
/** Offsets of `struct request`. */
const Request = { FLAGS: 24, REGISTERS: 32, CODE: 160, PATCH: 160 + MOST_CODE, FLOATS: 288 } as const;
const REQUEST_BYTES = 288;
/** Offsets of `struct response`. */
const Response = {
  ERROR: 8,
  ADDRESS: 16,
  FLAGS: 24,
  RIP: 32,
  REGISTERS: 40,
  CHANGED_AT: 168,
  CHANGED_BYTES: 172,
  SELECTORS: 176,
} as const;
const RESPONSE_BYTES = 184;

/** Why this host cannot be compared with in code of `bits` bits; undefined when it can. */
export function hostObstacle(bits: CodeBits): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return `the host is ${process.platform} on ${process.arch}, not Linux on x86-64`;
  }
  if (spawnSync('gcc', ['--version']).status !== 0) return 'there is no gcc';
  if (bits === 16 && spawnSync(program(), ['16']).status !== 0) return 'its kernel has no modify_ldt';
  return undefined;
}

/** Whether the host is of the vendor whose choices our processor shares where the manuals leave some. */
export function isReferenceHost(): boolean {
  return readFileSync('/proc/cpuinfo', 'utf8').includes('AuthenticAMD');
}

/** Compiles the program unless that has been done, and gives its path. */
function program(): string {
  const source = fileURLToPath(new URL('host.c', import.meta.url));
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), 'viridian-native');
  const path = join(folder, `host-${hash}`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  const { status, stderr } = spawnSync('gcc', ['-O2', '-o', unfinished, source], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`gcc does not compile ${source}:\n${stderr}`);
  renameSync(unfinished, path);
  return path;
}

/** The host's processor. Throws when the program does not come to its end. */
export const hostProcessor: Backend = (batch) => {
  const { status, signal, stdout, stderr } = spawnSync(program(), { input: batch, maxBuffer: 2 ** 31 - 1 });
  if (status !== 0) throw new Error(`the program on the host ended with ${status ?? signal}: ${stderr}`);
  return stdout;
};

/** Encodes cases as `struct header` and an array of `struct request`. All or none have floats. */
export function encodeCases(cases: readonly TestCase[], memory: Memory): Uint8Array {
  const hasFloat = cases[0]?.floats !== undefined;
  const stride = REQUEST_BYTES + (hasFloat ? FLOAT_BYTES : 0);
  const start = 16 + memory.data.length + memory.readOnly.length;
  const bytes = new Uint8Array(start + cases.length * stride);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, cases.length, true);
  view.setUint32(8, hasFloat ? 1 : 0, true);
  bytes.set(memory.data, 16);
  bytes.set(memory.readOnly, 16 + memory.data.length);
  cases.forEach((each, index) => {
    encodeCase(each, bytes, view, start + index * stride);
  });
  return bytes;
}

function encodeCase(each: TestCase, bytes: Uint8Array, view: DataView, at: number): void {
  if (each.code.length > MOST_CODE || each.patch.length > MOST_PATCH) {
    throw new RangeError('a case has more code or data than a request can hold');
  }
  view.setUint32(at, each.bits, true);
  view.setUint32(at + 4, each.codeAt, true);
  view.setUint32(at + 8, each.code.length, true);
  view.setUint32(at + 12, each.patchAt, true);
  view.setUint32(at + 16, each.patch.length, true);
  view.setUint32(at + Request.FLAGS, each.flags, true);
  each.registers.forEach((value, register) => {
    view.setBigUint64(at + Request.REGISTERS + register * 8, value, true);
  });
  bytes.set(each.code, at + Request.CODE);
  bytes.set(each.patch, at + Request.PATCH);
  if (each.floats !== undefined) bytes.set(each.floats, at + Request.FLOATS);
}

/** Decodes an array of `struct response`, each with what follows it. */
export function decodeResults(bytes: Uint8Array, count: number, hasFloat: boolean): Result[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const results: Result[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const changedBytes = view.getUint32(at + Response.CHANGED_BYTES, true);
    const floatsAt = at + RESPONSE_BYTES;
    const changedFrom = floatsAt + (hasFloat ? FLOAT_BYTES : 0);
    const registers = new BigUint64Array(16);
    for (let register = 0; register < 16; register += 1) {
      registers[register] = view.getBigUint64(at + Response.REGISTERS + register * 8, true);
    }
    results.push({
      trap: view.getUint32(at, true),
      error: view.getUint32(at + Response.ERROR, true),
      address: view.getBigUint64(at + Response.ADDRESS, true),
      flags: view.getUint32(at + Response.FLAGS, true),
      rip: view.getBigUint64(at + Response.RIP, true),
      registers,
      selectors: [0, 1, 2, 3].map((each) => view.getUint16(at + Response.SELECTORS + each * 2, true)),
      floats: hasFloat ? bytes.subarray(floatsAt, changedFrom) : undefined,
      changedAt: view.getUint32(at + Response.CHANGED_AT, true),
      changed: bytes.subarray(changedFrom, changedFrom + changedBytes),
    });
    at = changedFrom + changedBytes;
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes follow the last result`);
  return results;
}
