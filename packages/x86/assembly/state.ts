/**
 * Where everything of a virtual processor lies: byte offsets from its block's address `vp`.
 *
 * The first REGISTER_FILE_BYTES are the register file that `src/processor/registers.ts` shows to TypeScript; both
 * files must agree. What follows is the core's own.
 */

// --- 64-bit registers. GPRs come first, in encoding order, so that a register's byte offset fits a micro-op's byte.

export const RAX: usize = 0;
export const RCX: usize = 8;
export const RDX: usize = 16;
export const RBX: usize = 24;
export const RSP: usize = 32;
export const RBP: usize = 40;
export const RSI: usize = 48;
export const RDI: usize = 56;
export const R8: usize = 64;
export const R9: usize = 72;
export const R10: usize = 80;
export const R11: usize = 88;
export const R12: usize = 96;
export const R13: usize = 104;
export const R14: usize = 112;
export const R15: usize = 120;
/** Always zero: stands for a missing base or index register. */
export const ZERO: usize = 128;
/** RIP of the first byte of the current code page (linear page address less CS.base): base of RIP-relative operands. */
export const RIP_BASE: usize = 136;
/** Linear address that an address micro-op computed for the micro-op after it. */
export const TEMP: usize = 144;
/** Scratch of the interpreter. */
export const TEMP2: usize = 152;
/**
 * RIP. Not kept up to date inside a block: valid at exits, in faults (the faulting instruction), and in the handlers of
 * generic micro-ops (the next instruction; see INSTRUCTION_RIP).
 */
export const RIP: usize = 160;
/** RFLAGS. CF, PF, AF, ZF, SF, OF in it count only while CC_OP is CC_FLAGS; use `getFlags`/`setFlags` of flags.ts. */
export const RFLAGS: usize = 168;
export const CR0: usize = 176;
export const CR2: usize = 184;
export const CR3: usize = 192;
export const CR4: usize = 200;
export const CR8: usize = 208;
export const XCR0: usize = 216;
export const DR0: usize = 224;
export const DR1: usize = 232;
export const DR2: usize = 240;
export const DR3: usize = 248;
export const DR6: usize = 256;
export const DR7: usize = 264;
export const EFER: usize = 272;
export const KERNEL_GS_BASE: usize = 280;
export const PAT: usize = 288;
export const SYSENTER_CS: usize = 296;
export const SYSENTER_EIP: usize = 304;
export const SYSENTER_ESP: usize = 312;
export const STAR: usize = 320;
export const LSTAR: usize = 328;
export const CSTAR: usize = 336;
export const SFMASK: usize = 344;
export const TSC_AUX: usize = 352;
export const MISC_ENABLE: usize = 360;
export const MICROCODE_REVISION: usize = 368;
export const SPARE_MSR: usize = 376;

// --- Segment registers: 16 bytes each.

export const SEGMENTS: usize = 384;
export const SEGMENT_BYTES: usize = 16;
/** Offsets within a segment register. */
export const SEG_BASE: usize = 0;
export const SEG_LIMIT: usize = 8;
export const SEG_SELECTOR: usize = 12;
/** Type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D 14, G 15. Zero after loading a null selector (SS keeps its DPL = CPL). */
export const SEG_ATTRIBUTES: usize = 14;
export const ES: u32 = 0;
export const CS: u32 = 1;
export const SS: u32 = 2;
export const DS: u32 = 3;
export const FS: u32 = 4;
export const GS: u32 = 5;
export const LDTR: u32 = 6;
export const TR: u32 = 7;

/** base u64, limit u32. */
export const GDTR: usize = 512;
export const IDTR: usize = 528;

// --- Floating point.

export const FCW: usize = 544;
export const FSW: usize = 546;
/** The tag word as FXSAVE stores it: bit i set = physical register i not empty. u16, high byte 0. */
export const FTW: usize = 548;
export const FOP: usize = 550;
export const MXCSR: usize = 552;
export const FIP: usize = 560;
export const FDP: usize = 568;
export const FCS: usize = 576;
export const FDS: usize = 578;
/** XMM0–15, 16 bytes each. */
export const XMM: usize = 640;
/** Physical x87 registers R0–R7, 16 bytes each, 10 used. */
export const X87: usize = 896;

export const REGISTER_FILE_BYTES: usize = 1024;

// --- The core's own state.

/** Which operation the lazy flags come from: CC_* of flags.ts. */
export const CC_OP: usize = 1024;
/** Leave the interpreter soon (i32, written by others with atomics). */
export const EXIT_REQUEST: usize = 1028;
export const CC_RES: usize = 1032;
export const CC_SRC: usize = 1040;
/** MODE_* of mode.ts; recomputed by `updateMode`. */
export const MODE_WORD: usize = 1048;
/** Micro-op being executed; 0 outside of blocks. */
export const CURRENT_OP: usize = 1052;
/** RIP of the instruction being executed: valid in the handlers of generic micro-ops. */
export const INSTRUCTION_RIP: usize = 1056;
/** Address of the TLB that data accesses at the current privilege use (u32). */
export const TLB_CURRENT: usize = 1064;
/** Mask of linear addresses: all ones in 64-bit mode, else 32 ones. */
export const ADDRESS_MASK: usize = 1072;

