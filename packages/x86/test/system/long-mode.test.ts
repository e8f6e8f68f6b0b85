import { describe, expect, it } from 'vitest';
import {
  GATE,
  gate,
  IST1_STACK,
  KERNEL_CODE,
  KERNEL_DATA,
  KERNEL_STACK,
  longMode,
  USER_CODE,
  USER_DATA,
  USER_STACK,
} from './machine-modes.ts';
import { At, GDT, IDT, Seg, type SystemMachine } from './system-machine.ts';

/** The words of an interrupt frame, lowest address first. */
function frame(machine: SystemMachine, count: number): number[] {
  const sp = Number(machine.get(At.RSP));
  return Array.from({ length: count }, (_, i) => Number(machine.read(sp + 8 * i, 8)));
}

describe('exceptions in 64-bit mode', () => {
  it('switches to RSP0, pushes SS:RSP and the error code, clears IF', async () => {
    const machine = await longMode(3);
    machine.set(At.CR2, 0x1234);
    expect(machine.raise(14, 6)).toBe(0);
    expect(machine.get(At.RIP)).toBe(0x1000e0n);
    expect([machine.cpl, machine.selector(Seg.CS), machine.selector(Seg.SS)]).toEqual([0, KERNEL_CODE, 0]);
    expect(machine.get(At.RSP)).toBe(BigInt(KERNEL_STACK - 48));
    // RF is set in the image: a fault.
    expect(frame(machine, 6)).toEqual([6, 0x400000, USER_CODE | 3, 0x10202, USER_STACK, USER_DATA | 3]);
    expect(machine.get(At.RFLAGS)).toBe(2n);
  });

  it('aligns the stack and keeps it without a change of privilege', async () => {
    const machine = await longMode(0);
    machine.set(At.RSP, 0x7ff9);
    machine.raise(6);
    expect(machine.get(At.RSP)).toBe(0x7ff0n - 40n);
    expect(frame(machine, 5).slice(3)).toEqual([0x7ff9, KERNEL_DATA]);
    expect(machine.selector(Seg.SS)).toBe(KERNEL_DATA);
  });

  it('takes an IST stack whatever the privilege', async () => {
    const machine = await longMode(0);
    machine.write(IDT + 2 * 16 + 4, 1, 1);
    machine.requestNmi();
    expect(machine.service()).toBeUndefined();
    expect(machine.get(At.RSP)).toBe(BigInt(IST1_STACK - 40));
    machine.requestNmi();
    machine.service(); // blocked until IRET
    expect(machine.get(At.RSP)).toBe(BigInt(IST1_STACK - 40));
    expect(machine.execute(0xcf, { size: 8 })).toBeUndefined();
    machine.service();
    expect(machine.get(At.RIP)).toBe(0x100020n);
  });

  it('makes a double fault of a page fault in the delivery of a page fault, and shuts down after a third', async () => {
    const machine = await longMode(3);
    machine.absent.add((KERNEL_STACK - 8) >> 12);
    machine.write(IDT + 8 * 16 + 4, 1, 1);
    expect(machine.raise(14, 4)).toBe(0);
    expect(machine.get(At.RIP)).toBe(0x100080n);
    expect(machine.get(At.CR2)).toBe(BigInt(KERNEL_STACK - 8));
    expect(frame(machine, 3)).toEqual([0, 0x400000, USER_CODE | 3]);
    machine.absent.add((IST1_STACK - 8) >> 12);
    machine.write(IDT + 14 * 16 + 5, 1, 0);
    expect(machine.raise(14, 4)).toBe(-2);
  });

  it('refuses gates: not present, no gate, out of the table', async () => {
    const machine = await longMode(3);
    machine.write(IDT + 0x80 * 16 + 5, 1, 0x6e);
    expect(machine.execute(0xcd, { immediate: 0x80n })).toEqual({ vector: 11, error: 0x402 });
    expect(machine.get(At.RIP)).toBe(0x400000n);
    expect(machine.execute(0xcd, { immediate: 0x81n })).toEqual({ vector: 13, error: 0x40a });
    machine.write(IDT + 0x80 * 16 + 5, 1, 0);
    expect(machine.execute(0xcd, { immediate: 0x80n })).toEqual({ vector: 13, error: 0x402 });
    expect(machine.execute(0xcc, { length: 1 })).toBeUndefined();
    expect(frame(machine, 1)).toEqual([0x400001]);
  });
});

