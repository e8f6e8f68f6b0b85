/** The packets that the host sends on a storage channel. StorVSP protocol, completions and unsolicited packets. */

import { ScsiStatus, SenseKey } from '@viridian/protocols/scsi';
import {
  PROPERTIES_FLAG_MULTI_CHANNEL,
  SRB_BYTES,
  SRB_BYTES_WIN7,
  SRB_CDB_BYTES,
  SRB_SENSE_BYTES,
  SRB_STATUS_MASK,
  SrbStatus,
  SrbStatusFlag,
  VmstorageChannelProperties,
  VmstorageProtocolVersion,
  VSTOR_PACKET_BYTES,
  VSTOR_PAYLOAD_OFFSET,
  VstorOperation,
  VstorSrbPacket,
} from '@viridian/protocols/storvsp';
import { NtStatus } from '@viridian/protocols/vmbus';
import type { ScsiCommand } from '../scsi/scsi-command.ts';
import type { StorageRequest } from './storage-request.ts';

const SENSE_OFFSET = VstorSrbPacket.offsets.cdbOrSense;

/** NTSTATUS in the header of a completion, by SRB status. */
export function ntStatusOf(srbStatus: number): number {
  switch (srbStatus & SRB_STATUS_MASK) {
    case SrbStatus.SUCCESS:
      return NtStatus.SUCCESS;
    case SrbStatus.ABORTED:
      return NtStatus.CANCELLED;
    case SrbStatus.BUSY:
      return NtStatus.DEVICE_BUSY;
    case SrbStatus.DATA_OVERRUN:
      return NtStatus.BUFFER_OVERFLOW;
    case SrbStatus.INVALID_LUN:
    case SrbStatus.NO_DEVICE:
      return NtStatus.DEVICE_DOES_NOT_EXIST;
    case SrbStatus.TIMEOUT:
    case SrbStatus.COMMAND_TIMEOUT:
      return NtStatus.IO_TIMEOUT;
    case SrbStatus.SELECTION_TIMEOUT:
      return NtStatus.DEVICE_NOT_CONNECTED;
    case SrbStatus.BAD_FUNCTION:
      return NtStatus.INVALID_DEVICE_REQUEST;
    default:
      return NtStatus.IO_DEVICE_ERROR;
  }
}

/** The SRB status that goes with a finished command. */
export function srbStatusOf(command: ScsiCommand): number {
  if (command.status === ScsiStatus.GOOD) return SrbStatus.SUCCESS;
  const isIllegal = command.sense[2] === SenseKey.ILLEGAL_REQUEST;
  return (isIllegal ? SrbStatus.INVALID_REQUEST : SrbStatus.ERROR) | SrbStatusFlag.AUTOSENSE_VALID;
}

/** One packet's worth of bytes, filled in for one answer after the other. */
export class AnswerWriter {
  readonly bytes = new Uint8Array(VSTOR_PACKET_BYTES);
  readonly #view = new DataView(this.bytes.buffer);
  readonly #srb = VstorSrbPacket.on(this.#view);

  /** The completion of an SRB. Sense data stand where the CDB was. */
  srb(request: StorageRequest): void {
    const { command, srbStatus } = request;
    const srb = this.#srb;
    this.#begin(ntStatusOf(srbStatus));
    srb.length = request.answerBytes < VSTOR_PACKET_BYTES ? SRB_BYTES_WIN7 : SRB_BYTES;
    srb.srbStatus = srbStatus;
    srb.scsiStatus = command.status;
    srb.pathId = request.path;
    srb.targetId = request.target;
    srb.lun = request.lun;
    srb.cdbLength = SRB_CDB_BYTES;
    srb.senseLength = SRB_SENSE_BYTES;
    srb.dataTransferLength = command.bytesMoved;
    if ((srbStatus & SrbStatusFlag.AUTOSENSE_VALID) !== 0) this.bytes.set(command.sense, SENSE_OFFSET);
  }

  /** The completion of anything that has no more to say than a status. */
  status(status: number): void {
    this.#begin(status);
  }

  /** The completion of QUERY_PROTOCOL_VERSION. */
  version(status: number, majorMinor: number): void {
    this.#begin(status);
    VmstorageProtocolVersion.write(this.#view, VSTOR_PAYLOAD_OFFSET, { majorMinor });
  }

  /** The completion of QUERY_PROPERTIES. */
  properties(status: number, maxSubChannels: number, maxTransferBytes: number): void {
    this.#begin(status);
    VmstorageChannelProperties.write(this.#view, VSTOR_PAYLOAD_OFFSET, {
      maxSubChannels,
      flags: maxSubChannels > 0 ? PROPERTIES_FLAG_MULTI_CHANNEL : 0,
      maxTransferBytes,
    });
  }

  /** The unsolicited packet that makes the guest scan its bus again. */
  enumerateBus(): void {
    this.#begin(NtStatus.SUCCESS);
    this.#srb.operation = VstorOperation.ENUMERATE_BUS;
  }

  #begin(status: number): void {
    this.bytes.fill(0);
    this.#srb.operation = VstorOperation.COMPLETE_IO;
    this.#srb.status = status;
  }
}
