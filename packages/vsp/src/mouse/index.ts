/** A pointing device for a guest. */

export { SynthMouse, type SynthMouseOptions } from './synth-mouse.ts';
