/** Control packets, one at a time: negotiation and resets. StorVSP protocol, from begin to end of initialization. */

import {
  LINUX_STORVSC_VERSIONS,
  PROPERTIES_FLAG_MULTI_CHANNEL,
  StorvspVersion,
  VmstorageChannelProperties,
  VmstorageProtocolVersion,
  VmstorageSubChannels,
  VSTOR_FLAG_REQUEST_COMPLETION,
  VSTOR_PACKET_BYTES,
  VSTOR_PAYLOAD_OFFSET,
  VstorOperation,
  VstorPacketHeader,
} from '@viridian/protocols/storvsp';
import { PAGE_BYTES } from '@viridian/vmbus/ring';
import { nameOf } from '@viridian/wire';
import type { CommandChannel } from './command-channel.ts';
import { StorageError } from './errors.ts';

/** The answer to a control packet. */
interface ControlAnswer {
  /** NTSTATUS. */
  readonly status: number;
  /** The whole packet. */
  readonly view: DataView;
}

/** What host and guest agreed on. */
export interface Agreement {
  /** See `StorvspVersion`. */
  readonly version: number;
  /** Sub-channels that the host allows. */
  readonly maxSubchannels: number;
  /** Most bytes of one command: a multiple of 4096. */
  readonly maxTransferBytes: number;
}

/** The versions that are tried when the caller does not say: Linux's, then the two older ones. */
export const DEFAULT_VERSIONS: readonly number[] = [
  ...LINUX_STORVSC_VERSIONS,
  StorvspVersion.WIN7,
  StorvspVersion.WS2008,
];

/** Low halves of the ids that Linux uses for control packets. */
const INITIALIZATION_ID = 0xfffffffd;
const RESET_ID = 0xfffffffc;

interface Waiter {
  readonly resolve: (answer: ControlAnswer) => void;
  readonly reject: (reason: Error) => void;
}

/** Sends control packets on the primary channel and pairs them with their answers. */
export class ControlExchange {
  readonly #channel: CommandChannel;
  #waiter: Waiter | undefined;
  /** The packet that found the ring full. */
  #unsent: { readonly idLow: number; readonly bytes: Uint8Array } | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #closed: Error | undefined;

  constructor(channel: CommandChannel) {
    this.#channel = channel;
  }

  /** Sends one when those before it were answered. `fill` writes what follows the header. */
  send(operation: number, fill?: (view: DataView) => void): Promise<ControlAnswer> {
    const answer = this.#tail.then(() => this.#exchange(operation, fill));
    this.#tail = answer.catch(() => {});
    return answer;
  }

  /** Like `send`; rejects with a `refused` error unless the status is success. */
  async demand(operation: number, fill?: (view: DataView) => void): Promise<DataView> {
    const { status, view } = await this.send(operation, fill);
    if (status === 0) return view;
    const what = nameOf(VstorOperation, operation);
    throw new StorageError('refused', `the host refuses ${what} with status 0x${status.toString(16)}`);
  }

  /** The host answered; returns what is wrong with that, as a fixed text. */
  answered(bytes: Uint8Array<ArrayBuffer>): string | undefined {
    const waiter = this.#waiter;
    if (waiter === undefined) return 'storage answer fits no control packet';
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { operation, status } = VstorPacketHeader.read(view);
    if (operation !== VstorOperation.COMPLETE_IO) return 'storage answer is no completion';
    this.#waiter = undefined;
    waiter.resolve({ status, view });
    return undefined;
  }

  /** There is room in the ring. */
  flush(): void {
    if (this.#unsent === undefined) return;
    if (this.#channel.sendControl(this.#unsent.idLow, this.#unsent.bytes)) this.#unsent = undefined;
  }

  /** No answer will come any more. */
  close(reason: Error): void {
    this.#closed = reason;
    this.#waiter?.reject(reason);
    this.#waiter = undefined;
  }

  #exchange(operation: number, fill: ((view: DataView) => void) | undefined): Promise<ControlAnswer> {
    const bytes = new Uint8Array(VSTOR_PACKET_BYTES);
    const view = new DataView(bytes.buffer);
    VstorPacketHeader.write(view, 0, { operation, flags: VSTOR_FLAG_REQUEST_COMPLETION });
    fill?.(view);
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) {
        reject(this.#closed);
        return;
      }
      this.#waiter = { resolve, reject };
      this.#unsent = { idLow: isReset(operation) ? RESET_ID : INITIALIZATION_ID, bytes };
      this.flush();
    });
  }
}

function isReset(operation: number): boolean {
  return operation >= VstorOperation.RESET_LUN && operation <= VstorOperation.RESET_BUS;
}

/**
 * Everything up to END_INITIALIZATION. Rejects with a `refused` error when the host takes none of the versions, and with a
 * `protocol` error when its properties cannot be worked with.
 */
export async function negotiate(control: ControlExchange, versions: readonly number[]): Promise<Agreement> {
  await control.demand(VstorOperation.BEGIN_INITIALIZATION);
  const version = await agreeOnVersion(control, versions);
  const view = await control.demand(VstorOperation.QUERY_PROPERTIES);
  const properties = VmstorageChannelProperties.read(view, VSTOR_PAYLOAD_OFFSET);
  const { maxTransferBytes } = properties;
  if (maxTransferBytes === 0 || maxTransferBytes % PAGE_BYTES !== 0) {
    throw new StorageError(
      'protocol',
      `the host's maximum transfer of ${maxTransferBytes} bytes is impossible`,
    );
  }
  await control.demand(VstorOperation.END_INITIALIZATION);
  const isMultiChannel = (properties.flags & PROPERTIES_FLAG_MULTI_CHANNEL) !== 0;
  const maxSubchannels = version >= StorvspVersion.WIN8 && isMultiChannel ? properties.maxSubChannels : 0;
  return { version, maxSubchannels, maxTransferBytes };
}

async function agreeOnVersion(control: ControlExchange, versions: readonly number[]): Promise<number> {
  for (const majorMinor of versions) {
    const { status } = await control.send(VstorOperation.QUERY_PROTOCOL_VERSION, (view) =>
      VmstorageProtocolVersion.write(view, VSTOR_PAYLOAD_OFFSET, { majorMinor }),
    );
    if (status === 0) return majorMinor;
  }
  const tried = versions.map((version) => `${version >>> 8}.${version & 0xff}`).join(', ');
  throw new StorageError('refused', `the host takes none of the storage protocol versions ${tried}`);
}

/** Asks for sub-channels; the host offers them afterwards. */
export async function createSubchannels(control: ControlExchange, subChannelCount: number): Promise<void> {
  await control.demand(VstorOperation.CREATE_SUB_CHANNELS, (view) =>
    VmstorageSubChannels.write(view, VSTOR_PAYLOAD_OFFSET, { subChannelCount }),
  );
}
