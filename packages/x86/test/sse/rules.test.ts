/** When SSE instructions are refused, and what they do beside computing: memory, MMX registers, saved state. */

import { describe, expect, it } from 'vitest';
import { CodeMachine, Reg, StopReason } from '../../src/index.ts';
import { CoreRunner, vectorOf } from './core.ts';

const HLT = 0xf4;
const DB = 1;
const UD = 6;
const NM = 7;
const GP = 13;
const PF = 14;
const MF = 16;
const XM = 19;
const DATA = 0x6000;

const ADDPS = [0x0f, 0x58, 0xc1];
const DIVSD = [0xf2, 0x0f, 0x5e, 0xc1];
const LOAD_UNALIGNED = [0x0f, 0x10, 0x06];
const STORE_UNALIGNED = [0x0f, 0x11, 0x06];

/** Runs code, then HLT, after `set`; gives the machine and the exception's vector or -1. */
function run(code: readonly number[], set: (machine: CodeMachine) => void = () => {}) {
  const { machine } = new CoreRunner();
  machine.registers.qwords[Reg.RSI] = BigInt(DATA);
  machine.registers.qwords[Reg.RDI] = BigInt(DATA);
  set(machine);
  machine.run([...code, HLT]);
  return { machine, vector: vectorOf(machine) };
}

function change(register: number, clear: bigint, bits: bigint) {
  return ({ registers: { qwords } }: CodeMachine) => {
    qwords[register] = (qwords[register]! & ~clear) | bits;
  };
}

const noOsfxsr = change(Reg.CR4, 0x200n, 0n);

describe('whether SSE instructions may run', () => {
  it.each([
    ['EM', change(Reg.CR0, 0n, 4n), UD],
    ['TS', change(Reg.CR0, 0n, 8n), NM],
    ['EM and TS', change(Reg.CR0, 0n, 12n), UD],
    ['no OSFXSR', noOsfxsr, UD],
    ['no OSFXSR but TS', (machine: CodeMachine) => [noOsfxsr(machine), change(Reg.CR0, 0n, 8n)(machine)], UD],
  ])('%s decides', (_name, set, vector) => {
    for (const code of [
      ADDPS,
      [0x66, 0x0f, 0xef, 0xc0],
      [0x0f, 0xae, 0x16],
      [0x66, 0x0f, 0x38, 0x17, 0xc1],
    ]) {
      expect(run(code, set).vector).toBe(vector);
    }
  });

  it.each([
    ['CRC32', [0xf2, 0x0f, 0x38, 0xf1, 0xc1]],
    ['MOVNTI', [0x0f, 0xc3, 0x06]],
    ['PREFETCHT0', [0x0f, 0x18, 0x0e]],
    ['LFENCE', [0x0f, 0xae, 0xe8]],
    ['MFENCE', [0x0f, 0xae, 0xf0]],
    ['SFENCE', [0x0f, 0xae, 0xf8]],
    ['CLFLUSH', [0x0f, 0xae, 0x3e]],
  ])('%s runs without', (_name, code) => {
    expect(run(code, (machine) => [noOsfxsr(machine), change(Reg.CR0, 0n, 12n)(machine)]).vector).toBe(-1);
  });

  it.each([
    ['LOCK', [0xf0, ...ADDPS]],
    ['MOVNTPS of a register', [0x0f, 0x2b, 0xc1]],
    ['MOVLPD of a register', [0x66, 0x0f, 0x12, 0xc1]],
    ['MOVMSKPS of memory', [0x0f, 0x50, 0x06]],
    ['LDDQU of a register', [0xf2, 0x0f, 0xf0, 0xc1]],
    ['PSRLW with /1', [0x66, 0x0f, 0x71, 0xc8, 1]],
    ['PSRLDQ of memory', [0x66, 0x0f, 0x73, 0x1e, 1]],
    ['RCPPD', [0x66, 0x0f, 0x53, 0xc1]],
    ['PBLENDVB without 66', [0x0f, 0x38, 0x10, 0xc1]],
    ['AESENC', [0x66, 0x0f, 0x38, 0xdc, 0xc1]],
    ['PCLMULQDQ', [0x66, 0x0f, 0x3a, 0x44, 0xc1, 0]],
  ])('refuses %s', (_name, code) => {
    expect(run(code).vector).toBe(UD);
  });
});

