/** Interrupts that a parent raises in its child: 0x94, 0x56; and interrupts of passed-through devices: 0x7E. TLFS, "Virtual Interrupt Control". */

import {
  AssertVirtualInterruptInput,
  ClearVirtualInterruptInput,
  HV_PARTITION_ID_SELF,
  HvStatus,
  INTERRUPT_SOURCE_MSI,
  RetargetDeviceInterruptInput,
  RetargetFlag,
  VIRTUAL_INTERRUPT_DEASSERT,
  VirtualInterruptFlag,
  VirtualInterruptType,
} from '@viridian/protocols/tlfs';
import type { Infer } from '@viridian/wire';
import type { Partition } from '../../partition/partition.ts';
import type { VirtualProcessor } from '../../vp/virtual-processor.ts';
import type { CallContext } from '../call-context.ts';
import type { HandlerGroup } from '../hypercall-table.ts';
import { activeChildOf, reservedIsZero } from '../targets.ts';
import { VpSet } from '../vp-set.ts';

/** An interrupt to be asserted, checked. */
type Assertion = Infer<typeof AssertVirtualInterruptInput>;

const HIGHEST_VECTOR = 0xff;
const KNOWN_FLAGS = VirtualInterruptFlag.LEVEL | VirtualInterruptFlag.LOGICAL_DESTINATION;
/** Destinations that an 8-bit APIC id can express. */
const MOST_DESTINATION = 0xff;

const assertReserved = reservedIsZero(AssertVirtualInterruptInput);
const retargetReserved = reservedIsZero(RetargetDeviceInterruptInput);
const retargetSet = new VpSet();

function targetsOf(partition: Partition, input: Assertion): VirtualProcessor[] {
  if (input.destination > MOST_DESTINATION) return [];
  const logical = (input.flags & VirtualInterruptFlag.LOGICAL_DESTINATION) !== 0;
  return partition.vps.filter(
    (vp): vp is VirtualProcessor => vp?.apic.isAddressed(input.destination, logical) ?? false,
  );
}

/** The one that takes a lowest-priority interrupt. */
function leastBusy(targets: readonly VirtualProcessor[]): VirtualProcessor[] {
  const able = targets.filter((vp) => vp.apic.softwareEnabled);
  able.sort((a, b) => a.apic.processorPriority - b.apic.processorPriority || a.index - b.index);
  return able.slice(0, 1);
}

/** The line of the interrupt controllers of old: to the first processor, past its local APIC. */
function assertExtInt(partition: Partition, input: Assertion): HvStatus {
  if (input.destination !== 0) return HvStatus.INVALID_PARAMETER;
  const apic = partition.vps[0]?.apic;
  if (apic === undefined) return HvStatus.INVALID_VP_INDEX;
  if (input.vector === VIRTUAL_INTERRUPT_DEASSERT) apic.deassertExtInt();
  else if (!apic.assertExtInt(input.vector)) return HvStatus.ACKNOWLEDGED;
  return HvStatus.SUCCESS;
}

function deliver(vp: VirtualProcessor, input: Assertion): void {
  const { interruptType, vector, flags } = input;
  if (interruptType === VirtualInterruptType.NMI) vp.nmi();
  else if (interruptType === VirtualInterruptType.INIT) vp.init();
  else if (interruptType === VirtualInterruptType.SIPI) vp.startUp(vector);
  else vp.apic.fixed(vector, (flags & VirtualInterruptFlag.LEVEL) !== 0);
}

/** Type, vector and flags that go together. */
function assertionIsValid(input: Assertion): boolean {
  if ((input.flags & ~KNOWN_FLAGS) !== 0 || input.targetVtl !== 0) return false;
  switch (input.interruptType) {
    case VirtualInterruptType.NMI:
    case VirtualInterruptType.INIT:
      return input.vector === 0;
    case VirtualInterruptType.FIXED:
    case VirtualInterruptType.LOWEST_PRIORITY:
      if (input.vector === VIRTUAL_INTERRUPT_DEASSERT)
        return (input.flags & VirtualInterruptFlag.LEVEL) !== 0;
      return input.vector <= HIGHEST_VECTOR;
    case VirtualInterruptType.EXTINT:
      return input.vector === VIRTUAL_INTERRUPT_DEASSERT || input.vector <= HIGHEST_VECTOR;
    case VirtualInterruptType.SIPI:
      return input.vector <= HIGHEST_VECTOR;
    default:
      return false;
  }
}