describe('interrupts', () => {
  it('wait for IF and for the shadow of STI, and wake from HLT', async () => {
    const machine = await longMode(0);
    machine.execute(0xfa);
    machine.requestInterrupt(0x30);
    machine.service();
    expect(machine.get(At.RIP)).toBe(0x400002n);
    machine.execute(0xfb);
    expect(machine.shadow).toBe(1);
    machine.service();
    expect(machine.get(At.RIP)).toBe(0x400004n);
    machine.execute(0xf4);
    expect(machine.activity).toBe(1);
    machine.shadow = 0;
    machine.service();
    expect([machine.get(At.RIP), machine.activity]).toEqual([0x100300n, 0]);
    expect(frame(machine, 1)).toEqual([0x400006]);
  });

  it('come after a debug trap', async () => {
    const machine = await longMode(0);
    machine.requestInterrupt(0x30);
    machine.requestDebugTrap(0x4000);
    machine.service();
    expect(machine.get(At.RIP)).toBe(0x100010n);
    expect(machine.get(At.DR6) & 0x4000n).toBe(0x4000n);
  });

  it('go away when the controller has none', async () => {
    const machine = await longMode(0);
    machine.requestInterrupt(-1);
    machine.service();
    expect(machine.get(At.RIP)).toBe(0x400000n);
  });
});

describe('IRETQ', () => {
  it('goes back to where the exception came from', async () => {
    const machine = await longMode(3);
    machine.raise(6);
    expect(machine.execute(0xcf, { size: 8 })).toBeUndefined();
    expect([machine.get(At.RIP), machine.get(At.RSP), machine.cpl]).toEqual([
      0x400000n,
      BigInt(USER_STACK),
      3,
    ]);
    expect([machine.selector(Seg.CS), machine.selector(Seg.SS)]).toEqual([USER_CODE | 3, USER_DATA | 3]);
    expect(machine.get(At.RFLAGS)).toBe(0x10202n);
  });

  it('raises #GP for a non-canonical RIP, a null CS and NT, with nothing changed', async () => {
    const machine = await longMode(3);
    machine.raise(6);
    const sp = Number(machine.get(At.RSP));
    machine.write(sp, 8, 0x800000000000n);
    expect(machine.execute(0xcf, { size: 8 })).toEqual({ vector: 13, error: 0 });
    expect([machine.get(At.RSP), machine.cpl]).toEqual([BigInt(sp), 0]);
    machine.write(sp, 8, 0);
    machine.write(sp + 8, 8, 3);
    expect(machine.execute(0xcf, { size: 8 })).toEqual({ vector: 13, error: 0 });
    machine.set(At.RFLAGS, 0x4002);
    expect(machine.execute(0xcf, { size: 8 })).toEqual({ vector: 13, error: 0 });
  });
});

describe('SYSCALL and SYSRET', () => {
  it('go to LSTAR and back', async () => {
    const machine = await longMode(3);
    machine.set(At.STAR, (0x18n << 48n) | (0x08n << 32n));
    machine.set(At.LSTAR, 0xffffffff81000000n);
    machine.set(At.SFMASK, 0x200);
    machine.execute(0x105);
    expect([machine.get(At.RIP), machine.get(At.RCX), machine.get(At.R11)]).toEqual([
      0xffffffff81000000n,
      0x400002n,
      0x202n,
    ]);
    expect([machine.cpl, machine.selector(Seg.CS), machine.selector(Seg.SS), machine.get(At.RFLAGS)]).toEqual(
      [0, 8, 16, 2n],
    );
    machine.execute(0x107, { size: 8 });
    expect([machine.get(At.RIP), machine.get(At.RFLAGS)]).toEqual([0x400002n, 0x202n]);
    expect([machine.cpl, machine.selector(Seg.CS), machine.selector(Seg.SS), machine.is64Bit]).toEqual([
      3,
      0x2b,
      0x23,
      true,
    ]);
    machine.execute(0x105);
    machine.execute(0x107, { size: 4 });
    expect([machine.selector(Seg.CS), machine.is64Bit]).toEqual([0x1b, false]);
  });

  it('raises #GP at privilege 0 for a non-canonical RCX, #UD when off', async () => {
    const machine = await longMode(0);
    machine.set(At.RCX, 0x800000000000n);
    expect(machine.execute(0x107, { size: 8 })).toEqual({ vector: 13, error: 0 });
    expect(machine.cpl).toBe(0);
    machine.set(At.EFER, 0x500);
    expect(machine.execute(0x105)).toEqual({ vector: 6, error: undefined });
  });
});