describe('exceptions that MXCSR does not mask', () => {
  const divideUnmasked = (machine: CodeMachine) => {
    machine.registers.xmm.set([0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    machine.registers.floatControl.mxcsr = 0x1d80;
  };

  it('raise #XM at the instruction and leave the operands', () => {
    const { machine, vector } = run(DIVSD, divideUnmasked);
    expect(vector).toBe(XM);
    expect(machine.registers.floatControl.mxcsr).toBe(0x1d84);
    expect([...machine.registers.xmm.subarray(0, 8)]).toEqual([0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    // The return address that the exception pushed.
    const stack = new DataView(machine.memory.buffer, machine.memory.byteOffset);
    expect(stack.getBigUint64(Number(machine.registers.qwords[Reg.RSP]!), true)).toBe(0x1000n);
  });

  it('raise #UD where the system does not handle #XM', () => {
    const { vector } = run(DIVSD, (machine) => [
      divideUnmasked(machine),
      change(Reg.CR4, 0x400n, 0n)(machine),
    ]);
    expect(vector).toBe(UD);
  });
});

describe('memory operands', () => {
  /** Maps the page at DATA at the end of a region behind which nothing is mapped; gives the linear address behind it. */
  function lastPage({ memory, registers }: CodeMachine): bigint {
    const view = new DataView(memory.buffer, memory.byteOffset);
    const pointers = Number(view.getBigUint64(Number(registers.qwords[Reg.CR3]!), true) & ~0xfffn);
    view.setBigUint64(pointers + 16, 0x9007n, true);
    view.setBigUint64(0x9000, 0xa007n, true);
    view.setBigUint64(0xaff8, BigInt(DATA) | 7n, true);
    return 0x80200000n;
  }

  it.each([
    ['reads', LOAD_UNALIGNED, 0n],
    ['writes', STORE_UNALIGNED, 2n],
  ])('fault where they cross into a page that is not present: %s', (_name, code, errorCode) => {
    for (const before of [1n, 4n, 8n, 15n]) {
      const { machine, vector } = run(code, (made) => {
        made.registers.qwords[Reg.RSI] = lastPage(made) - before;
        made.registers.xmm.fill(0x55);
        made.memory.fill(0xaa, DATA, DATA + 4096);
      });
      const { registers, memory } = machine;
      expect(vector).toBe(PF);
      expect(registers.qwords[Reg.CR2]).toBe(0x80200000n);
      const view = new DataView(memory.buffer, memory.byteOffset);
      expect(view.getBigUint64(Number(registers.qwords[Reg.RSP]!), true)).toBe(errorCode);
      expect(memory.subarray(DATA + 4080, DATA + 4096)).toEqual(new Uint8Array(16).fill(0xaa));
      expect(registers.xmm[0]).toBe(0x55);
    }
  });

  it('cross pages', () => {
    const { machine } = run([...LOAD_UNALIGNED, 0x0f, 0x11, 0x47, 0x20], (made) => {
      made.memory.set(
        new Uint8Array(16).map((_, i) => i + 1),
        DATA + 4096 - 5,
      );
      made.registers.qwords[Reg.RSI] = BigInt(DATA + 4096 - 5);
      made.registers.qwords[Reg.RDI] = BigInt(DATA + 4096 - 43);
    });
    expect([...machine.memory.subarray(DATA + 4096 - 11, DATA + 4096 + 5)]).toEqual(
      [...new Array(16)].map((_, i) => i + 1),
    );
  });

  it('of 16 bytes must be aligned, even behind a page that is not present', () => {
    const { vector } = run([0x0f, 0x28, 0x06], (made) => {
      made.registers.qwords[Reg.RSI] = lastPage(made) + 4n;
    });
    expect(vector).toBe(GP);
  });

  it('are checked by MASKMOVDQU only where a byte is stored', () => {
    const masked = (mask: number[]) =>
      run([0x66, 0x0f, 0xf7, 0xc1], (made) => {
        made.registers.qwords[Reg.RDI] = lastPage(made) - 2n;
        made.registers.xmm.set([1, 2, 3, 4], 0);
        made.registers.xmm.set(mask, 16);
      });
    expect(masked([]).vector).toBe(-1);
    const { machine, vector } = masked([0x80, 0x7f]);
    expect(vector).toBe(-1);
    expect([...machine.memory.subarray(DATA + 4094, DATA + 4096)]).toEqual([1, 0]);
    expect(masked([0, 0x80, 0x80]).vector).toBe(PF);
  });

  it('are written where code lies, and the code is executed anew', () => {
    // L: jmp over the first time is what was written: mov al, 1; hlt becomes mov al, 2
    const { machine } = new CoreRunner();
    const { registers } = machine;
    registers.xmm.set([0xb0, 2, HLT], 0);
    registers.qwords[Reg.RSI] = 0x1010n;
    machine.memory.set([0xb0, 1, HLT], 0x1010);
    machine.run([0xe8, 0x0b, 0, 0, 0, HLT], 0x1000);
    expect(registers.qwords[Reg.RAX]).toBe(1n);
    // movups [rsi], xmm0; jmp 1010h
    machine.run([...STORE_UNALIGNED, 0xeb, 0x0b], 0x1000);
    expect(registers.qwords[Reg.RAX]).toBe(2n);
  });
});

describe('other modes', () => {
  it('is stepped through one instruction at a time', () => {
    // pxor xmm0, xmm0; addsd xmm1, xmm1
    const { machine, vector } = run([0x66, 0x0f, 0xef, 0xc0, 0xf2, 0x0f, 0x58, 0xc9], (made) => {
      made.registers.xmm.fill(0x40);
      made.registers.qwords[Reg.RFLAGS] = 0x102n;
    });
    expect(vector).toBe(DB);
    expect([machine.registers.xmm[0], machine.registers.xmm[16]]).toEqual([0, 0x40]);
    const stack = new DataView(machine.memory.buffer, machine.memory.byteOffset);
    expect(stack.getBigUint64(Number(machine.registers.qwords[Reg.RSP]!), true)).toBe(0x1004n);
  });

  it.each([32, 16] as const)('runs as %i-bit code', (bits) => {
    const machine = new CodeMachine({ bits, memoryBytes: 1 << 20 });
    const { qwords, xmm } = machine.registers;
    qwords[Reg.CR4] = qwords[Reg.CR4]! | 0x600n;
    machine.memory.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], DATA);
    qwords[Reg.RSI] = BigInt(DATA);
    // movdqu xmm1, [e/si]; paddb xmm1, xmm1; movd eax, xmm1
    const memory = bits === 32 ? 0x0e : 0x0c;
    const reason = machine.run([
      0xf3,
      0x0f,
      0x6f,
      memory,
      0x66,
      0x0f,
      0xfc,
      0xc9,
      0x66,
      0x0f,
      0x7e,
      0xc8,
      HLT,
    ]);
    expect(reason).toBe(StopReason.HALT);
    expect(qwords[Reg.RAX]).toBe(0x08060402n);
    expect(xmm[31]).toBe(32);
  });

  it('wraps addresses at 4 GiB in 32-bit code', () => {
    const machine = new CodeMachine({ bits: 32, memoryBytes: 1 << 20 });
    const { qwords, xmm } = machine.registers;
    qwords[Reg.CR4] = qwords[Reg.CR4]! | 0x600n;
    qwords[Reg.RSI] = 0xffffffffn;
    machine.memory.set([1, 2, 3], 0x2000);
    // movdqu xmm0, [esi + 2001h]
    machine.run([0xf3, 0x0f, 0x6f, 0x86, 0x01, 0x20, 0, 0, HLT]);
    expect([...xmm.subarray(0, 3)]).toEqual([1, 2, 3]);
  });
});

describe('MMX registers', () => {
  const busy = (machine: CodeMachine) => {
    Object.assign(machine.registers.floatControl, { fsw: 0x3800, ftw: 0 });
  };

  it.each([
    ['MOVQ2DQ', [0xf3, 0x0f, 0xd6, 0xc1], false],
    ['MOVDQ2Q', [0xf2, 0x0f, 0xd6, 0xc1], true],
    ['CVTPI2PS', [0x0f, 0x2a, 0xc1], false],
    ['CVTPI2PS of memory', [0x0f, 0x2a, 0x06], false],
    ['CVTPI2PD', [0x66, 0x0f, 0x2a, 0xc1], false],
    ['CVTTPD2PI', [0x66, 0x0f, 0x2c, 0xc1], true],
  ])('%s switches the x87 unit to MMX', (_name, code, writes) => {
    const { machine } = run(code, busy);
    expect(machine.registers.floatControl).toMatchObject({ fsw: 0, ftw: 0xff });
    expect(machine.registers.x87[9]).toBe(writes ? 0xff : 0);
  });

  it('CVTPI2PD of memory does not', () => {
    const { machine } = run([0x66, 0x0f, 0x2a, 0x06], busy);
    expect(machine.registers.floatControl).toMatchObject({ fsw: 0x3800, ftw: 0 });
  });

  it('raise a waiting x87 exception first', () => {
    const { vector } = run([0xf2, 0x0f, 0xd6, 0xc1], (machine) => {
      machine.registers.floatControl.fsw = 0x8081;
      change(Reg.CR0, 0n, 0x20n)(machine);
    });
    expect(vector).toBe(MF);
  });
});

describe('FXSAVE and FXRSTOR', () => {
  it('keep the registers and MXCSR', () => {
    // fxsave [rsi]; xorps xmm0, xmm0; ldmxcsr [rdi + 24 + mask]; fxrstor [rsi]
    const { machine, vector } = run(
      [0x0f, 0xae, 0x06, 0x0f, 0x57, 0xc0, 0x0f, 0xae, 0x57, 0x1c, 0x0f, 0xae, 0x0e],
      (made) => {
        made.registers.xmm.set(new Uint8Array(256).map((_, i) => i));
        made.registers.floatControl.mxcsr = 0x3fa1;
      },
    );
    expect(vector).toBe(-1);
    expect([...machine.registers.xmm]).toEqual([...new Array(256).keys()]);
    expect(machine.registers.floatControl.mxcsr).toBe(0x3fa1);
    const view = new DataView(machine.memory.buffer, machine.memory.byteOffset + DATA);
    expect([view.getUint32(24, true), view.getUint32(28, true)]).toEqual([0x3fa1, 0xffff]);
  });

  it('refuse reserved bits of MXCSR', () => {
    const { vector } = run([0x0f, 0xae, 0x0e], (made) => made.memory.set([0, 0, 1], DATA + 24));
    expect(vector).toBe(GP);
  });
});

describe('CRC32', () => {
  it('takes AH to BH without REX, and gives the checksum of RFC 3720', () => {
    const { machine } = run([0xf2, 0x0f, 0x38, 0xf0, 0xcc, 0xf2, 0x48, 0x0f, 0x38, 0xf1, 0x16], (made) => {
      made.registers.qwords[Reg.RAX] = 0x3100n;
      made.registers.qwords[Reg.RCX] = 0xffffffffn;
    });
    // "1" alone.
    expect(~Number(machine.registers.qwords[Reg.RCX]!) >>> 0).toBe(0x90f599e3);
    const whole = run([0xf2, 0x48, 0x0f, 0x38, 0xf1, 0x0e, 0xf2, 0x0f, 0x38, 0xf0, 0x4e, 8], (made) => {
      made.registers.qwords[Reg.RCX] = 0xffffffffn;
      made.memory.set(new TextEncoder().encode('123456789'), DATA);
    });
    expect(~Number(whole.machine.registers.qwords[Reg.RCX]!) >>> 0).toBe(0xe3069283);
  });
});
