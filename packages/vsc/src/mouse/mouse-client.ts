/** The mouse's driver: takes reports of the one device whose report descriptor it knows. Synthetic HID Protocol. */

import {
  HID_ATTRIBUTES_BYTES,
  HidDescriptor,
  MOUSE_REPORT_DESCRIPTOR,
  MouseReport,
  SYNTH_HID_VERSION,
  SynthHidDeviceInfo,
  SynthHidDeviceInfoAck,
  SynthHidHeader,
  SynthHidMessageType,
  SynthHidProtocolRequest,
  SynthHidProtocolResponse,
} from '@viridian/protocols/synthhid';
import type { Channel } from '@viridian/vmbus/ring';
import { DeviceError } from '../message-link/device-error.ts';
import { type Message, MessageLink } from '../message-link/message-link.ts';

/** What the mouse says it is. */
export interface MouseIdentity {
  readonly vendor: number;
  readonly product: number;
  readonly version: number;
}

/** One report. */
export interface MouseMove {
  /** Bits of `MouseButton`. */
  readonly buttons: number;
  /** 0 to 32767 over the screen. */
  readonly x: number;
  readonly y: number;
  /** Notches away from the user since the report before. */
  readonly wheel: number;
}

/** Agrees with the host on an open channel. Rejects with a `DeviceError`; the channel is then the caller's to close. */
export async function openMouse(channel: Channel): Promise<MouseClient> {
  const client = new MouseClient(channel);
  await client.negotiate();
  return client;
}

/** An open mouse; made by {@link openMouse}. */
export class MouseClient {
  onMove: ((move: MouseMove) => void) | undefined;
  /** The host took the mouse away, or broke the protocol. */
  onClosed: ((reason: string) => void) | undefined;
  readonly #link: MessageLink;
  /** The device info may follow its announcement before anybody waits for it. */
  #info: Message | undefined;
  #identity: MouseIdentity = { vendor: 0, product: 0, version: 0 };

  constructor(channel: Channel) {
    this.#link = new MessageLink(channel, {
      framing: 'pipe',
      receive: (message) => this.#receive(message),
      closed: (reason) => this.onClosed?.(reason),
    });
  }

  get identity(): MouseIdentity {
    return this.#identity;
  }

  /** Part of {@link openMouse}. */
  async negotiate(): Promise<void> {
    const request = SynthHidProtocolRequest.bytes({
      type: SynthHidMessageType.PROTOCOL_REQUEST,
      payloadBytes: SynthHidProtocolRequest.size - SynthHidHeader.size,
      version: SYNTH_HID_VERSION,
    });
    const answer = await this.#link.ask(request, SynthHidMessageType.PROTOCOL_RESPONSE);
    if (answer.byteLength < SynthHidProtocolResponse.size)
      throw this.#link.fail('mouse response is too short');
    if (SynthHidProtocolResponse.read(answer).approved === 0) {
      throw new DeviceError('refused', 'the host refuses version 2.0 of the HID protocol');
    }
    const info = this.#info ?? (await this.#link.next(SynthHidMessageType.INITIAL_DEVICE_INFO));
    this.#identity = this.#introduced(info);
    const type = SynthHidMessageType.INITIAL_DEVICE_INFO_ACK;
    this.#link.send(SynthHidDeviceInfoAck.bytes({ type, payloadBytes: 1 }));
  }

  /** Checks that the device is the one that this driver is for. */
  #introduced(info: Message): MouseIdentity {
    const hidAt = SynthHidHeader.size + HID_ATTRIBUTES_BYTES;
    const reportAt = hidAt + HidDescriptor.size;
    if (info.byteLength < reportAt) throw this.#link.fail('mouse description is too short');
    const { reportBytes } = HidDescriptor.read(info, hidAt);
    if (info.byteLength - reportAt < reportBytes) throw this.#link.fail('report descriptor is cut short');
    const isKnown =
      reportBytes === MOUSE_REPORT_DESCRIPTOR.length &&
      MOUSE_REPORT_DESCRIPTOR.every((byte, index) => info.getUint8(reportAt + index) === byte);
    if (!isKnown) throw new DeviceError('refused', 'the mouse sends reports that this driver does not know');
    const { vendor, product, version } = SynthHidDeviceInfo.read(info);
    return { vendor, product, version };
  }

  #receive(message: Message): string | undefined {
    if (message.byteLength < SynthHidHeader.size) return 'mouse message is shorter than its header';
    const { type, payloadBytes } = SynthHidHeader.read(message);
    if (type === SynthHidMessageType.INITIAL_DEVICE_INFO) this.#info = message;
    if (type !== SynthHidMessageType.INPUT_REPORT) return undefined;
    if (payloadBytes !== MouseReport.size || message.byteLength < SynthHidHeader.size + MouseReport.size) {
      return 'mouse report of another length';
    }
    this.onMove?.(MouseReport.read(message, SynthHidHeader.size));
    return undefined;
  }
}
