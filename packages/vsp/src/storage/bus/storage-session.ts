/** One opening of a storage controller: the primary channel, its sub-channels, and what they have in common. */

import { VSTOR_PACKET_BYTES_WIN7, vstorPacketBytes } from '@viridian/protocols/storvsp';
import type { ControlPacket, ProtocolLimits, ProtocolState, Step } from './protocol-state.ts';
import { AT_BEGIN, step } from './protocol-state.ts';

/** A channel as the session sees it. */
export interface SessionChannel {
  /** Goes on where it stopped taking requests. */
  resume(): void;
  /** Answers the reset that it received as packet `idLow`, `idHigh`. */
  answerReset(idLow: number, idHigh: number, answerBytes: number): void;
}

interface WaitingReset {
  readonly channel: SessionChannel;
  readonly idLow: number;
  readonly idHigh: number;
  readonly answerBytes: number;
}

/** Protocol state and outstanding requests, over all channels. */
export class StorageSession {
  readonly limits: ProtocolLimits;
  readonly channels = new Set<SessionChannel>();
  #state: ProtocolState = AT_BEGIN;
  #resets: WaitingReset[] = [];
  /** Commands that were taken and not answered. */
  #outstanding = 0;
  #ended = false;

  constructor(limits: ProtocolLimits) {
    this.limits = limits;
  }

  get state(): ProtocolState {
    return this.#state;
  }

  /** The shortest packet that may come now. */
  get packetBytes(): number {
    return 'version' in this.#state ? vstorPacketBytes(this.#state.version) : VSTOR_PACKET_BYTES_WIN7;
  }

  get ready(): boolean {
    return this.#state.at === 'ready' && !this.#ended;
  }

  /** While a reset waits for what was sent before it, nothing new is taken, on any channel. */
  get resetting(): boolean {
    return this.#resets.length > 0;
  }

  get outstanding(): number {
    return this.#outstanding;
  }

  /** A control packet: gives its answer and remembers the state it leads to. */
  control(packet: ControlPacket): Step {
    const result = step(this.#state, packet, this.limits);
    this.#state = result.next;
    return result;
  }

  /** All sub-channels may begin: the guest has ended initialization. */
  becameReady(): void {
    this.#resumeAll();
  }

  /** A command was taken. */
  begin(): void {
    this.#outstanding += 1;
  }

  /** A command was answered, or dropped with its channel. */
  answered(): void {
    this.#outstanding -= 1;
    if (this.#outstanding === 0 && this.resetting) this.#finishResets();
  }

  /** A reset arrived. It is answered when every command before it has been. */
  reset(channel: SessionChannel, idLow: number, idHigh: number, answerBytes: number): void {
    this.#resets.push({ channel, idLow, idHigh, answerBytes });
    if (this.#outstanding === 0) this.#finishResets();
  }

  /** The primary channel is gone: what is left of the sub-channels does nothing any more. */
  end(): void {
    this.#ended = true;
    this.#resets = [];
  }

  #finishResets(): void {
    const resets = this.#resets;
    this.#resets = [];
    for (const { channel, idLow, idHigh, answerBytes } of resets) {
      if (this.channels.has(channel)) channel.answerReset(idLow, idHigh, answerBytes);
    }
    this.#resumeAll();
  }

  #resumeAll(): void {
    for (const channel of this.channels) channel.resume();
  }
}
