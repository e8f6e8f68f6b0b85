/** Takes an EXECUTE_SRB packet apart and checks it: StorVSP protocol, SRB. */

import { SRB_CDB_BYTES, SrbDataIn, VstorSrbPacket } from '@viridian/protocols/storvsp';
import { PacketType } from '@viridian/protocols/vmbus';
import type { GuestMemory, IncomingPacket } from '@viridian/vmbus/ring';
import type { DataDirection } from '../scsi/scsi-command.ts';
import type { StorageRequest } from './storage-request.ts';

const CDB_OFFSET = VstorSrbPacket.offsets.cdbOrSense;

/** Reads SRBs out of incoming packets; one per channel, allocates nothing but the views over the guest's buffer. */
export class SrbDecoder {
  readonly #memory: GuestMemory;
  readonly #maxTransferBytes: number;
  readonly #fixedPath: number | undefined;
  readonly #srb = VstorSrbPacket.on(new DataView(new ArrayBuffer(VstorSrbPacket.size)));

  /** With `fixedPath` the SRB's path is not looked at. */
  constructor(memory: GuestMemory, maxTransferBytes: number, fixedPath?: number) {
    this.#memory = memory;
    this.#maxTransferBytes = maxTransferBytes;
    this.#fixedPath = fixedPath;
  }

  /**
   * Fills in `request` from a packet whose length was checked. Returns what is wrong with it as a fixed text; the request
   * must then be answered as invalid. `undefined` when it may be executed.
   */
  decode(packet: IncomingPacket, request: StorageRequest): string | undefined {
    const srb = this.#srb;
    const { command } = request;
    srb.view = packet.view;
    srb.at = packet.payloadOffset;
    command.begin();
    request.path = this.#fixedPath ?? srb.pathId;
    request.target = srb.targetId;
    request.lun = srb.lun;
    request.wantedBytes = srb.dataTransferLength;
    const { cdbLength } = srb;
    if (cdbLength === 0 || cdbLength > SRB_CDB_BYTES) return 'CDB length is not 1 to 16';
    command.cdbBytes = cdbLength;
    const from = packet.payloadOffset + CDB_OFFSET;
    for (let i = 0; i < cdbLength; i += 1) command.cdb[i] = packet.bytes[from + i]!;
    const direction = directionOf(srb.dataIn);
    if (direction === undefined) return 'data direction is unknown';
    return this.#attachData(packet, request, direction);
  }

  /** Finds the guest's buffer. The packet's ranges were checked against its length when it was received. */
  #attachData(packet: IncomingPacket, request: StorageRequest, direction: DataDirection): string | undefined {
    const { wantedBytes, command } = request;
    if (wantedBytes === 0) return undefined;
    if (direction === 'none') return 'data length without a direction';
    if (wantedBytes > this.#maxTransferBytes) return 'data length is above the maximum transfer';
    if (packet.type !== PacketType.DATA_USING_GPA_DIRECT) return 'data length without a buffer';
    if (packet.rangeCount !== 1) return 'data buffer is not a single range';
    if (packet.rangeByteCount(0) < wantedBytes) return 'data buffer is shorter than the data length';
    const offset = packet.rangeByteOffset(0);
    if (!this.#memory.gather(packet.gpns, packet.rangeFirstGpn(0), offset, wantedBytes, command.data)) {
      return 'data buffer is not in memory';
    }
    command.direction = direction;
    command.dataBytes = wantedBytes;
    return undefined;
  }
}

function directionOf(dataIn: number): DataDirection | undefined {
  switch (dataIn) {
    case SrbDataIn.WRITE:
      return 'out';
    case SrbDataIn.READ:
      return 'in';
    case SrbDataIn.NONE:
      return 'none';
    default:
      return undefined;
  }
}