/** Fault record: vector (i32; UNWIND_* of exception.ts below 0), error code, whether there is one. */
export const FAULT_VECTOR: usize = 1080;
export const FAULT_ERROR: usize = 1084;
export const FAULT_HAS_ERROR: usize = 1088;
/** Vector being delivered, for the double-fault rules; -1 when none (i32). */
export const DELIVERING: usize = 1092;

/** Level of the interrupt input (u32 0/1). */
export const INTERRUPT_REQUEST: usize = 1096;
/** An NMI waits (u32 0/1). */
export const NMI_PENDING: usize = 1100;
/** NMIs are blocked until IRET (u32 0/1). */
export const NMI_BLOCKED: usize = 1104;
/** 0 none, SHADOW_STI, SHADOW_MOV_SS: until the end of the next instruction. */
export const SHADOW: usize = 1108;
/** Exception to deliver before the next instruction: vector or -1 (i32), error code, whether there is one. */
export const INJECT_VECTOR: usize = 1112;
export const INJECT_ERROR: usize = 1116;
export const INJECT_HAS_ERROR: usize = 1120;
/** ACTIVITY_*: running, halted, wait for SIPI, shut down. */
export const ACTIVITY: usize = 1124;
/** Bit per vector below 32: exceptions that the hypervisor sees first. */
export const EXCEPTION_FILTER: usize = 1128;
/** Debug trap pending at the end of this instruction (DR6 bits, u32). */
export const PENDING_DEBUG: usize = 1132;
/** Instructions executed (u64). */
export const INSTRUCTIONS: usize = 1136;
export const VP_INDEX: usize = 1144;
/** Kinds of breakpoints that are armed: ARMED_* of breakpoints.ts, set with DR7. */
export const BREAKPOINTS_ARMED: usize = 1148;

// Exit record: parameters of an exit to the hypervisor and its results.
export const EXIT_GPA: usize = 1152;
export const EXIT_GVA: usize = 1160;
export const EXIT_DATA: usize = 1168; // 16 bytes
export const EXIT_SIZE: usize = 1184;
export const EXIT_ACCESS: usize = 1188; // AccessKind, or 1 = OUT
export const EXIT_PORT: usize = 1192;
export const EXIT_FLAGS: usize = 1196; // EXIT_FLAG_*
export const EXIT_LENGTH: usize = 1200; // instruction bytes
export const EXIT_CODE: usize = 1204; // exception: error code
export const EXIT_VECTOR: usize = 1208;
export const EXIT_TSC: usize = 1216; // u64

/** Values of CR0, CR3, CR4, EFER that the TLBs were filled under: compared when TypeScript may have changed them. */
export const TLB_CR0: usize = 1232;
export const TLB_CR3: usize = 1240;
export const TLB_CR4: usize = 1248;
export const TLB_EFER: usize = 1256;
/** PDPTEs that PAE paging loaded with CR3: 4 × u64. */
export const PDPTE: usize = 1264;
/** Entries in the flush logs (u32). */
export const FLUSH_LOG_USED: usize = 1296;
/** Instructions that a region of the JIT left of its budget (i32). */
export const BUDGET: usize = 1300;
/** Why `run` of the core came back: STOP_* (u32). */
export const STOP_REASON: usize = 1304;
/** Statistics: TLB fills, blocks decoded, invalidations (u32 each). */
export const STAT_FILLS: usize = 1308;
export const STAT_BLOCKS: usize = 1312;
export const STAT_INVALIDATIONS: usize = 1316;
export const STAT_FLUSHES: usize = 1320;
/** Breadcrumbs for debugging: the last DELIVERED vector and its RIP. */
export const LAST_VECTOR: usize = 1324;
/**
 * Event whose delivery is under way: vector or -1 (i32), error code, whether there is one. An exit that suspends in the
 * middle, as when the stack lies in memory that the hypervisor has to fetch, makes it the injected event.
 */
export const EVENT_VECTOR: usize = 1328;
export const EVENT_ERROR: usize = 1332;
export const EVENT_HAS_ERROR: usize = 1336;
/** Generations of the jump cache, lower and upper half of the addresses (u32 each), and whether the upper half holds pages that are not global (u32). */
export const JUMP_GENERATIONS: usize = 1344;
export const UPPER_NOT_GLOBAL: usize = 1352;

/** Where a region of the JIT could not go on: see `site` of jit/operands.ts (i32). */
export const JIT_SITE: usize = 1356;
/** Change whenever translations of the lower and the upper half are forgotten, and differ between processors (u32 each). */
export const JIT_EPOCHS: usize = 1360;
/** Keys of valid links between regions, lower and upper half (u32 each), the table in use, and the mode that it is for (u32 each). */
export const LINK_KEYS: usize = 1368;
export const LINK_TABLE: usize = 1376;
export const LINK_MODE: usize = 1380;

