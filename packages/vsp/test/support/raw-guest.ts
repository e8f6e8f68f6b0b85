/** A guest that sends what the test says, byte by byte, right or wrong. vmbus.md §4 and §5. */

import { IncomingPacket, PAGE_BYTES, type RingChannel } from '@viridian/vmbus/ring';
import type { StorageController } from '@viridian/vsp/storage';
import { type ChannelPair, TestMachine } from './machine.ts';

/** A packet of the host. */
export interface Answer {
  readonly type: number;
  readonly id: bigint;
  readonly bytes: Uint8Array;
  /** Byte count and offset of each range of a transfer page packet. */
  readonly ranges: readonly (readonly [number, number])[];
  /** Whose set the ranges lie in. */
  readonly setId: number;
}

/** A range of a GPA direct packet. */
export interface RawRange {
  readonly byteCount: number;
  readonly byteOffset: number;
  readonly gpns: readonly (number | bigint)[];
}

/** Fields of an EXECUTE_SRB packet; what is absent is zero, but for the lengths that Linux always sets. */
export interface RawSrb {
  readonly operation?: number;
  readonly path?: number;
  readonly target?: number;
  readonly lun?: number;
  readonly cdb: readonly number[];
  readonly cdbBytes?: number;
  /** 0 write, 1 read, 2 none. */
  readonly dataIn?: number;
  readonly dataBytes?: number;
  readonly packetBytes?: number;
}

const INIT_ID = 0xfffffffffffffffdn;

/** One end of a channel in the hands of a test. */
export class RawGuest {
  readonly pair: ChannelPair;
  readonly #packet = new IncomingPacket(4096);
  #writeIndex = 0;
  #nextId = 1n;

  constructor(pair: ChannelPair) {
    this.pair = pair;
  }

  get ring(): RingChannel {
    return this.pair.guest;
  }

