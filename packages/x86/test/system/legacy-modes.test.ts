import { describe, expect, it } from 'vitest';
import {
  descriptor,
  GATE,
  gate,
  KERNEL_CODE,
  KERNEL_DATA,
  KERNEL_STACK,
  OTHER_TASK,
  protectedMode,
  TASK,
  USER_CODE32,
  USER_DATA,
  USER_STACK,
} from './machine-modes.ts';
import { At, GDT, IDT, Seg, SystemMachine, TSS } from './system-machine.ts';

/** The 32-bit words on the stack, lowest address first. */
function frame(machine: SystemMachine, count: number): number[] {
  const sp = Number(machine.get(At.RSP));
  return Array.from({ length: count }, (_, i) => Number(machine.read(sp + 4 * i, 4)));
}

describe('real mode', () => {
  it('starts an application processor and takes interrupts through the vector table', async () => {
    const machine = await SystemMachine.create();
    machine.init();
    expect(machine.activity).toBe(2);
    machine.startUp(0x99);
    expect([machine.selector(Seg.CS), machine.base(Seg.CS), machine.get(At.RIP)]).toEqual([
      0x9900,
      0x99000n,
      0n,
    ]);
    machine.setSegment(Seg.SS, 0, 0, 0xffff, 0x93);
    machine.set(At.RSP, 0x7000);
    machine.write(0x21 * 4, 4, 0x12340056);
    expect(machine.execute(0xcd, { immediate: 0x21n })).toBeUndefined();
    expect([machine.selector(Seg.CS), machine.get(At.RIP), machine.get(At.RSP)]).toEqual([
      0x1234,
      0x56n,
      0x6ffan,
    ]);
    expect(machine.execute(0xcf, { size: 2 })).toBeUndefined();
    expect([machine.selector(Seg.CS), machine.get(At.RIP), machine.get(At.RSP)]).toEqual([
      0x9900,
      2n,
      0x7000n,
    ]);
  });

  it('goes to protected mode and on to 64-bit mode, as a trampoline does', async () => {
    const machine = await protectedMode(0);
    machine.write(GDT + 0x28, 8, descriptor(0, 0xfffff, 0xa09a));
    machine.set(At.CR0, 0x10);
    machine.updateMode();
    machine.set(At.RAX, 0x11);
    expect(machine.execute(0x122, { modrm: 0xc0 })).toBeUndefined();
    machine.set(At.RIP, 0x4000);
    expect(machine.execute(0xea, { immediate: 0x800005000n })).toBeUndefined();
    machine.set(At.RAX, 0x80000011);
    machine.set(At.EFER, 0x100);
    expect(machine.execute(0x122, { modrm: 0xc0 })).toEqual({ vector: 13, error: 0 }); // without PAE
    machine.set(At.CR4, 0x20);
    machine.setSegment(Seg.TR, 0, 0, 0xffff, 0x8b);
    expect(machine.execute(0x122, { modrm: 0xc0 })).toBeUndefined();
    expect([machine.get(At.EFER), machine.is64Bit]).toEqual([0x500n, false]);
    expect(machine.execute(0xea, { immediate: 0x2800006000n })).toBeUndefined();
    expect([machine.is64Bit, machine.get(At.RIP)]).toEqual([true, 0x6000n]);
  });

  it('loads the PDPTEs with PAE paging and refuses reserved bits', async () => {
    const machine = await protectedMode(0);
    machine.set(At.CR4, 0x20);
    machine.set(At.CR3, 0xb000);
    machine.write(0xb000, 8, 0xc003);
    machine.set(At.RAX, 0x80000011);
    expect(machine.execute(0x122, { modrm: 0xc0 })).toEqual({ vector: 13, error: 0 });
    machine.write(0xb000, 8, 0xc001);
    expect(machine.execute(0x122, { modrm: 0xc0 })).toBeUndefined();
  });
});

