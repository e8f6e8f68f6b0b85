/** The keyboard on the bus: keystrokes of a `Keyboard` to the guest, lights back. Synthetic Keyboard Protocol. */

import type { Keyboard, KeyEvent } from '@viridian/drivers';
import {
  KeyboardLed,
  KeystrokeInfo,
  SYNTH_KBD_ACCEPTED,
  SYNTH_KBD_MAX_MESSAGE_BYTES,
  SYNTH_KBD_VERSION,
  SynthKbdKeystroke,
  SynthKbdLedIndicators,
  SynthKbdMessageType,
  SynthKbdProtocolRequest,
  SynthKbdProtocolResponse,
} from '@viridian/protocols/synthkbd';
import { InstanceId, InterfaceId, NtStatus } from '@viridian/protocols/vmbus';
import type { Inspectable, InspectNode } from '@viridian/trace';
import type { HostChannel, OfferedDevice } from '@viridian/vmbus/host';
import { MessageLink } from '../message-link/message-link.ts';
import { messageWarning } from '../message-link/trace-points.ts';

/** Settings of a keyboard. */
export interface SynthKeyboardOptions {
  /** Instance GUID as text; the usual one when absent. */
  readonly instanceId?: string;
  /** Path in traces and warnings; `keyboard` when absent. */
  readonly where?: string;
}

/** Offer it to a guest with `VmbusHost.offer`. Keys that are pressed before the guest's driver is there are lost. */
export class SynthKeyboard implements OfferedDevice, Inspectable {
  readonly interfaceId = InterfaceId.KEYBOARD;
  readonly instanceId: string;
  readonly #keyboard: Keyboard;
  readonly #where: string;
  #link: MessageLink | undefined;
  #state: 'closed' | 'begin' | 'ready' = 'closed';
  #unplug: (() => void) | undefined;

  constructor(keyboard: Keyboard, options: SynthKeyboardOptions = {}) {
    this.#keyboard = keyboard;
    this.instanceId = options.instanceId ?? InstanceId.KEYBOARD;
    this.#where = options.where ?? 'keyboard';
  }

  open(channel: HostChannel): number {
    this.#unplug = this.#keyboard.connect({ key: (event) => this.#key(event) });
    this.#state = 'begin';
    this.#link = new MessageLink(channel, {
      where: this.#where,
      framing: 'plain',
      maxMessageBytes: SYNTH_KBD_MAX_MESSAGE_BYTES,
      receive: (view, at, end) => this.#receive(view, at, end),
    });
    return NtStatus.SUCCESS;
  }

  closed(): void {
    this.#unplug?.();
    this.#unplug = undefined;
    this.#link = undefined;
    this.#state = 'closed';
  }

  inspect(): InspectNode {
    return { state: this.#state, link: this.#link, keyboard: this.#keyboard };
  }

  #key({ makeCode, prefix, isBreak }: KeyEvent): boolean {
    if (this.#state !== 'ready') return false;
    const info =
      (isBreak ? KeystrokeInfo.IS_BREAK : 0) |
      (prefix === 0xe0 ? KeystrokeInfo.IS_E0 : 0) |
      (prefix === 0xe1 ? KeystrokeInfo.IS_E1 : 0);
    return this.#send(SynthKbdKeystroke.bytes({ type: SynthKbdMessageType.EVENT, makeCode, info }));
  }

  #receive(view: DataView, at: number, end: number): string | undefined {
    const type = view.getUint32(at, true);
    if (type === SynthKbdMessageType.PROTOCOL_REQUEST) {
      if (end - at < SynthKbdProtocolRequest.size) return 'keyboard request is too short';
      this.#negotiate(SynthKbdProtocolRequest.read(view, at).version);
    } else if (type === SynthKbdMessageType.LED_INDICATORS && this.#state === 'ready') {
      if (end - at < SynthKbdLedIndicators.size) return 'keyboard lights are too short';
      this.#setLights(SynthKbdLedIndicators.read(view, at).leds);
    } else {
      messageWarning.report(this.#where, 'keyboard message out of place', { type, state: this.#state });
    }
    return undefined;
  }

  /** A guest whose version is refused may ask for another. */
  #negotiate(version: number): void {
    const isTaken = version === SYNTH_KBD_VERSION;
    this.#state = isTaken ? 'ready' : 'begin';
    const status = isTaken ? SYNTH_KBD_ACCEPTED : 0;
    const type = SynthKbdMessageType.PROTOCOL_RESPONSE;
    this.#send(SynthKbdProtocolResponse.bytes({ type, status }));
  }

  #setLights(leds: number): void {
    this.#keyboard.setLights({
      scrollLock: (leds & KeyboardLed.SCROLL_LOCK) !== 0,
      numLock: (leds & KeyboardLed.NUM_LOCK) !== 0,
      capsLock: (leds & KeyboardLed.CAPS_LOCK) !== 0,
    });
  }

  #send(message: Uint8Array): boolean {
    return this.#link?.send(message) === true;
  }
}
