import {
  HvStatus,
  HypercallCode,
  SendSyntheticClusterIpiExInput,
  SendSyntheticClusterIpiInput,
} from '@viridian/protocols/tlfs';
import { describe, expect, it } from 'vitest';
import { block, qwords, World } from '../../../test/hypercall-caller.ts';

const IPI = HypercallCode.HvCallSendSyntheticClusterIpi;
const IPI_EX = HypercallCode.HvCallSendSyntheticClusterIpiEx;

function setUp() {
  const world = new World();
  const { callers } = world.child(3);
  for (const { vp } of callers) vp.apic.setSpurious(0x1ff);
  const requested = () =>
    callers.map(({ vp }) => {
      const vector = vp.apic.irr.highest();
      if (vector >= 0) vp.apic.irr.delete(vector);
      return vector;
    });
  return { caller: callers[0]!, requested };
}

describe('HvCallSendSyntheticClusterIpi', () => {
  it('raises a vector on the VPs of the mask, fast and slow', () => {
    const { caller, requested } = setUp();
    const input = SendSyntheticClusterIpiInput.bytes({ vector: 0xf7, processorMaskLow: 0b110 });
    expect(caller.fast(IPI, input).status).toBe(HvStatus.SUCCESS);
    expect(requested()).toEqual([-1, 0xf7, 0xf7]);
    expect(caller.slow(IPI, input).status).toBe(HvStatus.SUCCESS);
    expect(requested()).toEqual([-1, 0xf7, 0xf7]);
  });

  it('passes missing VPs over, and an empty mask', () => {
    const { caller, requested } = setUp();
    expect(caller.fast(IPI, SendSyntheticClusterIpiInput.bytes({ vector: 0x30 })).status).toBe(
      HvStatus.SUCCESS,
    );
    const far = SendSyntheticClusterIpiInput.bytes({ vector: 0x30, processorMaskHigh: 0xffffffff });
    expect(caller.fast(IPI, far).status).toBe(HvStatus.SUCCESS);
    expect(requested()).toEqual([-1, -1, -1]);
  });

  it.each([0, 1, 0xf, 0x100, 0xffffffff])('refuses vector %i', (vector) => {
    const { caller, requested } = setUp();
    const input = SendSyntheticClusterIpiInput.bytes({ vector, processorMaskLow: 7 });
    expect(caller.fast(IPI, input).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(requested()).toEqual([-1, -1, -1]);
  });

  it.each([4, 5, 6, 7])('refuses a set byte %i', (offset) => {
    const { caller, requested } = setUp();
    const input = SendSyntheticClusterIpiInput.bytes({ vector: 0x20, processorMaskLow: 7 });
    input[offset] = 1;
    expect(caller.fast(IPI, input).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(requested()).toEqual([-1, -1, -1]);
  });

  it('accepts the lowest and highest vector', () => {
    const { caller, requested } = setUp();
    for (const vector of [0x10, 0xff]) {
      caller.fast(IPI, SendSyntheticClusterIpiInput.bytes({ vector, processorMaskLow: 2 }));
      expect(requested()).toEqual([-1, vector, -1]);
    }
  });
});

describe('HvCallSendSyntheticClusterIpiEx', () => {
  it('takes its targets from a set', () => {
    const { caller, requested } = setUp();
    const sparse = SendSyntheticClusterIpiExInput.bytes({ vector: 0x41, bankMaskLow: 1 });
    expect(caller.slow(IPI_EX, block(sparse, qwords(0b101n)), { variableQwords: 1 }).status).toBe(0);
    expect(requested()).toEqual([0x41, -1, 0x41]);
    const all = SendSyntheticClusterIpiExInput.bytes({ vector: 0x42, vpSetFormat: 1 });
    expect(caller.slow(IPI_EX, all).status).toBe(HvStatus.SUCCESS);
    expect(requested()).toEqual([0x42, 0x42, 0x42]);
  });

  it('refuses bad vectors, VTLs and sets', () => {
    const { caller, requested } = setUp();
    const status = (init: Parameters<typeof SendSyntheticClusterIpiExInput.bytes>[0], variableQwords = 0) =>
      caller.slow(IPI_EX, SendSyntheticClusterIpiExInput.bytes(init), { variableQwords }).status;
    expect(status({ vector: 5, vpSetFormat: 1 })).toBe(HvStatus.INVALID_PARAMETER);
    expect(status({ vector: 0x50, vpSetFormat: 1, targetVtl: 1 })).toBe(HvStatus.INVALID_PARAMETER);
    expect(status({ vector: 0x50, vpSetFormat: 2 })).toBe(HvStatus.INVALID_PARAMETER);
    expect(status({ vector: 0x50, bankMaskLow: 3 }, 1)).toBe(HvStatus.INVALID_HYPERCALL_INPUT);
    expect(requested()).toEqual([-1, -1, -1]);
  });
});

describe('HvCallNotifyLongSpinWait', () => {
  it('is taken note of', () => {
    const { caller } = setUp();
    expect(caller.fast(HypercallCode.HvCallNotifyLongSpinWait, qwords(1000n)).status).toBe(HvStatus.SUCCESS);
  });
});
