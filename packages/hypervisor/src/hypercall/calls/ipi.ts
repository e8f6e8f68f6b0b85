/** Fixed interrupts to sets of virtual processors: 0x0B, 0x15, and the spin notification 0x08. TLFS, "Virtual Interrupt Control". */

import {
  HvStatus,
  IPI_VECTORS,
  SendSyntheticClusterIpiExInput,
  SendSyntheticClusterIpiInput,
} from '@viridian/protocols/tlfs';
import type { CallContext } from '../call-context.ts';
import type { HandlerGroup } from '../hypercall-table.ts';
import { VpSet } from '../vp-set.ts';

const set = new VpSet();
const plain = SendSyntheticClusterIpiInput.on(
  new DataView(new ArrayBuffer(SendSyntheticClusterIpiInput.size)),
);
const ex = SendSyntheticClusterIpiExInput.on(
  new DataView(new ArrayBuffer(SendSyntheticClusterIpiExInput.size)),
);

/** The part that both forms begin with. */
function isValid(input: typeof plain | typeof ex): boolean {
  if (input.vector < IPI_VECTORS.LOWEST || input.vector > IPI_VECTORS.HIGHEST) return false;
  return (input.targetVtl | input.reserved0 | input.reserved1 | input.reserved2) === 0;
}

function send(call: CallContext, vector: number): HvStatus {
  for (const vp of call.partition.vps) {
    if (vp !== undefined && set.has(vp.index)) vp.apic.fixed(vector);
  }
  return HvStatus.SUCCESS;
}

/** Handlers of the IPI calls. VPs that do not exist are passed over. */
export const IPI_HANDLERS: HandlerGroup = {
  HvCallSendSyntheticClusterIpi(call) {
    plain.view = call.input;
    if (!isValid(plain)) return HvStatus.INVALID_PARAMETER;
    set.setMask(plain.processorMaskLow, plain.processorMaskHigh);
    return send(call, plain.vector);
  },
  HvCallSendSyntheticClusterIpiEx(call) {
    ex.view = call.input;
    if (!isValid(ex)) return HvStatus.INVALID_PARAMETER;
    const banksAt = call.declaration.inputBytes;
    const status = set.parse(call, ex.vpSetFormat, ex.bankMaskLow, ex.bankMaskHigh, banksAt);
    return status === HvStatus.SUCCESS ? send(call, ex.vector) : status;
  },
  // What the caller spins for may be in the hands of one who waits for a turn.
  HvCallNotifyLongSpinWait({ vp }) {
    if (vp.turns.othersWait) vp.processor.requestStop();
    return HvStatus.SUCCESS;
  },
};
