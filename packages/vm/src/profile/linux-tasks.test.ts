import { SymbolTable } from '@viridian/emulation/loader';
import { CodeMachine, ProcessorSampler, Reg } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { LinuxTasks, linuxPlaces } from './linux-tasks.ts';

const ENTRY = 0x40_0000n;
const INIT_TASK = 0x42_0000n;
/** How far this kernel moved itself. */
const SLIDE = 0x10_0000n;
const CURRENT = 0x1_fb80n;
const GS = 0x60_0000n;
const TASK = 0x70_0000n;
/** On two pages: the name's first half ends one. */
const NAME = 0xff8n;

const symbols = new SymbolTable([
  { address: CURRENT, type: 'A', name: 'current_task' },
  { address: ENTRY, type: 'T', name: 'entry_SYSCALL_64' },
  { address: INIT_TASK, type: 'D', name: 'init_task' },
]);

/** A machine whose memory has what a Linux has there. */
function guest(): { machine: CodeMachine; sampler: ProcessorSampler } {
  const machine = new CodeMachine();
  machine.run([0xf4]);
  const put = (at: bigint, text: string): void =>
    machine.memory.set(new TextEncoder().encode(text), Number(at));
  put(INIT_TASK + SLIDE + NAME, 'swapper/0\0');
  put(TASK + NAME, 'a long name 123');
  new DataView(machine.memory.buffer, machine.memory.byteOffset).setBigUint64(
    Number(GS + CURRENT),
    TASK,
    true,
  );
  machine.registers.qwords[Reg.LSTAR] = ENTRY + SLIDE;
  machine.registers.qwords[Reg.KERNEL_GS_BASE] = GS;
  return { machine, sampler: new ProcessorSampler(machine.memory.buffer) };
}

describe('LinuxTasks', () => {
  it('finds the name of the current task, wherever a kernel keeps it', () => {
    const tasks = new LinuxTasks(linuxPlaces(symbols)!);
    const { machine, sampler } = guest();
    expect(tasks.nameOf(sampler)).toBe('a long name 123');
    machine.memory.set([0x73, 0x68, 0], Number(TASK + NAME));
    expect(tasks.nameOf(sampler)).toBe('sh');
  });

  it('has no name while the kernel is not up, and for pointers that lead nowhere', () => {
    const tasks = new LinuxTasks(linuxPlaces(symbols)!);
    const { machine, sampler } = guest();
    machine.registers.qwords[Reg.LSTAR] = 0n;
    expect(tasks.nameOf(sampler)).toBe('');
    machine.registers.qwords[Reg.LSTAR] = ENTRY + SLIDE;
    machine.registers.qwords[Reg.KERNEL_GS_BASE] = 0xffff_8000_0000_0000n;
    expect(tasks.nameOf(sampler)).toBe('');
    machine.registers.qwords[Reg.KERNEL_GS_BASE] = GS + 0x10_0000n;
    expect(tasks.nameOf(sampler)).toBe('');
  });

  it('knows a Linux by its symbols', () => {
    expect(linuxPlaces(new SymbolTable([]))).toBeUndefined();
    const newer = new SymbolTable([
      { address: 0x2_0000n, type: 'A', name: 'pcpu_hot' },
      { address: ENTRY, type: 'T', name: 'entry_SYSCALL_64' },
      { address: INIT_TASK, type: 'D', name: 'init_task' },
    ]);
    expect(linuxPlaces(newer)?.currentTask).toBe(0x2_0000n);
  });
});
