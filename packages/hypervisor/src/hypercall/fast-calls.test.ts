import {
  FeatureEdx,
  GetPartitionPropertyInput,
  HvStatus,
  HypercallCode,
  hypercallInputLow,
  PartitionProperty,
} from '@viridian/protocols/tlfs';
import { Reg } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { block, qwords, World } from '../../test/hypercall-caller.ts';

const FLUSH_LIST = HypercallCode.HvCallFlushVirtualAddressList;
const ALL_PROCESSORS = qwords(0n, 1n, 0n);

function child() {
  const world = new World();
  const { partition, callers } = world.child();
  return { world, partition, caller: callers[0]! };
}

describe('fast calls with XMM registers', () => {
  const input = block(ALL_PROCESSORS, qwords(0x1000n, 0x2000n));
  const property = GetPartitionPropertyInput.bytes({
    partitionId: 2n,
    propertyCode: PartitionProperty.CPU_WEIGHT,
  });
  const get = HypercallCode.HvCallGetPartitionProperty;

  it('carry up to 112 bytes where the partition was offered that', () => {
    const { caller, partition } = child();
    expect(caller.fast(FLUSH_LIST, input, { reps: 2 }).status).toBe(HvStatus.INVALID_HYPERCALL_INPUT);
    partition.configure({ features: partition.features | FeatureEdx.XMM_HYPERCALL_INPUT });
    expect(caller.fast(FLUSH_LIST, input, { reps: 2 })).toMatchObject({ status: 0, reps: 2 });
    expect(caller.processor.flushes).toEqual([0x1000n, 0x2000n]);
    expect(caller.fast(FLUSH_LIST, input, { reps: 11 }).status).toBe(HvStatus.SUCCESS);
    expect(caller.fast(FLUSH_LIST, input, { reps: 12 }).status).toBe(HvStatus.INVALID_HYPERCALL_INPUT);
  });

  it('bring output back behind the input where the partition was offered that', () => {
    const { world } = child();
    const { root } = world;
    root.partition.configure({ features: root.partition.features | FeatureEdx.XMM_HYPERCALL_INPUT });
    expect(root.fast(get, property).status).toBe(HvStatus.INVALID_HYPERCALL_INPUT);
    root.partition.configure({ features: root.partition.features | FeatureEdx.XMM_HYPERCALL_OUTPUT });
    expect(root.fast(get, property).status).toBe(HvStatus.SUCCESS);
    expect([...root.processor.registers.xmm.subarray(0, 9)]).toEqual([100, 0, 0, 0, 0, 0, 0, 0, 0]);
    root.processor.enter('protected');
    root.qwords[Reg.RAX] = BigInt(hypercallInputLow(get, true));
    root.qwords[Reg.RDX] = 0n;
    root.processor.handler.hypercall(3);
    expect(root.qwords[Reg.RAX]).toBe(BigInt(HvStatus.INVALID_HYPERCALL_INPUT));
  });

  it('are refused when input and output together have no room', () => {
    const { world } = child();
    const { root } = world;
    const both = FeatureEdx.XMM_HYPERCALL_INPUT | FeatureEdx.XMM_HYPERCALL_OUTPUT;
    root.partition.configure({ features: root.partition.features | both });
    const registers = HypercallCode.HvCallGetVpRegisters;
    const names = block(
      qwords(2n, 0n),
      new Uint8Array(Uint32Array.of(0x20000, 0x20001, 0x20002, 0x20003, 0x20004).buffer),
    );
    // 16 bytes of header and five names fill three pairs; four values fill the other four.
    expect(root.fast(registers, names, { reps: 4 })).toMatchObject({ status: 0, reps: 4 });
    expect(root.fast(registers, names, { reps: 5 }).status).toBe(HvStatus.INVALID_HYPERCALL_INPUT);
  });
});
