/** Ballooning in the guest. */

export { BalloonDriver, type BalloonPages, type BalloonRange } from './balloon-driver.ts';
