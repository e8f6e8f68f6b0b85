/** Sets of virtual processors as flush and IPI calls name them. TLFS, "Virtual Processor Sets". */

import { HvStatus, VpSetFormat } from '@viridian/protocols/tlfs';
import type { CallContext } from './call-context.ts';

/** Partitions have at most 64 VPs: one bank, two halves. Parsed into this one object, read before the next call. */
export class VpSet {
  low = 0;
  high = 0;

  /** Every VP. */
  setAll(): void {
    this.low = this.high = 0xffffffff;
  }

  /** The plain 64-bit mask of the older calls. */
  setMask(low: number, high: number): void {
    this.low = low >>> 0;
    this.high = high >>> 0;
  }

  /**
   * A generic set whose banks are the variable header at `banksAt`. A bank count that does not fit the header is
   * INVALID_HYPERCALL_INPUT, an unknown format INVALID_PARAMETER. Banks of VPs that no partition can have are passed over.
   */
  parse(call: CallContext, format: number, bankLow: number, bankHigh: number, banksAt: number): HvStatus {
    if (format === VpSetFormat.ALL) {
      this.setAll();
      return HvStatus.SUCCESS;
    }
    if (format !== VpSetFormat.SPARSE_4K) return HvStatus.INVALID_PARAMETER;
    if (
      (bitCount(bankLow) + bitCount(bankHigh)) * 8 !==
      call.variableBytes - (banksAt - call.declaration.inputBytes)
    ) {
      return HvStatus.INVALID_HYPERCALL_INPUT;
    }
    const hasFirstBank = (bankLow & 1) !== 0;
    this.low = hasFirstBank ? call.input.getUint32(banksAt, true) : 0;
    this.high = hasFirstBank ? call.input.getUint32(banksAt + 4, true) : 0;
    return HvStatus.SUCCESS;
  }

  /** Whether VP `index` is in the set. */
  has(index: number): boolean {
    return index < 32 ? ((this.low >>> index) & 1) === 1 : ((this.high >>> (index - 32)) & 1) === 1;
  }

  get isEmpty(): boolean {
    return this.low === 0 && this.high === 0;
  }
}

/** Number of set bits of a 32-bit word. */
export function bitCount(word: number): number {
  let pairs = word - ((word >>> 1) & 0x55555555);
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