/** Scratch area of helpers (X87, SSE, system): no value survives an instruction. */
export const SCRATCH: usize = 2048; // 2048 bytes

// --- Tables of a VP, at fixed offsets within its block.

export const TLB_ENTRIES: usize = 1024;
export const TLB_ENTRY_BYTES: usize = 32;
export const TLB_SUPERVISOR: usize = 0x10000;
export const TLB_USER: usize = 0x18000;
/** Never filled: used while every access must take the slow path (alignment checks, data breakpoints). */
export const TLB_EMPTY: usize = 0x20000;
export const FLUSH_LOG: usize = 0x28000;
export const FLUSH_LOG_ENTRIES: u32 = 2048;
/** Bloom filters of 2 MiB and 1 GiB regions that large pages were filled in: 4096 and 1024 bits. */
export const LARGE_2M: usize = 0x2a000;
export const LARGE_1G: usize = 0x2a200;
/** Bloom filters of the pages that the jump cache holds code of, lower and upper half of the addresses: 4096 bits each. */
export const JUMP_PAGES: usize = 0x2a400;
/** Where pages of code lie: see blocks/jump-cache.ts. */
export const CODE_PAGES: usize = 0x70000;
export const CODE_PAGE_ENTRIES: u32 = 1024;
export const JUMP_CACHE: usize = 0x80000;
export const JUMP_CACHE_ENTRIES: usize = 16384;
/** Links between regions, system's and user's: see jit/link-table.ts. */
export const LINKS: usize = 0xc0000;
export const LINK_ENTRIES: u32 = 2048;
export const LINK_ENTRY_BYTES: usize = 32;

/** Distance of VP blocks. */
export const VP_STRIDE: usize = 0x100000;

// --- The memory before guest RAM.

/** First VP block. */
export const VP_BASE: usize = 0x100000;

export const ACTIVITY_RUNNING: u32 = 0;
export const ACTIVITY_HALTED: u32 = 1;
export const ACTIVITY_WAIT_FOR_SIPI: u32 = 2;
export const ACTIVITY_SHUTDOWN: u32 = 3;

export const SHADOW_STI: u32 = 1;
export const SHADOW_MOV_SS: u32 = 2;

// --- Flag and control bits.

export const FLAG_CF: u32 = 0x1;
export const FLAG_PF: u32 = 0x4;
export const FLAG_AF: u32 = 0x10;
export const FLAG_ZF: u32 = 0x40;
export const FLAG_SF: u32 = 0x80;
export const FLAG_TF: u32 = 0x100;
export const FLAG_IF: u32 = 0x200;
export const FLAG_DF: u32 = 0x400;
export const FLAG_OF: u32 = 0x800;
export const FLAG_IOPL: u32 = 0x3000;
export const FLAG_NT: u32 = 0x4000;
export const FLAG_RF: u32 = 0x10000;
export const FLAG_VM: u32 = 0x20000;
export const FLAG_AC: u32 = 0x40000;
export const FLAG_VIF: u32 = 0x80000;
export const FLAG_VIP: u32 = 0x100000;
export const FLAG_ID: u32 = 0x200000;
export const FLAGS_ARITHMETIC: u32 = 0x8d5;

export const CR0_PE: u32 = 0x1;
export const CR0_MP: u32 = 0x2;
export const CR0_EM: u32 = 0x4;
export const CR0_TS: u32 = 0x8;
export const CR0_ET: u32 = 0x10;
export const CR0_NE: u32 = 0x20;
export const CR0_WP: u32 = 0x10000;
export const CR0_AM: u32 = 0x40000;
export const CR0_NW: u32 = 0x20000000;
export const CR0_CD: u32 = 0x40000000;
export const CR0_PG: u32 = 0x80000000;

export const CR4_VME: u32 = 0x1;
export const CR4_PVI: u32 = 0x2;
export const CR4_TSD: u32 = 0x4;
export const CR4_DE: u32 = 0x8;
export const CR4_PSE: u32 = 0x10;
export const CR4_PAE: u32 = 0x20;
export const CR4_MCE: u32 = 0x40;
export const CR4_PGE: u32 = 0x80;
export const CR4_PCE: u32 = 0x100;
export const CR4_OSFXSR: u32 = 0x200;
export const CR4_OSXMMEXCPT: u32 = 0x400;
export const CR4_UMIP: u32 = 0x800;
export const CR4_FSGSBASE: u32 = 0x10000;
export const CR4_OSXSAVE: u32 = 0x40000;
export const CR4_SMEP: u32 = 0x100000;
export const CR4_SMAP: u32 = 0x200000;

export const EFER_SCE: u32 = 0x1;
export const EFER_LME: u32 = 0x100;
export const EFER_LMA: u32 = 0x400;
export const EFER_NXE: u32 = 0x800;
