/** CPUID leaves on caches and on how processors lie together: one package, a core per VP. Intel SDM volume 2, CPUID. */

import type { VirtualProcessor } from '../vp/virtual-processor.ts';
import { type CpuidRegisters, setLeaf } from './cpuid.ts';

const LINE_BYTES = 64;
/** Types of leaf 4. */
const CacheType = { DATA: 1, INSTRUCTION: 2, UNIFIED: 3 } as const;
/** Leaf 4 EAX bit 8: no software is needed to initialise the cache. */
const SELF_INITIALIZING = 0x100;
/** Levels of leaf B: threads of a core, cores of the package. */
const LevelType = { THREAD: 1, CORE: 2 } as const;

/** Size of the last level, which all processors share. */
export const SHARED_CACHE_KIB = 1024;

/** The caches by subleaf. They are what an ordinary machine has; nothing here depends on them. */
const CACHES = [
  { type: CacheType.DATA, level: 1, kib: 32, ways: 8, shared: false },
  { type: CacheType.INSTRUCTION, level: 1, kib: 32, ways: 8, shared: false },
  { type: CacheType.UNIFIED, level: 2, kib: SHARED_CACHE_KIB, ways: 16, shared: true },
] as const;

/** The partition's processors. */
export function processorCount(vp: VirtualProcessor): number {
  return vp.partition.vps.reduce((sum, one) => sum + (one === undefined ? 0 : 1), 0);
}

/** Bits of an APIC id that number the processors in the package. */
function idBits(vp: VirtualProcessor): number {
  return 32 - Math.clz32(Math.max(vp.partition.vps.length, 1) - 1);
}

/** Leaf 4: one cache for each subleaf, type 0 past the last. */
export function cacheLeaf(vp: VirtualProcessor, subleaf: number, result: CpuidRegisters): void {
  const cache = CACHES[subleaf];
  if (cache === undefined) return;
  // Both fields are one less than the number of APIC ids set apart, and six bits wide in EAX 31:26.
  const ids = 2 ** idBits(vp) - 1;
  const sharing = cache.shared ? ids : 0;
  const sets = (cache.kib * 1024) / (cache.ways * LINE_BYTES);
  setLeaf(
    result,
    cache.type | (cache.level << 5) | SELF_INITIALIZING | (sharing << 14) | (Math.min(ids, 63) << 26),
    (LINE_BYTES - 1) | ((cache.ways - 1) << 22),
    sets - 1,
    0,
  );
}

/** Leaf B: a core has one thread, the package all cores. EDX is the APIC id at every level. */
export function topologyLeaf(vp: VirtualProcessor, subleaf: number, result: CpuidRegisters): void {
  const level = subleaf & 0xff;
  const { id } = vp.apic;
  if (subleaf === 0) setLeaf(result, 0, 1, level | (LevelType.THREAD << 8), id);
  else if (subleaf === 1) {
    setLeaf(result, idBits(vp), processorCount(vp), level | (LevelType.CORE << 8), id);
  } else setLeaf(result, 0, 0, level, id);
}
