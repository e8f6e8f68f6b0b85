/** The memory of a PC as a loader tells it to a kernel (ACPI Specification, System Address Map Interfaces). */

import type { Placement, ZeroedRange } from './boot-image.ts';
import { hex, LoadError, mib } from './load-error.ts';

/** Types of a range in the e820 map. */
export const MemoryType = { RAM: 1, RESERVED: 2, ACPI: 3, NVS: 4 } as const;

/** One range of the map. */
export interface MemoryRange {
  readonly gpa: number;
  readonly byteCount: number;
  /** One of {@link MemoryType}. */
  readonly type: number;
}

const LOW_RAM_END = 0x9_fc00;
const LEGACY_END = 0xa_0000;
const FIRMWARE_START = 0xe_0000;
const HIGH_START = 0x10_0000;
const FOUR_GIB = 2 ** 32;

/**
 * The map of a machine with `memoryBytes` of RAM: what does not fit below `holeStart` continues at 4 GiB. The last
 * 128 KiB of the first MiB are reserved; the ACPI tables lie there.
 */
export function pcMemoryMap(memoryBytes: number, holeStart = 0xf800_0000): MemoryRange[] {
  const below = Math.min(memoryBytes, holeStart);
  const map: MemoryRange[] = [
    { gpa: 0, byteCount: Math.min(below, LOW_RAM_END), type: MemoryType.RAM },
    { gpa: LOW_RAM_END, byteCount: LEGACY_END - LOW_RAM_END, type: MemoryType.RESERVED },
    { gpa: FIRMWARE_START, byteCount: HIGH_START - FIRMWARE_START, type: MemoryType.RESERVED },
  ];
  if (below > HIGH_START) map.push({ gpa: HIGH_START, byteCount: below - HIGH_START, type: MemoryType.RAM });
  if (memoryBytes > below) map.push({ gpa: FOUR_GIB, byteCount: memoryBytes - below, type: MemoryType.RAM });
  return map;
}

/** End of the RAM that begins at 1 MiB, where kernels and initrds go; 0 without any. */
export function highRamEnd(map: readonly MemoryRange[]): number {
  const range = ramAround(map, HIGH_START, 1);
  return range === undefined ? 0 : range.gpa + range.byteCount;
}

/** The RAM range that holds all of these bytes. */
function ramAround(map: readonly MemoryRange[], gpa: number, byteCount: number): MemoryRange | undefined {
  return map.find(
    (range) =>
      range.type === MemoryType.RAM && range.gpa <= gpa && gpa + byteCount <= range.gpa + range.byteCount,
  );
}

/** A range that the loader uses, with a name for messages. */
export interface NamedRange {
  readonly what: string;
  readonly gpa: number;
  readonly byteCount: number;
}

/** Names for what goes to memory, to check it with {@link checkRanges}. */
export function namedRanges(
  what: string,
  placements: readonly Placement[],
  zeroed: readonly ZeroedRange[] = [],
): NamedRange[] {
  return [
    ...placements.map(({ gpa, bytes }) => ({ what, gpa, byteCount: bytes.length })),
    ...zeroed.map(({ gpa, byteCount }) => ({ what, gpa, byteCount })),
  ];
}

/** Throws {@link LoadError} unless all ranges lie in RAM and apart from one another. */
export function checkRanges(map: readonly MemoryRange[], ranges: readonly NamedRange[]): void {
  const used = ranges.filter(({ byteCount }) => byteCount > 0).sort((a, b) => a.gpa - b.gpa);
  for (const { what, gpa, byteCount } of used) {
    if (ramAround(map, gpa, byteCount) !== undefined) continue;
    throw new LoadError(
      'does-not-fit',
      `${what} does not fit: it needs memory from ${hex(gpa)} to ${hex(gpa + byteCount)} (${mib(gpa + byteCount)}), ` +
        `the machine has RAM at ${ramText(map)}`,
    );
  }
  used.forEach((range, index) => {
    const next = used[index + 1];
    if (next === undefined || range.gpa + range.byteCount <= next.gpa) return;
    throw new LoadError(
      'does-not-fit',
      `${range.what} (${hex(range.gpa)}, ${range.byteCount} bytes) and ${next.what} (from ${hex(next.gpa)}) overlap`,
    );
  });
}

function ramText(map: readonly MemoryRange[]): string {
  return map
    .filter(({ type }) => type === MemoryType.RAM)
    .map(({ gpa, byteCount }) => `${hex(gpa)}–${hex(gpa + byteCount)}`)
    .join(', ');
}
