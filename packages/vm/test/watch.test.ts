/** Instructions written down, and a stop in front of one. */

import { programProcessors } from '@viridian/hypervisor/program';
import { Reg, type TraceLine } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { createMachine, type MachineWatch, type ProcessorSnapshot } from '../src/index.ts';
import { CODE_GPA, EXIT_PORT, x86Machine } from './support/x86-guest.ts';

// mov ecx, 30000; L: dec ecx; jnz L; then, at 8: nop; mov eax, dr7; out F4h, al
const LOOP = [0xb9, 0x30, 0x75, 0, 0, 0x49, 0x75, 0xfd, 0x90, 0x0f, 0x21, 0xf8, 0xe6, EXIT_PORT, 0xf4];
const LOOPS = 30_000;
/** Number of the NOP behind the loop. */
const NOP = 1 + 2 * LOOPS;

async function run(watch: (lines: TraceLine[]) => MachineWatch): Promise<TraceLine[]> {
  const lines: TraceLine[] = [];
  const machine = await x86Machine(LOOP, { watch: watch(lines) });
  machine.start();
  // The guest finds its debug registers as after reset: AL of DR7 is 0.
  expect(await machine.finished).toEqual({ reason: 'debug-exit', exitCode: 1 });
  // The OUT that ended it was not yet done.
  expect(machine.counters().instructions).toBe(NOP + 2);
  return lines;
}

describe('a window of instructions', () => {
  it.each([0, 1, 12_345, NOP - 1])('begins exactly at %i', async (from) => {
    const lines = await run((to) => ({ instructions: { from, count: 3, line: (line) => to.push(line) } }));
    expect(lines.map(({ number }) => number)).toEqual([from, from + 1, from + 2]);
  });

  it('begins where an address is reached first', async () => {
    const from = { address: BigInt(CODE_GPA + 5) };
    const lines = await run((to) => ({ instructions: { from, count: 3, line: (line) => to.push(line) } }));
    expect(lines.map(({ number, text }) => [number, text])).toEqual([
      [1, 'dec ecx'],
      [2, 'jne 0x200025'],
      [3, 'dec ecx'],
    ]);
  });

  it('shows what happened in it', async () => {
    const lines = await run((to) => ({
      instructions: { from: NOP - 2, count: 100, line: (line) => to.push(line) },
    }));
    expect(lines.map(({ text, rip }) => [Number(rip) - CODE_GPA, text])).toEqual([
      [5, 'dec ecx'],
      [6, 'jne 0x200025'],
      [8, 'nop'],
      [9, 'mov eax,dr7'],
      [12, 'out 0xf4,al'],
    ]);
    expect(lines[0]!.changes).toContain('rcx=0x0');
  });
});

describe('a breakpoint', () => {
  it('is reached once, in front of its instruction', async () => {
    const machine = await x86Machine(LOOP, {
      watch: { breakpoint: { address: BigInt(CODE_GPA + 5), reached: (vp) => reached.push(vp) } },
    });
    const reached: number[] = [];
    machine.start();
    expect(await machine.finished).toEqual({ reason: 'debug-exit', exitCode: 1 });
    expect(reached).toEqual([0]);
  });

  it('shows the processor as it came there, and can be beside a window', async () => {
    let seen: ProcessorSnapshot[] = [];
    const lines: TraceLine[] = [];
    const machine = await x86Machine(LOOP, {
      watch: {
        instructions: { from: NOP, count: 2, line: (line) => lines.push(line) },
        breakpoint: {
          address: BigInt(CODE_GPA + 8),
          reached: () => {
            seen = machine.snapshots();
          },
        },
      },
    });
    machine.start();
    await machine.finished;
    expect(seen[0]).toMatchObject({ instructions: NOP, exceptions: [] });
    expect(seen[0]!.registers.qwords[Reg.RCX]).toBe(0n);
    expect(seen[0]!.registers.qwords[Reg.RIP]).toBe(BigInt(CODE_GPA + 8));
    expect(lines.map(({ text }) => text)).toEqual(['nop', 'mov eax,dr7']);
  });

  it('holds although the guest clears its debug registers', async () => {
    // xor eax, eax; mov dr7, eax; then the loop
    const code = [0x31, 0xc0, 0x0f, 0x23, 0xf8, ...LOOP];
    let reached = 0;
    const breakpoint = { address: BigInt(CODE_GPA + 13), reached: () => (reached += 1) };
    const machine = await x86Machine(code, { watch: { breakpoint } });
    machine.start();
    await machine.finished;
    expect(reached).toBe(1);
  });

  it('leaves the exceptions of the guest alone', async () => {
    const breakpoint = { address: BigInt(CODE_GPA + 100), reached: () => expect.unreachable() };
    const machine = await x86Machine([0xf1], { watch: { breakpoint } }); // int1, without a handler
    machine.start();
    expect((await machine.finished).reason).toBe('triple-fault');
  });
});

describe('a configuration that cannot be watched', () => {
  it('is refused', async () => {
    const instructions = { from: 0, count: 1, line: () => {} };
    await expect(x86Machine(LOOP, { processors: 2, watch: { instructions } })).rejects.toThrow(
      'one processor',
    );
    await expect(
      x86Machine(LOOP, { watch: { instructions: { ...instructions, count: 0 } } }),
    ).rejects.toThrow('watch.instructions.count');
    const processor = programProcessors(() => ({ name: 'test', start: () => {} }));
    expect(() =>
      createMachine({ name: 'test', memoryBytes: 2 ** 20, processor, watch: { instructions } }),
    ).toThrow('x86-64 processor');
  });
});
