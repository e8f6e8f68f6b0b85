/** The calls about virtual processors, their registers, interrupts and intercepts. TLFS, "Virtual Processor Management". */

import {
  AssertVirtualInterruptInput,
  CreateVpInput,
  DeleteVpInput,
  HvRegister,
  HypercallCode,
  InstallInterceptInput,
  RegisterAssociation,
  RegisterNameElement,
  RegisterValue,
  VpRegistersInput,
} from '@viridian/protocols/tlfs';
import { demand } from '../hypercall-error.ts';
import type { HypercallGate } from '../hypercall-gate.ts';

/** Elements of one HvCallGetVpRegisters (output page) and of one HvCallSetVpRegisters (input page). */
const GET_ELEMENTS = 256;
const SET_ELEMENTS = 127;

/** A register's name (one of `HvRegister`) and value; `high` is zero for registers of up to 64 bits. */
export interface RegisterSetting {
  readonly name: number;
  readonly low: bigint;
  readonly high?: bigint;
}

/** HvCallCreateVp. */
export function createVp(gate: HypercallGate, partitionId: bigint, vpIndex: number): void {
  CreateVpInput.write(gate.input, 0, { partitionId, vpIndex });
  demand(HypercallCode.HvCallCreateVp, gate.slow(HypercallCode.HvCallCreateVp));
}

/** HvCallDeleteVp. */
export function deleteVp(gate: HypercallGate, partitionId: bigint, vpIndex: number): void {
  DeleteVpInput.write(gate.input, 0, { partitionId, vpIndex });
  demand(HypercallCode.HvCallDeleteVp, gate.slow(HypercallCode.HvCallDeleteVp));
}

/** HvCallGetVpRegisters: the values in the order of `names`. */
export function getVpRegisters(
  gate: HypercallGate,
  partitionId: bigint,
  vpIndex: number,
  names: readonly number[],
): { low: bigint; high: bigint }[] {
  const call = HypercallCode.HvCallGetVpRegisters;
  if (names.length > GET_ELEMENTS) throw new RangeError(`at most ${GET_ELEMENTS} registers at once`);
  return gate.withoutInterrupts(() => {
    VpRegistersInput.write(gate.input, 0, { partitionId, vpIndex });
    names.forEach((registerName, index) => {
      const at = VpRegistersInput.size + index * RegisterNameElement.size;
      RegisterNameElement.write(gate.input, at, { registerName });
    });
    demand(call, gate.rep(call, names.length), gate.repsDone);
    return names.map((_, index) => RegisterValue.read(gate.output, index * RegisterValue.size));
  });
}

/** HvCallSetVpRegisters, in order. */
export function setVpRegisters(
  gate: HypercallGate,
  partitionId: bigint,
  vpIndex: number,
  settings: readonly RegisterSetting[],
): void {
  const call = HypercallCode.HvCallSetVpRegisters;
  for (let first = 0; first < settings.length; first += SET_ELEMENTS) {
    const part = settings.slice(first, first + SET_ELEMENTS);
    VpRegistersInput.write(gate.input, 0, { partitionId, vpIndex });
    part.forEach(({ name, low, high }, index) => {
      const at = VpRegistersInput.size + index * RegisterAssociation.size;
      RegisterAssociation.write(gate.input, at, { registerName: name, value: { low, high: high ?? 0n } });
    });
    demand(call, gate.rep(call, part.length), first + gate.repsDone);
  }
}

/** HvCallSetVpRegisters put together register by register without allocating: how intercepts are completed. */
export class RegisterWriter {
  readonly #gate: HypercallGate;
  #count = 0;

  constructor(gate: HypercallGate) {
    this.#gate = gate;
  }

  /** Begins a list for one virtual processor; the partition id comes as two halves. */
  begin(partitionLow: number, partitionHigh: number, vpIndex: number): this {
    const { input } = this.#gate;
    input.setUint32(VpRegistersInput.offsets.partitionId, partitionLow, true);
    input.setUint32(VpRegistersInput.offsets.partitionId + 4, partitionHigh, true);
    input.setUint32(VpRegistersInput.offsets.vpIndex, vpIndex, true);
    input.setUint32(VpRegistersInput.offsets.inputVtl, 0, true);
    this.#count = 0;
    return this;
  }

  /** Adds a 64-bit register. */
  put(name: number, low: number, high: number): this {
    const { input } = this.#gate;
    const at = VpRegistersInput.size + this.#count * RegisterAssociation.size;
    for (let offset = 0; offset < RegisterAssociation.size; offset += 4)
      input.setUint32(at + offset, 0, true);
    input.setUint32(at, name, true);
    input.setUint32(at + RegisterAssociation.offsets.value, low, true);
    input.setUint32(at + RegisterAssociation.offsets.value + 4, high, true);
    this.#count += 1;
    return this;
  }

  /** Lets the processor go on, as the last register, and makes the call. Returns the status. */
  resume(): number {
    this.put(HvRegister.InterceptSuspend, 0, 0);
    return this.#gate.rep(HypercallCode.HvCallSetVpRegisters, this.#count);
  }
}

/** HvCallInstallIntercept. `accessType` are bits of `InterceptAccessMask`, none removes. */
export function installIntercept(
  gate: HypercallGate,
  partitionId: bigint,
  accessType: number,
  interceptType: number,
  interceptParameter: number,
): void {
  InstallInterceptInput.write(gate.input, 0, { partitionId, accessType, interceptType, interceptParameter });
  const call = HypercallCode.HvCallInstallIntercept;
  demand(call, gate.slow(call));
}

/** What HvCallAssertVirtualInterrupt is to raise. */
export interface VirtualInterrupt {
  /** One of `VirtualInterruptType`. */
  readonly type: number;
  /** Bits of `VirtualInterruptFlag`. */
  readonly flags?: number;
  readonly destination: number;
  readonly vector: number;
}

/** HvCallAssertVirtualInterrupt. Returns the status: a busy line is an everyday answer. */
export function assertVirtualInterrupt(
  gate: HypercallGate,
  partitionId: bigint,
  interrupt: VirtualInterrupt,
): number {
  const { type: interruptType, flags = 0, destination, vector } = interrupt;
  AssertVirtualInterruptInput.write(gate.input, 0, {
    partitionId,
    interruptType,
    flags,
    destination,
    vector,
  });
  return gate.slow(HypercallCode.HvCallAssertVirtualInterrupt);
}
