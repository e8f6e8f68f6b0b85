/** Page faults of every kind, with their error codes: Intel SDM volume 3, "Page-Fault Exceptions". */

import { describe, expect, it } from 'vitest';
import { Reg } from '../../src/index.ts';
import { listing } from './listing.ts';
import { At, type Mode, ProgramMachine } from './program-machine.ts';
import { Page } from './tables.ts';

const { P, W, U, NX } = Page;
const PF = 14;
const WP = 0x10000;
const CR4_SMEP = 0x100000;
const CR4_SMAP = 0x200000;
const AC = 0x40000;
const NXE = 0x800;

/** In the address register: mov al, [ebx]; mov [ebx], al; jmp ebx. The same bytes in 32- and 64-bit code. */
const ACCESS = {
  read: listing('8a 03 f4'),
  write: listing('88 03 f4'),
  fetch: listing('ff e3'),
} as const;
type Access = keyof typeof ACCESS;

const FLAT_MODES = ['legacy', 'pae', 'long', 'compatibility'] as const satisfies readonly Mode[];
const BITS = { read: 0, write: 2, fetch: 16 } as const;

interface Case {
  readonly mode: Mode;
  readonly user?: boolean;
  readonly flags: bigint;
  readonly access: Access;
  readonly set?: (machine: ProgramMachine) => void;
}

/** Accesses the data page with these flags; gives the error code, or undefined when it went well. */
function attempt({ mode, user = false, flags, access, set }: Case): number | undefined {
  const machine = new ProgramMachine({ mode, user });
  machine.tables!.map(At.DATA, At.DATA, flags);
  machine.set(Reg.RBX, At.DATA + 0x123);
  machine.cpu.memory[At.DATA + 0x123] = 0xf4;
  set?.(machine);
  machine.run(ACCESS[access]);
  const fault = machine.caught.find((one) => one.vector === PF);
  if (fault === undefined) return undefined;
  expect(fault.address).toBe(At.DATA + 0x123);
  expect(fault.rip).toBe(access === 'fetch' ? At.DATA + 0x123 : At.CODE);
  return fault.error;
}

/** Code of a fetch has bit 4 only where NX or SMEP exists. */
const fetchBit = (mode: Mode, access: Access) => (access === 'fetch' && mode === 'legacy' ? 0 : BITS[access]);

