/** Puts commands into storage packets and takes answers out of them. StorVSP protocol, SRB. */

import {
  QUEUE_ACTION_SIMPLE,
  QUEUE_TAG_ANY,
  SRB_BYTES,
  SRB_BYTES_WIN7,
  SRB_DEFAULT_TIMEOUT_SECONDS,
  SRB_SENSE_BYTES,
  SrbDataIn,
  SrbFlag,
  VSTOR_FLAG_REQUEST_COMPLETION,
  VSTOR_PACKET_BYTES,
  VstorOperation,
  VstorSrbPacket,
} from '@viridian/protocols/storvsp';
import type { IncomingPacket } from '@viridian/vmbus/ring';
import type { StorageCommand } from './storage-command.ts';

const CDB_OFFSET = VstorSrbPacket.offsets.cdbOrSense;
const ALWAYS = SrbFlag.DISABLE_SYNCH_TRANSFER | SrbFlag.QUEUE_ACTION_ENABLE | SrbFlag.NO_QUEUE_FREEZE;

/** A packet's worth of bytes, filled in for one command after the other. */
export class SrbWriter {
  readonly bytes = new Uint8Array(VSTOR_PACKET_BYTES);
  readonly #srb = VstorSrbPacket.on(new DataView(this.bytes.buffer));

  /** `packetBytes` is the version's: 48 or 64. */
  constructor(packetBytes: number) {
    const srb = this.#srb;
    srb.operation = VstorOperation.EXECUTE_SRB;
    srb.flags = VSTOR_FLAG_REQUEST_COMPLETION;
    srb.length = packetBytes < VSTOR_PACKET_BYTES ? SRB_BYTES_WIN7 : SRB_BYTES;
    srb.senseLength = SRB_SENSE_BYTES;
    srb.queueTag = QUEUE_TAG_ANY;
    srb.queueAction = QUEUE_ACTION_SIMPLE;
    srb.timeoutSeconds = SRB_DEFAULT_TIMEOUT_SECONDS;
  }

  /** Writes what differs from command to command. */
  write(command: StorageCommand): void {
    const srb = this.#srb;
    const { dataIn, cdb } = command;
    srb.pathId = command.path;
    srb.targetId = command.target;
    srb.lun = command.lun;
    srb.cdbLength = command.cdbBytes;
    srb.dataIn = dataIn;
    srb.dataTransferLength = command.byteCount;
    for (let i = 0; i < cdb.length; i += 1) this.bytes[CDB_OFFSET + i] = cdb[i]!;
    srb.srbFlags = ALWAYS | directionFlag(dataIn);
  }
}

function directionFlag(dataIn: number): number {
  if (dataIn === SrbDataIn.READ) return SrbFlag.DATA_IN;
  return dataIn === SrbDataIn.WRITE ? SrbFlag.DATA_OUT : 0;
}

/** Reads answers out of incoming packets whose length was checked. */
export class AnswerReader {
  readonly #srb = VstorSrbPacket.on(new DataView(new ArrayBuffer(VSTOR_PACKET_BYTES)));

  /** The operation of any packet of the host. */
  operation(packet: IncomingPacket): number {
    this.#srb.view = packet.view;
    this.#srb.at = packet.payloadOffset;
    return this.#srb.operation;
  }

  /** Copies the result of a command; returns what is wrong with it, as a fixed text. */
  read(packet: IncomingPacket, command: StorageCommand): string | undefined {
    if (this.operation(packet) !== VstorOperation.COMPLETE_IO) return 'storage answer is no completion';
    const srb = this.#srb;
    const moved = srb.dataTransferLength;
    if (moved > command.byteCount) return 'storage answer moved more than was asked for';
    command.srbStatus = srb.srbStatus;
    command.scsiStatus = srb.scsiStatus;
    command.movedBytes = moved;
    const from = packet.payloadOffset + CDB_OFFSET;
    if (command.scsiStatus !== 0) command.sense.set(packet.bytes.subarray(from, from + SRB_SENSE_BYTES));
    return undefined;
  }
}
