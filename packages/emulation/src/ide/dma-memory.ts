/** How a bus master on the board reaches the machine's memory (PCI Local Bus Specification, Bus Commands). */

/** Guest-physical memory as a device sees it. Addresses come from the guest: any number is answered, none is trusted. */
export interface DmaMemory {
  /**
   * Appends views over `byteCount` bytes of RAM from `gpa` on to `into`, neighbours in memory in one view. False, with
   * nothing appended, when any of them is no RAM that the guest may read and write.
   */
  gather(gpa: number, byteCount: number, into: Uint8Array[]): boolean;
}

/** Copies RAM from `gpa` on into `target`. False when it is not all RAM; `target` is then unchanged. */
export function copyFromMemory(memory: DmaMemory, gpa: number, target: Uint8Array): boolean {
  const views: Uint8Array[] = [];
  if (!memory.gather(gpa, target.length, views)) return false;
  let at = 0;
  for (const view of views) {
    target.set(view, at);
    at += view.length;
  }
  return true;
}
