/** Where the JIT keeps what it needs: records of regions, scratch of the analysis, the module under construction. */

/** Host page → 1 + place of the first page entry of a region that covers it (u32), 0 when none. */
export const PAGE_REGIONS: usize = 0x6800000;
export const PAGE_REGIONS_BYTES: usize = 0x400000;
/** Records of regions. */
export const REGIONS: usize = 0x6c00000;
export const REGION_BYTES: usize = 512;
export const MOST_REGIONS: u32 = 2048;
/** Basic blocks of the region under construction, and the hash that finds them. */
export const NODES: usize = 0x6d00000;
export const NODE_BYTES: usize = 128;
export const MOST_NODES: u32 = 192;
export const NODE_HASH: usize = 0x6d08000;
export const NODE_HASH_ENTRIES: u32 = 1024;
/** Nodes in reverse post-order (u32 each), and the stack of open labels (u32 each). */
export const ORDER: usize = 0x6d0a000;
export const LABELS: usize = 0x6d0b000;
/** Counters for the profiler (u32 each, COUNT_*), then calls of handlers by opcode (u32 each). */
export const COUNTERS: usize = 0x6d0d000;
export const HANDLER_CALLS: usize = 0x6d0d100;
/** Exits to system instructions by opcode (u32 each). */
export const EXITS: usize = 0x6d0e100;
export const HANDLER_CALL_KINDS: u32 = 1024;
/** Record of the region that runs (u32). */
export const RUNNING: usize = 0x6d0f100;
/** Bytes of an instruction that ends in the next page. */
export const EDGE_BYTES: usize = 0x6d0f200;
/** Micro-ops of the region under construction. */
export const DECODED: usize = 0x6d10000;
export const MOST_DECODED: u32 = 1500;
/** Which accesses are checked together: 8 bytes for each of those micro-ops; and the groups of a node. */
export const GROUPS: usize = 0x6d1c000;
export const GROUP_STATE: usize = 0x6d1f000;
/** Bytes of the module. */
export const MODULE: usize = 0x6d20000;
export const MODULE_END: usize = 0x6d7e000;
/** Micro-ops that regions execute by the interpreter's handlers. */
export const REGION_OPS: usize = 0x6d80000;
export const REGION_OPS_END: usize = 0x7000000;
