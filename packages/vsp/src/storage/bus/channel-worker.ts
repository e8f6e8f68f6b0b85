/** One channel of a storage controller: takes packets off the ring, has them worked on, answers. StorVSP protocol. */

import {
  VmstorageProtocolVersion,
  VmstorageSubChannels,
  VSTOR_PACKET_BYTES,
  VSTOR_PAYLOAD_OFFSET,
  VstorOperation,
  VstorPacketHeader,
} from '@viridian/protocols/storvsp';
import { NtStatus, PacketType } from '@viridian/protocols/vmbus';
import { counters, type Inspectable, type InspectNode } from '@viridian/trace';
import type { HostChannel } from '@viridian/vmbus/host';
import { IncomingPacket, PAGE_BYTES } from '@viridian/vmbus/ring';
import { AnswerQueue } from './answer-queue.ts';
import { AnswerWriter } from './answers.ts';
import { CommandRunner } from './command-runner.ts';
import { subchannelsOf } from './protocol-state.ts';
import { SrbDecoder } from './srb-decode.ts';
import type { StorageRequest } from './storage-request.ts';
import type { SessionChannel, StorageSession } from './storage-session.ts';
import { controlTrace, requestWarning } from './trace-points.ts';
import type { UnitTable } from './unit-table.ts';

/** What a channel needs of its controller. */
export interface ChannelWorkerSettings {
  readonly where: string;
  readonly units: UnitTable;
  readonly maxTransferBytes: number;
  /** Commands that may run at once; further ones wait in the ring. */
  readonly queueDepth: number;
  /** The path of all requests, whatever they say; undefined to believe them. */
  readonly fixedPath: number | undefined;
}

/** Descriptor, range count, range header: what stands in front of the page numbers of a GPA direct packet. */
const GPA_DIRECT_BYTES = 16 + 8 + 8;

/** Linux leaves room for 32 page numbers in every GPA direct packet, however few it has. */
const SHORTEST_LIMIT_BYTES = 1024;

/** The longest packet of a guest that keeps to the maximum transfer, with as much again for one that does not. */
function longestPacket(maxTransferBytes: number): number {
  const longest = GPA_DIRECT_BYTES + (maxTransferBytes / PAGE_BYTES + 1) * 8 + VSTOR_PACKET_BYTES;
  return Math.max(SHORTEST_LIMIT_BYTES, longest * 2);
}

/** Works on one open channel until `close`. */
export class ChannelWorker implements SessionChannel, Inspectable {
  readonly counters = counters({ resets: 0, controlPackets: 0, notifications: 0, stalls: 0, heldAnswers: 0 });
  readonly #channel: HostChannel;
  readonly #session: StorageSession;
  readonly #settings: ChannelWorkerSettings;
  readonly #runner: CommandRunner;
  readonly #packet: IncomingPacket;
  readonly #header = VstorPacketHeader.on(new DataView(new ArrayBuffer(VstorPacketHeader.size)));
  readonly #answer = new AnswerWriter();
  readonly #held = new AnswerQueue();
  #open = true;
  /** `#pump` is on the stack. */
  #pumping = false;
  /** Requests may wait in the ring that were not taken; the ring stays masked. */
  #stalled = false;
  /** `endSend` is due in a microtask, so that answers of one turn are announced together. */
  #endSendDue = false;
  #notificationDue = false;

