/** When interrupts and NMIs are taken: Intel SDM volume 3, "Interrupt and Exception Handling". */

import { describe, expect, it } from 'vitest';
import { Outcome, Reg, StopReason } from '../../src/index.ts';
import { listing } from './listing.ts';
import { At, type MachineOptions, ProgramMachine } from './program-machine.ts';

const IF = 0x200;
const IRETQ = listing('48 cf   iretq');

/** A machine with an interrupt waiting: vector 0x30. RIP of its delivery is what the frame says. */
function waiting(options: MachineOptions = {}, flags = 2): ProgramMachine {
  const machine = new ProgramMachine(options);
  machine.set(Reg.RFLAGS, flags);
  machine.interrupt(0x30);
  return machine;
}

const returnsTo = (machine: ProgramMachine) => machine.stack(1)[0]! - machine.start;

describe('external interrupts', () => {
  it('are taken in front of the first instruction with IF set', () => {
    const machine = waiting({}, 2 | IF);
    machine.run(listing('90   nop'));
    expect([machine.stoppedIn, returnsTo(machine)]).toEqual([0x30, 0]);
    expect(machine.stack(3)[2]! & 0x10000).toBe(0);
  });

  it('wait for one instruction behind STI', () => {
    const machine = waiting();
    machine.run(listing('90 fb 90 90   nop; sti; nop; nop'));
    expect([machine.stoppedIn, returnsTo(machine)]).toEqual([0x30, 3]);
  });

  it('do not come between STI and CLI', () => {
    const machine = waiting();
    expect(machine.run(listing('fb fa 90 f4   sti; cli; nop; hlt'))).toBe(StopReason.HALT);
    expect(machine.stoppedIn).toBe(-1);
  });

  it('come right behind a second STI', () => {
    const machine = waiting();
    machine.run(listing('fb fb 90   sti; sti; nop'));
    expect(returnsTo(machine)).toBe(2);
  });

  it('come between STI; HLT and what follows', () => {
    const machine = waiting();
    machine.run(listing('fb f4 90   sti; hlt; nop'));
    expect([machine.stoppedIn, returnsTo(machine)]).toEqual([0x30, 2]);
  });

  it('wait for one instruction behind MOV SS', () => {
    const machine = waiting({ mode: 'protected' }, 2);
    machine.set(Reg.RFLAGS, 2);
    machine.run(
      listing(`
        8c d0           mov eax, ss
        fb              sti
        8e d0           mov ss, eax
        bc 00 70 00 00  mov esp, 0x7000
        90              nop`),
    );
    expect([machine.stoppedIn, returnsTo(machine)]).toEqual([0x30, 10]);
  });

  it('come behind POPF and IRET that set IF', () => {
    const machine = waiting();
    machine.run(listing('68 02 02 00 00   push 0x202\n9d   popfq\n90   nop'));
    expect(returnsTo(machine)).toBe(6);
    const other = waiting();
    other.run(
      listing(`
        6a 10                       push 0x10
        54                          push rsp
        68 02 02 00 00              push 0x202
        6a 08                       push 8
        48 8d 05 03 00 00 00        lea rax, [rip+3]
        50                          push rax
        48 cf                       iretq
        90                          nop`),
    );
    expect([other.stoppedIn, returnsTo(other)]).toEqual([0x30, 20]);
  });

  it('come between the portions of a long repeated instruction', () => {
    const machine = new ProgramMachine({
      handler: {
        memory: () => {
          machine.interrupt(0x30);
          return Outcome.DONE;
        },
      },
    });
    // Two bytes go to a device, which raises the line; the rest of them to one page over and over.
    machine.tables!.map(0x70_0000, 0x50_0000, 7n);
    for (let i = 1; i <= 50; i += 1) machine.tables!.map(0x70_0000 + i * 0x1000, At.DATA, 7n);
    machine.set(Reg.RFLAGS, 2 | IF);
    machine.set(Reg.RDI, 0x70_0ffe);
    machine.set(Reg.RCX, 200_000);
    machine.setHandler(0x30, listing('ff c3 48 cf   inc ebx; iretq'));
    expect(machine.run(listing('f3 aa f4   rep stosb; hlt'))).toBe(StopReason.HALT);
    expect([machine.get(Reg.RBX), machine.get(Reg.RCX), machine.get(Reg.RIP)]).toEqual([2, 0, At.CODE + 3]);
  });

  it('are not there any more when the controller says so', () => {
    const machine = waiting({}, 2 | IF);
    machine.interrupts.length = 0;
    expect(machine.run(listing('90 f4   nop; hlt'))).toBe(StopReason.HALT);
    expect(machine.get(Reg.RIP)).toBe(At.CODE + 2);
  });

  it('end a HLT, which otherwise lasts', () => {
    const machine = new ProgramMachine();
    machine.set(Reg.RFLAGS, 2 | IF);
    expect(machine.run(listing('f4 90 fa f4   hlt; nop; cli; hlt'))).toBe(StopReason.HALT);
    expect(machine.cpu.processor.run(1)).toBe(StopReason.HALT);
    expect(machine.get(Reg.RIP)).toBe(At.CODE + 1);
    machine.setHandler(0x31, IRETQ);
    machine.cpu.processor.flushTlb();
    machine.interrupt(0x31);
    expect(machine.cpu.processor.run(1000)).toBe(StopReason.HALT);
    expect(machine.get(Reg.RIP)).toBe(At.CODE + 4);
  });

  it('come in the order of the controller, one per window', () => {
    const machine = new ProgramMachine();
    machine.set(Reg.RFLAGS, 2 | IF);
    machine.interrupt(0x40, 0x41);
    machine.setHandler(0x40, listing('ff c0 48 cf   inc eax; iretq'));
    machine.setHandler(0x41, listing('01 c0 ff c0 f4   add eax, eax; inc eax; hlt'));
    machine.set(Reg.RAX, 4);
    machine.run(listing('90   nop'));
    expect(machine.get(Reg.RAX)).toBe(11);
  });
});

