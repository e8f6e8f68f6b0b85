/** Addresses that both processors of the comparison give to code and data; those of `host.c`. */

/** Code may be read and executed; it is surrounded by INT3. */
export const CODE = 0x10000000;
export const CODE_BYTES = 0x10000;
/** Two pages that can be written, between pages that are missing. */
export const DATA = 0x20000000;
export const DATA_BYTES = 0x2000;
/** One page that can only be read, between pages that are missing. */
export const READ_ONLY = 0x20003000;
export const PAGE = 0x1000;
/** Base of GS in 64-bit code. */
export const GS_BASE = 0x1ff00000;
/** Base of the data segments of 16-bit code, whose code segment begins at CODE. */
export const DATA_16 = DATA - PAGE;
/** Most bytes of a case's code and of what it puts into the data. */
export const MOST_CODE = 48;
export const MOST_PATCH = 64;
/** Bytes of an FXSAVE image, and how many of them are state. */
export const FLOAT_BYTES = 512;
