/** Sets of virtual processors. TLFS, "Virtual Processor Sets". */

import { halves, struct, u64capped } from '@viridian/wire';

/** HV_GENERIC_SET format. With ALL the bank mask is ignored and no banks follow. */
export const VpSetFormat = { SPARSE_4K: 0, ALL: 1 } as const;

/**
 * Header of a VP set. Bit b of the bank mask stands for the VPs 64b..64b+63; one quadword for each set bit
 * follows, in ascending order, as variable header.
 */
export const VpSetHeader = struct('HV_VP_SET', 16, { format: u64capped, ...halves('bankMask') });

/** VPs of one bank. */
export const VPS_PER_BANK = 64;

/** One bank of a set. */
export const VpSetBank = struct('HV_VP_SET bank', 8, { ...halves('bank') });
