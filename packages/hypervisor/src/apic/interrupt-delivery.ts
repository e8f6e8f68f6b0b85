/** Interrupt messages between local APICs. Intel SDM volume 3, "Issuing Interprocessor Interrupts". */

import type { Partition } from '../partition/partition.ts';
import type { VirtualProcessor } from '../vp/virtual-processor.ts';
import { ApicError, BROADCAST } from './local-apic.ts';

/** Delivery modes, bits 10:8 of the interrupt command register. */
const DeliveryMode = { FIXED: 0, LOWEST: 1, SMI: 2, NMI: 4, INIT: 5, SIPI: 6 } as const;
/** Destination shorthands, bits 19:18. */
const Shorthand = { NONE: 0, SELF: 1, ALL: 2, ALL_BUT_SELF: 3 } as const;

const ICR_LOGICAL = 0x800;
const ICR_ASSERT = 0x4000;
const ICR_LEVEL = 0x8000;
const LOWEST_VECTOR = 16;

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
  deliver(sender.partition, mode, vector, destination, logical, except);
}

function deliver(
  partition: Partition,
  mode: number,
  vector: number,
  destination: number,
  logical: boolean,
  except: VirtualProcessor | undefined,
): void {
  if (mode === DeliveryMode.LOWEST) {
    lowestPriority(partition, destination, logical, except)?.apic.fixed(vector);
    return;
  }
  for (const vp of partition.vps) {
    if (vp === undefined || vp === except || !vp.apic.isAddressed(destination, logical)) continue;
    deliverTo(vp, mode, vector);
  }
}

function deliverTo(vp: VirtualProcessor, mode: number, vector: number): void {
  switch (mode) {
    case DeliveryMode.FIXED:
      vp.apic.fixed(vector);
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
