/** The channel of a network adapter: takes packets off the ring, has them worked on, answers. NVSP. */

import type { Frame } from '@viridian/drivers';
import {
  NvspHeader,
  NvspInit,
  NvspMessageType,
  NvspSendBuffer,
  NvspSendNdisConfig,
  NvspSendRndisPacket,
  NvspStatus,
} from '@viridian/protocols/netvsp';
import { PacketType } from '@viridian/protocols/vmbus';
import { counters, type Inspectable, type InspectNode } from '@viridian/trace';
import type { HostChannel } from '@viridian/vmbus/host';
import { IncomingPacket } from '@viridian/vmbus/ring';
import { LentBuffer } from './lent-buffer.ts';
import { NvspAnswer } from './nvsp-answers.ts';
import { AT_BEGIN, type NvspLimits, type NvspMessage, type NvspState, stepNvsp } from './nvsp-state.ts';
import { ReceivePath } from './receive-path.ts';
import { RndisDevice } from './rndis-device.ts';
import type { SessionFacts } from './session-facts.ts';
import { networkWarning, nvspTrace } from './trace-points.ts';
import { SECTION_BYTES, TransmitPath } from './transmit-path.ts';

/** What a channel needs of its adapter. */
export interface NetworkChannelSettings {
  readonly where: string;
  readonly limits: NvspLimits;
  readonly facts: SessionFacts;
  readonly send: (frame: Frame) => void;
}

/** Longest packet that guests send: Linux's has 19 ranges over 32 pages. */
const MOST_PACKET_BYTES = 4096;
/** A receive buffer may have 31 MiB, a send buffer 15. */
const MOST_RECEIVE_BYTES = 31 << 20;
const MOST_SEND_BYTES = 15 << 20;
const { SUCCESS, FAIL } = NvspStatus;

/** Works on one open channel until `close`. */
export class NetworkChannel implements Inspectable {
  readonly counters = counters({ packets: 0, controlMessages: 0, stalls: 0, unknownCompletions: 0 });
  readonly rndis: RndisDevice;
  readonly #channel: HostChannel;
  readonly #settings: NetworkChannelSettings;
  readonly #packet = new IncomingPacket(MOST_PACKET_BYTES);
  readonly #answer = new NvspAnswer();
  readonly #transmit: TransmitPath;
  #state: NvspState = AT_BEGIN;
  #receive: ReceivePath | undefined;
  #receiveGpadl: number | undefined;
  #sendGpadl: number | undefined;
  #open = true;
  #pumping = false;
  /** An answer waits for room, with this id; nothing is taken before it is gone. */
  #held = false;
  #heldLow = 0;
  #heldHigh = 0;

