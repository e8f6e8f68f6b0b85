import {
  CHILD_PRIVILEGES,
  GetPartitionPropertyInput,
  HvStatus,
  HYPERCALLS,
  HypercallCode,
  hypercallInputLow,
  PartitionProperty,
  PrivilegeBit,
  TranslateVirtualAddressInput,
} from '@viridian/protocols/tlfs';
import { forgetWarnings, listen, recentWarnings } from '@viridian/trace';
import { CR0_PE, Outcome, PAGE_BYTES, Reg, RFLAGS_VM, Seg } from '@viridian/x86';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findHypercall } from '../../src/hypercall/hypercall-table.ts';
import { block, CHILD_OUTPUT, qwords, World } from '../hypercall-caller.ts';

const SIGNAL = HypercallCode.HvCallSignalEvent;
const FLUSH = HypercallCode.HvCallFlushVirtualAddressSpace;
const FLUSH_LIST = HypercallCode.HvCallFlushVirtualAddressList;
const FLUSH_EX = HypercallCode.HvCallFlushVirtualAddressSpaceEx;
const ALL_PROCESSORS = qwords(0n, 1n, 0n);
const PRIVILEGES = Object.values(HYPERCALLS).filter((call) => call.privilege !== null);

function child(vpCount = 1) {
  const world = new World();
  const { partition, callers, sourcePages } = world.child(vpCount);
  return { world, partition, caller: callers[0]!, callers, sourcePages };
}

describe('who may call', () => {
  it.each([
    ['real mode', (file: { dwords: Uint32Array }) => file.dwords.fill(0, Reg.CR0 * 2, Reg.CR0 * 2 + 1)],
    [
      'virtual-8086 mode',
      (file: { dwords: Uint32Array }) => file.dwords.fill(RFLAGS_VM, Reg.RFLAGS * 2, Reg.RFLAGS * 2 + 1),
    ],
  ])('%s gets #UD', (_, change) => {
    const { caller, partition } = child();
    change(caller.processor.registers);
    expect(caller.raw(BigInt(hypercallInputLow(8, true)), 0n, 0n)).toBe(Outcome.INVALID_OPCODE);
    expect(partition.hypercalls.rejected).toBe(1);
    expect(partition.hypercalls.total).toBe(0);
  });

  it.each([1, 2, 3])('privilege level %i gets #UD', (cpl) => {
    const { caller } = child();
    caller.processor.registers.segments[Seg.SS]!.attributes = 0x93 | (cpl << 5);
    caller.qwords[Reg.RAX] = 77n;
    expect(caller.raw(BigInt(hypercallInputLow(8, true)), 0n, 0n)).toBe(Outcome.INVALID_OPCODE);
    expect(caller.qwords[Reg.RAX]).toBe(77n);
  });
});

describe('the input value', () => {
  it('has a code that exists', () => {
    const { caller } = child();
    for (const code of [0, 1, 0x7, 0x99, 0xc1, 0xff, 0x100, 0x3fff, 0x8000, 0x8002, 0x800f, 0x8010, 0xffff]) {
      expect(caller.slow(code).status).toBe(HvStatus.INVALID_HYPERCALL_CODE);
      expect(caller.fast(code, new Uint8Array(0)).status).toBe(HvStatus.INVALID_HYPERCALL_CODE);
    }
  });

  it.each([27, 28, 29, 30, 31])('has bit %i zero', (bit) => {
    const { caller } = child();
    expect(caller.slow(FLUSH, ALL_PROCESSORS, { controlLow: 1 << bit }).status).toBe(
      HvStatus.INVALID_HYPERCALL_INPUT,
    );
    expect(caller.processor.flushes).toEqual([]);
  });

  it.each([44, 45, 46, 47, 60, 61, 62, 63])('has bit %i zero, above', (bit) => {
    const { caller } = child();
    expect(caller.slow(FLUSH, ALL_PROCESSORS, { controlHigh: 1 << (bit - 32) }).status).toBe(
      HvStatus.INVALID_HYPERCALL_INPUT,
    );
  });

  it('has no reps in a simple call', () => {
    const { caller } = child();
    expect(caller.slow(FLUSH, ALL_PROCESSORS, { reps: 1 }).status).toBe(HvStatus.INVALID_HYPERCALL_INPUT);
    expect(caller.slow(FLUSH, ALL_PROCESSORS, { start: 1 }).status).toBe(HvStatus.INVALID_HYPERCALL_INPUT);
    expect(caller.slow(FLUSH, ALL_PROCESSORS).status).toBe(HvStatus.SUCCESS);
  });

  it('has a rep start below a rep count above zero in a rep call', () => {
    const { caller } = child();
    const input = block(ALL_PROCESSORS, qwords(0x1000n, 0x2000n));
    for (const form of [
      {},
      { start: 1 },
      { reps: 2, start: 2 },
      { reps: 2, start: 3 },
      { reps: 1, start: 0xfff },
    ]) {
      const result = caller.slow(FLUSH_LIST, input, form);
      expect([result.status, result.reps]).toEqual([HvStatus.INVALID_HYPERCALL_INPUT, 0]);
    }
    expect(caller.processor.flushes).toEqual([]);
    expect(caller.slow(FLUSH_LIST, input, { reps: 2, start: 1 })).toMatchObject({ status: 0, reps: 2 });
    expect(caller.processor.flushes).toEqual([0x2000n]);
  });

  it('has a variable header only where there is one', () => {
    const { caller } = child();
    expect(caller.slow(FLUSH, ALL_PROCESSORS, { variableQwords: 1 }).status).toBe(
      HvStatus.INVALID_HYPERCALL_INPUT,
    );
    const set = block(ALL_PROCESSORS, qwords(0n));
    expect(caller.slow(FLUSH_EX, set, { variableQwords: 1 }).status).toBe(HvStatus.SUCCESS);
  });

  it('asks for the fast form only where it is allowed', () => {
    const { caller } = child();
    expect(caller.fast(FLUSH, ALL_PROCESSORS).status).toBe(HvStatus.INVALID_HYPERCALL_INPUT);
    expect(caller.fast(SIGNAL, qwords(99n)).status).toBe(HvStatus.INVALID_CONNECTION_ID);
  });
});

