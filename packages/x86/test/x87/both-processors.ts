/**
 * Runs one instruction on many states of the x87 unit twice: natively, and on the core. Both execute the same loop of
 * FXRSTOR, the instruction and FXSAVE over the same bytes at the same addresses.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodeMachine, Reg } from '../../src/index.ts';

const CODE = 0x200000;
const DATA = 0x210000;

/** A case's block: the state before, 128 bytes of memory operand, the state after, RAX and RFLAGS before and after. */
const STATE_BYTES = 512;
const OPERAND = STATE_BYTES;
const OPERAND_BYTES = 128;
const AFTER = OPERAND + OPERAND_BYTES;
const RAX_BEFORE = AFTER + STATE_BYTES;
const FLAGS_BEFORE = RAX_BEFORE + 8;
const RAX_AFTER = RAX_BEFORE + 16;
const FLAGS_AFTER = RAX_BEFORE + 24;
const BLOCK_BYTES = RAX_BEFORE + 64;

/** The registers before or after an instruction. `st` is in stack order: sign and exponent, significand. */
export interface FloatState {
  control: number;
  status: number;
  /** A bit per physical register that is not empty. */
  tags: number;
  registers: (readonly [number, bigint])[];
  /** The memory operand, at RDI + 512. */
  operand: Uint8Array;
  rax: bigint;
  /** Arithmetic flags. */
  flags: number;
}

/** ModRM and displacement of the memory operand, with `digit` as the instruction's extension. */
export const operandAt = (digit: number) => [0x87 | (digit << 3), OPERAND & 0xff, OPERAND >> 8, 0, 0];

export class BothProcessors {
  /** What the manuals leave undefined is as on this host. */
  readonly isReference: boolean;
  readonly #program: string;
  readonly #folder: string;

  /** Undefined, with the reason on the console, where the host cannot run x86-64 code or has no compiler. */
  static create(): BothProcessors | undefined {
    if (arch() !== 'x64') return skip('the host processor is not an x86-64');
    const folder = mkdtempSync(join(tmpdir(), 'viridian-x87-'));
    try {
      const source = fileURLToPath(new URL('host-processor.c', import.meta.url));
      const program = join(folder, 'host-processor');
      execFileSync('gcc', ['-O1', '-mno-red-zone', '-o', program, source], { stdio: 'pipe' });
      const vendor = execFileSync(program, ['vendor'], { encoding: 'utf8' }).trim();
      return new BothProcessors(folder, program, vendor);
    } catch (error) {
      rmSync(folder, { recursive: true });
      return skip(`gcc does not work: ${error}`);
    }
  }

  private constructor(folder: string, program: string, vendor: string) {
    this.isReference = vendor === 'AuthenticAMD';
    this.#folder = folder;
    this.#program = program;
  }

