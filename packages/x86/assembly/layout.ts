/** The memory in front of guest RAM: fixed places, committed by the host only as far as they are touched. */

/** VP blocks lie at VP_BASE; at most this many. */
export const MAX_VPS: usize = 64;
/** Guest page number → host page and rights: u32 per page below 8 GiB of guest-physical addresses. */
export const GPA_TABLE: usize = 0x4100000;
export const GPA_TABLE_PAGES: u64 = 1 << 21;
/** Host page → first block of the page (u32), 0 when none. */
export const CODE_TABLE: usize = 0x4900000;
/** Host page → bit per 64 bytes that decoded instructions cover (u64). */
export const GRANULES: usize = 0x4d00000;
/** Hash of blocks: u32 each. */
export const BLOCK_HASH: usize = 0x5500000;
export const BLOCK_HASH_ENTRIES: u32 = 65536;
/** Blocks and their micro-ops, allocated upwards. */
export const ARENA: usize = 0x5540000;
export const ARENA_END: usize = 0x6600000;
/** Host page → writes beside its code (u16), for pages that have code no more. */
export const SLOW_WRITES: usize = 0x6600000;
// What follows up to guest RAM is the JIT's: jit/memory-map.ts.
/** Guest RAM starts here. */
export const CORE_RESERVED_BYTES: usize = 0x7000000;

/** Rights in an entry of GPA_TABLE; bits 31:12 are the host page. */
export const GPA_READ: u32 = 1;
export const GPA_WRITE: u32 = 2;
export const GPA_EXECUTE: u32 = 4;
