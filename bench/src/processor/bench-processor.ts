/** Speed of the processor on compiled code, by kind of work and engine. Needs gcc. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodeMachine, Reg, StopReason } from '@viridian/x86';
import { type Row, row } from '../table.ts';

const KINDS = ['sort', 'hash', 'text', 'calls'];
const ENGINES = ['interpreter', 'jit'] as const;
const ADDRESS = 0x100000;
const STACK = 0x90000n;
/** Guest instructions of one measurement. */
const INSTRUCTIONS = 150e6;
const ROUNDS = 3;

/** Millions of guest instructions a second of processor time; the best of some rounds. */
export async function benchProcessor(): Promise<Row[]> {
  const code = compile();
  if (code === undefined) return [row('compiled code: skipped, there is no gcc here', '')];
  return ENGINES.flatMap((engine) => {
    const machine = new CodeMachine({ engine });
    return KINDS.map((name, kind) => {
      const [probe] = measure(machine, code, kind, 20);
      const rounds = Math.ceil((INSTRUCTIONS / probe) * 20);
      const speeds = Array.from({ length: ROUNDS }, () => {
        const [instructions, seconds] = measure(machine, code, kind, rounds);
        return instructions / seconds / 1e6;
      });
      return row(`${name}, ${engine}, million instructions a second`, Math.max(...speeds).toFixed(0));
    });
  });
}

function compile(): Uint8Array | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'viridian-bench-'));
  const output = join(folder, 'workloads.bin');
  const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const flags =
    '-O2 -ffreestanding -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables -mno-sse -nostdlib -static';
  const linker = `-Wl,--oformat=binary,--build-id=none,-T,${file('workloads.ld')}`;
  try {
    execFileSync('gcc', [...flags.split(' '), linker, '-o', output, file('workloads.c')]);
    return readFileSync(output);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measure(machine: CodeMachine, code: Uint8Array, kind: number, rounds: number): [number, number] {
  const { registers, processor } = machine;
  registers.qwords[Reg.RDI] = BigInt(kind);
  registers.qwords[Reg.RSI] = BigInt(rounds);
  registers.qwords[Reg.RSP] = STACK;
  const before = processor.instructions;
  const started = process.cpuUsage();
  const reason = machine.run(code, ADDRESS, 1e12);
  if (reason !== StopReason.HALT) throw new Error(`the program stopped with ${reason}`);
  return [processor.instructions - before, process.cpuUsage(started).user / 1e6];
}
