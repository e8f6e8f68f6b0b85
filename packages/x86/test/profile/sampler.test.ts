/** What a sampler sees of a core: from within an exit, and from another thread. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import {
  ACTIVITIES,
  CodeMachine,
  type CodeMachineOptions,
  Outcome,
  type ProcessorSample,
  ProcessorSampler,
  type ProfileData,
  Reg,
} from '../../src/index.ts';

/** Runs code and gives what is sampled within its exits. */
function samplesAtExits(code: readonly number[], options: CodeMachineOptions = {}): ProcessorSample[] {
  const samples: ProcessorSample[] = [];
  const look = (): typeof Outcome.DONE => {
    samples.push(new ProcessorSampler(machine.memory.buffer).sample());
    return Outcome.DONE;
  };
  const handler = { cpuid: look, port: look, readMsr: look, writeMsr: look, memory: look };
  const machine = new CodeMachine({ ...options, handler });
  machine.run([...code, 0xf4]);
  return samples;
}

describe('a sample within an exit', () => {
  it('names the exit and where it is', () => {
    const code = [
      ...[0xb8, 7, 0, 0, 0x40], // mov eax, 40000007h
      ...[0x0f, 0xa2], // 1005: cpuid
      ...[0xb9, 0x20, 0, 0, 0x40], // mov ecx, 40000020h
      ...[0x0f, 0x32], // 100c: rdmsr
      ...[0x66, 0xba, 0xf8, 0x03], // mov dx, 3f8h
      0xee, // 1012: out dx, al
      ...[0xe4, 0x60], // 1013: in al, 60h
    ];
    expect(samplesAtExits(code).map(({ exit, rip }) => [exit, rip])).toEqual([
      ['cpuid 40000007h', 0x1005n],
      ['rdmsr 40000020h', 0x100cn],
      ['port write 3f8h', 0x1012n],
      ['port read 60h', 0x1013n],
    ]);
    expect(samplesAtExits(code)[0]).toMatchObject({ activity: 'exit', vp: 0, isUser: false, opcode: -1 });
  });

  it('names the page of an access to no memory', () => {
    const [sample] = samplesAtExits([0xa1, 0x34, 0x12, 0xc0, 0xfe], { bits: 32 }); // mov eax, [fec01234h]
    expect(sample?.exit).toBe('memory read fec01000h');
  });
});

describe('a sampler', () => {
  it('sees nothing between turns', () => {
    const machine = new CodeMachine();
    const sampler = new ProcessorSampler(machine.memory.buffer);
    expect(sampler.sample().activity).toBe('outside');
    machine.run([0xf4]);
    expect(sampler.sample().activity).toBe('outside');
  });

  it('reads memory through the page tables, and nothing where there is none', () => {
    const machine = new CodeMachine();
    const sampler = new ProcessorSampler(machine.memory.buffer);
    machine.run([0xf4]);
    machine.memory.set([1, 2, 3, 4, 5, 6, 7, 8], 0x5000);
    const cr3 = machine.registers.qwords[Reg.CR3]!;
    expect(sampler.register(Reg.CR3)).toBe(cr3);
    expect(sampler.read(cr3, 0x5000n, 8)?.getBigUint64(0, true)).toBe(0x0807060504030201n);
    expect(sampler.read(cr3, 0x5ffcn, 8)).toBeUndefined(); // two pages
    expect(sampler.read(cr3, 0x2_0000_0000n, 8)).toBeUndefined(); // not mapped
    expect(sampler.read(cr3, 0x8000_0000n, 8)).toBeUndefined(); // mapped to no memory
    expect(sampler.read(0x7fff_ffff_f000n, 0n, 8)).toBeUndefined(); // no tables
  });

  it.each(['jit', 'interpreter'] as const)('finds a loop from another thread: %s', async (engine) => {
    const machine = new CodeMachine({ engine, threshold: 0 });
    const stop = new Int32Array(new SharedArrayBuffer(8));
    const thread = new Worker(new URL('./sampling-thread.ts', import.meta.url), {
      workerData: { memory: machine.memory.buffer, stop },
    });
    await once(thread, 'message');
    // mov ecx, 1000000; again: add [rsp], eax; dec ecx; jnz again; hlt
    const loop = [0xb9, 0x40, 0x42, 0x0f, 0, 0x01, 0x04, 0x24, 0xff, 0xc9, 0x75, 0xf9, 0xf4];
    // Until it has got some, however busy the host is.
    while (Atomics.load(stop, 1) < 100) machine.run(loop, 0x1000, 10_000_000);
    Atomics.store(stop, 0, 1);
    const [{ activities, places, samples }] = (await once(thread, 'message')) as [ProfileData];
    expect(Object.values(activities).reduce((sum, count) => sum + count)).toBe(samples);
    const wanted = engine === 'jit' ? 'compiled' : 'interpreter';
    const others = ACTIVITIES.filter((name) => name !== wanted && name !== 'outside');
    for (const name of others) expect(activities[wanted], name).toBeGreaterThan(activities[name]);
    for (const { rip, task } of places) {
      expect(task).toBe('');
      expect(rip >= 0x1000n && rip < 0x1010n, rip.toString(16)).toBe(true);
    }
  });
});
