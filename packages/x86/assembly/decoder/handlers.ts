/** Handler ids of micro-ops. */

/** Integer instructions by opcode: `executeInteger`. */
export const HANDLER_INTEGER: u32 = 0;
/** Privileged and system instructions: `executeSystem`. */
export const HANDLER_SYSTEM: u32 = 1;
/** The code that this op was decoded from has changed: look up again. */
export const HANDLER_STALE: u32 = 2;
/** The block ends here without a branch. */
export const HANDLER_NEXT_BLOCK: u32 = 3;