describe('privileges', () => {
  it.each(PRIVILEGES.map((call) => [call.name, call] as const))('%s needs its own', (_, call) => {
    const { caller, partition } = child();
    const all = 0xffffffffffffffffn;
    const own = 1n << BigInt(PrivilegeBit[call.privilege!]);
    partition.privileges = all & ~own;
    // Missing privilege comes before everything that is wrong with the rest.
    expect(caller.slow(call.code, undefined, { controlLow: 1 << 27 }).status).toBe(HvStatus.ACCESS_DENIED);
    partition.privileges = own;
    expect(caller.slow(call.code, undefined, { controlLow: 1 << 27 }).status).toBe(
      HvStatus.INVALID_HYPERCALL_INPUT,
    );
  });

  it('of an ordinary child do not open one parent-side call', () => {
    const { caller, partition, world } = child();
    const other = world.child().partition;
    expect(partition.privileges).toBe(CHILD_PRIVILEGES);
    for (const call of Object.values(HYPERCALLS)) {
      if (call.code < 0x40 || call.code > 0x80 || call.inputBytes < 8) continue;
      if (['HvCallPostMessage', 'HvCallSignalEvent', 'HvCallRetargetDeviceInterrupt'].includes(call.name))
        continue;
      const input = new Uint8Array(PAGE_BYTES);
      input.set(qwords(other.id));
      const result = caller.slow(call.code, input, call.rep ? { reps: 1 } : {});
      // 0x47 and 0x48 could name the caller itself; none of them may name another.
      expect([call.name, result.status]).toEqual([call.name, HvStatus.ACCESS_DENIED]);
    }
  });
});

