/** String I/O, which no program executes: messages as a processor would cause them, on a child that stands still. */

import { HvMessageType, HvRegister, IoPortInterceptMessage } from '@viridian/protocols/tlfs';
import type { MemoryBank } from '@viridian/x86';
import { afterEach, describe, expect, it } from 'vitest';
import type { ChildPartition } from '../../src/parent/index.ts';
import { programProcessors } from '../../src/program/index.ts';
import { bootHost, MEGABYTE } from './guest-kit.ts';

const EFER_LMA = 0x10;
const LONG_CODE = 0xa09b;
const CODE_32 = 0xc09b;
const CODE_16 = 0x009b;
const DIRECTION = 0x400n;

interface Instruction {
  readonly isWrite: boolean;
  readonly rep: boolean;
  readonly size: number;
  readonly rcx: bigint;
  readonly pointer: bigint;
  readonly rflags?: bigint;
  readonly code?: number;
  readonly base?: bigint;
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A child with one suspended processor, and what its device at port 0x1F0 was given. */
function setUp(): { child: ChildPartition; bank: MemoryBank; written: number[] } {
  const { hypervisor, parent } = bootHost();
  const bank = hypervisor.addMemory(MEGABYTE);
  const processor = programProcessors(() => ({ name: 'none', start: () => {} }));
  const child = parent.createPartition({ processor });
  child.initialize();
  child.mapMemory({ gpa: 0, bank, sizeBytes: MEGABYTE });
  child.createVp(0);
  const written: number[] = [];
  child.intercepts.ports(0x1f0, 0x1f0, {
    read: () => 0x4433_2211,
    write: (_, __, value) => void written.push(value),
  });
  cleanups.push(() => {
    child.delete();
    hypervisor.removeMemory(bank);
    parent.close();
  });
  return { child, bank, written };
}

/** Hands the parent the message of one element; gives RSI, RDI, RCX and RIP afterwards. */
function intercept(child: ChildPartition, instruction: Instruction): bigint[] {
  const { isWrite, rep, size, rcx, pointer, rflags = 2n, code = LONG_CODE, base = 0n } = instruction;
  child.setRegisters(0, [
    { name: HvRegister.Rsi, low: pointer },
    { name: HvRegister.Rdi, low: pointer },
    { name: HvRegister.Rcx, low: rcx },
    { name: HvRegister.Rip, low: 0x5000n },
  ]);
  const segment = { base, limit: 0xffff_ffff, selector: 8, attributes: 0x93 };
  const payload = new Uint8Array(240);
  const view = new DataView(payload.buffer);
  IoPortInterceptMessage.write(view, 0, {
    header: {
      vpIndex: 0,
      instruction: { length: 2 },
      access: isWrite ? 1 : 0,
      executionState: { eferLma: code === LONG_CODE ? 1 : 0 },
      cs: { ...segment, base: 0n, attributes: code },
      rip: 0x5000n,
      rflags,
    },
    portNumber: 0x1f0,
    accessInfo: { accessBytes: size, string: 1, rep: rep ? 1 : 0 },
    ds: segment,
    es: segment,
    rcx,
    rsi: pointer,
    rdi: pointer,
  });
  expect(view.getUint16(IoPortInterceptMessage.offsets.header + 6, true) & EFER_LMA).toBe(
    code === LONG_CODE ? EFER_LMA : 0,
  );
  child.intercepts.received({
    type: HvMessageType.X64_IO_PORT_INTERCEPT,
    originLow: 0,
    originHigh: 0,
    payloadBytes: IoPortInterceptMessage.size,
    payload,
    view,
  });
  const { Rsi, Rdi, Rcx, Rip } = HvRegister;
  return child.getRegisters(0, [Rsi, Rdi, Rcx, Rip]).map(({ low }) => low);
}

describe('string I/O', () => {
  it('takes elements of REP OUTS from memory and leaves the instruction with the last', () => {
    const { child, bank, written } = setUp();
    bank.view.setUint16(0x2000, 0xbeef, true);
    const out = { isWrite: true, rep: true, size: 2, pointer: 0x2000n };
    expect(intercept(child, { ...out, rcx: 2n })).toEqual([0x2002n, 0x2000n, 1n, 0x5000n]);
    expect(intercept(child, { ...out, rcx: 1n })).toEqual([0x2002n, 0x2000n, 0n, 0x5002n]);
    expect(written).toEqual([0xbeef, 0xbeef]);
  });

  it('puts elements of INS into memory, backwards when DF says so, across pages', () => {
    const { child, bank } = setUp();
    const input = { isWrite: false, rep: false, size: 4, rcx: 9n, pointer: 0x2ffen, rflags: DIRECTION };
    expect(intercept(child, input)).toEqual([0x2ffen, 0x2ffan, 9n, 0x5002n]);
    expect(bank.view.getUint32(0x2ffe, true)).toBe(0x4433_2211);
  });

  it('keeps to the address size: 32 bits clear the upper half, 16 bits keep it', () => {
    const { child, bank } = setUp();
    const input = { isWrite: false, rep: true, size: 1, base: 0x1000n };
    const wide = { ...input, code: CODE_32, rcx: 0x5_0000_0002n, pointer: 0x7_0000_0010n };
    expect(intercept(child, wide).slice(1)).toEqual([0x11n, 1n, 0x5000n]);
    const short = { ...input, code: CODE_16, rcx: 0xabcd_0001n, pointer: 0x1234_ffffn };
    expect(intercept(child, short).slice(1)).toEqual([0x1234_0000n, 0xabcd_0000n, 0x5002n]);
    expect(bank.bytes[0x1010]).toBe(0x11);
    expect(bank.bytes[0x10fff]).toBe(0x11);
  });

  it('raises #GP where the guest has no memory', () => {
    const { child, written } = setUp();
    const pointer = BigInt(MEGABYTE);
    expect(intercept(child, { isWrite: true, rep: true, size: 1, rcx: 3n, pointer })).toEqual([
      pointer,
      pointer,
      3n,
      0x5000n,
    ]);
    expect(intercept(child, { isWrite: false, rep: true, size: 1, rcx: 3n, pointer })[3]).toBe(0x5000n);
    expect(written).toEqual([]);
    expect(child.intercepts.inspect().refusedCompletions).toBe(0);
  });
});
