/** Keeps the guest's clock in step with the host's. Integration Services, Time Synchronization. */

import {
  IcMessageType,
  IcServiceVersions,
  type IcVersion,
  TimeSyncFlag,
  TimeSyncReference,
  TimeSyncSample,
  UNIX_EPOCH_1601,
} from '@viridian/protocols/ic';
import { InstanceId, InterfaceId, LinuxMaxPacketBytes } from '@viridian/protocols/vmbus';
import type { InspectValue } from '@viridian/trace';
import { IntegrationService, type ServiceSettings } from './integration-service.ts';

/** Settings of the service. */
export interface TimeSyncSettings extends ServiceSettings {
  /** The host's time: milliseconds since 1970 UTC. */
  readonly unixMilliseconds: () => number;
  /** The partition's reference time, units of 100 ns. */
  readonly referenceTime: () => number;
}

const SAMPLE_UNITS = 5 * 10_000_000;
const UNITS_PER_MILLISECOND = 10_000;
const FIRST_WITH_REFERENCE = 4;

/** The time synchronization service: sets the guest's clock when it begins, then gives a sample every 5 s. */
export class TimeSyncService extends IntegrationService {
  readonly #settings: TimeSyncSettings;
  #timer: unknown;
  #isAsking = false;
  #syncDue = false;
  #samples = 0;
  #syncs = 0;
  #withReference = false;

  constructor(settings: TimeSyncSettings) {
    super(
      {
        name: 'time-sync',
        interfaceId: InterfaceId.TIME_SYNC,
        instanceId: InstanceId.TIME_SYNC,
        messageType: IcMessageType.TIME_SYNC,
        versions: IcServiceVersions.TIME_SYNC,
        maxPacketBytes: LinuxMaxPacketBytes.DEFAULT,
      },
      settings,
    );
    this.#settings = settings;
  }

  /** Has the guest set its clock now: after a pause, or when the host's clock was set. Nothing happens while not ready. */
  resync(): void {
    if (!this.isReady) return;
    this.#syncDue = true;
    this.#send();
  }

  protected override ready(version: IcVersion): void {
    this.#withReference = version.major >= FIRST_WITH_REFERENCE;
    this.#syncDue = true;
    this.#tick();
  }

  protected override gone(): void {
    if (this.#timer !== undefined) this.clock.cancel(this.#timer as never);
    this.#timer = undefined;
    this.#isAsking = false;
    this.#syncDue = false;
  }

  protected override details(): Record<string, InspectValue> {
    return { samples: this.#samples, syncs: this.#syncs };
  }

  #tick(): void {
    this.#send();
    this.#timer = this.clock.schedule(this.clock.now() + SAMPLE_UNITS, () => this.#tick());
  }

  /** A sample, unless the guest still has one: then it is soon enough when that is answered. */
  #send(): void {
    if (this.#isAsking) return;
    const isSync = this.#syncDue;
    this.#syncDue = false;
    this.#isAsking = true;
    const payload = this.#payload(isSync ? TimeSyncFlag.SYNC : TimeSyncFlag.SAMPLE);
    this.request(payload).then(
      () => {
        this.#isAsking = false;
        if (isSync) this.#syncs += 1;
        else this.#samples += 1;
        if (this.#syncDue) this.#send();
      },
      // The channel went away: `gone` has been told.
      () => {},
    );
  }

  #payload(flags: number): Uint8Array {
    const { unixMilliseconds, referenceTime } = this.#settings;
    const parentTime = UNIX_EPOCH_1601 + BigInt(Math.round(unixMilliseconds() * UNITS_PER_MILLISECOND));
    if (!this.#withReference) return TimeSyncSample.bytes({ parentTime, flags });
    return TimeSyncReference.bytes({ parentTime, referenceTime: BigInt(referenceTime()), flags });
  }
}
