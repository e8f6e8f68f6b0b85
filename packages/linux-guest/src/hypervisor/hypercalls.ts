/**
 * The hypercall page and the calls that a child makes.
 *
 * TLFS, "Hypercall Interface". Input blocks lie in one page per processor; calls that fit two registers go there.
 */

import {
  GUEST_OS_ID_LINUX,
  HV_MESSAGE_MAX_PAYLOAD_BYTES,
  HypercallCode,
  hypercallInputLow,
  Msr,
  resultStatus,
} from '@viridian/protocols/tlfs';
import type { Cpu } from '../cpu.ts';
import { PAGE_BYTES, type PageAllocator } from '../mm/page-allocator.ts';

/** MSRs that name a page hold its address with bit 0 as the enable bit. */
export function pageMsrValue(gpn: number): bigint {
  return (BigInt(gpn) << 12n) | 1n;
}

/** Version that this kernel tells the hypervisor: 6.1, in the layout of an open-source OS id. */
const KERNEL_VERSION = 0x0006_0100n;

const ENDBR64 = [0xf3, 0x0f, 0x1e, 0xfa];
const VMCALL = [0x0f, 0x01, 0xc1];
const VMMCALL = [0x0f, 0x01, 0xd9];
const RET = 0xc3;

const SIGNAL_EVENT = hypercallInputLow(HypercallCode.HvCallSignalEvent, true);
const POST_MESSAGE = hypercallInputLow(HypercallCode.HvCallPostMessage);
const SEND_IPI = hypercallInputLow(HypercallCode.HvCallSendSyntheticClusterIpi, true);

/** Tells the hypervisor who we are and lays the hypercall page over the page `gpn`. Throws if it is not usable. */
export function enableHypercallPage(cpu: Cpu, gpn: number): void {
  cpu.wrmsr(Msr.HV_X64_MSR_GUEST_OS_ID, GUEST_OS_ID_LINUX | (KERNEL_VERSION << 16n));
  cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, pageMsrValue(gpn));
  if ((cpu.rdmsr(Msr.HV_X64_MSR_HYPERCALL) & 1n) === 0n)
    throw new Error('the hypercall page did not become enabled');
  const code = cpu.memory.view(gpn * PAGE_BYTES, PAGE_BYTES);
  const at = startsWith(code, 0, ENDBR64) ? ENDBR64.length : 0;
  const isCall = startsWith(code, at, VMCALL) || startsWith(code, at, VMMCALL);
  if (!isCall || code[at + VMCALL.length] !== RET)
    throw new Error('the hypercall page holds no call instruction');
}

/** Takes the hypercall page away and forgets the OS id, as a kernel does before it hands the machine on. */
export function disableHypercallPage(cpu: Cpu): void {
  cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, 0n);
  cpu.wrmsr(Msr.HV_X64_MSR_GUEST_OS_ID, 0n);
}

function startsWith(bytes: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, index) => bytes[at + index] === byte);
}

/** The hypercalls of one processor. Each returns its HV_STATUS. */
export class Hypercalls {
  readonly #cpu: Cpu;
  readonly #inputGpa: number;
  readonly #input: Uint8Array;
  readonly #inputView: DataView;

  constructor(cpu: Cpu, pages: PageAllocator) {
    this.#cpu = cpu;
    this.#inputGpa = pages.allocate(1) * PAGE_BYTES;
    this.#input = cpu.memory.view(this.#inputGpa, PAGE_BYTES);
    this.#inputView = new DataView(this.#input.buffer, this.#input.byteOffset, PAGE_BYTES);
  }

  /** HvCallSignalEvent on a connection. */
  signalEvent(connectionId: number, flag: number): number {
    return resultStatus(this.#cpu.vmcall(SIGNAL_EVENT, 0, connectionId, flag, 0, 0));
  }

  /** HvCallPostMessage of at most 240 bytes. */
  postMessage(connectionId: number, messageType: number, payload: Uint8Array, lengthBytes: number): number {
    if (lengthBytes > HV_MESSAGE_MAX_PAYLOAD_BYTES) throw new RangeError(`a message of ${lengthBytes} bytes`);
    const view = this.#inputView;
    view.setUint32(0, connectionId, true);
    view.setUint32(4, 0, true);
    view.setUint32(8, messageType, true);
    view.setUint32(12, lengthBytes, true);
    for (let index = 0; index < lengthBytes; index += 1) this.#input[16 + index] = payload[index]!;
    return resultStatus(
      this.#cpu.vmcall(POST_MESSAGE, 0, this.#inputGpa >>> 0, Math.floor(this.#inputGpa / 2 ** 32), 0, 0),
    );
  }

  /** HvCallSendSyntheticClusterIpi: a fixed interrupt to the processors of the mask (VP 0 to 31). */
  sendIpi(vector: number, vpMask: number): number {
    return resultStatus(this.#cpu.vmcall(SEND_IPI, 0, vector, 0, vpMask, 0));
  }
}
