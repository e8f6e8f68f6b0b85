/** Interrupt messages to local APICs, from one another and from the board. Intel SDM volume 3, "Issuing Interprocessor Interrupts". */

import type { Partition } from '../partition/partition.ts';
import type { VirtualProcessor } from '../vp/virtual-processor.ts';
import { ApicError, BROADCAST } from './local-apic.ts';

/** Delivery modes: bits 10:8 of the interrupt command register, of MSI data and of an I/O APIC's entries. */
export const DeliveryMode = { FIXED: 0, LOWEST: 1, SMI: 2, NMI: 4, INIT: 5, SIPI: 6, EXTINT: 7 } as const;
/** Destination shorthands, bits 19:18. */
const Shorthand = { NONE: 0, SELF: 1, ALL: 2, ALL_BUT_SELF: 3 } as const;

const ICR_LOGICAL = 0x800;
const ICR_ASSERT = 0x4000;
const ICR_LEVEL = 0x8000;
const LOWEST_VECTOR = 16;

/** What an interrupt message says. */
export interface InterruptMessage {
  /** One of {@link DeliveryMode}; others are ignored. */
  readonly deliveryMode: number;
  /** An APIC id, or a mask of logical ids. 0xFF is all, in either. */
  readonly destination: number;
  readonly logical: boolean;
  readonly vector: number;
  /** Level-triggered: the end is told to who listens. */
  readonly level: boolean;
}

/** Sends what was written to the interrupt command register of `sender`. Allocates nothing. */
export function sendIpi(sender: VirtualProcessor, icrLow: number, icrHigh: number): void {
  const mode = (icrLow >> 8) & 7;
  const vector = icrLow & 0xff;
  // INIT "level de-assert" only resets arbitration ids on processors of old.
  if (mode === DeliveryMode.INIT && (icrLow & (ICR_ASSERT | ICR_LEVEL)) === ICR_LEVEL) return;
  // ExtINT belongs to the board.
  if (mode === DeliveryMode.EXTINT) return;
  if ((mode === DeliveryMode.FIXED || mode === DeliveryMode.LOWEST) && vector < LOWEST_VECTOR) {
    sender.apic.raiseError(ApicError.SEND_ILLEGAL_VECTOR);
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
  const own = sender.apic.isX2apic ? icrHigh : icrHigh >>> 24;
  const destination = shorthand === Shorthand.NONE ? own : BROADCAST;
  deliver(sender.partition, mode, vector, destination, logical, false, except);
}

/** Delivers to all that are addressed; gives how many took it. */
export function deliver(
  partition: Partition,
  mode: number,
  vector: number,
  destination: number,
  logical: boolean,
  level: boolean,
  except?: VirtualProcessor,
): number {
  if (mode === DeliveryMode.LOWEST) {
    const vp = lowestPriority(partition, destination, logical, except);
    return vp?.apic.fixed(vector, level) === true ? 1 : 0;
  }
  let taken = 0;
  for (const vp of partition.vps) {
    if (vp === undefined || vp === except || !vp.apic.isAddressed(destination, logical)) continue;
    if (deliverTo(vp, mode, vector, level)) taken += 1;
  }
  return taken;
}

function deliverTo(vp: VirtualProcessor, mode: number, vector: number, level: boolean): boolean {
  switch (mode) {
    case DeliveryMode.FIXED:
      return vp.apic.fixed(vector, level);
    case DeliveryMode.NMI:
      vp.nmi();
      return true;
    case DeliveryMode.INIT:
      vp.init();
      return true;
    case DeliveryMode.SIPI:
      vp.startUp(vector);
      return true;
    case DeliveryMode.EXTINT:
      vp.apic.messageExtInt();
      return true;
    default:
      // SMI: there is no system management mode; the other value is reserved.
      return false;
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
