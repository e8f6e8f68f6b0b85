/** What the processor must forget of translations, and when: Intel SDM volume 3, "Invalidation of TLBs". */

import { describe, expect, it } from 'vitest';
import { Reg } from '../../src/index.ts';
import { listing, u32 } from './listing.ts';
import { At, ProgramMachine } from './program-machine.ts';
import { Page } from './tables.ts';

const { P, W, U, G } = Page;
const OLD = At.DATA;
const NEW = At.DATA + 0x1000;
const LINEAR = 0x7000_0000;

/** Reads at LINEAR, changes its entry to NEW, does something and reads again: AL and AH. */
function reread(
  between: string,
  flags = P | W,
  set: (machine: ProgramMachine) => void = () => {},
): [number, number] {
  const machine = new ProgramMachine();
  machine.tables!.map(LINEAR, OLD, flags);
  machine.write(OLD, 1, 1);
  machine.write(NEW, 1, 2);
  machine.set(Reg.RBX, LINEAR);
  machine.set(Reg.RSI, machine.tables!.entryAt(LINEAR));
  machine.set(Reg.RDX, NEW | Number(flags));
  set(machine);
  machine.run(
    listing(`
      8a 03           mov al, [rbx]
      89 16           mov [rsi], edx
      ${between}
      8a 23           mov ah, [rbx]
      f4              hlt`),
  );
  const rax = machine.get(Reg.RAX);
  return [rax & 0xff, (rax >> 8) & 0xff];
}

const RELOAD_CR3 = '0f 20 d9 0f 22 d9   mov rcx, cr3; mov cr3, rcx';
const TOGGLE_PGE = '0f 20 e1 48 0f ba f9 07 0f 22 e1 48 0f ba f9 07 0f 22 e1   toggle CR4.PGE';
const TOGGLE_WP = '0f 20 c1 48 0f ba f9 10 0f 22 c1 48 0f ba f9 10 0f 22 c1   toggle CR0.WP';

describe('translations are forgotten', () => {
  it.each([
    ['by INVLPG', '0f 01 3b   invlpg [rbx]', P | W],
    ['by INVLPG of a global page', '0f 01 3b   invlpg [rbx]', P | W | G],
    ['by a write to CR3', RELOAD_CR3, P | W],
    ['by a change of CR4.PGE, global ones too', TOGGLE_PGE, P | W | G],
    ['by a change of CR0.WP', TOGGLE_WP, P | W],
  ])('%s', (_name, between, flags) => {
    expect(reread(between, flags)).toEqual([1, 2]);
  });

  it('global pages outlive a write to CR3', () => {
    expect(reread(RELOAD_CR3, P | W | G)).toEqual([1, 1]);
  });

  it('without CR4.PGE the bit means nothing', () => {
    const set = (machine: ProgramMachine) => machine.set(Reg.CR4, machine.get(Reg.CR4) & ~0x80);
    expect(reread(RELOAD_CR3, P | W | G, set)).toEqual([1, 2]);
  });

  it('a page that becomes present needs nothing', () => {
    const machine = new ProgramMachine();
    machine.tables!.map(LINEAR, OLD, 0n);
    const at = machine.tables!.entryAt(LINEAR);
    machine.write(OLD, 1, 7);
    machine.set(Reg.RBX, LINEAR);
    // The handler maps the page and goes back, without INVLPG.
    machine.setHandler(
      14,
      listing(`
        c7 04 25 ${u32(at)} ${u32(OLD | 3)}   mov dword [entry], OLD | 3
        58                                    pop rax
        48 cf                                 iretq`),
    );
    machine.run(listing('8a 0b f4   mov cl, [rbx]; hlt'));
    expect(machine.get(Reg.RCX) & 0xff).toBe(7);
    expect(machine.caught.length).toBe(1);
  });

  it('more rights need nothing either', () => {
    const machine = new ProgramMachine({ user: true });
    machine.tables!.map(LINEAR, OLD, P | U);
    const at = machine.tables!.entryAt(LINEAR);
    machine.set(Reg.RBX, LINEAR);
    machine.setHandler(
      14,
      listing(`
        c7 04 25 ${u32(at)} ${u32(OLD | 7)}   mov dword [entry], OLD | 7
        58                                    pop rax
        48 cf                                 iretq`),
    );
    machine.run(listing('8a 0b c6 03 09 cd 80   mov cl, [rbx]; mov byte [rbx], 9; int 0x80'));
    expect(machine.stoppedIn).toBe(0x80);
    expect(machine.caught.map(({ error }) => error)).toEqual([7]);
    expect(machine.read(OLD, 1)).toBe(9);
  });
});

describe('privilege and translations', () => {
  it('what the system has read is not for users to read', () => {
    const machine = new ProgramMachine();
    machine.tables!.map(LINEAR, OLD, P | W);
    machine.set(Reg.RBX, LINEAR);
    machine.run(listing('8a 03 f4   mov al, [rbx]; hlt'));
    machine.enterUserMode();
    machine.run(listing('8a 03   mov al, [rbx]'));
    expect(machine.last).toMatchObject({ vector: 14, error: 5 });
  });

  it('STAC and CLAC open and close user pages under SMAP at once', () => {
    const machine = new ProgramMachine();
    machine.tables!.map(LINEAR, OLD, P | W | U);
    machine.tables!.identity(0, 0x10, P | W);
    machine.set(Reg.CR4, machine.get(Reg.CR4) | 0x200000);
    machine.set(Reg.RBX, LINEAR);
    machine.run(listing('0f 01 cb 8a 03 0f 01 ca 8a 03   stac; mov al, [rbx]; clac; mov al, [rbx]'));
    expect(machine.last).toMatchObject({ vector: 14, error: 1, rip: At.CODE + 8 });
    expect(machine.stack(4)[3]! & 0x40000).toBe(0);
  });

  it('implicit accesses of user code are the system’s', () => {
    const machine = new ProgramMachine({ user: true });
    // The GDT is in a system page; loading a segment reads it all the same.
    machine.tables!.map(At.GDT, At.GDT, P | W);
    machine.run(listing('b8 23 00 00 00 8e d8 cd 80   mov ds, 0x23; int 0x80'));
    expect(machine.stoppedIn).toBe(0x80);
  });
});
