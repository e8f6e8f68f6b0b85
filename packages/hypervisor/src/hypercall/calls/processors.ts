/** Creating and deleting virtual processors: 0x4E, 0x4F. TLFS, "Virtual Processor Management". */

import { CreateVpInput, DeleteVpInput, HvStatus } from '@viridian/protocols/tlfs';
import type { HandlerGroup } from '../hypercall-table.ts';
import { activeChildOf, proximityStatus, reservedIsZero } from '../targets.ts';

const createReserved = reservedIsZero(CreateVpInput);
const deleteReserved = reservedIsZero(DeleteVpInput);

/** Handlers of the processor calls. */
export const PROCESSOR_HANDLERS: HandlerGroup = {
  HvCallCreateVp(call) {
    const input = CreateVpInput.read(call.input);
    const partition = activeChildOf(call, input.partitionId);
    if (typeof partition === 'number') return partition;
    if (!createReserved(call.input) || input.flags !== 0n) return HvStatus.INVALID_PARAMETER;
    if (input.subnodeType !== 0 || input.subnodeId !== 0n) return HvStatus.INVALID_PARAMETER;
    const proximity = proximityStatus(input.proximity.domainId, input.proximity.flags);
    if (proximity !== HvStatus.SUCCESS) return proximity;
    return partition.createVp(input.vpIndex);
  },
  HvCallDeleteVp(call) {
    const input = DeleteVpInput.read(call.input);
    const partition = activeChildOf(call, input.partitionId);
    if (typeof partition === 'number') return partition;
    if (!deleteReserved(call.input)) return HvStatus.INVALID_PARAMETER;
    return partition.deleteVp(input.vpIndex);
  },
};
