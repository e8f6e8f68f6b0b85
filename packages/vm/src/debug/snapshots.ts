/** Snapshots of all x86 processors of a partition. */

import type { Partition } from '@viridian/hypervisor';
import { type MachineMemory, X86Processor } from '@viridian/x86';
import { type ProcessorSnapshot, takeSnapshot } from './processor-snapshot.ts';
import { readPhysical } from './read-physical.ts';

/** What they are doing now; processors of other kinds are left out. */
export function snapshotsOf(partition: Partition, memory: MachineMemory): ProcessorSnapshot[] {
  return partition.vps.flatMap((vp) => {
    if (vp === undefined || !(vp.processor instanceof X86Processor)) return [];
    const read = (at: number, bytes: number): Uint8Array => readPhysical(partition.gpa, memory, at, bytes);
    const state = vp.isUnrecoverable ? 'unrecoverable' : vp.waitsForSipi ? 'wait-for-sipi' : 'running';
    return [takeSnapshot(vp.processor, vp.index, state, read)];
  });
}