  constructor(channel: HostChannel, settings: NetworkChannelSettings) {
    this.#channel = channel;
    this.#settings = settings;
    const { where, facts, send } = settings;
    this.rndis = new RndisDevice(where, facts, (message) => this.#answerRndis(message));
    this.#transmit = new TransmitPath({ where, memory: channel.memory, facts, rndis: this.rndis, send });
    channel.onReceive = () => this.#pump();
    channel.onWritable = () => this.#writable();
  }

  get state(): NvspState {
    return this.#state;
  }

  /** A frame for the guest, which its filter lets through. False when it was dropped. */
  receive(frame: Frame): boolean {
    return this.#open && this.rndis.initialized && this.#receive?.frame(frame) === true;
  }

  /** The guest gets this memory back: nothing is read from or written to it any more. */
  release(gpadlId: number): void {
    if (gpadlId === this.#receiveGpadl) this.#dropReceiveBuffer();
    if (gpadlId === this.#sendGpadl) this.#dropSendBuffer();
  }

  /** The channel is gone. */
  close(): void {
    this.#open = false;
    this.rndis.initialized = false;
    this.#dropReceiveBuffer();
    this.#dropSendBuffer();
  }

  inspect(): InspectNode {
    const receive = this.#receive;
    return {
      state: this.#state.at,
      rndis: this.rndis.initialized ? 'initialized' : 'uninitialized',
      held: this.#held,
      ...(receive === undefined
        ? {}
        : {
            slotBytes: receive.slotBytes,
            slots: receive.slots.count,
            freeSlots: receive.slots.free,
            queuedFrames: receive.queuedFrames,
          }),
      counters: this.counters,
    };
  }

  /** Takes packets until the ring is empty or an answer does not fit; announces what was sent once. */
  #pump(): void {
    if (this.#pumping || !this.#open) return;
    this.#pumping = true;
    let isEmpty = false;
    while (!isEmpty && !this.#held) {
      if (this.#channel.receive(this.#packet)) this.#handle();
      else isEmpty = true;
    }
    this.#pumping = false;
    this.#receive?.flush();
    this.#channel.endSend();
    // Without `endReceive` the ring stays masked: a guest that does not read its answers finds it full and waits.
    if (isEmpty) this.#channel.endReceive();
    else this.counters.stalls += 1;
  }

  #writable(): void {
    if (!this.#open) return;
    this.#receive?.writable();
    if (this.#held) {
      const { bytes, lengthBytes } = this.#answer;
      this.#held = !this.#channel.sendCompletion(this.#heldLow, this.#heldHigh, bytes, lengthBytes);
      if (!this.#held) {
        this.#channel.endSend();
        this.#pump();
        return;
      }
    }
    this.#channel.endSend();
  }

  #handle(): void {
    const packet = this.#packet;
    switch (packet.type) {
      case PacketType.COMPLETION:
        this.#completed();
        return;
      case PacketType.DATA_INBAND:
      case PacketType.DATA_USING_GPA_DIRECT:
        break;
      default:
        this.#channel.fail('packet type has no meaning here');
        return;
    }
    if (packet.payloadBytes < NvspHeader.size) {
      this.#channel.fail('NVSP message without a type');
      return;
    }
    const type = packet.view.getUint32(packet.payloadOffset, true);
    if (type === NvspMessageType.NVSP_MSG1_TYPE_SEND_RNDIS_PKT) this.#rndisPacket();
    else this.#control(type);
    if (packet.completionRequested) this.#complete();
  }

  #completed(): void {
    const { idLow, idHigh } = this.#packet;
    if (this.#receive?.completed(idLow, idHigh) === true) return;
    this.counters.unknownCompletions += 1;
    networkWarning.report(this.#settings.where, 'completion of a packet that was not sent', { idLow });
  }

  #rndisPacket(): void {
    this.counters.packets += 1;
    if (this.#packet.payloadBytes < NvspSendRndisPacket.size) {
      this.#answer.packet(this.#refuse('NVSP message is too short', FAIL));
    } else if (this.#receive === undefined) {
      // Nothing could be answered.
      this.#answer.packet(this.#refuse('RNDIS packet before the receive buffer', FAIL));
    } else {
      this.#answer.packet(this.#transmit.take(this.#packet));
    }
  }

  #control(type: number): void {
    this.counters.controlMessages += 1;
    const message = this.#read(type);
    if (message === undefined) {
      this.#refuse('NVSP message is too short', FAIL);
      this.#answerControl(type, FAIL);
      return;
    }
    const { next, status } = stepNvsp(this.#state, message, this.#settings.limits);
    const outcome = status === SUCCESS ? this.#apply(type, next) : status;
    if (outcome !== SUCCESS && type !== NvspMessageType.INIT)
      this.#refuse('NVSP message was refused', outcome, type);
    if (outcome === SUCCESS) this.#enter(next);
    if (nvspTrace.on) nvspTrace.emit(this.#settings.where, type, outcome, this.#settings.facts.version);
    this.#answerControl(type, outcome);
  }

  /** Copies the fields that decide out of the packet; undefined when it is too short. */
  #read(type: number): NvspMessage | undefined {
    const { view, payloadOffset, payloadBytes } = this.#packet;
    const least = LEAST_BYTES.get(type) ?? NvspHeader.size;
    if (payloadBytes < least) return undefined;
    if (type === NvspMessageType.INIT) {
      const { minProtocolVersion, maxProtocolVersion } = NvspInit.read(view, payloadOffset);
      return { type, minVersion: minProtocolVersion, maxVersion: maxProtocolVersion };
    }
    if (type === NvspMessageType.NVSP_MSG2_TYPE_SEND_NDIS_CONFIG) {
      const { mtu, capabilities } = NvspSendNdisConfig.read(view, payloadOffset);
      return { type, mtu, capabilities };
    }
    return { type };
  }

  /** Does what a step that is allowed asks for, with memory. */
  #apply(type: number, next: NvspState): number {
    switch (type) {
      case NvspMessageType.NVSP_MSG1_TYPE_SEND_RECV_BUF:
        return this.#takeReceiveBuffer(next);
      case NvspMessageType.NVSP_MSG1_TYPE_SEND_SEND_BUF:
        return this.#takeSendBuffer();
      case NvspMessageType.NVSP_MSG1_TYPE_REVOKE_RECV_BUF:
        this.#dropReceiveBuffer();
        return SUCCESS;
      case NvspMessageType.NVSP_MSG1_TYPE_REVOKE_SEND_BUF:
        this.#dropSendBuffer();
        return SUCCESS;
      default:
        return SUCCESS;
    }
  }

  #enter(next: NvspState): void {
    this.#state = next;
    if (next.at === 'negotiated') this.#settings.facts.agreed(next.version, next.frameBytes);
  }

  #takeReceiveBuffer(next: NvspState): number {
    const { gpadlHandle, id } = NvspSendBuffer.read(this.#packet.view, this.#packet.payloadOffset);
    const pages = this.#channel.gpadlPages(gpadlHandle);
    if (pages === undefined || next.at !== 'negotiated') return FAIL;
    const buffer = new LentBuffer(pages);
    if (buffer.lengthBytes > MOST_RECEIVE_BYTES || !ReceivePath.fits(buffer.lengthBytes, next.frameBytes))
      return FAIL;
    const { facts } = this.#settings;
    this.#receiveGpadl = gpadlHandle;
    this.#receive = new ReceivePath({ channel: this.#channel, facts, buffer, bufferId: id });
    return SUCCESS;
  }

  #takeSendBuffer(): number {
    const { gpadlHandle } = NvspSendBuffer.read(this.#packet.view, this.#packet.payloadOffset);
    const pages = this.#channel.gpadlPages(gpadlHandle);
    if (pages === undefined) return FAIL;
    const buffer = new LentBuffer(pages);
    if (buffer.lengthBytes > MOST_SEND_BYTES || buffer.lengthBytes < SECTION_BYTES) return FAIL;
    this.#sendGpadl = gpadlHandle;
    this.#transmit.sections = buffer;
    return SUCCESS;
  }

  #dropReceiveBuffer(): void {
    this.#receive = undefined;
    this.#receiveGpadl = undefined;
    if (this.#state.at === 'negotiated') this.#state = { ...this.#state, hasReceiveBuffer: false };
  }

  #dropSendBuffer(): void {
    this.#transmit.sections = undefined;
    this.#sendGpadl = undefined;
    if (this.#state.at === 'negotiated') this.#state = { ...this.#state, hasSendBuffer: false };
  }

  #answerControl(type: number, status: number): void {
    const answer = this.#answer;
    switch (type) {
      case NvspMessageType.INIT:
        answer.init(status, status === SUCCESS ? this.#settings.facts.version : 0);
        return;
      case NvspMessageType.NVSP_MSG1_TYPE_SEND_RECV_BUF: {
        const { slotBytes = 0, slots } = status === SUCCESS ? (this.#receive ?? {}) : {};
        answer.receiveBuffer(status, { slotBytes, slotCount: slots?.count ?? 0 });
        return;
      }
      case NvspMessageType.NVSP_MSG1_TYPE_SEND_SEND_BUF:
        answer.sendBuffer(status, status === SUCCESS ? SECTION_BYTES : 0);
        return;
      case NvspMessageType.NVSP_MSG5_TYPE_SUBCHANNEL:
        answer.subchannels(status);
        return;
      case NvspMessageType.NVSP_MSG5_TYPE_OID_QUERY_EX:
        answer.oidQueryEx();
        return;
      default:
        answer.empty();
    }
  }

  /** Sends the answer that was filled in, or holds it until there is room. */
  #complete(): void {
    const { idLow, idHigh } = this.#packet;
    const { bytes, lengthBytes } = this.#answer;
    if (this.#channel.sendCompletion(idLow, idHigh, bytes, lengthBytes)) return;
    this.#held = true;
    this.#heldLow = idLow;
    this.#heldHigh = idHigh;
  }

  #answerRndis(message: Uint8Array): void {
    if (this.#receive === undefined || this.#receive.answer(message)) return;
    this.#channel.fail('guest asks and does not read the answers');
  }

  #refuse(reason: string, status: number, type = 0): number {
    networkWarning.report(this.#settings.where, reason, { type, status });
    return status;
  }
}

/** Bytes of the shortest message of each type that is looked into. */
const LEAST_BYTES: ReadonlyMap<number, number> = new Map([
  [NvspMessageType.INIT, NvspInit.size],
  [NvspMessageType.NVSP_MSG1_TYPE_SEND_RECV_BUF, NvspSendBuffer.size],
  [NvspMessageType.NVSP_MSG1_TYPE_SEND_SEND_BUF, NvspSendBuffer.size],
  [NvspMessageType.NVSP_MSG2_TYPE_SEND_NDIS_CONFIG, NvspSendNdisConfig.size],
]);
