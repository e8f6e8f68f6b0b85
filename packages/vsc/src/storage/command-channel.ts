/** One VMBus channel of the adapter: commands out, answers in, each answer matched with its command. StorVSP protocol. */

import { VSTOR_PACKET_BYTES, VSTOR_PACKET_BYTES_WIN7, VstorPacketHeader } from '@viridian/protocols/storvsp';
import { PacketType } from '@viridian/protocols/vmbus';
import { type Channel, IncomingPacket, PAGE_BYTES } from '@viridian/vmbus/ring';
import { AnswerReader, SrbWriter } from './srb-packet.ts';
import type { StorageCommand } from './storage-command.ts';

/** Ids with this high half are of control packets; Linux uses the same. */
export const CONTROL_ID_HIGH = 0xffffffff;
const MOST_GENERATION = 0x7fffffff;
/** The longest packet of a host: descriptor and 64 bytes, with room for one that breaks the rule. */
const MOST_PACKET_BYTES = 256;
const DESCRIPTOR_BYTES = 16;

/** Who is told what comes in. */
export interface CommandChannelOwner {
  /** A command was answered. */
  answered(command: StorageCommand): void;
  /** A control packet was answered; `bytes` is a private copy. */
  controlAnswered(bytes: Uint8Array<ArrayBuffer>): void;
  /** The host sent something unasked. */
  unsolicited(operation: number): void;
  /** There is room, or a free slot, again. */
  writable(): void;
  closed(channel: CommandChannel, reason: string): void;
}

/** Nothing is allocated per command. */
export class CommandChannel {
  /** Commands that the host has. */
  inFlight = 0;
  /** No packet fits until the host has taken some. */
  blocked = false;
  readonly channel: Channel;
  readonly #owner: CommandChannelOwner;
  readonly #packet = new IncomingPacket(MOST_PACKET_BYTES);
  readonly #reader = new AnswerReader();
  #writer = new SrbWriter(VSTOR_PACKET_BYTES);
  #packetBytes = VSTOR_PACKET_BYTES_WIN7;
  /** A command's id is its slot + 1 and the slot's generation: an answer that comes twice fits nothing. */
  readonly #slots: (StorageCommand | undefined)[];
  readonly #generations: Uint32Array;
  readonly #freeSlots: number[];
  #draining = false;
  #endSendDue = false;

  constructor(channel: Channel, depth: number, owner: CommandChannelOwner) {
    this.channel = channel;
    this.#owner = owner;
    this.#slots = new Array<StorageCommand | undefined>(depth).fill(undefined);
    this.#generations = new Uint32Array(depth);
    this.#freeSlots = Array.from({ length: depth }, (_, i) => depth - 1 - i);
    channel.onReceive = () => this.#drain();
    channel.onWritable = () => {
      this.blocked = false;
      this.#owner.writable();
    };
    channel.onClosed = (reason) => this.#owner.closed(this, reason);
  }

  /** Bytes of a packet in the version that was agreed on: 48 or 64. */
  setPacketBytes(packetBytes: number): void {
    this.#packetBytes = packetBytes;
    this.#writer = new SrbWriter(packetBytes);
  }

  /** Sends a command. False when it does not fit now; `writable` follows. */
  send(command: StorageCommand): boolean {
    const slot = this.#freeSlots.pop();
    if (slot === undefined) return false;
    const idLow = slot + 1;
    const idHigh = this.#generations[slot]!;
    this.#writer.write(command);
    const { bytes } = this.#writer;
    const { byteOffset, byteCount } = command;
    const isSent =
      byteCount === 0
        ? this.channel.sendInBand(idLow, idHigh, bytes, this.#packetBytes, true)
        : this.channel.sendGpaDirect(
            idLow,
            idHigh,
            bytes,
            this.#packetBytes,
            command.gpns,
            Math.ceil((byteOffset + byteCount) / PAGE_BYTES),
            byteOffset,
            byteCount,
          );
    if (!isSent) {
      this.#freeSlots.push(slot);
      this.blocked = true;
      return false;
    }
    this.#slots[slot] = command;
    this.inFlight += 1;
    this.#endSendSoon();
    return true;
  }

  /** Sends a control packet of 64 bytes; there is at most one at a time. */
  sendControl(idLow: number, bytes: Uint8Array): boolean {
    const isSent = this.channel.sendInBand(idLow, CONTROL_ID_HIGH, bytes, bytes.length, true);
    if (isSent) this.#endSendSoon();
    return isSent;
  }

  /** Commands that the host has, for whoever looks after them. */
  *commands(): Generator<StorageCommand> {
    for (const command of this.#slots) if (command !== undefined) yield command;
  }

  /** Gives up all commands that the host has: the channel is gone. */
  abandon(): StorageCommand[] {
    const commands = [...this.commands()];
    this.#slots.fill(undefined);
    this.inFlight = 0;
    return commands;
  }

  /** Announces what was sent: at the end of the batch that is being received, else of this turn. */
  #endSendSoon(): void {
    if (this.#endSendDue || this.#draining) return;
    this.#endSendDue = true;
    queueMicrotask(() => {
      this.#endSendDue = false;
      this.channel.endSend();
    });
  }

  #drain(): void {
    this.#draining = true;
    while (this.channel.receive(this.#packet)) {
      const fault = this.#take();
      if (fault !== undefined) this.channel.fail(fault);
    }
    this.#draining = false;
    this.#owner.writable();
    this.channel.endSend();
    this.channel.endReceive();
  }

  #take(): string | undefined {
    const packet = this.#packet;
    if (packet.type === PacketType.DATA_INBAND) return this.#takeUnsolicited();
    if (packet.type !== PacketType.COMPLETION) return 'storage packet of the host is no completion';
    if (packet.payloadBytes < this.#packetBytes) return 'storage answer is too short';
    if (packet.idHigh === CONTROL_ID_HIGH) {
      const { payloadOffset } = packet;
      this.#owner.controlAnswered(packet.bytes.slice(payloadOffset, payloadOffset + VSTOR_PACKET_BYTES));
      return undefined;
    }
    const slot = packet.idLow - 1;
    const command = this.#slots[slot];
    if (command === undefined || packet.idHigh !== this.#generations[slot]) {
      return 'storage answer fits no request';
    }
    const fault = this.#reader.read(packet, command);
    if (fault !== undefined) return fault;
    this.#slots[slot] = undefined;
    this.#generations[slot] = packet.idHigh === MOST_GENERATION ? 0 : packet.idHigh + 1;
    this.#freeSlots.push(slot);
    this.inFlight -= 1;
    this.#owner.answered(command);
    return undefined;
  }

  #takeUnsolicited(): string | undefined {
    const { idLow, idHigh, payloadBytes } = this.#packet;
    if (idLow !== 0 || idHigh !== 0) return 'unsolicited storage packet has an id';
    // The operation is all that is looked at, which Linux does too.
    if (payloadBytes < VstorPacketHeader.offsets.flags) return 'unsolicited storage packet is too short';
    this.#owner.unsolicited(this.#reader.operation(this.#packet));
    return undefined;
  }
}

/** Most bytes that one command can move over a channel with such a ring. */
export function ringTransferLimit(channel: Channel): number {
  const overhead = DESCRIPTOR_BYTES * 2 + VSTOR_PACKET_BYTES + 8 + 8;
  const pages = Math.floor((channel.outboundBytes - overhead) / 8) - 1;
  return pages * PAGE_BYTES;
}
