/** The core's exports: what TypeScript calls. */

export { dropAllBlocks, setVpCount } from './blocks/find';
export { invalidatePage } from './blocks/invalidate';
export { noteDevices } from './blocks/validity';
export { materializeFlags } from './flags';
export { setRegionLinks } from './jit/link-table';
export { setInterpreting, setJitThreshold } from './jit/regions';
export {
  regionCompareStrings, regionCondition, regionFallback, regionFill, regionFlags, regionHighSigned, regionHighUnsigned, regionProbe, regionSettle,
} from './jit/runtime';
export { regionString } from './jit/string-runtime';
export { run, step } from './interpreter/run';
export { flushAllTlb, flushPageTlb } from './memory/tlb';
export { closeWrites, setJournal } from './memory/journal';
export { translated, translateForHost } from './memory/host';
export { updateMode } from './mode';
export { deliverException } from './system/events';
export { pagingChanged } from './system/paging-registers';
export { initialize, reset, startUp } from './system/processor-reset';
