/** A display for a guest. */

export { DEFAULT_RESOLUTIONS, SynthVideo, type SynthVideoOptions } from './synth-video.ts';
