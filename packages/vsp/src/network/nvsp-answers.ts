/** The completions of NVSP messages. NVSP, messages of versions 1 to 6.1. */

import {
  INIT_COMPLETE_NO_VERSION,
  NVSP_MESSAGE_BYTES,
  NvspInitComplete,
  NvspMessageType,
  NvspOidQueryExComplete,
  NvspSendReceiveBufferComplete,
  NvspSendRndisPacketComplete,
  NvspSendSendBufferComplete,
  NvspSubchannelComplete,
  NvspVersion,
  nvspMessageBytes,
  RndisStatus,
} from '@viridian/protocols/netvsp';

/** As real hosts state it. */
const MDL_CHAIN_LENGTH = 34;
const LONGEST_BYTES = 40;

/** Where a receive buffer is cut. */
export interface ReceiveBufferShape {
  readonly slotBytes: number;
  readonly slotCount: number;
}

/** One message's worth of bytes, filled in for one answer after the other. */
export class NvspAnswer {
  readonly bytes = new Uint8Array(LONGEST_BYTES);
  /** How many of them are the answer. */
  lengthBytes = 0;
  readonly #view = new DataView(this.bytes.buffer);
  #messageBytes: number = NVSP_MESSAGE_BYTES;

  /** The completion of INIT; its version, from then on, decides the length of answers. */
  init(status: number, version: number): void {
    this.#messageBytes = nvspMessageBytes(version);
    this.#begin();
    NvspInitComplete.write(this.#view, 0, {
      type: NvspMessageType.INIT_COMPLETE,
      protocolVersion: version === NvspVersion.V1 ? NvspVersion.V1 : INIT_COMPLETE_NO_VERSION,
      maximumMdlChainLength: MDL_CHAIN_LENGTH,
      status,
    });
  }

  receiveBuffer(status: number, { slotBytes, slotCount }: ReceiveBufferShape): void {
    this.#begin();
    NvspSendReceiveBufferComplete.write(this.#view, 0, {
      type: NvspMessageType.NVSP_MSG1_TYPE_SEND_RECV_BUF_COMPLETE,
      status,
      sectionCount: 1,
      subAllocationBytes: slotBytes,
      subAllocationCount: slotCount,
      endOffset: slotBytes * slotCount,
    });
  }

  sendBuffer(status: number, sectionBytes: number): void {
    this.#begin();
    NvspSendSendBufferComplete.write(this.#view, 0, {
      type: NvspMessageType.NVSP_MSG1_TYPE_SEND_SEND_BUF_COMPLETE,
      status,
      sectionBytes,
    });
  }

  packet(status: number): void {
    this.#begin();
    NvspSendRndisPacketComplete.write(this.#view, 0, {
      type: NvspMessageType.NVSP_MSG1_TYPE_SEND_RNDIS_PKT_COMPLETE,
      status,
    });
  }

  /** No sub-channels: one thread works for all of them. */
  subchannels(status: number): void {
    this.#begin();
    NvspSubchannelComplete.write(this.#view, 0, { type: NvspMessageType.NVSP_MSG5_TYPE_SUBCHANNEL, status });
  }

  oidQueryEx(): void {
    this.#begin();
    NvspOidQueryExComplete.write(this.#view, 0, {
      type: NvspMessageType.NVSP_MSG5_TYPE_OID_QUERY_EX_COMPLETE,
      status: RndisStatus.NOT_SUPPORTED,
    });
  }

  /** Of messages that have no completion of their own; Linux wants it without bytes after SWITCH_DATA_PATH. */
  empty(): void {
    this.lengthBytes = 0;
  }

  #begin(): void {
    this.bytes.fill(0);
    this.lengthBytes = this.#messageBytes;
  }
}
