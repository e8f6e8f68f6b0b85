/** The network devices of a kernel, by name. */

import { type Lease, obtainLease } from './ip/dhcp-client.ts';
import { IpStack, type IpStackOptions, type StackTimers } from './ip/ip-stack.ts';

/** A frame that came; it is the receiver's to keep. */
export interface ReceivedFrame {
  /** Header included. */
  readonly bytes: Uint8Array;
  /** The host says that its checksums are right. */
  readonly verified: boolean;
}

/** What a driver gives: an Ethernet device. */
export interface EthernetDevice {
  readonly mac: Uint8Array;
  /** Longest payload of a frame. */
  readonly mtuBytes: number;
  readonly linkUp: boolean;
  /** Payload of the largest TCP segment that it cuts into packets; 0 when it cuts none. */
  readonly largestSegmentBytes: number;
  /**
   * Sends a frame, header included; with `segmentBytes`, a large TCP segment to be cut into packets of so many bytes of
   * payload. False when there is no room now; `onWritable` follows. Throws RangeError for its length.
   */
  send(frame: Uint8Array, segmentBytes?: number): boolean;
}

/** An interface, as programs use it. */
export class NetworkInterface {
  /** `eth0` and so on. */
  readonly name: string;
  onReceive: ((frame: ReceivedFrame) => void) | undefined;
  /** There is room again after `send` said no. */
  onWritable: (() => void) | undefined;
  onLink: ((up: boolean) => void) | undefined;
  readonly #device: EthernetDevice;
  readonly #timers: StackTimers;
  #isGone = false;

  constructor(name: string, device: EthernetDevice, timers: StackTimers) {
    this.name = name;
    this.#device = device;
    this.#timers = timers;
  }

  get mac(): Uint8Array {
    return this.#device.mac;
  }

  get mtuBytes(): number {
    return this.#device.mtuBytes;
  }

  /** False as well when the device was taken away. */
  get linkUp(): boolean {
    return !this.#isGone && this.#device.linkUp;
  }

  get largestSegmentBytes(): number {
    return this.#device.largestSegmentBytes;
  }

  /** Sends a frame, header included, as `EthernetDevice.send`. False when there is no room now, or the device is gone. */
  send(frame: Uint8Array, segmentBytes = 0): boolean {
    return !this.#isGone && this.#device.send(frame, segmentBytes);
  }

  /** TCP/IP on this interface, which is the stack's from then on. Throws RangeError for an address that is none. */
  openStack(options: IpStackOptions = {}): IpStack {
    return new IpStack(this, this.#timers, options);
  }

  /** TCP/IP with an address from a server on the link. Rejects when there is none. */
  async openStackByDhcp(): Promise<{ readonly stack: IpStack; readonly lease: Lease }> {
    const stack = new IpStack(this, this.#timers);
    return { stack, lease: await obtainLease(stack, this, this.#timers) };
  }

  /** The device was taken away. */
  gone(): void {
    this.#isGone = true;
    this.onLink?.(false);
  }
}

/** All interfaces. */
export class NetworkLayer {
  readonly #print: (text: string) => void;
  readonly #timers: StackTimers;
  readonly #interfaces = new Map<string, NetworkInterface>();

  constructor(print: (text: string) => void, timers: StackTimers) {
    this.#print = print;
    this.#timers = timers;
  }

  /** Interfaces in the order in which they came. */
  get interfaces(): readonly NetworkInterface[] {
    return Array.from(this.#interfaces.values());
  }

  /** An interface by name, e.g. `eth0`. */
  interface(name: string): NetworkInterface | undefined {
    return this.#interfaces.get(name);
  }

  /** Adds a device under the next free name. */
  add(device: EthernetDevice): NetworkInterface {
    let index = 0;
    while (this.#interfaces.has(`eth${index}`)) index += 1;
    const added = new NetworkInterface(`eth${index}`, device, this.#timers);
    this.#interfaces.set(added.name, added);
    const mac = Array.from(device.mac, (byte) => byte.toString(16).padStart(2, '0')).join(':');
    this.#print(`${added.name}: ${mac}, MTU ${device.mtuBytes}, link ${device.linkUp ? 'up' : 'down'}`);
    return added;
  }

  /** Takes an interface away. */
  remove(gone: NetworkInterface): void {
    if (!this.#interfaces.delete(gone.name)) return;
    gone.gone();
    this.#print(`${gone.name}: removed`);
  }
}
