/** The adapter as RNDIS sees it: control messages in, answers out. Remote NDIS specification, control messages. */

import {
  RNDIS_DF_CONNECTIONLESS,
  RNDIS_OFFSET_BASE,
  RNDIS_VERSION,
  RndisComplete,
  RndisHeader,
  RndisIndicateStatus,
  RndisInitialize,
  RndisInitializeComplete,
  RndisMessageType,
  RndisOidRequest,
  RndisQueryComplete,
  RndisRequest,
  RndisResetComplete,
  RndisStatus,
} from '@viridian/protocols/netvsp';
import type { AdapterFacts } from './adapter-facts.ts';
import { OID_QUERY_BY_OID } from './oid-queries.ts';
import { OID_SETTINGS } from './oid-settings.ts';
import { networkWarning, rndisTrace } from './trace-points.ts';

/** Packets that a guest may put into one transfer, what it may be long, and the alignment (a power of two) in it. */
export const TransferLimits = { PACKETS: 8, BYTES: 0x4000_0000, ALIGNMENT_LOG2: 3 } as const;

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes of the shortest message of each type. */
const LEAST_BYTES: ReadonlyMap<number, number> = new Map([
  [RndisMessageType.RNDIS_INITIALIZE_MSG, RndisInitialize.size],
  [RndisMessageType.RNDIS_HALT_MSG, RndisRequest.size],
  [RndisMessageType.RNDIS_QUERY_MSG, RndisOidRequest.size],
  [RndisMessageType.RNDIS_SET_MSG, RndisOidRequest.size],
  [RndisMessageType.RNDIS_RESET_MSG, RndisRequest.size],
  [RndisMessageType.RNDIS_KEEPALIVE_MSG, RndisRequest.size],
]);

/** One opening's RNDIS. */
export class RndisDevice {
  /** INITIALIZE came, and no HALT since. */
  initialized = false;
  readonly #where: string;
  readonly #facts: AdapterFacts;
  readonly #answer: (message: Bytes) => void;

  /** `answer` gets each message for the guest, to keep. */
  constructor(where: string, facts: AdapterFacts, answer: (message: Bytes) => void) {
    this.#where = where;
    this.#facts = facts;
    this.#answer = answer;
  }

  /** Takes a control message that is `message.length` bytes long, a private copy. False for one that cannot be answered. */
  take(message: Bytes): boolean {
    const view = viewOf(message);
    const { type } = RndisHeader.read(view);
    const least = LEAST_BYTES.get(type);
    if (least === undefined || message.length < least) {
      return this.#refuse(
        least === undefined ? 'RNDIS message of an unknown type' : 'RNDIS message is too short',
        type,
      );
    }
    const { requestId } = RndisRequest.read(view);
    switch (type) {
      case RndisMessageType.RNDIS_INITIALIZE_MSG:
        this.#initialize(requestId);
        return true;
      case RndisMessageType.RNDIS_HALT_MSG:
        this.initialized = false;
        this.#facts.packetFilter = 0;
        break;
      case RndisMessageType.RNDIS_QUERY_MSG:
        this.#query(message);
        return true;
      case RndisMessageType.RNDIS_SET_MSG:
        this.#set(message);
        return true;
      case RndisMessageType.RNDIS_RESET_MSG:
        this.#send(RndisResetComplete.bytes({ type: RndisMessageType.RNDIS_RESET_CMPLT }));
        break;
      default:
        this.#complete(RndisMessageType.RNDIS_KEEPALIVE_CMPLT, requestId, RndisStatus.SUCCESS);
    }
    if (rndisTrace.on) rndisTrace.emit(this.#where, type, 0, RndisStatus.SUCCESS);
    return true;
  }

  /** Tells the guest about its cable. Nothing happens before INITIALIZE. */
  indicateLink(up: boolean): void {
    if (!this.initialized) return;
    const status = up ? RndisStatus.MEDIA_CONNECT : RndisStatus.MEDIA_DISCONNECT;
    this.#send(RndisIndicateStatus.bytes({ type: RndisMessageType.RNDIS_INDICATE_STATUS_MSG, status }));
  }

  #initialize(requestId: number): void {
    this.initialized = true;
    if (rndisTrace.on)
      rndisTrace.emit(this.#where, RndisMessageType.RNDIS_INITIALIZE_MSG, 0, RndisStatus.SUCCESS);
    this.#send(
      RndisInitializeComplete.bytes({
        type: RndisMessageType.RNDIS_INITIALIZE_CMPLT,
        requestId,
        status: RndisStatus.SUCCESS,
        majorVersion: RNDIS_VERSION.MAJOR,
        minorVersion: RNDIS_VERSION.MINOR,
        deviceFlags: RNDIS_DF_CONNECTIONLESS,
        maxPacketsPerTransfer: TransferLimits.PACKETS,
        maxTransferBytes: TransferLimits.BYTES,
        packetAlignment: TransferLimits.ALIGNMENT_LOG2,
      }),
    );
  }

  #query(message: Bytes): void {
    const { requestId, oid, informationBytes } = RndisOidRequest.read(viewOf(message));
    let status: number = RndisStatus.SUCCESS;
    let information: Uint8Array | undefined;
    if (!this.initialized) status = RndisStatus.FAILURE;
    else {
      information = OID_QUERY_BY_OID.get(oid)?.answer(this.#facts, informationBytes);
      if (information === undefined) status = RndisStatus.NOT_SUPPORTED;
    }
    if (rndisTrace.on) rndisTrace.emit(this.#where, RndisMessageType.RNDIS_QUERY_MSG, oid, status);
    const bytes = new Uint8Array(RndisQueryComplete.size + (information?.length ?? 0));
    RndisQueryComplete.write(new DataView(bytes.buffer), 0, {
      type: RndisMessageType.RNDIS_QUERY_CMPLT,
      requestId,
      status,
      informationBytes: information?.length ?? 0,
      // Linux reads no answer whose offset is less, not even an empty one.
      informationOffset: RndisQueryComplete.size - RNDIS_OFFSET_BASE,
    });
    if (information !== undefined) bytes.set(information, RndisQueryComplete.size);
    this.#send(bytes);
  }

  #set(message: Bytes): void {
    const { requestId, oid, informationBytes, informationOffset } = RndisOidRequest.read(viewOf(message));
    const room = message.length - RNDIS_OFFSET_BASE;
    const setting = OID_SETTINGS.get(oid);
    let status: number;
    if (!this.initialized) status = RndisStatus.FAILURE;
    else if (setting === undefined) status = RndisStatus.NOT_SUPPORTED;
    else if (informationOffset > room || informationBytes > room - informationOffset) {
      status = RndisStatus.INVALID_LENGTH;
    } else {
      const start = RNDIS_OFFSET_BASE + informationOffset;
      status = setting(this.#facts, message.slice(start, start + informationBytes));
    }
    if (rndisTrace.on) rndisTrace.emit(this.#where, RndisMessageType.RNDIS_SET_MSG, oid, status);
    this.#complete(RndisMessageType.RNDIS_SET_CMPLT, requestId, status);
  }

  #complete(type: number, requestId: number, status: number): void {
    this.#send(RndisComplete.bytes({ type, requestId, status }));
  }

  #send(message: Bytes): void {
    RndisHeader.on(viewOf(message)).messageBytes = message.length;
    this.#answer(message);
  }

  #refuse(reason: string, type: number): false {
    networkWarning.report(this.#where, reason, { type });
    return false;
  }
}

function viewOf(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
