/** The keyboard's driver: takes keystrokes, sets lights. Synthetic Keyboard Protocol. */

import {
  KeystrokeInfo,
  SYNTH_KBD_ACCEPTED,
  SYNTH_KBD_VERSION,
  SynthKbdKeystroke,
  SynthKbdLedIndicators,
  SynthKbdMessageType,
  SynthKbdProtocolRequest,
  SynthKbdProtocolResponse,
} from '@viridian/protocols/synthkbd';
import type { Channel } from '@viridian/vmbus/ring';
import { DeviceError } from '../message-link/device-error.ts';
import { type Message, MessageLink } from '../message-link/message-link.ts';

/** A step of a key in scan code set 1. */
export interface Keystroke {
  /** Without the break bit. */
  readonly makeCode: number;
  readonly prefix: 0 | 0xe0 | 0xe1;
  /** The key went up. */
  readonly isBreak: boolean;
}

/** Agrees with the host on an open channel. Rejects with a `DeviceError`; the channel is then the caller's to close. */
export async function openKeyboard(channel: Channel): Promise<KeyboardClient> {
  const client = new KeyboardClient(channel);
  await client.negotiate();
  return client;
}

/** An open keyboard; made by {@link openKeyboard}. */
export class KeyboardClient {
  /** A key went down, again down, or up. */
  onKey: ((keystroke: Keystroke) => void) | undefined;
  /** The host took the keyboard away, or broke the protocol. */
  onClosed: ((reason: string) => void) | undefined;
  readonly #link: MessageLink;

  constructor(channel: Channel) {
    this.#link = new MessageLink(channel, {
      framing: 'plain',
      receive: (message) => this.#receive(message),
      closed: (reason) => this.onClosed?.(reason),
    });
  }

  /** Part of {@link openKeyboard}. */
  async negotiate(): Promise<void> {
    const request = SynthKbdProtocolRequest.bytes({
      type: SynthKbdMessageType.PROTOCOL_REQUEST,
      version: SYNTH_KBD_VERSION,
    });
    const answer = await this.#link.ask(request, SynthKbdMessageType.PROTOCOL_RESPONSE);
    if (answer.byteLength < SynthKbdProtocolResponse.size) {
      throw this.#link.fail('keyboard response is too short');
    }
    if ((SynthKbdProtocolResponse.read(answer).status & SYNTH_KBD_ACCEPTED) === 0) {
      throw new DeviceError('refused', 'the host refuses version 1.0 of the keyboard protocol');
    }
  }

  /** Bits of `KeyboardLed`. False when the host does not listen. */
  setLights(leds: number): boolean {
    const type = SynthKbdMessageType.LED_INDICATORS;
    return this.#link.send(SynthKbdLedIndicators.bytes({ type, leds }));
  }

  #receive(message: Message): string | undefined {
    if (message.getUint32(0, true) !== SynthKbdMessageType.EVENT) return undefined;
    if (message.byteLength < SynthKbdKeystroke.size) return 'keystroke is too short';
    const { makeCode, info } = SynthKbdKeystroke.read(message);
    // The value is then a character, not a key.
    if ((info & KeystrokeInfo.IS_UNICODE) !== 0) return undefined;
    const prefix = (info & KeystrokeInfo.IS_E0) !== 0 ? 0xe0 : (info & KeystrokeInfo.IS_E1) !== 0 ? 0xe1 : 0;
    this.onKey?.({ makeCode, prefix, isBreak: (info & KeystrokeInfo.IS_BREAK) !== 0 });
    return undefined;
  }
}
