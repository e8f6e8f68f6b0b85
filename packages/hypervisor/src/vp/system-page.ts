/** One page of the machine's memory in the hands of the hypervisor, with views that are made once. */

import { bankOffset, type MachineMemory, PAGE_BYTES } from '@viridian/x86';

/** An overlay page, as the hypervisor itself reads and writes it wherever the guest sees it. */
export class SystemPage {
  /** System page number. */
  readonly number: number;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly view: DataView<SharedArrayBuffer>;

  constructor(memory: MachineMemory, systemPage: number) {
    const bank = memory.bankOf(systemPage);
    if (bank === undefined) throw new Error(`the machine has no page ${systemPage}`);
    const offset = bankOffset(systemPage);
    this.number = systemPage;
    this.bytes = new Uint8Array(bank.buffer, offset, PAGE_BYTES);
    this.words = new Int32Array(bank.buffer, offset, PAGE_BYTES / 4);
    this.view = new DataView(bank.buffer, offset, PAGE_BYTES);
  }
}
