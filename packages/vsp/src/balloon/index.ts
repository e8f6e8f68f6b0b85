/** Memory for a guest that can be taken and given back while it runs. */

export { Balloon, type BalloonMemory, type BalloonSettings, type MemoryStatus } from './balloon.ts';
export type { PageRange } from './page-ranges.ts';
