/** The network devices of a kernel, by name. */

/** What a driver gives: an Ethernet device. */
export interface EthernetDevice {
  readonly mac: Uint8Array;
  /** Longest payload of a frame. */
  readonly mtuBytes: number;
  readonly linkUp: boolean;
  /** Sends a frame, header included. False when there is no room now; `onWritable` follows. Throws RangeError for its length. */
  send(frame: Uint8Array): boolean;
}

/** An interface, as programs use it. */
export class NetworkInterface {
  /** `eth0` and so on. */
  readonly name: string;
  /** A frame came; it is the receiver's to keep. */
  onReceive: ((frame: Uint8Array) => void) | undefined;
  /** There is room again after `send` said no. */
  onWritable: (() => void) | undefined;
  onLink: ((up: boolean) => void) | undefined;
  readonly #device: EthernetDevice;
  #isGone = false;

  constructor(name: string, device: EthernetDevice) {
    this.name = name;
    this.#device = device;
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

  /** Sends a frame, header included. False when there is no room now, or the device is gone. */
  send(frame: Uint8Array): boolean {
    return !this.#isGone && this.#device.send(frame);
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
  readonly #interfaces = new Map<string, NetworkInterface>();

  constructor(print: (text: string) => void) {
    this.#print = print;
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
    const added = new NetworkInterface(`eth${index}`, device);
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