function assertInterrupt(call: CallContext): HvStatus {
  const input = AssertVirtualInterruptInput.read(call.input);
  const partition = activeChildOf(call, input.partitionId);
  if (typeof partition === 'number') return partition;
  if (!assertionIsValid(input) || !assertReserved(call.input)) return HvStatus.INVALID_PARAMETER;
  if (input.interruptType === VirtualInterruptType.EXTINT) return assertExtInt(partition, input);
  // A level line that goes down: what was latched stays latched, and the parent hears of the EOI.
  if (input.vector === VIRTUAL_INTERRUPT_DEASSERT) return HvStatus.SUCCESS;
  const addressed = targetsOf(partition, input);
  const isLogical = (input.flags & VirtualInterruptFlag.LOGICAL_DESTINATION) !== 0;
  if (addressed.length === 0 && !isLogical) return HvStatus.INVALID_VP_INDEX;
  const isLowest = input.interruptType === VirtualInterruptType.LOWEST_PRIORITY;
  for (const vp of isLowest ? leastBusy(addressed) : addressed) deliver(vp, input);
  return HvStatus.SUCCESS;
}

function clearInterrupt(call: CallContext): HvStatus {
  const partition = activeChildOf(call, ClearVirtualInterruptInput.read(call.input).partitionId);
  if (typeof partition === 'number') return partition;
  const apic = partition.vps[0]?.apic;
  if (apic === undefined) return HvStatus.INVALID_VP_INDEX;
  return apic.clearExtInt() ? HvStatus.SUCCESS : HvStatus.NOT_ACKNOWLEDGED;
}

// No device is passed through to any partition: whatever is asked well is asked of an unknown device.
function retarget(call: CallContext): HvStatus {
  const input = RetargetDeviceInterruptInput.read(call.input);
  if (input.partitionId !== HV_PARTITION_ID_SELF && input.partitionId !== call.partition.id) {
    return HvStatus.INVALID_PARTITION_ID;
  }
  if (!retargetReserved(call.input) || input.interruptSource !== INTERRUPT_SOURCE_MSI) {
    return HvStatus.INVALID_PARAMETER;
  }
  if ((input.targetFlags & ~(RetargetFlag.MULTICAST | RetargetFlag.PROCESSOR_SET)) !== 0) {
    return HvStatus.INVALID_PARAMETER;
  }
  const status = retargetTargets(call, input);
  return status === HvStatus.SUCCESS ? HvStatus.INVALID_DEVICE_ID : status;
}

/** The mask, or the set whose bank mask and banks are the variable header. */
function retargetTargets(call: CallContext, input: Infer<typeof RetargetDeviceInterruptInput>): HvStatus {
  if ((input.targetFlags & RetargetFlag.PROCESSOR_SET) === 0) {
    return call.variableBytes === 0 ? HvStatus.SUCCESS : HvStatus.INVALID_HYPERCALL_INPUT;
  }
  if (call.variableBytes < 8) return HvStatus.INVALID_HYPERCALL_INPUT;
  if (input.maskOrFormatHigh !== 0) return HvStatus.INVALID_PARAMETER;
  const banksAt = call.declaration.inputBytes;
  const low = call.input.getUint32(banksAt, true);
  const high = call.input.getUint32(banksAt + 4, true);
  return retargetSet.parse(call, input.maskOrFormatLow, low, high, banksAt + 8);
}

/** Handlers of the interrupt calls. */
export const INTERRUPT_HANDLERS: HandlerGroup = {
  HvCallAssertVirtualInterrupt: assertInterrupt,
  HvCallClearVirtualInterrupt: clearInterrupt,
  HvCallRetargetDeviceInterrupt: retarget,
};
