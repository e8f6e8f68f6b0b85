/** Checks of segments and privilege: Intel SDM volume 3, "Protection". */

import { describe, expect, it } from 'vitest';
import { Outcome, Reg, Seg, StopReason } from '../../src/index.ts';
import { listing, u32 } from './listing.ts';
import { At, type MachineOptions, ProgramMachine, Selector } from './program-machine.ts';
import { descriptor } from './tables.ts';

const { FREE } = Selector;
const GP = 13;
const NP = 11;
const SS = 12;
const UD = 6;

/** Attributes: present, data, writable, 32-bit, 4 KiB units. */
const DATA = 0xc093;

interface Attempt extends MachineOptions {
  readonly attributes?: number;
  readonly selector?: number;
  readonly code: string;
  readonly set?: (machine: ProgramMachine) => void;
}

/** Runs code with a descriptor at FREE; gives the first exception as [vector, error], or undefined. */
function attempt({ attributes, selector = FREE, code, set, ...options }: Attempt): unknown {
  const machine = new ProgramMachine({ mode: 'protected', ...options });
  if (attributes !== undefined) machine.setDescriptor(FREE, descriptor(0x1000, 0xf, attributes));
  machine.set(Reg.RAX, selector);
  machine.set(Reg.RBX, At.DATA);
  set?.(machine);
  machine.run([...listing(code), ...(options.user ? [0xcd, 0x80] : [0xf4])]);
  const fault = machine.caught[0];
  if (fault === undefined) return undefined;
  return [fault.vector, fault.error];
}

const MOV_DS = '8e d8   mov ds, eax';
const MOV_SS = '8e d0   mov ss, eax';

describe('loading data segments', () => {
  it.each([
    ['writable data', { attributes: DATA, code: MOV_DS }, undefined],
    ['readable code', { attributes: 0xc09b, code: MOV_DS }, undefined],
    ['execute-only code', { attributes: 0xc099, code: MOV_DS }, [GP, FREE]],
    ['a system segment', { attributes: 0x8b, code: MOV_DS }, [GP, FREE]],
    ['one not present', { attributes: DATA & ~0x80, code: MOV_DS }, [NP, FREE]],
    ['a null selector', { selector: 3, code: MOV_DS }, undefined],
    ['a selector beyond the table', { selector: 0xf8, code: MOV_DS }, [GP, 0xf8]],
    ['a selector into a missing LDT', { selector: 0x0c, code: MOV_DS }, [GP, 0x0c]],
    ['the system’s data, by a user', { attributes: DATA, code: MOV_DS, user: true }, [GP, FREE]],
    ['conforming code of the system, by a user', { attributes: 0xc09f, code: MOV_DS, user: true }, undefined],
    ['data with a weaker RPL', { attributes: DATA, selector: FREE | 3, code: MOV_DS }, [GP, FREE]],
  ] as const)('%s', (_name, what, expected) => {
    expect(attempt(what)).toEqual(expected);
  });
});

describe('loading the stack segment', () => {
  it.each([
    ['writable data', { attributes: DATA, code: MOV_SS }, undefined],
    ['read-only data', { attributes: 0xc091, code: MOV_SS }, [GP, FREE]],
    ['code', { attributes: 0xc09b, code: MOV_SS }, [GP, FREE]],
    ['one not present', { attributes: DATA & ~0x80, code: MOV_SS }, [SS, FREE]],
    ['a null selector', { selector: 0, code: MOV_SS }, [GP, 0]],
    ['another RPL', { attributes: DATA, selector: FREE | 1, code: MOV_SS }, [GP, FREE]],
    ['another DPL', { attributes: DATA | 0x60, code: MOV_SS }, [GP, FREE]],
    ['a null selector in 64-bit mode', { mode: 'long', selector: 0, code: MOV_SS }, undefined],
    [
      'a null selector of users in 64-bit mode',
      { mode: 'long', user: true, selector: 3, code: MOV_SS },
      [GP, 0],
    ],
  ] as const)('%s', (_name, what, expected) => {
    expect(attempt(what)).toEqual(expected);
  });

  it('sets the accessed bit', () => {
    const machine = new ProgramMachine({ mode: 'protected' });
    machine.setDescriptor(FREE, descriptor(0, 0xfffff, 0xc092));
    machine.set(Reg.RAX, FREE);
    machine.run(listing(`${MOV_SS}\nf4   hlt`));
    expect(machine.read(At.GDT + FREE + 5, 1)).toBe(0x93);
  });
});