describe.each(FLAT_MODES)('page faults with %s paging', (mode) => {
  it.each(['read', 'write', 'fetch'] as const)('%s of a page that is not present', (access) => {
    expect(attempt({ mode, flags: W | U, access })).toBe(fetchBit(mode, access));
    expect(attempt({ mode, user: true, flags: W | U, access })).toBe(4 | fetchBit(mode, access));
  });

  it.each(['read', 'write', 'fetch'] as const)('%s of a system page by a user', (access) => {
    expect(attempt({ mode, user: true, flags: P | W, access })).toBe(5 | fetchBit(mode, access));
    expect(attempt({ mode, flags: P | W, access })).toBeUndefined();
  });

  it('writes to a page that is read-only: users always, the system under WP', () => {
    const set = (machine: ProgramMachine) => machine.set(Reg.CR0, machine.get(Reg.CR0) | WP);
    expect(attempt({ mode, user: true, flags: P | U, access: 'write' })).toBe(7);
    expect(attempt({ mode, flags: P | U, access: 'write' })).toBeUndefined();
    expect(attempt({ mode, flags: P | U, access: 'write', set })).toBe(3);
    expect(attempt({ mode, user: true, flags: P | U, access: 'read' })).toBeUndefined();
  });

  it('takes rights away at the upper level too', () => {
    const alias = 0x60_0000;
    const attemptAlias = (upper: bigint, access: Access) => {
      const machine = new ProgramMachine({ mode, user: true });
      machine.tables!.map(alias, At.DATA, P | W | U);
      const at = machine.tables!.entryAt(alias, 2);
      machine.tables!.write(at, (machine.tables!.read(at) & ~7n) | upper);
      machine.set(Reg.RBX, alias);
      machine.run(ACCESS[access]);
      return machine.caught[0];
    };
    expect(attemptAlias(P | W, 'read')).toMatchObject({ vector: PF, error: 5 });
    expect(attemptAlias(P | U, 'write')).toMatchObject({ vector: PF, error: 7 });
    expect(attemptAlias(W | U, 'read')).toMatchObject({ vector: PF, error: 4 });
    expect(attemptAlias(P | U, 'read')).toMatchObject({ vector: 13 }); // HLT: all went well
  });

  it('SMEP keeps the system from fetching user pages', () => {
    const set = (machine: ProgramMachine) => {
      machine.tables!.map(At.CODE, At.CODE, P | W);
      machine.tables!.map(At.HANDLERS, At.HANDLERS, P | W);
      machine.set(Reg.CR4, machine.get(Reg.CR4) | CR4_SMEP);
    };
    expect(attempt({ mode, flags: P | W | U, access: 'fetch', set })).toBe(0x11);
    expect(attempt({ mode, flags: P | W | U, access: 'read', set })).toBeUndefined();
  });

  it('SMAP keeps the system from data of user pages unless AC is set', () => {
    const set = (flags: number) => (machine: ProgramMachine) => {
      for (const page of [At.GDT, At.IDT, At.TSS, At.KERNEL_STACK - 0x1000])
        machine.tables!.map(page, page, P | W);
      machine.set(Reg.CR4, machine.get(Reg.CR4) | CR4_SMAP);
      machine.set(Reg.RFLAGS, 2 | flags);
    };
    const flags = P | W | U;
    expect(attempt({ mode, flags, access: 'read', set: set(0) })).toBe(1);
    expect(attempt({ mode, flags, access: 'write', set: set(0) })).toBe(3);
    expect(attempt({ mode, flags, access: 'fetch', set: set(0) })).toBeUndefined();
    expect(attempt({ mode, flags, access: 'read', set: set(AC) })).toBeUndefined();
    expect(attempt({ mode, flags: P | W, access: 'read', set: set(0) })).toBeUndefined();
  });
});

describe.each(['pae', 'long'] as const)('NX and reserved bits with %s paging', (mode) => {
  it('NX forbids fetching only', () => {
    expect(attempt({ mode, flags: P | W | U | NX, access: 'fetch' })).toBe(0x11);
    expect(attempt({ mode, user: true, flags: P | W | U | NX, access: 'fetch' })).toBe(0x15);
    expect(attempt({ mode, flags: P | W | U | NX, access: 'write' })).toBeUndefined();
  });

  it('NX is reserved without EFER.NXE, and fetches have no bit of their own then', () => {
    const set = (machine: ProgramMachine) => machine.set(Reg.EFER, machine.get(Reg.EFER) & ~NXE);
    expect(attempt({ mode, flags: P | W | U | NX, access: 'read', set })).toBe(9);
    expect(attempt({ mode, flags: P | W | U | NX, access: 'fetch', set })).toBe(9);
    expect(attempt({ mode, flags: 0n, access: 'fetch', set })).toBe(0);
  });

  it('address bits above the physical width are reserved', () => {
    expect(attempt({ mode, flags: P | W | U | (1n << 51n), access: 'write' })).toBe(11);
    expect(attempt({ mode, user: true, flags: P | W | U | (1n << 40n), access: 'read' })).toBe(13);
    // Not present: nothing else is looked at.
    expect(attempt({ mode, flags: 1n << 51n, access: 'read' })).toBe(0);
  });

  it('large pages have reserved bits below their address', () => {
    const set = (machine: ProgramMachine) =>
      machine.tables!.write(machine.tables!.entryAt(0x20_0000, 2), 0x20_0000n | P | W | Page.LARGE | 0x2000n);
    const machine = new ProgramMachine({ mode });
    set(machine);
    machine.set(Reg.RBX, 0x20_0000);
    machine.run(ACCESS.read);
    expect(machine.last).toMatchObject({ vector: PF, error: 9, address: 0x20_0000 });
  });
});

