import {
  FeatureEdx,
  FlushFlag,
  FlushVirtualAddressExInput,
  FlushVirtualAddressInput,
  HvRegister,
  HvStatus,
  HypercallCode,
} from '@viridian/protocols/tlfs';
import { Outcome, PAGE_BYTES, Reg } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { block, qwords, World } from '../../../test/hypercall-caller.ts';

const SPACE = HypercallCode.HvCallFlushVirtualAddressSpace;
const LIST = HypercallCode.HvCallFlushVirtualAddressList;
const SPACE_EX = HypercallCode.HvCallFlushVirtualAddressSpaceEx;
const LIST_EX = HypercallCode.HvCallFlushVirtualAddressListEx;
const { ALL_PROCESSORS, ALL_VIRTUAL_ADDRESS_SPACES, NON_GLOBAL_MAPPINGS_ONLY, USE_EXTENDED_RANGE_FORMAT } =
  FlushFlag;

function setUp() {
  const world = new World();
  const { callers, partition } = world.child(3);
  const flushes = () => callers.map(({ processor }) => processor.flushes.splice(0));
  return { world, callers, caller: callers[1]!, partition, flushes };
}

const input = (
  flagsLow: number,
  processorMaskLow: number,
  extra: { flagsHigh?: number; addressSpace?: number } = {},
) => FlushVirtualAddressInput.bytes({ flagsLow, processorMaskLow, ...extra });