describe('accesses through segments', () => {
  const READ = 'a0 0f 00 01 00   mov al, [0x1000f]';
  const through = (attributes: number, code: string) => ({ attributes, code: `${MOV_DS}\n${code}` });

  it.each([
    // The segment at FREE has base 0x1000 and 16 pages, or 16 bytes without G.
    ['within the limit', through(DATA, 'a0 ff ff 00 00   mov al, [0xffff]'), undefined],
    ['beyond the limit', through(DATA, READ), [GP, 0]],
    ['over the limit', through(DATA, 'a1 fd ff 00 00   mov eax, [0xfffd]'), [GP, 0]],
    ['beyond a limit in bytes', through(0x4093, 'a0 10 00 00 00   mov al, [16]'), [GP, 0]],
    ['below an expand-down limit', through(0xc097, 'a0 ff ff 00 00   mov al, [0xffff]'), [GP, 0]],
    ['above an expand-down limit', through(0xc097, 'a0 00 00 01 00   mov al, [0x10000]'), undefined],
    ['beyond a 16-bit expand-down segment', through(0x8097, 'a0 00 00 01 00   mov al, [0x10000]'), [GP, 0]],
    ['writing read-only data', through(0xc091, 'a2 00 00 00 00   mov [0], al'), [GP, 0]],
    ['writing code', { code: '2e a2 00 00 02 00   mov cs:[0x20000], al' }, [GP, 0]],
    ['through a null selector', { selector: 0, code: `${MOV_DS}\n8a 03   mov al, [ebx]` }, [GP, 0]],
  ] as const)('%s', (_name, what, expected) => {
    expect(attempt(what)).toEqual(expected);
  });

  it('the stack raises #SS, by EBP too', () => {
    const set = (machine: ProgramMachine) => {
      machine.segment(Seg.SS).limit = 0xfff;
      machine.set(Reg.RSP, 0x1004);
      machine.set(Reg.RBP, 0x1000);
      machine.setGate(SS, 0n);
      machine.setGate(8, descriptor(0, 0, 0));
    };
    expect(attempt({ code: '8a 45 00   mov al, [ebp]', set })).toEqual([SS, 0]);
    expect(attempt({ code: '50   push eax', set })).toEqual([SS, 0]);
    expect(attempt({ code: '3e 8a 45 00   mov al, ds:[ebp]', set })).toBeUndefined();
  });

  it('code beyond its limit raises #GP at the branch, or where it runs there', () => {
    const machine = new ProgramMachine({ mode: 'protected' });
    machine.segment(Seg.CS).limit = At.CODE + 0xff;
    machine.run(listing(`e9 ${u32(0xfb)}   jmp +0xfb`));
    expect(machine.last).toMatchObject({ vector: GP, error: 0, rip: At.CODE });
    const other = new ProgramMachine({ mode: 'protected' });
    other.segment(Seg.CS).limit = At.CODE + 0xff;
    other.run(listing('90 90 b8 01 00 00 00   nop; nop; mov eax, 1'), At.CODE + 0xfb);
    // The MOV reaches over the limit.
    expect(other.last).toMatchObject({ vector: GP, error: 0, rip: At.CODE + 0xfd });
    other.segment(Seg.CS).limit = At.CODE + 0xff;
    other.run(listing('90 90 90   nop; nop; nop'), At.CODE + 0xfd);
    expect(other.last).toMatchObject({ vector: GP, error: 0, rip: At.CODE + 0x100 });
  });
});

