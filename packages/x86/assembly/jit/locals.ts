/** The parameters and locals of a region's function. */

/** Address of the processor. */
export const VP: u32 = 0;
/** Which entry of the dispatcher comes next. */
export const NEXT: u32 = 1;
/** RIP of the first byte of the region's anchor page. */
export const BASE: u32 = 2;
/** Instructions left of the budget; a region leaves when it reaches zero at a loop's end. */
export const LEFT: u32 = 3;
/** RAX to R15. */
export const REGISTERS: u32 = 4;
/** The lazy flags, and the first operand of the comparison that made them. */
export const CC_RESULT: u32 = 20;
export const CC_SOURCE: u32 = 21;
export const CC_FIRST: u32 = 22;
export const ADDRESS: u32 = 23;
export const T0: u32 = 24;
export const T1: u32 = 25;
export const T2: u32 = 26;
/** RIP to leave with. */
export const TARGET: u32 = 27;
/** Result of the instruction that PENDING names. */
export const PENDING_RESULT: u32 = 28;
export const LAST_I64: u32 = PENDING_RESULT;
export const CC_KIND: u32 = 29;
export const HOST: u32 = 30;
export const ENTRY: u32 = 31;
/** Address of the TLB. */
export const TLB: u32 = 32;
export const C0: u32 = 33;
/** What the function gives back: REGION_*. */
export const RESULT: u32 = 34;
/** Not 0 when SSE instructions would raise #UD or #NM. */
export const SSE_OFF: u32 = 35;
/** Host addresses of groups of accesses. */
export const GROUP_HOSTS: u32 = 36;
/** Which instruction changed some of the lazy flags since: PENDING_* of pending.ts, 0 none. */
export const PENDING: u32 = 44;
export const LAST_I32: u32 = PENDING;
export const V0: u32 = 45;
export const V1: u32 = 46;
export const LAST_V128: u32 = V1;
