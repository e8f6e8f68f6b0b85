/** Suspension, and interruptions on their way. TLFS, "Virtual Processor Management" and "Intercepts". */

import {
  HvRegister,
  InterceptSuspend,
  InterruptState,
  PendingInterruption,
  PendingInterruptionType,
} from '@viridian/protocols/tlfs';
import type { VirtualProcessor } from '../virtual-processor.ts';
import type { NamedRegister } from './register.ts';

/** InterceptSuspend: both bits can only be cleared. */
function setInterceptSuspend(vp: VirtualProcessor, value: bigint): boolean {
  const { suspended, tlbFlushInhibit } = InterceptSuspend.decode(value);
  if (suspended === 1 && !vp.interceptSuspend) return false;
  if (tlbFlushInhibit === 1 && !vp.tlbFlushInhibit) return false;
  if (tlbFlushInhibit === 0) vp.tlbFlushInhibit = false;
  if (suspended === 0) vp.interceptSuspend = false;
  return true;
}

/** PendingInterruption: delivers in front of the next instruction. A value that is not pending changes nothing. */
function setPendingInterruption(vp: VirtualProcessor, value: bigint): boolean {
  const { pending, type, deliverErrorCode, vector, errorCode } = PendingInterruption.decode(value);
  if (pending === 0) return true;
  if (vector > 0xff) return false;
  switch (type) {
    case PendingInterruptionType.NMI:
      vp.processor.injectNmi();
      return true;
    case PendingInterruptionType.INTERRUPT:
    case PendingInterruptionType.EXCEPTION:
    case PendingInterruptionType.SOFTWARE_INTERRUPT:
      vp.processor.injectException(vector, deliverErrorCode === 1 ? errorCode : undefined);
      return true;
    default:
      return false;
  }
}

/** InterruptState: the shadow only; whether an NMI is being handled is the processor's own secret. */
function setInterruptState(vp: VirtualProcessor, value: bigint): boolean {
  const { interruptShadow, nmiMasked } = InterruptState.decode(value);
  if (nmiMasked === 1) return false;
  vp.processor.interruptShadow = interruptShadow === 1;
  return true;
}

/** The registers that say whether and how the VP goes on. */
export const CONTROL_REGISTERS: readonly NamedRegister[] = [
  [
    HvRegister.ExplicitSuspend,
    {
      bits: 1,
      get: (vp) => (vp.explicitSuspend ? 1n : 0n),
      set: (vp, value) => {
        vp.explicitSuspend = value === 1n;
        return true;
      },
    },
  ],
  [
    HvRegister.InterceptSuspend,
    {
      bits: 2,
      get: (vp) =>
        InterceptSuspend.encode({
          suspended: vp.interceptSuspend ? 1 : 0,
          tlbFlushInhibit: vp.tlbFlushInhibit ? 1 : 0,
        }),
      set: setInterceptSuspend,
    },
  ],
  [HvRegister.PendingInterruption, { bits: 64, get: () => 0n, set: setPendingInterruption }],
  [
    HvRegister.InterruptState,
    {
      bits: 2,
      get: (vp) => (vp.processor.interruptShadow ? 1n : 0n),
      set: setInterruptState,
    },
  ],
];
