/**
 * The registers of a virtual processor by their HV_REGISTER_NAME, as the register hypercalls reach them. Setting one has
 * no side effects on the guest: no flush, no fault. TLFS, "Virtual Processor Management", registers.
 */

import { HvStatus } from '@viridian/protocols/tlfs';
import { ARCHITECTURAL_REGISTERS } from './registers/architectural.ts';
import { CONTROL_REGISTERS } from './registers/control.ts';
import type { VpRegister } from './registers/register.ts';
import { SYNTHETIC_REGISTERS } from './registers/synthetic.ts';
import type { VirtualProcessor } from './virtual-processor.ts';

const REGISTERS: ReadonlyMap<number, VpRegister> = new Map([
  ...CONTROL_REGISTERS,
  ...ARCHITECTURAL_REGISTERS,
  ...SYNTHETIC_REGISTERS,
]);

/** The value of a register (128 bits, unsigned), or INVALID_PARAMETER for a name that does not exist or cannot be read. */
export function readVpRegister(vp: VirtualProcessor, name: number): bigint | HvStatus {
  return REGISTERS.get(name)?.get?.(vp) ?? HvStatus.INVALID_PARAMETER;
}

/** Sets a register: INVALID_PARAMETER for unknown and read-only ones, INVALID_REGISTER_VALUE for a bad value. */
export function writeVpRegister(vp: VirtualProcessor, name: number, value: bigint): HvStatus {
  const register = REGISTERS.get(name);
  if (register?.set === undefined) return HvStatus.INVALID_PARAMETER;
  if (value < 0n || value >> BigInt(register.bits) !== 0n) return HvStatus.INVALID_REGISTER_VALUE;
  return register.set(vp, value) ? HvStatus.SUCCESS : HvStatus.INVALID_REGISTER_VALUE;
}
