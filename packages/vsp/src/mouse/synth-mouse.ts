/** The mouse on the bus: a HID device with absolute coordinates, moved by a `Pointer`. Synthetic HID Protocol. */

import type { Pointer, PointerReport } from '@viridian/drivers';
import {
  HID_ATTRIBUTES_BYTES,
  HidDescriptor,
  HidDescriptorValue,
  HidMouseId,
  MOUSE_REPORT_DESCRIPTOR,
  MouseReport,
  SYNTH_HID_VERSION,
  SynthHidDeviceInfo,
  SynthHidHeader,
  SynthHidMessageType,
  SynthHidMouseReport,
  SynthHidProtocolRequest,
  SynthHidProtocolResponse,
} from '@viridian/protocols/synthhid';
import { InstanceId, InterfaceId, NtStatus } from '@viridian/protocols/vmbus';
import type { Inspectable, InspectNode } from '@viridian/trace';
import type { HostChannel, OfferedDevice } from '@viridian/vmbus/host';
import { MessageLink } from '../message-link/message-link.ts';
import { MESSAGE_PIPE_OFFER } from '../message-link/pipe-offer.ts';
import { messageWarning } from '../message-link/trace-points.ts';

/** Settings of a mouse. */
export interface SynthMouseOptions {
  /** Instance GUID as text; the usual one when absent. */
  readonly instanceId?: string;
  /** Path in traces and warnings; `mouse` when absent. */
  readonly where?: string;
}

const MAX_MESSAGE_BYTES = 256;

/** Offer it to a guest with `VmbusHost.offer`. Reports before the guest's driver is there are lost. */
export class SynthMouse implements OfferedDevice, Inspectable {
  readonly interfaceId = InterfaceId.MOUSE;
  readonly instanceId: string;
  readonly flags = MESSAGE_PIPE_OFFER.flags;
  readonly userDefined = MESSAGE_PIPE_OFFER.userDefined;
  readonly #pointer: Pointer;
  readonly #where: string;
  #link: MessageLink | undefined;
  #state: 'closed' | 'begin' | 'introduced' | 'ready' = 'closed';
  #unplug: (() => void) | undefined;

  constructor(pointer: Pointer, options: SynthMouseOptions = {}) {
    this.#pointer = pointer;
    this.instanceId = options.instanceId ?? InstanceId.MOUSE;
    this.#where = options.where ?? 'mouse';
  }

  open(channel: HostChannel): number {
    this.#unplug = this.#pointer.connect({ report: (report) => this.#report(report) });
    this.#state = 'begin';
    this.#link = new MessageLink(channel, {
      where: this.#where,
      framing: 'pipe',
      maxMessageBytes: MAX_MESSAGE_BYTES,
      receive: (view, at, end) => this.#receive(view, at, end),
    });
    return NtStatus.SUCCESS;
  }

  closed(): void {
    this.#unplug?.();
    this.#unplug = undefined;
    this.#link = undefined;
    this.#state = 'closed';
  }

  inspect(): InspectNode {
    return { state: this.#state, link: this.#link, pointer: this.#pointer };
  }

  #report(values: PointerReport): boolean {
    // A report before the guest has read the descriptor would make no sense to it.
    if (this.#state !== 'ready') return false;
    const report = MouseReport.bytes(values);
    const type = SynthHidMessageType.INPUT_REPORT;
    return this.#send(SynthHidMouseReport.bytes({ type, payloadBytes: report.length, report }));
  }

  #receive(view: DataView, at: number, end: number): string | undefined {
    if (end - at < SynthHidHeader.size) return 'mouse message is shorter than its header';
    const { type } = SynthHidHeader.read(view, at);
    if (type === SynthHidMessageType.PROTOCOL_REQUEST) {
      if (end - at < SynthHidProtocolRequest.size) return 'mouse request is too short';
      this.#negotiate(SynthHidProtocolRequest.read(view, at).version);
    } else if (type === SynthHidMessageType.INITIAL_DEVICE_INFO_ACK && this.#state === 'introduced') {
      this.#state = 'ready';
    } else {
      messageWarning.report(this.#where, 'mouse message out of place', { type, state: this.#state });
    }
    return undefined;
  }

  /** A guest whose version is refused may ask for another. */
  #negotiate(version: number): void {
    const isTaken = version === SYNTH_HID_VERSION;
    this.#state = isTaken ? 'introduced' : 'begin';
    this.#send(
      SynthHidProtocolResponse.bytes({
        type: SynthHidMessageType.PROTOCOL_RESPONSE,
        payloadBytes: SynthHidProtocolResponse.size - SynthHidHeader.size,
        version,
        approved: isTaken ? 1 : 0,
      }),
    );
    if (isTaken) this.#send(deviceInfo());
  }

  #send(message: Uint8Array): boolean {
    return this.#link?.send(message) === true;
  }
}

/** Who the device is, its HID descriptor and the report descriptor, in one message. */
function deviceInfo(): Uint8Array {
  const reportAt = SynthHidDeviceInfo.size + HidDescriptor.size;
  const message = new Uint8Array(reportAt + MOUSE_REPORT_DESCRIPTOR.length);
  const view = new DataView(message.buffer);
  SynthHidDeviceInfo.write(view, 0, {
    type: SynthHidMessageType.INITIAL_DEVICE_INFO,
    payloadBytes: message.length - SynthHidHeader.size,
    attributesBytes: HID_ATTRIBUTES_BYTES,
    vendor: HidMouseId.VENDOR,
    product: HidMouseId.PRODUCT,
  });
  HidDescriptor.write(view, SynthHidDeviceInfo.size, {
    length: HidDescriptor.size,
    descriptorType: HidDescriptorValue.HID,
    hidVersion: HidDescriptorValue.VERSION,
    descriptorCount: 1,
    reportType: HidDescriptorValue.REPORT,
    reportBytes: MOUSE_REPORT_DESCRIPTOR.length,
  });
  message.set(MOUSE_REPORT_DESCRIPTOR, reportAt);
  return message;
}