  constructor(channel: HostChannel, session: StorageSession, settings: ChannelWorkerSettings) {
    this.#channel = channel;
    this.#session = session;
    this.#settings = settings;
    this.#packet = new IncomingPacket(longestPacket(settings.maxTransferBytes));
    this.#runner = new CommandRunner({
      where: settings.where,
      units: settings.units,
      decoder: new SrbDecoder(channel.memory, settings.maxTransferBytes, settings.fixedPath),
      answer: (request) => this.#answerCommand(request),
    });
    session.channels.add(this);
    channel.onReceive = () => this.#pump();
    channel.onWritable = () => this.#writable();
  }

  resume(): void {
    if (this.#stalled) this.#pump();
  }

  answerReset(idLow: number, idHigh: number, answerBytes: number): void {
    this.#answer.status(NtStatus.SUCCESS);
    this.#send(idLow, idHigh, answerBytes, false);
  }

  /** Tells the guest to scan its bus again; on the primary channel only. */
  announce(): void {
    if (!this.#session.ready) return;
    this.#notificationDue = true;
    this.#sendNotification();
    this.#endSendSoon();
  }

  /**
   * The channel is gone: no answer is sent any more. Settles when no unit works on guest memory for this channel: until then
   * a read may still land there, so the guest must not get its pages back earlier.
   */
  close(): Promise<void> | undefined {
    this.#open = false;
    this.#session.channels.delete(this);
    const dropped = this.#held.clear();
    for (let i = 0; i < dropped; i += 1) this.#session.answered();
    return this.#runner.whenIdle();
  }

  inspect(): InspectNode {
    return {
      subchannel: this.#channel.subchannelIndex,
      busy: this.#runner.busy,
      held: this.#held.length,
      stalled: this.#stalled,
      counters: { ...this.#runner.counters, ...this.counters },
    };
  }

  /** Takes requests until the ring is empty or no more can be taken; announces the answers once. */
  #pump(): void {
    if (this.#pumping || !this.#open) return;
    this.#pumping = true;
    let isEmpty = false;
    while (!isEmpty && this.#takesMore()) {
      if (this.#channel.receive(this.#packet)) this.#handle();
      else isEmpty = true;
    }
    this.#pumping = false;
    this.#stalled = !isEmpty;
    this.#channel.endSend();
    // Without `endReceive` the ring stays masked and what was taken stays accounted: the guest finds its ring full and waits.
    if (isEmpty) this.#channel.endReceive();
    else this.counters.stalls += 1;
  }

  #takesMore(): boolean {
    if (this.#runner.busy >= this.#settings.queueDepth || !this.#held.empty) return false;
    // A sub-channel may be opened before the guest has ended initialization on the primary.
    return !this.#session.resetting && (this.#channel.subchannelIndex === 0 || this.#session.ready);
  }

  #handle(): void {
    const packet = this.#packet;
    const fault = this.#packetFault();
    if (fault !== undefined) {
      this.#channel.fail(fault);
      return;
    }
    const header = this.#header;
    header.view = packet.view;
    header.at = packet.payloadOffset;
    const { operation } = header;
    const answerBytes = Math.min(packet.payloadBytes, VSTOR_PACKET_BYTES);
    if (operation === VstorOperation.EXECUTE_SRB && this.#session.ready) {
      this.#session.begin();
      this.#runner.run(packet, answerBytes);
    } else if (isReset(operation) && this.#session.ready) {
      this.counters.resets += 1;
      this.#session.reset(this, packet.idLow, packet.idHigh, answerBytes);
    } else if (this.#channel.subchannelIndex === 0) {
      // SRBs and resets that come too early are out of order there, as control packets are.
      this.#control(operation, answerBytes);
    } else {
      requestWarning.report(this.#settings.where, 'control packet on a sub-channel');
      this.#answer.status(NtStatus.INVALID_DEVICE_STATE);
      this.#send(packet.idLow, packet.idHigh, answerBytes, false);
    }
  }

  /** What ends the channel: packets that cannot be answered, or not be read. */
  #packetFault(): string | undefined {
    const { type, completionRequested, payloadBytes } = this.#packet;
    if (type !== PacketType.DATA_INBAND && type !== PacketType.DATA_USING_GPA_DIRECT) {
      return 'storage packet is neither in-band nor GPA direct';
    }
    if (!completionRequested) return 'storage request wants no completion';
    if (payloadBytes < this.#session.packetBytes) return 'storage packet is too short';
    return undefined;
  }

  #control(operation: number, answerBytes: number): void {
    const { view, payloadOffset, idLow, idHigh } = this.#packet;
    const at = payloadOffset + VSTOR_PAYLOAD_OFFSET;
    const { majorMinor } = VmstorageProtocolVersion.read(view, at);
    const { subChannelCount } = VmstorageSubChannels.read(view, at);
    const { status, offer, next } = this.#session.control({ operation, majorMinor, subChannelCount });
    this.counters.controlPackets += 1;
    if (controlTrace.on) controlTrace.emit(this.#settings.where, operation, status, next.at);
    if (status === NtStatus.INVALID_DEVICE_STATE || status === NtStatus.INVALID_PARAMETER) {
      requestWarning.report(this.#settings.where, 'control packet refused', { operation, status });
    }
    this.#writeControlAnswer(operation, status, majorMinor);
    this.#send(idLow, idHigh, answerBytes, false);
    if (operation === VstorOperation.END_INITIALIZATION && status === NtStatus.SUCCESS) {
      this.#session.becameReady();
    }
    if (offer !== undefined) this.#channel.offerSubchannels(offer);
  }

  #writeControlAnswer(operation: number, status: number, majorMinor: number): void {
    const { state, limits } = this.#session;
    if (operation === VstorOperation.QUERY_PROTOCOL_VERSION) {
      this.#answer.version(status, majorMinor);
    } else if (
      operation === VstorOperation.QUERY_PROPERTIES &&
      status === NtStatus.SUCCESS &&
      'version' in state
    ) {
      const subchannels = subchannelsOf(state.version, limits);
      this.#answer.properties(status, subchannels, this.#settings.maxTransferBytes);
    } else {
      this.#answer.status(status);
    }
  }

  #answerCommand(request: StorageRequest): void {
    this.#answer.srb(request);
    this.#send(request.idLow, request.idHigh, request.answerBytes, true);
    if (this.#stalled) this.#pumpSoon();
  }

  /** Puts the answer into the ring, or holds it until there is room. */
  #send(idLow: number, idHigh: number, lengthBytes: number, isCommand: boolean): void {
    const { bytes } = this.#answer;
    if (!this.#open) {
      if (isCommand) this.#session.answered();
    } else if (this.#held.empty && this.#channel.sendCompletion(idLow, idHigh, bytes, lengthBytes)) {
      if (!this.#pumping) this.#endSendSoon();
      if (isCommand) this.#session.answered();
    } else {
      this.counters.heldAnswers += 1;
      this.#held.hold(idLow, idHigh, bytes, lengthBytes, isCommand);
    }
  }

  #sendNotification(): void {
    if (!this.#notificationDue || !this.#open) return;
    this.#answer.enumerateBus();
    if (!this.#channel.sendInBand(0, 0, this.#answer.bytes, this.#session.packetBytes, false)) return;
    this.#notificationDue = false;
    this.counters.notifications += 1;
  }

  /** There is room again. */
  #writable(): void {
    if (!this.#open) return;
    const answered = this.#held.drain((idLow, idHigh, bytes, lengthBytes) =>
      this.#channel.sendCompletion(idLow, idHigh, bytes, lengthBytes),
    );
    if (this.#held.empty) this.#sendNotification();
    this.#channel.endSend();
    for (let i = 0; i < answered; i += 1) this.#session.answered();
    this.resume();
  }

  #endSendSoon(): void {
    if (this.#endSendDue) return;
    this.#endSendDue = true;
    queueMicrotask(() => {
      this.#endSendDue = false;
      if (this.#open) this.#channel.endSend();
    });
  }

  #pumpSoon(): void {
    queueMicrotask(() => this.resume());
  }
}

function isReset(operation: number): boolean {
  return (
    operation === VstorOperation.RESET_LUN ||
    operation === VstorOperation.RESET_ADAPTER ||
    operation === VstorOperation.RESET_BUS
  );
}
