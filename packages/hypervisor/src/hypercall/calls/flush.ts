/** Flushing translations of other virtual processors: 0x02, 0x03, 0x13, 0x14. TLFS, "Virtual MMU and Caching". */

import {
  FeatureEdx,
  FlushFlag,
  FlushVirtualAddressExInput,
  FlushVirtualAddressInput,
  HvStatus,
} from '@viridian/protocols/tlfs';
import type { CallContext } from '../call-context.ts';
import type { HandlerGroup } from '../hypercall-table.ts';
import { VpSet } from '../vp-set.ts';

/** More pages than this are flushed by flushing everything. */
const MOST_SINGLE_PAGES = 32;
const PAGE_MASK_LOW = 0xfff;
const PAGE_BYTES = 4096n;

const set = new VpSet();
const plain = FlushVirtualAddressInput.on(new DataView(new ArrayBuffer(FlushVirtualAddressInput.size)));
const ex = FlushVirtualAddressExInput.on(new DataView(new ArrayBuffer(FlushVirtualAddressExInput.size)));

/** Flags that a call understands; NON_GLOBAL only without a list, the extended format only if offered. */
function flagsAreValid(call: CallContext, low: number, high: number): boolean {
  let known = FlushFlag.ALL_PROCESSORS | FlushFlag.ALL_VIRTUAL_ADDRESS_SPACES;
  if (!call.declaration.rep) known |= FlushFlag.NON_GLOBAL_MAPPINGS_ONLY;
  if ((call.partition.features & FeatureEdx.EXTENDED_GVA_RANGES) !== 0) {
    known |= FlushFlag.USE_EXTENDED_RANGE_FORMAT;
  }
  return high === 0 && (low & ~known) === 0;
}

function plainTargets(call: CallContext): HvStatus {
  plain.view = call.input;
  if (!flagsAreValid(call, plain.flagsLow, plain.flagsHigh)) return HvStatus.INVALID_PARAMETER;
  if ((plain.flagsLow & FlushFlag.ALL_PROCESSORS) !== 0) {
    set.setAll();
    return HvStatus.SUCCESS;
  }
  set.setMask(plain.processorMaskLow, plain.processorMaskHigh);
  return set.isEmpty ? HvStatus.INVALID_PARAMETER : HvStatus.SUCCESS;
}

function exTargets(call: CallContext): HvStatus {
  ex.view = call.input;
  if (!flagsAreValid(call, ex.flagsLow, ex.flagsHigh)) return HvStatus.INVALID_PARAMETER;
  if ((ex.flagsLow & FlushFlag.ALL_PROCESSORS) !== 0) {
    set.setAll();
    return HvStatus.SUCCESS;
  }
  return set.parse(call, ex.vpSetFormat, ex.bankMaskLow, ex.bankMaskHigh, call.declaration.inputBytes);
}

/** True when a parent holds flushes of a target back: the call is made again when it lets go. */
function isInhibited(call: CallContext): boolean {
  for (const vp of call.partition.vps) if (vp?.tlbFlushInhibit && set.has(vp.index)) return true;
  return false;
}

// All address spaces are flushed whatever CR3 says: Linux names the kernel's page table without PCID bits, while its
// user tables lie beside it under another PCID.
function flushAll(call: CallContext): HvStatus {
  if (isInhibited(call)) {
    call.retry = true;
    return HvStatus.SUCCESS;
  }
  for (const vp of call.partition.vps) if (vp !== undefined && set.has(vp.index)) vp.flushTlb();
  call.repsDone = call.repCount;
  return HvStatus.SUCCESS;
}

function pagesInList(call: CallContext): number {
  let pages = 0;
  for (let i = call.repStart; i < call.repCount && pages <= MOST_SINGLE_PAGES; i++) {
    pages += 1 + (call.input.getUint32(call.inputElement(i), true) & PAGE_MASK_LOW);
  }
  return pages;
}

function flushList(call: CallContext): HvStatus {
  if (pagesInList(call) > MOST_SINGLE_PAGES || isInhibited(call)) return flushAll(call);
  for (let i = call.repStart; i < call.repCount; i++) {
    const at = call.inputElement(i);
    const more = call.input.getUint32(at, true) & PAGE_MASK_LOW;
    const first = call.input.getBigUint64(at, true) & ~BigInt(PAGE_MASK_LOW);
    for (let page = 0; page <= more; page++) {
      const gva = BigInt.asUintN(64, first + BigInt(page) * PAGE_BYTES);
      for (const vp of call.partition.vps) if (vp !== undefined && set.has(vp.index)) vp.flushTlb(gva);
    }
    call.repsDone = i + 1;
  }
  return HvStatus.SUCCESS;
}

/** The extended range format has large pages in it: everything goes. */
function flushRanges(call: CallContext, flagsLow: number): HvStatus {
  return (flagsLow & FlushFlag.USE_EXTENDED_RANGE_FORMAT) !== 0 ? flushAll(call) : flushList(call);
}

/** Handlers of the flush calls. */
export const FLUSH_HANDLERS: HandlerGroup = {
  HvCallFlushVirtualAddressSpace(call) {
    const status = plainTargets(call);
    return status === HvStatus.SUCCESS ? flushAll(call) : status;
  },
  HvCallFlushVirtualAddressList(call) {
    const status = plainTargets(call);
    return status === HvStatus.SUCCESS ? flushRanges(call, plain.flagsLow) : status;
  },
  HvCallFlushVirtualAddressSpaceEx(call) {
    const status = exTargets(call);
    return status === HvStatus.SUCCESS ? flushAll(call) : status;
  },
  HvCallFlushVirtualAddressListEx(call) {
    const status = exTargets(call);
    return status === HvStatus.SUCCESS ? flushRanges(call, ex.flagsLow) : status;
  },
};
