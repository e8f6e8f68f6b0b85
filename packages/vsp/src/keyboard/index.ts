/** A keyboard for a guest. */

export { SynthKeyboard, type SynthKeyboardOptions } from './synth-keyboard.ts';
