import { FlushVirtualAddressExInput, HvStatus, HypercallCode } from '@viridian/protocols/tlfs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitCount } from '../../src/hypercall/vp-set.ts';
import { block, qwords, World } from '../hypercall-caller.ts';

const FLUSH_EX = HypercallCode.HvCallFlushVirtualAddressSpaceEx;
const VPS = 5;

describe('sets of virtual processors', () => {
  const world = new World();
  const { callers } = world.child(VPS);
  const caller = callers[0]!;

  /** Flushes a set and gives the status and the VPs that were flushed. */
  function flush(format: number, bankMask: bigint, banks: readonly bigint[], variableQwords = banks.length) {
    for (const { processor } of callers) processor.flushes = [];
    const header = FlushVirtualAddressExInput.bytes({
      vpSetFormat: format,
      bankMaskLow: Number(bankMask & 0xffffffffn),
      bankMaskHigh: Number(bankMask >> 32n),
    });
    const { status } = caller.slow(FLUSH_EX, block(header, qwords(...banks)), { variableQwords });
    const flushed = callers.flatMap(({ processor, vp }) => (processor.flushes.length > 0 ? [vp.index] : []));
    return { status, flushed };
  }

  it('name VPs by bank and bit', () => {
    expect(flush(0, 1n, [0b10110n])).toEqual({ status: 0, flushed: [1, 2, 4] });
    expect(flush(0, 0b1001n, [1n, 0xffffffffffffffffn])).toEqual({ status: 0, flushed: [0] });
    expect(flush(0, 0b1000n, [0xffffffffffffffffn])).toEqual({ status: 0, flushed: [] });
    expect(flush(0, 1n, [0n])).toEqual({ status: 0, flushed: [] });
    expect(flush(0, 0n, [])).toEqual({ status: 0, flushed: [] });
  });

  it('may be everybody, with or without banks behind', () => {
    expect(flush(1, 0n, [])).toEqual({ status: 0, flushed: [0, 1, 2, 3, 4] });
    expect(flush(1, 0xffn, [1n])).toEqual({ status: 0, flushed: [0, 1, 2, 3, 4] });
  });

  it('have a known format', () => {
    for (const format of [2, 3, 0xffffffff, 2 ** 40]) {
      expect(flush(format, 1n, [1n])).toEqual({ status: HvStatus.INVALID_PARAMETER, flushed: [] });
    }
  });

  it('have one bank for each bit of the mask, no more and no less', () => {
    for (const [mask, banks] of [
      [0n, 1],
      [1n, 0],
      [1n, 2],
      [0b11n, 1],
      [0xffffffffffffffffn, 63],
      [1n << 63n, 0],
    ] as const) {
      const values = new Array<bigint>(banks).fill(1n);
      expect(flush(0, mask, values)).toEqual({ status: HvStatus.INVALID_HYPERCALL_INPUT, flushed: [] });
    }
    expect(flush(0, 0xffffffffffffffffn, new Array<bigint>(64).fill(2n))).toEqual({
      status: 0,
      flushed: [1],
    });
  });

  it('are understood as a model understands them', () => {
    const u64 = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn });
    fc.assert(
      fc.property(u64, fc.array(u64, { minLength: 64, maxLength: 64 }), (mask, all) => {
        const set: number[] = [];
        const banks: bigint[] = [];
        for (let bank = 0; bank < 64; bank++) {
          if (((mask >> BigInt(bank)) & 1n) === 0n) continue;
          banks.push(all[bank]!);
          for (let bit = 0; bit < 64; bit++)
            if (((all[bank]! >> BigInt(bit)) & 1n) !== 0n) set.push(bank * 64 + bit);
        }
        expect(flush(0, mask, banks)).toEqual({ status: 0, flushed: set.filter((vp) => vp < VPS) });
      }),
      { numRuns: 60 },
    );
  });

  it('count bits', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), (word) => {
        expect(bitCount(word)).toBe([...word.toString(2)].filter((digit) => digit === '1').length);
        expect(bitCount(word | 0)).toBe(bitCount(word));
      }),
    );
  });
});