  /** Executes every batch on both: what the host made of its states, and what the core did. */
  run(batches: readonly Batch[]): { host: FloatState[]; core: FloatState[] }[] {
    const requests = batches.map(request);
    const input = new Uint8Array(requests.reduce((sum, { bytes }) => sum + bytes.length, 0));
    let at = 0;
    for (const { bytes } of requests) {
      input.set(bytes, at);
      at += bytes.length;
    }
    const { stdout, status, signal } = spawnSync(this.#program, { input, maxBuffer: 1 << 28 });
    if (status !== 0) throw new Error(`the host's run ended with ${signal ?? status}`);
    at = 0;
    return requests.map(({ code, data, count }) => {
      const host = loadStates(stdout.subarray(at, at + data.length));
      at += data.length;
      return { host, core: loadStates(runCore(code, data, count)) };
    });
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** An instruction and the states that it is executed on. */
export interface Batch {
  readonly instruction: readonly number[];
  readonly states: readonly FloatState[];
}

/** What the host's program reads for a batch, and its parts. */
function request({ instruction, states }: Batch) {
  const code = loop(instruction);
  const data = new Uint8Array(states.length * BLOCK_BYTES);
  states.forEach((state, index) => {
    storeState(data.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES), state);
  });
  const head = new Uint8Array(Uint32Array.of(code.length, data.length, states.length).buffer);
  const bytes = new Uint8Array(head.length + code.length + data.length);
  bytes.set(head);
  bytes.set(code, head.length);
  bytes.set(data, head.length + code.length);
  return { code, data, count: states.length, bytes };
}

function skip(reason: string): undefined {
  console.warn(`x87 and MMX are not compared with the host: ${reason}`);
  return undefined;
}

/** The loop over all blocks: RDI = block, ECX = blocks left. */
function loop(instruction: readonly number[]): number[] {
  const at = (offset: number) => [offset & 0xff, offset >> 8, 0, 0];
  const body = [
    ...[0x48, 0x0f, 0xae, 0x0f], // fxrstor64 [rdi]
    ...[0xff, 0xb7, ...at(FLAGS_BEFORE), 0x9d], // push [rdi + flags]; popf
    ...[0x48, 0x8b, 0x87, ...at(RAX_BEFORE)], // mov rax, [rdi + rax]
    ...instruction,
    ...[0x9c, 0x8f, 0x87, ...at(FLAGS_AFTER)], // pushf; pop [rdi + flags]
    ...[0x48, 0x89, 0x87, ...at(RAX_AFTER)], // mov [rdi + rax], rax
    ...[0x48, 0x0f, 0xae, 0x87, ...at(AFTER)], // fxsave64 [rdi + after]
    ...[0x48, 0x81, 0xc7, ...at(BLOCK_BYTES)], // add rdi, block
    ...[0xff, 0xc9], // dec ecx
  ];
  const back = -(body.length + 6);
  return [...body, 0x0f, 0x85, ...[0, 8, 16, 24].map((shift) => (back >> shift) & 0xff), 0xc3];
}

const machine = new CodeMachine({ memoryBytes: 16 << 20 });

function runCore(code: readonly number[], data: Uint8Array, count: number): Uint8Array {
  const { memory, registers } = machine;
  memory.set(data, DATA);
  memory.set([0xf4], 0x1000);
  new DataView(memory.buffer, memory.byteOffset).setBigUint64(0x7000, 0x1000n, true);
  registers.qwords[Reg.RSP] = 0x7000n;
  registers.qwords[Reg.RDI] = BigInt(DATA);
  registers.qwords[Reg.RCX] = BigInt(count);
  machine.run(code, CODE, count * 20 + 1000);
  if (registers.qwords[Reg.RCX] !== 0n) {
    throw new Error(
      `the core stopped at RIP ${registers.qwords[Reg.RIP]!.toString(16)} with ${registers.qwords[Reg.RCX]} to go`,
    );
  }
  return memory.slice(DATA, DATA + data.length);
}

function storeState(block: Uint8Array, state: FloatState): void {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  view.setUint16(0, state.control, true);
  view.setUint16(2, state.status, true);
  view.setUint8(4, state.tags);
  view.setUint32(24, 0x1f80, true);
  state.registers.forEach(([signExponent, significand], i) => {
    view.setBigUint64(32 + i * 16, significand, true);
    view.setUint16(40 + i * 16, signExponent, true);
  });
  block.set(state.operand, OPERAND);
  view.setBigUint64(RAX_BEFORE, state.rax, true);
  view.setUint32(FLAGS_BEFORE, state.flags | 2, true);
}

function loadStates(data: Uint8Array): FloatState[] {
  const states: FloatState[] = [];
  for (let at = 0; at < data.length; at += BLOCK_BYTES) {
    const view = new DataView(data.buffer, data.byteOffset + at, BLOCK_BYTES);
    states.push({
      control: view.getUint16(AFTER, true),
      status: view.getUint16(AFTER + 2, true),
      tags: view.getUint8(AFTER + 4),
      registers: Array.from({ length: 8 }, (_, i) => [
        view.getUint16(AFTER + 40 + i * 16, true),
        view.getBigUint64(AFTER + 32 + i * 16, true),
      ]),
      operand: data.slice(at + OPERAND, at + OPERAND + OPERAND_BYTES),
      rax: view.getBigUint64(RAX_AFTER, true),
      flags: view.getUint32(FLAGS_AFTER, true) & 0x8d5,
    });
  }
  return states;
}