describe('protected mode', () => {
  it('interrupts user code and returns to it', async () => {
    const machine = await protectedMode(3);
    machine.requestInterrupt(0x30);
    machine.service();
    expect(machine.get(At.RIP)).toBe(0x100300n);
    expect(frame(machine, 5)).toEqual([0x4000, USER_CODE32 | 3, 0x202, USER_STACK, USER_DATA | 3]);
    expect([machine.selector(Seg.SS), machine.cpl]).toEqual([KERNEL_DATA, 0]);
    expect(machine.execute(0xcf)).toBeUndefined();
    expect([machine.get(At.RIP), machine.get(At.RSP), machine.cpl]).toEqual([0x4000n, BigInt(USER_STACK), 3]);
  });

  it('checks loads of segment registers', async () => {
    const machine = await protectedMode(3);
    const load = (segment: number, selector: number) => {
      machine.set(At.RAX, selector);
      return machine.execute(0x8e, { modrm: 0xc0 | (segment << 3), size: 2 });
    };
    expect(load(Seg.DS, 0)).toBeUndefined();
    expect(load(Seg.DS, USER_DATA | 3)).toBeUndefined();
    expect(load(Seg.DS, KERNEL_DATA)).toEqual({ vector: 13, error: KERNEL_DATA });
    expect(load(Seg.DS, 0x60)).toEqual({ vector: 13, error: 0x60 });
    expect(load(Seg.SS, 3)).toEqual({ vector: 13, error: 0 });
    expect(load(Seg.SS, USER_DATA)).toEqual({ vector: 13, error: USER_DATA });
    expect(load(Seg.CS, USER_CODE32)).toEqual({ vector: 6, error: undefined });
    machine.write(GDT + USER_DATA + 5, 1, 0x72);
    expect(load(Seg.DS, USER_DATA | 3)).toEqual({ vector: 11, error: USER_DATA });
    expect(load(Seg.SS, USER_DATA | 3)).toEqual({ vector: 12, error: USER_DATA });
    machine.write(GDT + USER_DATA + 5, 1, 0xf2);
    expect(load(Seg.SS, USER_DATA | 3)).toBeUndefined();
    expect([machine.shadow, machine.read(GDT + USER_DATA + 5, 1)]).toEqual([2, 0xf3n]);
  });

  it('calls through a gate with parameters, and returns', async () => {
    const machine = await protectedMode(3);
    machine.write(GDT + GATE, 8, gate(KERNEL_CODE, 0x5000, 0xec, 2));
    machine.write(USER_STACK, 8, 0x2222222211111111n);
    expect(machine.execute(0x9a, { immediate: BigInt(GATE) << 32n, length: 7 })).toBeUndefined();
    expect(frame(machine, 6)).toEqual([
      0x4007,
      USER_CODE32 | 3,
      0x11111111,
      0x22222222,
      USER_STACK,
      USER_DATA | 3,
    ]);
    expect(machine.get(At.RIP)).toBe(0x5000n);
    expect(machine.execute(0xca, { immediate: 8n })).toBeUndefined();
    expect([machine.get(At.RIP), machine.get(At.RSP), machine.cpl]).toEqual([
      0x4007n,
      BigInt(USER_STACK + 8),
      3,
    ]);
  });

  it('raises #TS for a bad inner stack and #SS for one that is not there', async () => {
    const machine = await protectedMode(3);
    machine.write(TSS + 8, 4, USER_DATA);
    expect(machine.execute(0xcc)).toEqual({ vector: 10, error: USER_DATA });
    machine.write(TSS + 8, 4, KERNEL_DATA);
    machine.write(GDT + KERNEL_DATA + 5, 1, 0x12);
    expect(machine.execute(0xcc)).toEqual({ vector: 12, error: KERNEL_DATA });
    expect(machine.get(At.RSP)).toBe(BigInt(USER_STACK));
  });

  it('looks selectors up', async () => {
    const machine = await protectedMode(3);
    machine.set(At.RAX, USER_DATA | 3);
    machine.execute(0x102, { modrm: 0xc8 });
    expect([machine.get(At.RCX), machine.get(At.RFLAGS) & 0x40n]).toEqual([0xc0f200n, 0x40n]);
    machine.execute(0x103, { modrm: 0xc8 });
    expect(machine.get(At.RCX)).toBe(0xffffffffn);
    machine.execute(0x100, { modrm: 0xe8 });
    expect(machine.get(At.RFLAGS) & 0x40n).toBe(0x40n);
    machine.set(At.RAX, KERNEL_DATA);
    machine.execute(0x102, { modrm: 0xc8 });
    expect([machine.get(At.RCX), machine.get(At.RFLAGS) & 0x40n]).toEqual([0xffffffffn, 0n]);
  });

  it('lets the I/O bitmap decide above IOPL', async () => {
    const machine = await protectedMode(3);
    machine.setSegment(Seg.TR, TASK, TSS, 0x77, 0x8b);
    machine.write(TSS + 0x66, 2, 0x68);
    machine.write(TSS + 0x68, 2, 0x0400); // port 10
    machine.set(At.RDX, 8);
    machine.portValue = 0x12345678;
    machine.set(At.RAX, -1);
    expect(machine.execute(0xec, { length: 1 })).toBeUndefined();
    expect(machine.get(At.RAX)).toBe(0xffffffffffffff78n);
    expect(machine.execute(0xed)).toEqual({ vector: 13, error: 0 });
    machine.set(At.RDX, 0x80);
    expect(machine.execute(0xec)).toEqual({ vector: 13, error: 0 }); // beyond the limit
  });

  it('reads a port string into memory, element by element', async () => {
    const machine = await protectedMode(0);
    machine.portValue = 0xabcd;
    machine.set(At.RCX, 3);
    machine.set(At.RDI, 0x6000);
    expect(machine.execute(0x6d, { size: 2, prefixes: 4 })).toBeUndefined();
    expect([machine.get(At.RCX), machine.get(At.RDI), machine.read(0x6000, 8)]).toEqual([
      0n,
      0x6006n,
      0xabcdabcdabcdn,
    ]);
    machine.absent.add(7);
    machine.set(At.RCX, 3);
    machine.set(At.RDI, 0x6ffe);
    expect(machine.execute(0x6d, { size: 2, prefixes: 4 })).toEqual({ vector: 14, error: 2 });
    expect([machine.get(At.RCX), machine.get(At.RDI), machine.exits.length]).toEqual([2n, 0x7000n, 4]);
  });

  it('guards debug registers', async () => {
    const machine = await protectedMode(0);
    machine.set(At.DR7, 0x2400);
    expect(machine.execute(0x121, { modrm: 0xc0 })).toEqual({ vector: 1, error: undefined });
    expect([machine.get(At.DR6) & 0x2000n, machine.get(At.DR7)]).toEqual([0x2000n, 0x400n]);
    expect(machine.execute(0x121, { modrm: 0xf8 })).toBeUndefined();
    expect(machine.get(At.RAX)).toBe(0x400n);
  });
});