  /** Puts a packet into the ring as it is, with a correct trailer, and signals. */
  put(packet: Uint8Array): void {
    const { buffer, offsets } = this.pair.toHost;
    const words = new Int32Array(buffer, offsets[0]!, 2);
    const dataBytes = (offsets.length - 1) * PAGE_BYTES;
    const bytes = new Uint8Array(packet.length + 8);
    bytes.set(packet);
    new DataView(bytes.buffer).setUint32(packet.length + 4, this.#writeIndex, true);
    bytes.forEach((byte, i) => {
      const at = (this.#writeIndex + i) % dataBytes;
      new Uint8Array(buffer)[offsets[1 + Math.floor(at / PAGE_BYTES)]! + (at % PAGE_BYTES)] = byte;
    });
    this.#writeIndex = (this.#writeIndex + bytes.length) % dataBytes;
    Atomics.store(words, 0, this.#writeIndex);
    this.pair.host.interrupt();
  }

  /** Sends a payload in-band (no ranges) or with ranges of memory. */
  send(
    payload: Uint8Array,
    options: { id?: bigint; ranges?: readonly RawRange[]; flags?: number; type?: number } = {},
  ): bigint {
    const { ranges, flags = 1 } = options;
    const id = options.id ?? this.#nextId++;
    const rangeWords = (ranges ?? []).flatMap((range) => [
      BigInt(range.byteCount) | (BigInt(range.byteOffset) << 32n),
      ...range.gpns.map(BigInt),
    ]);
    const head = ranges === undefined ? 16 : 24 + rangeWords.length * 8;
    const bytes = new Uint8Array(head + Math.ceil(payload.length / 8) * 8);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, options.type ?? (ranges === undefined ? 6 : 9), true);
    view.setUint16(2, head / 8, true);
    view.setUint16(4, bytes.length / 8, true);
    view.setUint16(6, flags, true);
    view.setBigUint64(8, id, true);
    if (ranges !== undefined) view.setUint32(20, ranges.length, true);
    rangeWords.forEach((word, i) => {
      view.setBigUint64(24 + i * 8, word, true);
    });
    bytes.set(payload, head);
    this.put(bytes);
    return id;
  }

  /** A control packet; `fields` are u16 values at their offsets. */
  control(operation: number, fields: Readonly<Record<number, number>> = {}, packetBytes = 64): bigint {
    const payload = new Uint8Array(packetBytes);
    const view = new DataView(payload.buffer);
    view.setUint32(0, operation, true);
    view.setUint32(4, 1, true);
    for (const [at, value] of Object.entries(fields)) view.setUint16(Number(at), value, true);
    return this.send(payload, { id: INIT_ID });
  }

  /** An SRB packet; with ranges as GPA direct. */
  srb(srb: RawSrb, ranges?: readonly RawRange[]): bigint {
    const payload = srbPayload(srb);
    return this.send(payload, ranges === undefined ? {} : { ranges });
  }

  /** Everything that the host has sent, after what is under way has settled. */
  async answers(): Promise<Answer[]> {
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    const answers: Answer[] = [];
    while (this.ring.receive(this.#packet)) {
      const { bytes, payloadOffset, payloadBytes } = this.#packet;
      answers.push({
        type: this.#packet.type,
        id: this.#packet.transactionId,
        bytes: bytes.slice(payloadOffset, payloadOffset + payloadBytes),
        ranges: Array.from({ length: this.#packet.rangeCount }, (_, i) => [
          this.#packet.rangeByteCount(i),
          this.#packet.rangeByteOffset(i),
        ]),
        setId: this.#packet.transferPageSetId,
      });
    }
    this.ring.endReceive();
    return answers;
  }

  /** The answer to what was sent last. */
  async answer(): Promise<Answer> {
    const answers = await this.answers();
    if (answers.length !== 1) throw new Error(`${answers.length} answers, channel ${this.pair.ended}`);
    return answers[0]!;
  }

  /** Begin, version, properties, end. */
  async initialize(version = 0x0602): Promise<void> {
    this.control(7);
    this.control(9, { 12: version });
    this.control(10);
    this.control(8);
    const statuses = (await this.answers()).map(statusOf);
    if (statuses.join() !== '0,0,0,0') throw new Error(`initialization gave ${statuses.join()}`);
  }
}

/** Opens the primary channel (or a further one) of a machine whose guest is the test. */
export async function rawGuest(machine: TestMachine, subchannelIndex = 0): Promise<RawGuest> {
  return new RawGuest(await machine.open(subchannelIndex));
}

/** A machine for `rawGuest`. */
export function rawMachine(controller: StorageController, ringPages = 8): TestMachine {
  return new TestMachine(controller, { mute: true, delivery: 'direct', ringPages });
}

/** The bytes of an EXECUTE_SRB packet. */
export function srbPayload(srb: RawSrb): Uint8Array {
  const payload = new Uint8Array(srb.packetBytes ?? 64);
  const view = new DataView(payload.buffer);
  view.setUint32(0, srb.operation ?? 3, true);
  view.setUint32(4, 1, true);
  view.setUint16(12, 0x34, true);
  payload.set([srb.path ?? 0, srb.target ?? 0, srb.lun ?? 0, srb.cdbBytes ?? srb.cdb.length, 20], 17);
  payload[22] = srb.dataIn ?? (srb.dataBytes === undefined ? 2 : 1);
  view.setUint32(24, srb.dataBytes ?? 0, true);
  payload.set(srb.cdb.slice(0, 16), 28);
  return payload;
}

/** NTSTATUS of an answer. */
export function statusOf(answer: Answer): number {
  return new DataView(answer.bytes.buffer).getUint32(8, true);
}

/** SRB part of an answer: srb status, scsi status, bytes moved, `key/asc/ascq` (empty without autosense). */
export function srbOf(answer: Answer): { srb: number; scsi: number; moved: number; sense: string } {
  const { bytes } = answer;
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return {
    srb: bytes[14]!,
    scsi: bytes[15]!,
    moved: new DataView(bytes.buffer).getUint32(24, true),
    sense:
      (bytes[14]! & 0x80) === 0 ? '' : `${bytes[30]!.toString(16)}/${hex(bytes[40]!)}/${hex(bytes[41]!)}`,
  };
}