describe('NMIs', () => {
  it('are blocked from delivery until IRET, one is remembered', () => {
    const seen: number[] = [];
    const machine = new ProgramMachine({
      handler: {
        port: () => {
          seen.push(machine.get(Reg.RAX));
          if (seen.length < 3) machine.cpu.processor.injectNmi();
          return Outcome.DONE;
        },
      },
    });
    machine.setHandler(2, listing('ff c0 e6 10 ff c0 48 cf   inc eax; out 0x10, al; inc eax; iretq'));
    machine.run(listing('e6 10 f4   out 0x10, al; hlt'));
    // The second NMI comes during the first one's handler, and is handled behind it.
    expect(seen).toEqual([0, 1, 3]);
    expect(machine.get(Reg.RAX)).toBe(4);
    expect(machine.get(Reg.RIP)).toBe(At.CODE + 3);
  });

  it('come with interrupts off, end HLT, and clear IF in the handler', () => {
    const machine = new ProgramMachine();
    machine.run(listing('f4 90   hlt; nop'));
    machine.cpu.processor.injectNmi();
    machine.cpu.processor.run(5);
    expect([machine.stoppedIn, returnsTo(machine)]).toEqual([2, 1]);
  });

  it('stay blocked when the handler faults, and are free behind an IRET that faults', () => {
    const machine = new ProgramMachine();
    machine.setHandler(2, listing('0f 0b   ud2'));
    machine.cpu.processor.injectNmi();
    machine.run(listing('90   nop'));
    expect(machine.last?.vector).toBe(6);
    machine.cpu.processor.injectNmi();
    machine.resume(3);
    expect(machine.stoppedIn).not.toBe(2);
    // iretq with a null CS raises #GP; the NMI comes in front of its handler.
    machine.set(Reg.RSP, At.KERNEL_STACK - 0x100);
    machine.setHandler(2, [0xf4]);
    machine.run(IRETQ);
    expect(machine.stoppedIn).toBe(2);
    expect(machine.stack(1)[0]).toBe(At.HANDLERS + 13 * 16);
  });
});