describe('privileged instructions', () => {
  it.each([
    ['hlt', 'f4'],
    ['cli', 'fa'],
    ['sti', 'fb'],
    ['clts', '0f 06'],
    ['invd', '0f 08'],
    ['wbinvd', '0f 09'],
    ['mov eax, cr0', '0f 20 c0'],
    ['mov cr3, eax', '0f 22 d8'],
    ['mov eax, dr7', '0f 21 f8'],
    ['wrmsr', '0f 30'],
    ['rdmsr', '0f 32'],
    ['lgdt [ebx]', '0f 01 13'],
    ['lidt [ebx]', '0f 01 1b'],
    ['lldt ax', '0f 00 d0'],
    ['ltr ax', '0f 00 d8'],
    ['lmsw ax', '0f 01 f0'],
    ['invlpg [ebx]', '0f 01 3b'],
    ['in al, 0x60', 'e4 60'],
    ['out dx, eax', 'ef'],
    ['insb', '6c'],
    ['sysexit', '0f 35'],
  ])('%s raises #GP for users', (_name, code) => {
    expect(attempt({ mode: 'protected', user: true, code })).toEqual([GP, 0]);
    expect(attempt({ mode: 'long', user: true, code })).toEqual([GP, 0]);
  });

  it('swapgs and sysret raise #GP for users, #UD outside of 64-bit mode', () => {
    for (const code of ['0f 01 f8   swapgs', '48 0f 07   sysretq']) {
      expect(attempt({ mode: 'long', user: true, code })).toEqual([GP, 0]);
    }
    expect(attempt({ mode: 'protected', code: '0f 01 f8   swapgs' })).toEqual([UD, undefined]);
    expect(attempt({ mode: 'protected', code: '0f 05   syscall' })).toEqual([UD, undefined]);
  });

  it('IOPL lets users change IF and reach ports', () => {
    const set = (machine: ProgramMachine) => machine.set(Reg.RFLAGS, 0x3002);
    const handler = { port: () => Outcome.DONE };
    expect(attempt({ user: true, code: 'fb fa e4 60', set, handler })).toBeUndefined();
  });

  it('the map of a 32-bit TSS lets users reach single ports', () => {
    const set = (machine: ProgramMachine) => {
      machine.segment(Seg.TR).limit = 0x67 + 0x21;
      machine.write(At.TSS + 0x66, 2, 0x68);
      machine.cpu.memory.fill(0xff, At.TSS + 0x68, At.TSS + 0x68 + 0x21);
      machine.write(At.TSS + 0x68 + 0xc, 1, 0xfc); // ports 0x60 and 0x61
    };
    const handler = { port: () => Outcome.DONE };
    expect(attempt({ user: true, code: 'e4 60   in al, 0x60', set, handler })).toBeUndefined();
    expect(attempt({ user: true, code: 'e4 62   in al, 0x62', set, handler })).toEqual([GP, 0]);
    expect(attempt({ user: true, code: '66 e5 60   in ax, 0x60', set, handler })).toBeUndefined();
    expect(attempt({ user: true, code: '66 e5 61   in ax, 0x61', set, handler })).toEqual([GP, 0]);
    // Beyond the map's end.
    expect(attempt({ user: true, code: 'ba 00 02 00 00 ec   in al, 0x200', set, handler })).toEqual([GP, 0]);
  });

  it('CR4.TSD keeps RDTSC from users', () => {
    const set = (machine: ProgramMachine) => machine.set(Reg.CR4, machine.get(Reg.CR4) | 4);
    expect(attempt({ user: true, code: '0f 31   rdtsc', set })).toEqual([GP, 0]);
    expect(attempt({ code: '0f 31   rdtsc', set })).toBeUndefined();
    expect(attempt({ user: true, code: '0f 31   rdtsc' })).toBeUndefined();
  });
});

describe('invalid opcodes', () => {
  it.each([
    ['ud2', '0f 0b'],
    ['ud1', '0f b9 c0'],
    ['ud0', '0f ff c0'],
    ['mov cs, ax', '8e c8'],
    ['mov segment 6, ax', '8e f0'],
    ['lea eax, ecx', '8d c1'],
    ['mov cr1, eax', '0f 22 c8'],
    ['mov cr5, eax', '0f 22 e8'],
    ['jmp far eax', 'ff e8'],
    ['group 5 /7', 'ff f8'],
    ['lock nop', 'f0 90'],
    ['lock mov [ebx], eax', 'f0 89 03'],
    ['lock add eax, ecx', 'f0 01 c8'],
    ['cmpxchg8b ecx', '0f c7 c9'],
    ['lgdt eax', '0f 01 d0'],
    ['invlpg eax', '0f 01 fa'],
    ['rsm', '0f aa'],
    ['clac without SMAP', '0f 01 ca'],
    ['rdfsbase without CR4.FSGSBASE', 'f3 0f ae c0'],
  ])('%s', (_name, code) => {
    expect(attempt({ mode: 'long', code })).toEqual([UD, undefined]);
  });

  it.each([
    ['push es', '06'],
    ['pop ds', '1f'],
    ['daa', '27'],
    ['pusha', '60'],
    ['bound', '62 03'],
    ['les eax', 'c4 03'],
    ['into', 'ce'],
    ['aam', 'd4 0a'],
    ['call far', '9a 00 00 00 00 08 00'],
    ['group 1 alias', '82 c0 01'],
  ])('%s exists no more in 64-bit mode', (_name, code) => {
    expect(attempt({ mode: 'long', code })).toEqual([UD, undefined]);
  });

  it.each([
    ['sldt', '0f 00 c0'],
    ['verr', '0f 00 e0'],
    ['lar', '0f 02 c0'],
    ['lsl', '0f 03 c0'],
    ['arpl', '63 c0'],
  ])('%s exists in protected mode only', (_name, code) => {
    expect(attempt({ mode: 'real', code })).toEqual([UD, undefined]);
    expect(attempt({ mode: 'protected', code })).toBeUndefined();
  });
});