describe('blocks', () => {
  const property = GetPartitionPropertyInput.bytes({
    partitionId: 2n,
    propertyCode: PartitionProperty.CPU_WEIGHT,
  });
  const get = HypercallCode.HvCallGetPartitionProperty;

  it.each([1n, 2n, 4n, 7n])('off by %i are misaligned', (by) => {
    const { world } = child();
    const { root } = world;
    const at = BigInt(root.inputGpn * PAGE_BYTES);
    const out = BigInt(root.outputGpn * PAGE_BYTES);
    expect(root.slow(get, property, { inputGpa: at + by }).status).toBe(HvStatus.INVALID_ALIGNMENT);
    expect(root.slow(get, property, { outputGpa: out + by }).status).toBe(HvStatus.INVALID_ALIGNMENT);
    expect(root.slow(get, property).status).toBe(HvStatus.SUCCESS);
  });

  it('lie within one page, elements included', () => {
    const { world, caller } = child();
    const { root } = world;
    const end = BigInt((root.inputGpn + 1) * PAGE_BYTES);
    expect(root.slow(get, property, { inputGpa: end - 8n }).status).toBe(HvStatus.INVALID_ALIGNMENT);
    root.page(root.inputGpn).set(property, PAGE_BYTES - 16);
    expect(root.slow(get, undefined, { inputGpa: end - 16n }).status).toBe(HvStatus.SUCCESS);
    expect(caller.slow(FLUSH_LIST, ALL_PROCESSORS, { reps: 510 }).status).toBe(HvStatus.INVALID_ALIGNMENT);
    expect(caller.slow(FLUSH_LIST, ALL_PROCESSORS, { reps: 0xfff }).status).toBe(HvStatus.INVALID_ALIGNMENT);
    expect(caller.slow(FLUSH_LIST, ALL_PROCESSORS, { reps: 509 }).status).toBe(HvStatus.SUCCESS);
    expect(caller.slow(FLUSH_EX, ALL_PROCESSORS, { variableQwords: 0x3ff }).status).toBe(
      HvStatus.INVALID_ALIGNMENT,
    );
  });

  it.each([
    ['at the end of the space', 2n ** 40n],
    ['beyond 2^53', 2n ** 53n],
    ['at the top of 64 bits', 0xfffffffffffff000n],
  ])('%s are refused', (_, gpa) => {
    const { caller } = child();
    expect(caller.slow(FLUSH, ALL_PROCESSORS, { inputGpa: gpa }).status).toBe(HvStatus.INVALID_ALIGNMENT);
    const translate = TranslateVirtualAddressInput.bytes({});
    const call = HypercallCode.HvCallTranslateVirtualAddress;
    expect(caller.slow(call, translate, { outputGpa: gpa }).status).toBe(HvStatus.INVALID_ALIGNMENT);
  });

  it('are mapped, input readable and output writable', () => {
    const { caller, partition, world } = child();
    expect(caller.slow(FLUSH, ALL_PROCESSORS, { inputGpa: 0x1000000n }).status).toBe(
      HvStatus.INVALID_HYPERCALL_INPUT,
    );
    const { root } = world;
    expect(root.slow(get, property, { outputGpa: 0x7fff0000n }).status).toBe(
      HvStatus.INVALID_HYPERCALL_INPUT,
    );
    const translate = HypercallCode.HvCallTranslateVirtualAddress;
    partition.gpa.map(CHILD_OUTPUT, partition.gpa.systemPage(CHILD_OUTPUT), 1);
    expect(caller.slow(translate, TranslateVirtualAddressInput.bytes({})).status).toBe(
      HvStatus.INVALID_HYPERCALL_INPUT,
    );
  });

  it('do not overlap', () => {
    const { world } = child();
    const { root } = world;
    const at = BigInt(root.inputGpn * PAGE_BYTES);
    for (const outputGpa of [at, at + 8n]) {
      expect(root.slow(get, property, { outputGpa }).status).toBe(HvStatus.INVALID_ALIGNMENT);
    }
    expect(root.slow(get, property, { outputGpa: at + 16n }).status).toBe(HvStatus.SUCCESS);
    expect(root.slow(get, property, { inputGpa: at + 8n, outputGpa: at }).status).not.toBe(
      HvStatus.INVALID_ALIGNMENT,
    );
  });

  it('that are empty have no address', () => {
    const { world, caller } = child();
    const anywhere = 0xffffffffffffffffn;
    expect(caller.slow(FLUSH, ALL_PROCESSORS, { outputGpa: anywhere }).status).toBe(HvStatus.SUCCESS);
    const id = HypercallCode.HvCallGetPartitionId;
    expect(world.root.slow(id, undefined, { inputGpa: anywhere }).status).toBe(HvStatus.SUCCESS);
  });

  it('are not written when a call fails', () => {
    const { world } = child();
    const { root } = world;
    root.page(root.outputGpn).fill(0xee);
    const unknown = GetPartitionPropertyInput.bytes({ partitionId: 2n, propertyCode: 0x1234 });
    const result = root.slow(get, unknown);
    expect(result.status).toBe(HvStatus.UNKNOWN_PROPERTY);
    expect(result.output.getBigUint64(0)).toBe(0xeeeeeeeeeeeeeeeen);
  });
});

describe('registers', () => {
  it('other than RAX are left alone', () => {
    const { caller } = child();
    const { registers } = caller.processor;
    for (let i = 0; i < 16; i++) registers.qwords[i] = 0x0101010101010101n * BigInt(i + 1);
    registers.xmm.forEach((_, i) => {
      registers.xmm[i] = i;
    });
    const before = [...registers.qwords];
    const xmm = [...registers.xmm];
    const control = BigInt(hypercallInputLow(8, true));
    expect(caller.raw(control, 5n, 6n)).toBe(Outcome.DONE);
    before[Reg.RCX] = control;
    before[Reg.RDX] = 5n;
    before[Reg.R8] = 6n;
    before[Reg.RAX] = 0n;
    expect([...registers.qwords]).toEqual(before);
    expect([...registers.xmm]).toEqual(xmm);
  });

  it('of a 32-bit caller are pairs, and only EDX:EAX changes', () => {
    const { caller } = child();
    caller.processor.enter('protected');
    caller.page(caller.inputGpn).set(block(ALL_PROCESSORS, qwords(0x5000n)));
    const { qwords: file } = caller;
    file[Reg.RAX] = BigInt(hypercallInputLow(FLUSH_LIST));
    file[Reg.RDX] = 1n;
    file[Reg.RBX] = 0n;
    file[Reg.RCX] = BigInt(caller.inputGpn * PAGE_BYTES);
    file[Reg.RDI] = 0xffn;
    file[Reg.RSI] = 0xfffn;
    expect(caller.processor.handler.hypercall(3)).toBe(Outcome.DONE);
    expect(caller.processor.flushes).toEqual([0x5000n]);
    expect([file[Reg.RAX], file[Reg.RDX]]).toEqual([0n, 1n]);
    expect([file[Reg.RBX], file[Reg.RDI], file[Reg.RSI]]).toEqual([0n, 0xffn, 0xfffn]);
    expect(caller.processor.registers.dwords[Reg.CR0 * 2]).toBe(CR0_PE);
  });
});