describe('delivery that an exit interrupts', () => {
  /** The handler's stack lies in memory that the hypervisor maps when it is touched. */
  function withAbsentStack(): { machine: ProgramMachine; present: () => void; suspended: () => number } {
    let isPresent = false;
    let suspended = 0;
    const machine = new ProgramMachine({
      user: true,
      handler: {
        memory: (access) => {
          if (access.kind === 1 && isPresent) return Outcome.DONE;
          suspended += 1;
          return Outcome.SUSPEND;
        },
      },
    });
    machine.tables!.map(At.KERNEL_STACK - 0x1000, 0x80_0000, 7n);
    return {
      machine,
      present: () => {
        isPresent = true;
      },
      suspended: () => suspended,
    };
  }

  it('delivers an acknowledged interrupt again', () => {
    const { machine, present, suspended } = withAbsentStack();
    machine.set(Reg.RFLAGS, 2 | IF);
    machine.interrupt(0x30);
    expect(machine.run(listing('90   nop'))).toBe(StopReason.SUSPENDED);
    expect(machine.get(Reg.RIP)).toBe(At.CODE);
    expect(machine.interrupts).toEqual([]);
    expect(machine.resume()).toBe(StopReason.SUSPENDED);
    expect(suspended()).toBe(2);
    present();
    machine.resume();
    expect(machine.stoppedIn).toBe(0x30);
  });

  it('delivers an exception with its error code again', () => {
    const { machine, present } = withAbsentStack();
    machine.set(Reg.RBX, 0x7777_0000);
    expect(machine.run(listing('89 03   mov [rbx], eax'))).toBe(StopReason.SUSPENDED);
    machine.tables!.map(At.KERNEL_STACK - 0x1000, At.KERNEL_STACK - 0x1000, 7n);
    machine.cpu.processor.flushTlb();
    present();
    machine.resume();
    expect([machine.stoppedIn, machine.stack(2)]).toEqual([14, [6, At.CODE]]);
    expect(machine.caught.length).toBe(1);
  });

  it('executes a software interrupt again', () => {
    const { machine, present } = withAbsentStack();
    expect(machine.run(listing('cd 80   int 0x80'))).toBe(StopReason.SUSPENDED);
    expect(machine.get(Reg.RIP)).toBe(At.CODE);
    present();
    machine.resume();
    expect(machine.stoppedIn).toBe(0x80);
  });

  it('keeps the shadow of STI over an instruction that is executed again', () => {
    let answers = 0;
    const machine = new ProgramMachine({
      handler: {
        cpuid: () => {
          answers += 1;
          return answers === 1 ? Outcome.SUSPEND : Outcome.DONE;
        },
      },
    });
    machine.interrupt(0x30);
    expect(machine.run(listing('fb 0f a2 90   sti; cpuid; nop'))).toBe(StopReason.SUSPENDED);
    machine.resume();
    expect([machine.stoppedIn, returnsTo(machine), answers]).toEqual([0x30, 3, 2]);
  });
});

describe('double and triple faults', () => {
  it('a contributory fault in the delivery of another becomes #DF with error code 0', () => {
    const machine = new ProgramMachine();
    machine.setGate(13, 0n);
    machine.run(listing('31 c0 8e d8 b8 f8 07 00 00 8e d8   mov ds, 0x7f8'));
    expect(machine.caught.map(({ vector, error }) => [vector, error])).toEqual([
      [13, 0x7f8],
      [8, 0],
    ]);
    expect(machine.stoppedIn).toBe(8);
  });

  it('a page fault in the delivery of #GP stays a page fault', () => {
    const machine = new ProgramMachine();
    machine.tables!.map(0x60_0000, 0, 0n);
    machine.cpu.registers.idtr.base = 0x60_0000n;
    machine.tables!.map(0x60_0000, At.IDT, 3n);
    machine.setGate(13, machine.view.getBigUint64(At.IDT + 13 * 16, true) | (1n << 32n));
    machine.tables!.map(At.IST_STACK - 0x1000, 0, 0n);
    machine.run(listing('b8 f8 07 00 00 8e d8   mov ds, 0x7f8'));
    expect(machine.caught.map(({ vector }) => vector)).toEqual([13, 14]);
    expect(machine.stack(2)).toEqual([2, At.CODE + 5]);
  });

  it('a fault in the delivery of #DF shuts down', () => {
    const machine = new ProgramMachine();
    machine.setGate(13, 0n);
    machine.setGate(8, 0n);
    let told = 0;
    const other = new ProgramMachine({
      handler: {
        unrecoverable: () => {
          told += 1;
        },
      },
    });
    other.setGate(13, 0n);
    other.setGate(8, 0n);
    const program = listing('b8 f8 07 00 00 8e d8   mov ds, 0x7f8');
    expect(machine.run(program)).toBe(StopReason.UNRECOVERABLE);
    expect(other.run(program)).toBe(StopReason.UNRECOVERABLE);
    expect(told).toBe(1);
    expect(other.cpu.processor.run(1)).toBe(StopReason.UNRECOVERABLE);
  });

  it('an exception in the handler is none of these', () => {
    const machine = new ProgramMachine();
    machine.setHandler(13, listing('0f 0b   ud2'));
    machine.run(listing('b8 f8 07 00 00 8e d8   mov ds, 0x7f8'));
    expect(machine.stoppedIn).toBe(6);
  });
});
