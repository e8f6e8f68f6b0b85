/**
 * Speed of the interpreter on compiled code, per kind of work. Needs gcc.
 *
 *   node --conditions=viridian:source packages/x86/bench/interpreter.ts
 */

/// <reference types="node" />

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodeMachine, Reg, StopReason } from '../src/index.ts';

const KINDS = ['sort', 'hash', 'text', 'calls'];
const ADDRESS = 0x100000;

function compile(): Uint8Array {
  const output = join(mkdtempSync(join(tmpdir(), 'viridian-bench-')), 'workloads.bin');
  const file = (name: string) => new URL(name, import.meta.url).pathname;
  const flags =
    '-O2 -ffreestanding -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables -mno-sse -nostdlib -static';
  const linker = `-Wl,--oformat=binary,--build-id=none,-T,${file('workloads.ld')}`;
  execFileSync('gcc', [...flags.split(' '), linker, '-o', output, file('workloads.c')]);
  return readFileSync(output);
}

function measure(machine: CodeMachine, code: Uint8Array, kind: number, rounds: number): [number, number] {
  const { registers, processor } = machine;
  registers.qwords[Reg.RDI] = BigInt(kind);
  registers.qwords[Reg.RSI] = BigInt(rounds);
  registers.qwords[Reg.RSP] = 0x90000n;
  const before = processor.instructions;
  const started = process.cpuUsage();
  const reason = machine.run(code, ADDRESS, 1e12);
  if (reason !== StopReason.HALT) throw new Error(`the program stopped with ${reason}`);
  return [processor.instructions - before, process.cpuUsage(started).user / 1e6];
}

const code = compile();
const machine = new CodeMachine();
for (const [kind, name] of KINDS.entries()) {
  const [probe] = measure(machine, code, kind, 20);
  const rounds = Math.ceil((150e6 / probe) * 20);
  const best = Math.max(
    ...[0, 1, 2].map(() => {
      const [instructions, seconds] = measure(machine, code, kind, rounds);
      return instructions / seconds / 1e6;
    }),
  );
  console.log(`${name.padEnd(8)} ${best.toFixed(0).padStart(5)} million instructions/s`);
}