describe('large pages', () => {
  it.each(['legacy', 'pae', 'long'] as const)('%s: translate and have A and D of their own', (mode) => {
    const machine = new ProgramMachine({ mode });
    const at = machine.tables!.entryAt(0x80_0000, 2);
    machine.tables!.write(at, P | W | Page.LARGE);
    machine.set(Reg.RBX, 0x80_0000 + At.DATA + 5);
    machine.run(ACCESS.read);
    expect(machine.caught).toEqual([]);
    expect(machine.tables!.read(at)).toBe(P | W | Page.LARGE | Page.A);
    machine.set(Reg.RAX, 0x77);
    machine.run(ACCESS.write);
    expect(machine.tables!.read(at)).toBe(P | W | Page.LARGE | Page.A | Page.D);
    expect(machine.cpu.memory[At.DATA + 5]).toBe(0x77);
  });

  it('INVLPG of any of its addresses forgets all of a large page', () => {
    const machine = new ProgramMachine();
    const at = machine.tables!.entryAt(0x80_0000, 2);
    machine.tables!.write(at, P | W | Page.LARGE);
    machine.write(0x2_0000, 1, 1);
    machine.write(0x22_0000, 1, 2);
    machine.set(Reg.RBX, 0x80_0000 + 0x2_0000);
    machine.set(Reg.RSI, at);
    machine.run(
      listing(`
        8a 03                       mov al, [rbx]
        48 c7 06 83 00 20 00        mov qword [rsi], 0x200083
        0f 01 3c 25 00 00 80 00     invlpg [0x800000]
        8a 23                       mov ah, [rbx]
        f4                          hlt`),
    );
    expect(machine.get(Reg.RAX) & 0xffff).toBe(0x0201);
  });

  it('PSE-36 reaches physical addresses above 4 GiB, bit 21 is reserved', () => {
    const machine = new ProgramMachine({ mode: 'legacy' });
    machine.tables!.write(machine.tables!.entryAt(0x80_0000, 2), P | W | Page.LARGE | 0x20_0000n);
    machine.set(Reg.RBX, 0x80_0000);
    machine.run(ACCESS.read);
    expect(machine.last).toMatchObject({ vector: PF, error: 9 });
  });
});

describe('accessed and dirty bits', () => {
  it.each(FLAT_MODES)('%s: a read sets A at each level, a write D at the leaf', (mode) => {
    const machine = new ProgramMachine({ mode });
    const { tables } = machine;
    tables!.map(At.DATA, At.DATA, P | W);
    machine.set(Reg.RBX, At.DATA);
    machine.run(ACCESS.read);
    expect(tables!.read(tables!.entryAt(At.DATA)) & 0x60n).toBe(Page.A);
    expect(tables!.read(tables!.entryAt(At.DATA, 2)) & 0x60n).toBe(Page.A);
    if (mode === 'long') expect(tables!.read(tables!.entryAt(At.DATA, 4)) & 0x60n).toBe(Page.A);
    machine.run(ACCESS.write);
    expect(tables!.read(tables!.entryAt(At.DATA)) & 0x60n).toBe(Page.A | Page.D);
  });

  it('D is set anew after software has cleared it and invalidated', () => {
    const machine = new ProgramMachine();
    const at = machine.tables!.entryAt(At.DATA);
    machine.set(Reg.RBX, At.DATA);
    machine.set(Reg.RSI, at);
    machine.run(
      listing(`
        88 03           mov [rbx], al
        80 26 bf        and byte [rsi], 0xbf
        0f 01 3b        invlpg [rbx]
        8a 03           mov al, [rbx]
        8a 26           mov ah, [rsi]
        88 03           mov [rbx], al
        f4              hlt`),
    );
    expect((machine.get(Reg.RAX) >> 8) & 0x40).toBe(0);
    expect(machine.tables!.read(at) & Page.D).toBe(Page.D);
  });

  it('a fault leaves D as it is', () => {
    const machine = new ProgramMachine({ user: true });
    machine.tables!.map(At.DATA, At.DATA, P | U);
    machine.set(Reg.RBX, At.DATA);
    machine.run(ACCESS.write);
    expect(machine.tables!.read(machine.tables!.entryAt(At.DATA)) & Page.D).toBe(0n);
  });
});
