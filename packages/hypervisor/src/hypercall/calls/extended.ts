/** Extended hypercalls: 0x8001 and 0x8003. TLFS, "Extended Hypercall Interface". */

import {
  ExtendedCapability,
  ExtQueryCapabilitiesOutput,
  GpaPageRange2M,
  HEAT_HINT_COLD_DISCARD,
  HvStatus,
  MemoryHeatHint,
} from '@viridian/protocols/tlfs';
import type { CallContext } from '../call-context.ts';
import type { HandlerGroup } from '../hypercall-table.ts';

/** 4 KiB pages in the 2 MiB that a range counts in. */
const PAGES_PER_LARGE_PAGE = 512;

function heatHint(call: CallContext): HvStatus {
  const { partition } = call;
  if ((partition.extendedCapabilities & ExtendedCapability.MEMORY_COLD_DISCARD_HINT) === 0n) {
    return HvStatus.INVALID_HYPERCALL_CODE;
  }
  const hint = call.input.getBigUint64(0, true);
  if ((hint & ~MemoryHeatHint.mask) !== 0n) return HvStatus.INVALID_PARAMETER;
  if (MemoryHeatHint.decode(hint).type !== HEAT_HINT_COLD_DISCARD) return HvStatus.INVALID_PARAMETER;
  for (let i = call.repStart; i < call.repCount; i++) {
    const range = GpaPageRange2M.read(call.input, call.inputElement(i));
    const first = range.pageNumber * PAGES_PER_LARGE_PAGE;
    const count = (range.additionalPages + 1) * PAGES_PER_LARGE_PAGE;
    if (range.largePage !== 1 || range.pageSize !== 0) return HvStatus.INVALID_PARAMETER;
    if (first + count > partition.gpa.pageCount) return HvStatus.INVALID_PARAMETER;
    partition.notify((observer) => observer.coldPages?.(first, count));
    call.repsDone = i + 1;
  }
  return HvStatus.SUCCESS;
}

/** Handlers of the extended calls. */
export const EXTENDED_HANDLERS: HandlerGroup = {
  HvExtCallQueryCapabilities(call) {
    ExtQueryCapabilitiesOutput.write(call.output, 0, { capabilities: call.partition.extendedCapabilities });
    return HvStatus.SUCCESS;
  },
  HvExtCallMemoryHeatHint: heatHint,
};
