/** What a region's module imports from the core: function numbers, their names and types. */

/** `regionFill(vp, linear, site)`: host address, or 0. */
export const IMPORT_FILL: u32 = 0;
/** `regionFallback(vp, op)`: not 0 when the region must be left. */
export const IMPORT_FALLBACK: u32 = 1;
/** `regionCondition(vp, kind, result, source, code)`. */
export const IMPORT_CONDITION: u32 = 2;
export const IMPORT_HIGH_UNSIGNED: u32 = 3;
export const IMPORT_HIGH_SIGNED: u32 = 4;
/** `regionFlags(vp, kind, result, source, mask, bits)`: flags into RFLAGS, with some replaced. */
export const IMPORT_FLAGS: u32 = 5;
/** `regionProbe(vp, linear, site, range)`: host address of bytes that are accessed soon, or 0. */
export const IMPORT_PROBE: u32 = 6;
/** `regionSettle(vp, kind, result, source, pending, value)`: flags into RFLAGS, with those of what is pending. */
export const IMPORT_SETTLE: u32 = 7;
/** `regionCompareStrings(vp, a, b, imm)`: RCX of a PCMPISTRI, whose flags are in RFLAGS. */
export const IMPORT_COMPARE_STRINGS: u32 = 8;
/** `regionString(vp, to, from, elements, kind)`: 1 when MOVS or STOS has written all its elements, 0 when nothing happened. */
export const IMPORT_STRING: u32 = 9;
export const IMPORTS: u32 = 10;