describe('system registers in 64-bit mode', () => {
  it('reads and writes MSRs; the rest exits; SWAPGS', async () => {
    const machine = await longMode(0);
    machine.set(At.RCX, 0xc0000101);
    machine.set(At.RAX, 0x1000);
    machine.set(At.RDX, 0xffff8000);
    expect(machine.execute(0x130)).toBeUndefined();
    expect(machine.base(Seg.GS)).toBe(0xffff800000001000n);
    machine.execute(0x101, { modrm: 0xf8 });
    expect([machine.base(Seg.GS), machine.get(At.KERNEL_GS_BASE)]).toEqual([0n, 0xffff800000001000n]);
    machine.set(At.RDX, 0x8000);
    expect(machine.execute(0x130)).toEqual({ vector: 13, error: 0 });
    machine.set(At.RCX, 0x1a0);
    machine.execute(0x132);
    expect(machine.get(At.RAX)).toBe(1n);
    machine.set(At.RCX, 0x1b);
    machine.execute(0x132);
    expect(machine.exits).toEqual(['exit 1']);
  });

  it('refuses all of it to user code', async () => {
    const machine = await longMode(3);
    const denied = { vector: 13, error: 0 };
    for (const code of [0x130, 0x132, 0xf4, 0xfa, 0xfb, 0x106, 0x109])
      expect(machine.execute(code)).toEqual(denied);
    expect(machine.execute(0x122, { modrm: 0xd8 })).toEqual(denied);
    expect(machine.execute(0x101, { modrm: 0x10, address: 0x5000 })).toEqual(denied);
    expect(machine.execute(0xec)).toEqual(denied); // no I/O bitmap
    expect(machine.execute(0x10b)).toEqual({ vector: 6, error: undefined });
  });

  it('keeps paging on in 64-bit mode, checks CR0, CR4 and EFER', async () => {
    const machine = await longMode(0);
    const denied = { vector: 13, error: 0 };
    machine.set(At.RAX, 0x11);
    expect(machine.execute(0x122, { modrm: 0xc0 })).toEqual(denied);
    machine.set(At.RAX, 0);
    expect(machine.execute(0x122, { modrm: 0xe0 })).toEqual(denied); // CR4.PAE off
    expect(machine.execute(0x122, { modrm: 0xc8 })).toEqual({ vector: 6, error: undefined }); // CR1
    machine.set(At.RCX, 0xc0000080);
    machine.set(At.RDX, 0);
    expect(machine.execute(0x130)).toEqual(denied); // LME off with paging on
    machine.set(At.RAX, 0x901);
    expect(machine.execute(0x130)).toBeUndefined();
    expect(machine.get(At.EFER)).toBe(0xd01n);
    machine.set(At.RAX, 0x5000);
    machine.execute(0x122, { modrm: 0xd8 });
    expect([machine.get(At.CR3), machine.exits.at(-1)]).toEqual([0x5000n, 'flush 1']);
  });

  it('loads LDTR and TR from 16-byte descriptors, a busy TSS never', async () => {
    const machine = await longMode(0);
    machine.write(GDT + 0x30, 8, 0x0000890030000067n);
    machine.write(GDT + 0x38, 8, 0xffff8000);
    machine.set(At.RAX, 0x30);
    expect(machine.execute(0x100, { modrm: 0xd8 })).toBeUndefined();
    expect(machine.base(Seg.TR)).toBe(0xffff800000003000n);
    expect(machine.execute(0x100, { modrm: 0xd8 })).toEqual({ vector: 13, error: 0x30 });
  });
});

describe('far transfers in 64-bit mode', () => {
  it('returns far to compatibility code and calls back through a gate', async () => {
    const machine = await longMode(0);
    machine.write(KERNEL_STACK - 0x100, 8, 0x6000);
    machine.write(KERNEL_STACK - 0xf8, 8, 0x1b);
    machine.write(KERNEL_STACK - 0xf0, 8, USER_STACK);
    machine.write(KERNEL_STACK - 0xe8, 8, USER_DATA | 3);
    expect(machine.execute(0xcb, { size: 8 })).toBeUndefined();
    expect([machine.cpl, machine.is64Bit, machine.get(At.RIP)]).toEqual([3, false, 0x6000n]);
    machine.write(GDT + GATE, 8, gate(KERNEL_CODE, 0x7000, 0xec));
    machine.write(GDT + GATE + 8, 8, 0xffff8000);
    expect(machine.execute(0x9a, { immediate: BigInt(GATE) << 32n, length: 7 })).toBeUndefined();
    expect([machine.cpl, machine.is64Bit, machine.get(At.RIP)]).toEqual([0, true, 0xffff800000007000n]);
    expect(frame(machine, 4)).toEqual([0x6007, 0x1b, USER_STACK, USER_DATA | 3]);
  });
});
