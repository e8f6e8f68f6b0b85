/**
 * The bus's driver model: a device for each offered channel, drivers matched by interface GUID, probe and remove.
 *
 * A driver that throws in `probe` leaves its device unbound and the bus as it was, as a failed probe does in Linux.
 */

import type { ChannelOffer, GuestBus } from '@viridian/vmbus/guest';

/** A device on the bus. */
export interface VmbusDevice {
  readonly offer: ChannelOffer;
  /** `vmbus_1`, numbered by relid. */
  readonly name: string;
}

/** What a driver's `probe` returns: how to let go of the device. */
export interface BoundDevice {
  /** A further channel for this device was offered. */
  onSubchannel?(offer: ChannelOffer): void;
  /** The device is gone (`isGone`) or the kernel shuts down. */
  remove(isGone: boolean): Promise<void>;
}

/** A driver for one or more interfaces. */
export interface VmbusDriver {
  readonly name: string;
  /** Interface GUIDs, lower-case text. */
  readonly interfaceIds: readonly string[];
  /** Takes offers whatever their interface, e.g. those of connections. */
  takes?(offer: ChannelOffer): boolean;
  probe(device: VmbusDevice): Promise<BoundDevice>;
}

interface Entry {
  readonly device: VmbusDevice;
  driver: string | undefined;
  bound: BoundDevice | undefined;
  /** The last step on this device: probe and remove of one device never overlap. */
  settled: Promise<void>;
}

/** Devices and drivers of one bus. */
export class DriverModel {
  readonly #bus: GuestBus;
  readonly #drivers: readonly VmbusDriver[];
  readonly #print: (text: string) => void;
  readonly #entries = new Map<ChannelOffer, Entry>();

  constructor(bus: GuestBus, drivers: readonly VmbusDriver[], print: (text: string) => void) {
    this.#bus = bus;
    this.#drivers = drivers;
    this.#print = print;
    bus.onOffer = (offer) => this.#add(offer);
    bus.onSubchannel = (offer) => this.#addSubchannel(offer);
    bus.onRescind = (offer) => this.#rescind(offer);
  }

  /** Settles when no probe or remove is under way. */
  async settled(): Promise<void> {
    await Promise.all(Array.from(this.#entries.values(), (entry) => entry.settled));
  }

  /** Devices with the name of the driver that holds them, if any does. */
  get devices(): readonly { device: VmbusDevice; driver: string | undefined }[] {
    return Array.from(this.#entries.values(), ({ device, driver }) => ({ device, driver }));
  }

  /** Removes all devices from their drivers. */
  async shutdown(): Promise<void> {
    for (const entry of this.#entries.values()) this.#unbind(entry, false);
    await this.settled();
    this.#entries.clear();
  }

  #add(offer: ChannelOffer): void {
    const device: VmbusDevice = { offer, name: `vmbus_${offer.relid}` };
    const entry: Entry = { device, driver: undefined, bound: undefined, settled: Promise.resolve() };
    this.#entries.set(offer, entry);
    const driver = this.#drivers.find(
      (candidate) => candidate.takes?.(offer) === true || candidate.interfaceIds.includes(offer.interfaceId),
    );
    if (driver === undefined) {
      this.#print(`hv_vmbus: ${device.name}: no driver for interface ${offer.interfaceId}`);
      return;
    }
    entry.settled = this.#probe(entry, driver);
  }

  async #probe(entry: Entry, driver: VmbusDriver): Promise<void> {
    try {
      entry.bound = await driver.probe(entry.device);
      entry.driver = driver.name;
    } catch (error) {
      this.#print(`${driver.name}: probe of ${entry.device.name} failed: ${String(error)}`);
    }
  }

  #addSubchannel(offer: ChannelOffer): void {
    const entry = offer.primary === undefined ? undefined : this.#entries.get(offer.primary);
    if (entry === undefined) return;
    // A sub-channel may be offered while the primary's probe still waits for its answer.
    entry.settled = entry.settled.then(() => entry.bound?.onSubchannel?.(offer));
  }

  #rescind(offer: ChannelOffer): void {
    const entry = this.#entries.get(offer);
    if (entry === undefined) {
      this.#bus.release(offer);
      return;
    }
    this.#unbind(entry, true);
    entry.settled = entry.settled.then(() => {
      this.#entries.delete(offer);
      this.#bus.release(offer);
    });
  }

  #unbind(entry: Entry, isGone: boolean): void {
    entry.settled = entry.settled.then(async () => {
      const { bound } = entry;
      entry.bound = undefined;
      entry.driver = undefined;
      try {
        await bound?.remove(isGone);
      } catch (error) {
        this.#print(`hv_vmbus: removing ${entry.device.name} failed: ${String(error)}`);
      }
    });
  }
}
