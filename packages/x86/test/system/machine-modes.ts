/** Descriptor tables and register states that the tests of `assembly/system` start from. */

import { At, GDT, IDT, Seg, SystemMachine, TSS } from './system-machine.ts';

export const KERNEL_CODE = 0x08;
export const KERNEL_DATA = 0x10;
export const USER_CODE32 = 0x18;
export const USER_DATA = 0x20;
export const USER_CODE = 0x28;
export const TASK = 0x30; // two entries in IA-32e mode
export const GATE = 0x40;
export const OTHER_TASK = 0x50;
const GDT_LIMIT = 0x5f;

export const KERNEL_STACK = 0x8000;
export const USER_STACK = 0x9000;
export const IST1_STACK = 0xa000;

/** A segment descriptor: attributes as in segment registers. */
export function descriptor(base: number, limit: number, attributes: number): bigint {
  const [b, l, a] = [BigInt(base), BigInt(limit), BigInt(attributes)];
  const low = (l & 0xffffn) | ((b & 0xffffffn) << 16n);
  return (
    low | ((a & 0xffn) << 40n) | ((l >> 16n) << 48n) | (((a >> 12n) & 0xfn) << 52n) | ((b >> 24n) << 56n)
  );
}

/** A gate's first eight bytes. */
export function gate(selector: number, offset: number, attributes: number, extra = 0): bigint {
  const o = BigInt(offset);
  return (
    (o & 0xffffn) |
    (BigInt(selector) << 16n) |
    (BigInt(extra) << 32n) |
    (BigInt(attributes) << 40n) |
    ((o >> 16n) << 48n)
  );
}

function setData(machine: SystemMachine, selector: number, level: number): void {
  for (const segment of [Seg.ES, Seg.DS, Seg.SS, Seg.FS, Seg.GS]) {
    machine.setSegment(segment, selector | level, 0, 0xffffffff, 0xc093 | (level << 5));
  }
}

/** 64-bit mode at a privilege, RIP 0x400000; every vector's gate leads to 0x100000 + vector × 16. */
export async function longMode(level: 0 | 3): Promise<SystemMachine> {
  const machine = await SystemMachine.create();
  machine.write(GDT + KERNEL_CODE, 8, descriptor(0, 0xfffff, 0xa09a));
  machine.write(GDT + KERNEL_DATA, 8, descriptor(0, 0xfffff, 0xc092));
  machine.write(GDT + USER_CODE32, 8, descriptor(0, 0xfffff, 0xc0fa));
  machine.write(GDT + USER_DATA, 8, descriptor(0, 0xfffff, 0xc0f2));
  machine.write(GDT + USER_CODE, 8, descriptor(0, 0xfffff, 0xa0fa));
  for (let vector = 0; vector < 256; vector++) {
    machine.write(
      IDT + vector * 16,
      8,
      gate(KERNEL_CODE, 0x100000 + vector * 16, vector === 3 ? 0xee : 0x8e),
    );
  }
  machine.write(TSS + 4, 8, KERNEL_STACK);
  machine.write(TSS + 0x24, 8, IST1_STACK);
  machine.setTables(GDT_LIMIT, 0xfff);
  machine.setSegment(Seg.TR, TASK, TSS, 0x67, 0x8b);
  machine.setSegment(Seg.CS, level === 0 ? KERNEL_CODE : USER_CODE | 3, 0, 0xffffffff, 0xa09b | (level << 5));
  setData(machine, level === 0 ? KERNEL_DATA : USER_DATA, level);
  machine.set(At.CR0, 0x80000011);
  machine.set(At.CR4, 0x20);
  machine.set(At.EFER, 0x501);
  machine.set(At.RFLAGS, 0x202);
  machine.set(At.RSP, level === 0 ? KERNEL_STACK - 0x100 : USER_STACK);
  machine.set(At.RIP, 0x400000);
  machine.updateMode();
  return machine;
}

/** 32-bit protected mode without paging, otherwise alike. */
export async function protectedMode(level: 0 | 3): Promise<SystemMachine> {
  const machine = await SystemMachine.create();
  machine.write(GDT + KERNEL_CODE, 8, descriptor(0, 0xfffff, 0xc09a));
  machine.write(GDT + KERNEL_DATA, 8, descriptor(0, 0xfffff, 0xc092));
  machine.write(GDT + USER_CODE32, 8, descriptor(0, 0xfffff, 0xc0fa));
  machine.write(GDT + USER_DATA, 8, descriptor(0, 0xfffff, 0xc0f2));
  for (let vector = 0; vector < 256; vector++) {
    machine.write(IDT + vector * 8, 8, gate(KERNEL_CODE, 0x100000 + vector * 16, vector === 3 ? 0xee : 0x8e));
  }
  machine.write(TSS + 4, 4, KERNEL_STACK);
  machine.write(TSS + 8, 4, KERNEL_DATA);
  machine.write(GDT + TASK, 8, descriptor(TSS, 0x67, 0x8b));
  machine.setTables(GDT_LIMIT, 0x7ff);
  machine.setSegment(Seg.TR, TASK, TSS, 0x67, 0x8b);
  machine.setSegment(
    Seg.CS,
    level === 0 ? KERNEL_CODE : USER_CODE32 | 3,
    0,
    0xffffffff,
    0xc09b | (level << 5),
  );
  setData(machine, level === 0 ? KERNEL_DATA : USER_DATA, level);
  machine.set(At.CR0, 0x11);
  machine.set(At.RFLAGS, 0x202);
  machine.set(At.RSP, level === 0 ? KERNEL_STACK - 0x100 : USER_STACK);
  machine.set(At.RIP, 0x4000);
  machine.updateMode();
  return machine;
}
