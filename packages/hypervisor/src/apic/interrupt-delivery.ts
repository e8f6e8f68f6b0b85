/**
 * Interrupt messages between local APICs: the interrupt command register, and interrupts that a parent asserts.
 * Intel SDM volume 3, "Issuing Interprocessor Interrupts"; TLFS, "Virtual Interrupt Control".
 */

import {
  HvStatus,
  VIRTUAL_INTERRUPT_DEASSERT,
  VirtualInterruptFlag,
  VirtualInterruptType,
} from '@viridian/protocols/tlfs';
import type { Partition } from '../partition/partition.ts';
import type { VirtualProcessor } from '../vp/virtual-processor.ts';
import { ApicError, BROADCAST } from './local-apic.ts';

/** Delivery modes, bits 10:8 of the interrupt command register; the types of AssertVirtualInterrupt are the same. */
const DeliveryMode = { FIXED: 0, LOWEST: 1, SMI: 2, NMI: 4, INIT: 5, SIPI: 6 } as const;
/** Destination shorthands, bits 19:18. */
const Shorthand = { NONE: 0, SELF: 1, ALL: 2, ALL_BUT_SELF: 3 } as const;

const ICR_LOGICAL = 0x800;
const ICR_ASSERT = 0x4000;
const ICR_LEVEL = 0x8000;
const LOWEST_VECTOR = 16;
const HIGHEST_VECTOR = 0xff;
/** Modes in which the vector says something. */
const NEEDS_NO_VECTOR: readonly number[] = [DeliveryMode.NMI, DeliveryMode.INIT];

/** Sends what was written to the interrupt command register of `sender`. Allocates nothing. */
export function sendIpi(sender: VirtualProcessor, icrLow: number, icrHigh: number): void {
  const mode = (icrLow >> 8) & 7;
  const vector = icrLow & 0xff;
  // INIT "level de-assert" only resets arbitration ids on processors of old.
  if (mode === DeliveryMode.INIT && (icrLow & (ICR_ASSERT | ICR_LEVEL)) === ICR_LEVEL) return;
  if ((mode === DeliveryMode.FIXED || mode === DeliveryMode.LOWEST) && vector < LOWEST_VECTOR) {
    sender.apic.errors |= ApicError.SEND_ILLEGAL_VECTOR;
    return;
  }
  const shorthand = (icrLow >> 18) & 3;
  if (shorthand === Shorthand.SELF) {
    // The other modes have no meaning to oneself.
    if (mode === DeliveryMode.FIXED) sender.apic.fixed(vector);
    return;
  }
  const except = shorthand === Shorthand.ALL_BUT_SELF ? sender : undefined;
  const logical = shorthand === Shorthand.NONE && (icrLow & ICR_LOGICAL) !== 0;
  const destination = shorthand === Shorthand.NONE ? icrHigh >>> 24 : BROADCAST;
  deliver(sender.partition, mode, vector, destination, logical, false, except);
}

/**
 * HvCallAssertVirtualInterrupt: an interrupt from the parent's board. ACKNOWLEDGED while an ExtInt was acknowledged and
 * not yet cleared, INVALID_PARAMETER for a bad type, destination or vector.
 */
export function assertInterrupt(
  partition: Partition,
  type: number,
  flags: number,
  destination: number,
  vector: number,
): HvStatus {
  if ((flags & ~(VirtualInterruptFlag.LEVEL | VirtualInterruptFlag.LOGICAL_DESTINATION)) !== 0) {
    return HvStatus.INVALID_PARAMETER;
  }
  const deassert = vector === VIRTUAL_INTERRUPT_DEASSERT;
  if (!deassert && vector > HIGHEST_VECTOR) return HvStatus.INVALID_PARAMETER;
  if (type === VirtualInterruptType.EXTINT) return assertExtInt(partition, destination, vector, deassert);
  if (!Object.values(VirtualInterruptType).some((known) => known === type)) return HvStatus.INVALID_PARAMETER;
  if (NEEDS_NO_VECTOR.includes(type) && vector !== 0) return HvStatus.INVALID_PARAMETER;
  if (destination > BROADCAST) return HvStatus.INVALID_PARAMETER;
  // A local APIC keeps no line: a level interrupt that was accepted stays requested until it is handled.
  if (deassert) return HvStatus.SUCCESS;
  const level = (flags & VirtualInterruptFlag.LEVEL) !== 0;
  const logical = (flags & VirtualInterruptFlag.LOGICAL_DESTINATION) !== 0;
  deliver(partition, type, vector, destination, logical, level, undefined);
  return HvStatus.SUCCESS;
}

/** HvCallClearVirtualInterrupt: arms the ExtInt line again. */
export function clearInterrupt(partition: Partition): HvStatus {
  const bootstrap = partition.vps[0];
  if (bootstrap === undefined) return HvStatus.INVALID_VP_INDEX;
  return bootstrap.apic.clearExtInt() ? HvStatus.SUCCESS : HvStatus.NOT_ACKNOWLEDGED;
}

function assertExtInt(
  partition: Partition,
  destination: number,
  vector: number,
  deassert: boolean,
): HvStatus {
  if (destination !== 0) return HvStatus.INVALID_PARAMETER;
  const bootstrap = partition.vps[0];
  if (bootstrap === undefined) return HvStatus.INVALID_VP_INDEX;
  if (deassert) {
    bootstrap.apic.deassertExtInt();
    return HvStatus.SUCCESS;
  }
  return bootstrap.apic.assertExtInt(vector) ? HvStatus.SUCCESS : HvStatus.ACKNOWLEDGED;
}

function deliver(
  partition: Partition,
  mode: number,
  vector: number,
  destination: number,
  logical: boolean,
  level: boolean,
  except: VirtualProcessor | undefined,
): void {
  if (mode === DeliveryMode.LOWEST) {
    lowestPriority(partition, destination, logical, except)?.apic.fixed(vector, level);
    return;
  }
  for (const vp of partition.vps) {
    if (vp === undefined || vp === except || !vp.apic.isAddressed(destination, logical)) continue;
    deliverTo(vp, mode, vector, level);
  }
}

function deliverTo(vp: VirtualProcessor, mode: number, vector: number, level: boolean): void {
  switch (mode) {
    case DeliveryMode.FIXED:
      vp.apic.fixed(vector, level);
      break;
    case DeliveryMode.NMI:
      vp.nmi();
      break;
    case DeliveryMode.INIT:
      vp.init();
      break;
    case DeliveryMode.SIPI:
      vp.startUp(vector);
      break;
    default:
      // SMI: there is no system management mode; ExtInt and the reserved mode cannot be sent.
      break;
  }
}

/** Of the addressed processors that take interrupts, the one with the lowest priority; the first of equals. */
function lowestPriority(
  partition: Partition,
  destination: number,
  logical: boolean,
  except: VirtualProcessor | undefined,
): VirtualProcessor | undefined {
  let best: VirtualProcessor | undefined;
  for (const vp of partition.vps) {
    if (vp === undefined || vp === except || !vp.apic.softwareEnabled) continue;
    if (!vp.apic.isAddressed(destination, logical)) continue;
    if (best === undefined || vp.apic.processorPriority < best.apic.processorPriority) best = vp;
  }
  return best;
}
