/**
 * One hypercall while it is handled: a private copy of its input, room for its output, and its counts. Made once
 * per VP, so that calls allocate nothing. TLFS, "Hypercall Interface".
 */

import {
  HV_MESSAGE_MAX_PAYLOAD_BYTES,
  HV_PARTITION_ID_SELF,
  HV_VP_INDEX_SELF,
  type HypercallDeclaration,
  PostMessageInput,
} from '@viridian/protocols/tlfs';
import { PAGE_BYTES } from '@viridian/x86';
import type { Partition } from '../partition/partition.ts';
import type { VirtualProcessor } from '../vp/virtual-processor.ts';

/** What a handler gets. `input` cannot change under its hands: it was copied out of the guest's memory once. */
export class CallContext {
  readonly vp: VirtualProcessor;
  readonly partition: Partition;
  readonly inputBytes = new Uint8Array(PAGE_BYTES);
  readonly outputBytes = new Uint8Array(PAGE_BYTES);
  /** Fixed header, variable header, elements. */
  readonly input = new DataView(this.inputBytes.buffer);
  /** Fixed output, elements. Zero at first; what a failed call leaves here is not shown to the guest. */
  readonly output = new DataView(this.outputBytes.buffer);

  declaration!: HypercallDeclaration;
  /** Bytes of the variable header; it begins at `declaration.inputBytes`. */
  variableBytes = 0;
  repStart = 0;
  repCount = 0;
  /** Elements completed, counted from element 0; the handler moves it on. */
  repsDone = 0;
  /** The payload of a posted message, a window on the input. */
  readonly messagePayload = this.inputBytes.subarray(
    PostMessageInput.offsets.payload,
    PostMessageInput.offsets.payload + HV_MESSAGE_MAX_PAYLOAD_BYTES,
  );
  /** Set by a handler that cannot go on now: the instruction will be executed again. */
  retry = false;

  constructor(vp: VirtualProcessor) {
    this.vp = vp;
    this.partition = vp.partition;
  }

  /** Byte offset of input element `index`. */
  inputElement(index: number): number {
    const { inputBytes, inputElementBytes } = this.declaration;
    return inputBytes + this.variableBytes + index * inputElementBytes;
  }

  /** Byte offset of output element `index`. */
  outputElement(index: number): number {
    return this.declaration.outputBytes + index * this.declaration.outputElementBytes;
  }

  /** The partition with this id; SELF is the caller. */
  partitionOf(id: bigint): Partition | undefined {
    return id === HV_PARTITION_ID_SELF ? this.partition : this.partition.hypervisor.partition(id);
  }

  /** The VP with this index; SELF only where the caller itself is meant. */
  vpOf(partition: Partition, index: number): VirtualProcessor | undefined {
    if (index === HV_VP_INDEX_SELF) return partition === this.partition ? this.vp : undefined;
    return partition.vps[index];
  }
}