describe('virtual-8086 mode', () => {
  it('is entered by IRET and left by an interrupt, with all segments on the stack', async () => {
    const machine = await protectedMode(0);
    const words = [0x10, 0x1111, 0x23202, 0x100, 0x200, 0x300, 0x400, 0x500, 0x600];
    machine.set(At.RSP, KERNEL_STACK - 36);
    words.forEach((word, i) => {
      machine.write(KERNEL_STACK - 36 + 4 * i, 4, word);
    });
    expect(machine.execute(0xcf)).toBeUndefined();
    expect([machine.cpl, machine.selector(Seg.CS), machine.base(Seg.SS)]).toEqual([3, 0x1111, 0x2000n]);
    machine.write(IDT + 0x21 * 8 + 5, 1, 0xee);
    expect(machine.execute(0xcd, { immediate: 0x21n })).toBeUndefined();
    expect(frame(machine, 9)).toEqual([0x12, ...words.slice(1)]);
    expect([machine.cpl, machine.selector(Seg.DS), machine.get(At.RFLAGS)]).toEqual([0, 0, 0x3002n]);
  });

  it('needs IOPL 3 for INT n, CLI, PUSHF', async () => {
    const machine = await protectedMode(0);
    machine.set(At.RFLAGS, 0x20002);
    machine.updateMode();
    for (const code of [0xcd, 0xfa, 0x9c, 0x9d, 0xcf]) {
      expect(machine.execute(code)).toEqual({ vector: 13, error: 0 });
    }
  });
});

describe('task switches', () => {
  it('nest through a call and come back with IRET', async () => {
    const machine = await protectedMode(0);
    const other = 0x5000;
    machine.write(GDT + OTHER_TASK, 8, descriptor(other, 0x67, 0x89));
    machine.write(other + 0x20, 4, 0x7000);
    machine.write(other + 0x24, 4, 2);
    machine.write(other + 0x38, 4, 0x6f00);
    for (const at of [0x48, 0x50, 0x54]) machine.write(other + at, 2, KERNEL_DATA);
    machine.write(other + 0x4c, 2, KERNEL_CODE);
    const sp = machine.get(At.RSP);
    expect(machine.execute(0x9a, { immediate: BigInt(OTHER_TASK) << 32n, length: 7 })).toBeUndefined();
    expect([machine.get(At.RIP), machine.get(At.RSP), machine.selector(Seg.TR)]).toEqual([
      0x7000n,
      0x6f00n,
      OTHER_TASK,
    ]);
    expect([machine.read(other, 2), machine.get(At.RFLAGS), machine.get(At.CR0) & 8n]).toEqual([
      0x30n,
      0x4002n,
      8n,
    ]);
    expect(machine.read(GDT + OTHER_TASK + 5, 1)).toBe(0x8bn);
    expect(machine.execute(0xcf)).toBeUndefined();
    expect([machine.get(At.RIP), machine.get(At.RSP), machine.selector(Seg.TR)]).toEqual([0x4007n, sp, TASK]);
    expect(machine.read(GDT + OTHER_TASK + 5, 1)).toBe(0x89n);
    expect(machine.execute(0xea, { immediate: BigInt(TASK) << 32n })).toEqual({ vector: 13, error: TASK }); // busy
  });
});
