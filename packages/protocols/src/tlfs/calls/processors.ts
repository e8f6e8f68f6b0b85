/** Virtual processors, their registers and intercepts. TLFS, "Virtual Processor Management" and "Intercepts". */

import { pad, struct, u8, u32, u64, u64capped } from '@viridian/wire';
import { RegisterValue } from '../registers.ts';
import { hypercall } from './declaration.ts';
import { ProximityDomainInfo } from './partitions.ts';

/** Input of 0x4E, as Linux and the current text have it; TLFS 2.0 has no subnode. */
export const CreateVpInput = struct('HV_INPUT_CREATE_VP', 40, {
  partitionId: u64,
  vpIndex: u32,
  reserved: pad(3),
  subnodeType: u8,
  subnodeId: u64,
  proximity: ProximityDomainInfo,
  flags: u64,
});

/** Input of 0x4F. */
export const DeleteVpInput = struct('HV_INPUT_DELETE_VP', 16, {
  partitionId: u64,
  vpIndex: u32,
  reserved: pad(4),
});

/** Header of 0x50 and 0x51. */
export const VpRegistersInput = struct('HV_INPUT_GET_VP_REGISTERS', 16, {
  partitionId: u64,
  vpIndex: u32,
  inputVtl: u8,
  reserved: pad(3),
});

/** Element of 0x50. */
export const RegisterNameElement = struct('HV_REGISTER_NAME', 4, { registerName: u32 });

/** Element of 0x51. */
export const RegisterAssociation = struct('HV_REGISTER_ASSOC', 32, {
  registerName: u32,
  reserved: pad(12),
  value: RegisterValue,
});

/** HV_INTERCEPT_TYPE. */
export const InterceptType = {
  X64_IO_PORT: 0,
  X64_MSR: 1,
  X64_CPUID: 2,
  EXCEPTION: 3,
  X64_IO_PORT_RANGE: 0x11,
} as const;

/** HV_INTERCEPT_ACCESS_TYPE_MASK: read and write for ports and MSRs, execute for CPUID and exceptions. */
export const InterceptAccessMask = { NONE: 0, READ: 1, WRITE: 2, EXECUTE: 4 } as const;

/**
 * Input of 0x4D. `accessType` 0 removes. `interceptParameter`: port in 15:0; first port in 15:0 and last in
 * 31:16 for a range; CPUID leaf in 31:0; exception vector; nothing for MSRs.
 */
export const InstallInterceptInput = struct('HV_INPUT_INSTALL_INTERCEPT', 24, {
  partitionId: u64,
  accessType: u32,
  interceptType: u32,
  interceptParameter: u64capped,
});

/** The processor calls. */
export const PROCESSOR_CALLS = [
  hypercall('HvCallCreateVp', { input: CreateVpInput }),
  hypercall('HvCallDeleteVp', { input: DeleteVpInput, fast: true }),
  hypercall('HvCallGetVpRegisters', {
    input: VpRegistersInput,
    reps: RegisterNameElement,
    outputElement: RegisterValue,
  }),
  hypercall('HvCallSetVpRegisters', { input: VpRegistersInput, reps: RegisterAssociation }),
  hypercall('HvCallInstallIntercept', { input: InstallInterceptInput }),
] as const;
