export {
  KeyboardLed,
  KeystrokeInfo,
  SYNTH_KBD_ACCEPTED,
  SYNTH_KBD_MAX_MESSAGE_BYTES,
  SYNTH_KBD_VERSION,
  SynthKbdHeader,
  SynthKbdKeystroke,
  SynthKbdLedIndicators,
  SynthKbdMessageType,
  SynthKbdProtocolRequest,
  SynthKbdProtocolResponse,
} from './messages.ts';