describe('system tables', () => {
  it('LTR wants an available TSS, makes it busy, and raises #NP for one not present', () => {
    const code = '0f 00 d8   ltr ax';
    const machine = new ProgramMachine({ mode: 'protected' });
    machine.setDescriptor(FREE, descriptor(At.OTHER_TSS, 0x67, 0x89));
    machine.set(Reg.RAX, FREE);
    expect(machine.run(listing(`${code}\nf4   hlt`))).toBe(StopReason.HALT);
    expect([machine.read(At.GDT + FREE + 5, 1), machine.segment(Seg.TR).selector]).toEqual([0x8b, FREE]);
    expect(attempt({ attributes: 0x8b, code })).toEqual([GP, FREE]);
    expect(attempt({ attributes: 0x09, code })).toEqual([NP, FREE]);
    expect(attempt({ selector: 0, code })).toEqual([GP, 0]);
    expect(attempt({ selector: FREE | 4, code })).toEqual([GP, FREE | 4]);
  });

  it('LLDT makes a table that selectors then reach', () => {
    const machine = new ProgramMachine({ mode: 'protected' });
    machine.setDescriptor(FREE, descriptor(At.DATA, 0xf, 0x82));
    machine.view.setBigUint64(At.DATA + 8, descriptor(0x1234, 0xfffff, 0xc093), true);
    machine.set(Reg.RAX, FREE);
    machine.run(listing('0f 00 d0   lldt ax\nb8 0c 00 00 00   mov eax, 0xc\n8e c0   mov es, eax\nf4   hlt'));
    expect(machine.segment(Seg.ES)).toMatchObject({ base: 0x1234n, selector: 0xc });
    expect(attempt({ attributes: 0x8b, code: '0f 00 d0   lldt ax' })).toEqual([GP, FREE]);
    expect(attempt({ attributes: 0x02, code: '0f 00 d0   lldt ax' })).toEqual([NP, FREE]);
  });

  it('LGDT takes 24 bits of base with a 16-bit operand', () => {
    const machine = new ProgramMachine({ mode: 'protected' });
    machine.cpu.memory.set(listing('ff 01 56 34 12 f0'), At.DATA);
    machine.set(Reg.RBX, At.DATA);
    machine.run(listing('66 0f 01 13   lgdt [ebx]\n0f 01 43 10   sgdt [ebx+16]\nf4   hlt'));
    expect(machine.cpu.registers.gdtr).toMatchObject({ base: 0x123456n, limit: 0x1ff });
    expect(machine.read(At.DATA + 18, 4)).toBe(0x123456);
  });

  it('LGDT raises #GP for a base that is not canonical', () => {
    const machine = new ProgramMachine();
    machine.view.setBigUint64(At.DATA + 2, 0x8000_0000_0000n, true);
    machine.set(Reg.RBX, At.DATA);
    machine.run(listing('0f 01 13   lgdt [rbx]'));
    expect(machine.last).toMatchObject({ vector: GP, error: 0 });
  });
});

describe('alignment checks', () => {
  const AM = 0x40000;
  const AC = 0x40000;
  const set = (machine: ProgramMachine) => {
    machine.set(Reg.CR0, machine.get(Reg.CR0) | AM);
    machine.set(Reg.RFLAGS, 2 | AC);
    machine.set(Reg.RBX, At.DATA + 1);
  };

  it.each(['long', 'protected'] as const)('users with AC set, in %s mode', (mode) => {
    const odd = { mode, user: true, set };
    expect(attempt({ ...odd, code: '8b 03   mov eax, [ebx]' })).toEqual([17, 0]);
    expect(attempt({ ...odd, code: '66 89 03   mov [ebx], ax' })).toEqual([17, 0]);
    expect(attempt({ ...odd, code: '8a 03   mov al, [ebx]' })).toBeUndefined();
    expect(attempt({ ...odd, code: '8b 43 03   mov eax, [ebx+3]' })).toBeUndefined();
  });

  it('only with CR0.AM, AC and CPL 3', () => {
    const code = '8b 03   mov eax, [ebx]';
    expect(attempt({ code, set })).toBeUndefined();
    expect(
      attempt({
        code,
        user: true,
        set: (machine) => {
          set(machine);
          machine.set(Reg.CR0, machine.get(Reg.CR0) & ~AM);
        },
      }),
    ).toBeUndefined();
    expect(
      attempt({
        code,
        user: true,
        set: (machine) => {
          set(machine);
          machine.set(Reg.RFLAGS, 2);
        },
      }),
    ).toBeUndefined();
  });

  it('POPF turns them on and off', () => {
    const code = `
      68 02 00 04 00   push 0x40002
      9d               popfd
      8b 03            mov eax, [ebx]`;
    const aligned = (machine: ProgramMachine) => {
      set(machine);
      machine.set(Reg.RFLAGS, 2);
    };
    expect(attempt({ code, user: true, set: aligned })).toEqual([17, 0]);
    expect(
      attempt({ code: '6a 02 9d 8b 03   push 2; popfd; mov eax, [ebx]', user: true, set }),
    ).toBeUndefined();
  });
});