describe('HvCallFlushVirtualAddressSpace', () => {
  it('flushes everything on the VPs named, the caller too, whatever the address space', () => {
    const { caller, flushes } = setUp();
    expect(caller.slow(SPACE, input(0, 0b011, { addressSpace: 0x1234000 })).status).toBe(HvStatus.SUCCESS);
    expect(flushes()).toEqual([['all'], ['all'], []]);
    expect(caller.slow(SPACE, input(ALL_PROCESSORS, 0)).status).toBe(HvStatus.SUCCESS);
    expect(flushes()).toEqual([['all'], ['all'], ['all']]);
    const flags = ALL_VIRTUAL_ADDRESS_SPACES | NON_GLOBAL_MAPPINGS_ONLY;
    expect(caller.slow(SPACE, input(flags, 0b100)).status).toBe(HvStatus.SUCCESS);
    expect(flushes()).toEqual([[], [], ['all']]);
  });

  it('passes VPs over that do not exist', () => {
    const { caller, flushes } = setUp();
    expect(caller.slow(SPACE, input(0, 0xfffffff0)).status).toBe(HvStatus.SUCCESS);
    expect(flushes()).toEqual([[], [], []]);
  });

  it('refuses an empty mask and unknown flags', () => {
    const { caller, flushes } = setUp();
    expect(caller.slow(SPACE, input(0, 0)).status).toBe(HvStatus.INVALID_PARAMETER);
    for (const flags of [USE_EXTENDED_RANGE_FORMAT, 0x10, 0x80000000]) {
      expect(caller.slow(SPACE, input(flags, 1)).status).toBe(HvStatus.INVALID_PARAMETER);
    }
    expect(caller.slow(SPACE, input(0, 1, { flagsHigh: 1 })).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(flushes()).toEqual([[], [], []]);
  });
});

describe('HvCallFlushVirtualAddressList', () => {
  it('flushes single pages and the pages behind them', () => {
    const { caller, flushes } = setUp();
    const list = block(input(0, 1), qwords(0x7f0000001000n, 0xffff800000005002n));
    expect(caller.slow(LIST, list, { reps: 2 })).toMatchObject({ status: 0, reps: 2 });
    expect(flushes()[0]).toEqual([
      0x7f0000001000n,
      0xffff800000005000n,
      0xffff800000006000n,
      0xffff800000007000n,
    ]);
  });

  it('wraps at the top of the address space', () => {
    const { caller, flushes } = setUp();
    caller.slow(LIST, block(input(0, 1), qwords(0xfffffffffffff001n)), { reps: 1 });
    expect(flushes()[0]).toEqual([0xfffffffffffff000n, 0n]);
  });

  it('flushes everything when the list is long', () => {
    const { caller, flushes } = setUp();
    expect(caller.slow(LIST, block(input(0, 1), qwords(0xfffn)), { reps: 1 })).toMatchObject({
      status: 0,
      reps: 1,
    });
    expect(flushes()[0]).toEqual(['all']);
    expect(caller.slow(LIST, input(0, 1), { reps: 509 })).toMatchObject({ status: 0, reps: 509 });
    expect(flushes()[0]).toEqual(['all']);
  });

  it('knows the extended ranges only where they are offered, and not the non-global flag', () => {
    const { caller, partition, flushes } = setUp();
    const list = (flags: number) => block(input(flags, 1), qwords(0x1000n));
    expect(caller.slow(LIST, list(NON_GLOBAL_MAPPINGS_ONLY), { reps: 1 }).status).toBe(
      HvStatus.INVALID_PARAMETER,
    );
    expect(caller.slow(LIST, list(USE_EXTENDED_RANGE_FORMAT), { reps: 1 }).status).toBe(
      HvStatus.INVALID_PARAMETER,
    );
    partition.features |= FeatureEdx.EXTENDED_GVA_RANGES;
    expect(caller.slow(LIST, list(USE_EXTENDED_RANGE_FORMAT), { reps: 1 }).status).toBe(HvStatus.SUCCESS);
    expect(flushes()[0]).toEqual(['all']);
  });
});

describe('the Ex forms', () => {
  const ex = (flagsLow: number, bankMaskLow: number, vpSetFormat = 0) =>
    FlushVirtualAddressExInput.bytes({ flagsLow, bankMaskLow, vpSetFormat });

  it('take their targets from a set', () => {
    const { caller, flushes } = setUp();
    expect(caller.slow(SPACE_EX, block(ex(0, 1), qwords(0b101n)), { variableQwords: 1 }).status).toBe(0);
    expect(flushes()).toEqual([['all'], [], ['all']]);
    expect(caller.slow(SPACE_EX, ex(ALL_PROCESSORS, 0)).status).toBe(HvStatus.SUCCESS);
    expect(flushes()).toEqual([['all'], ['all'], ['all']]);
  });

  it('find the list behind the banks', () => {
    const { caller, flushes } = setUp();
    const list = block(ex(0, 0b11), qwords(0b10n, 0xffn), qwords(0x3000n, 0x9000n));
    expect(caller.slow(LIST_EX, list, { variableQwords: 2, reps: 2, start: 1 })).toMatchObject({
      status: 0,
      reps: 2,
    });
    expect(flushes()).toEqual([[], [0x9000n], []]);
  });

  it('refuse bad flags', () => {
    const { caller } = setUp();
    expect(caller.slow(SPACE_EX, ex(0x10, 0)).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(caller.slow(LIST_EX, block(ex(4, 0), qwords(0n)), { reps: 1 }).status).toBe(
      HvStatus.INVALID_PARAMETER,
    );
    expect(caller.slow(LIST_EX, block(ex(0, 1), qwords(0n)), { reps: 1 }).status).toBe(
      HvStatus.INVALID_HYPERCALL_INPUT,
    );
  });
});

describe('a parent that holds flushes back', () => {
  it('parks the call until it lets go; then the instruction is executed again', () => {
    const { caller, callers, flushes } = setUp();
    callers[0]!.vp.tlbFlushInhibit = true;
    caller.page(caller.inputGpn).set(input(0, 0b011));
    const gpa = BigInt(caller.inputGpn * PAGE_BYTES);
    caller.qwords[Reg.RAX] = 42n;
    expect(caller.raw(BigInt(SPACE), gpa, 0n)).toBe(Outcome.SUSPEND);
    expect([caller.qwords[Reg.RAX], flushes()]).toEqual([42n, [[], [], []]]);
    expect(caller.slow(SPACE, input(0, 0b110)).status).toBe(HvStatus.SUCCESS);
    expect(flushes()).toEqual([[], ['all'], ['all']]);
    callers[0]!.vp.setRegister(HvRegister.InterceptSuspend, 0n);
    expect(caller.slow(SPACE, input(0, 0b011)).status).toBe(HvStatus.SUCCESS);
    expect(flushes()).toEqual([['all'], ['all'], []]);
  });
});