describe('what can be seen', () => {
  it('counts by code and by failing status', () => {
    const { caller, partition } = child();
    caller.slow(FLUSH, ALL_PROCESSORS);
    caller.slow(FLUSH_LIST, block(ALL_PROCESSORS, qwords(0n, 0n, 0n)), { reps: 3 });
    caller.slow(FLUSH, new Uint8Array(24));
    caller.slow(0x7777);
    expect(partition.hypercalls.inspect()).toEqual({
      total: 4,
      failed: 2,
      reps: 3,
      rejected: 0,
      byCode: { HvCallFlushVirtualAddressSpace: 2, HvCallFlushVirtualAddressList: 1, other: 1 },
      failures: { INVALID_HYPERCALL_CODE: 1, INVALID_PARAMETER: 1 },
    });
    expect([
      partition.hypercalls.ofCode(FLUSH),
      partition.hypercalls.ofStatus(HvStatus.INVALID_PARAMETER),
    ]).toEqual([2, 1]);
  });

  it('keeps the reason of every bad call', () => {
    const { caller } = child();
    forgetWarnings();
    caller.slow(FLUSH, ALL_PROCESSORS, { controlLow: 1 << 27 });
    caller.slow(SIGNAL, qwords(99n));
    caller.processor.registers.dwords[Reg.CR0 * 2] = 0;
    caller.raw(0n, 0n, 0n);
    expect(recentWarnings().map(({ where, reason, details }) => [where, reason, details])).toEqual([
      ['partition/2/vp/0', 'INVALID_HYPERCALL_INPUT', { code: FLUSH, reps: 0 }],
      ['partition/2/vp/0', 'not in protected mode at CPL 0', {}],
    ]);
  });

  it('traces each call', () => {
    const { caller } = child();
    const seen: unknown[] = [];
    using _ = listen('hypervisor.hypercall', (event) => seen.push([event.where, event.values]));
    caller.slow(FLUSH_LIST, block(ALL_PROCESSORS, qwords(0n, 0n)), { reps: 2 });
    expect(seen).toEqual([['partition/2', { vp: 0, code: 3, fast: 0, repStart: 0, reps: 2, status: 0 }]]);
  });
});

describe('any input', () => {
  it('is answered with a status or #UD, and never harms the parent', () => {
    const { world, caller, partition } = child(2);
    partition.privileges = 0xffffffffffffffffn;
    const codes = Object.keys(HYPERCALLS).map(Number);
    const gpas = fc.oneof(
      fc.constantFrom(0x8000n, 0x9000n, 0x8008n, 0x8ff0n, 0x1000000n),
      fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }),
    );
    const calls = fc.record({
      code: fc.oneof(fc.constantFrom(...codes), fc.integer({ min: 0, max: 0xffff })),
      fast: fc.boolean(),
      reps: fc.integer({ min: 0, max: 0xfff }),
      start: fc.integer({ min: 0, max: 4 }),
      variable: fc.integer({ min: 0, max: 4 }),
      junkLow: fc.constantFrom(0, 0, 0, 1 << 27),
      gpas: fc.tuple(gpas, gpas),
      input: fc.uint8Array({ maxLength: 300 }),
      id: fc.constantFrom(0n, 1n, 2n, 0xffffffffffffffffn, 3n),
    });
    fc.assert(
      fc.property(calls, ({ code, fast, reps, start, variable, junkLow, gpas: [in0, out0], input, id }) => {
        const page = caller.page(caller.inputGpn);
        page.fill(0);
        page.set(input);
        page.set(qwords(id));
        const low = (hypercallInputLow(code, fast, variable) | junkLow) >>> 0;
        const high = (findHypercall(code)?.declaration.rep === true ? reps : reps & 1) | (start << 16);
        const outcome = caller.raw((BigInt(high >>> 0) << 32n) | BigInt(low), in0, out0);
        expect([Outcome.DONE, Outcome.INVALID_OPCODE]).toContain(outcome);
        expect(partition.state).toBe('active');
        expect(world.hypervisor.root.state).toBe('active');
      }),
      { numRuns: 600 },
    );
  });
});
