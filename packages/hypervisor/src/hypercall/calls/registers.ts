/** Reading and writing a virtual processor's registers: 0x50, 0x51. TLFS, "Virtual Processor Management". */

import {
  HvStatus,
  PrivilegeBit,
  RegisterAssociation,
  RegisterNameElement,
  RegisterValue,
  VpRegistersInput,
} from '@viridian/protocols/tlfs';
import type { VirtualProcessor } from '../../vp/virtual-processor.ts';
import type { CallContext } from '../call-context.ts';
import type { HandlerGroup } from '../hypercall-table.ts';
import { childVpOf, reservedIsZero } from '../targets.ts';

const headerReserved = reservedIsZero(VpRegistersInput);
const associationReserved = reservedIsZero(RegisterAssociation);

/** The VP whose registers are meant: a child's, or the caller's own with the privilege for that. */
function target(call: CallContext): VirtualProcessor | HvStatus {
  const input = VpRegistersInput.read(call.input);
  const isSelf = call.partitionOf(input.partitionId) === call.partition;
  if (isSelf && !call.partition.hasBit(PrivilegeBit.AccessVpRegisters)) return HvStatus.ACCESS_DENIED;
  const vp = isSelf
    ? (call.vpOf(call.partition, input.vpIndex) ?? HvStatus.INVALID_VP_INDEX)
    : childVpOf(call, input.partitionId, input.vpIndex);
  if (typeof vp === 'number') return vp;
  return headerReserved(call.input) && input.inputVtl === 0 ? vp : HvStatus.INVALID_PARAMETER;
}

function getRegisters(call: CallContext): HvStatus {
  const vp = target(call);
  if (typeof vp === 'number') return vp;
  for (let i = call.repStart; i < call.repCount; i++) {
    const name = RegisterNameElement.read(call.input, call.inputElement(i)).registerName;
    const value = vp.getRegister(name);
    if (typeof value === 'number') return value;
    const at = call.outputElement(i);
    RegisterValue.write(call.output, at, { low: BigInt.asUintN(64, value), high: value >> 64n });
    call.repsDone = i + 1;
  }
  return HvStatus.SUCCESS;
}

function setRegisters(call: CallContext): HvStatus {
  const vp = target(call);
  if (typeof vp === 'number') return vp;
  for (let i = call.repStart; i < call.repCount; i++) {
    const at = call.inputElement(i);
    if (!associationReserved(call.input, at)) return HvStatus.INVALID_PARAMETER;
    const { registerName, value } = RegisterAssociation.read(call.input, at);
    const status = vp.setRegister(registerName, (value.high << 64n) | value.low);
    if (status !== HvStatus.SUCCESS) return status;
    call.repsDone = i + 1;
  }
  return HvStatus.SUCCESS;
}

/** Handlers of the register calls. */
export const REGISTER_HANDLERS: HandlerGroup = {
  HvCallGetVpRegisters: getRegisters,
  HvCallSetVpRegisters: setRegisters,
};
