/** What all integration services have in common: a device on the bus with one channel that asks and is answered. */

import { IC_FRAMEWORKS, type IcMessageType, IcStatus, type IcVersion } from '@viridian/protocols/ic';
import { NtStatus } from '@viridian/protocols/vmbus';
import type { Inspectable, InspectNode, InspectValue } from '@viridian/trace';
import type { HostChannel, OfferedDevice } from '@viridian/vmbus/host';
import type { BusClock } from '@viridian/vmbus/ring';
import type { IcAnswer } from './frame.ts';
import { IcSession, versionText } from './ic-session.ts';
import { IntegrationError } from './integration-error.ts';

/** Settings of every service. */
export interface ServiceSettings {
  readonly clock: BusClock;
  /** Path in traces and errors; the name of the service when absent. */
  readonly where?: string;
}

/** What sets a service apart. */
export interface ServiceFacts {
  readonly name: string;
  readonly interfaceId: string;
  readonly instanceId: string;
  readonly messageType: IcMessageType;
  readonly versions: readonly IcVersion[];
  /** 3.0 and 1.0 when absent. */
  readonly frameworks?: readonly IcVersion[];
  /** Longest packet that Linux reads. */
  readonly maxPacketBytes: number;
}

/** Offer it to a guest with `VmbusHost.offer`. */
export abstract class IntegrationService implements OfferedDevice, Inspectable {
  readonly interfaceId: string;
  readonly instanceId: string;
  readonly maxPacketBytes: number;
  protected readonly clock: BusClock;
  protected readonly where: string;
  readonly #facts: ServiceFacts;
  #session: IcSession | undefined;
  #channel: HostChannel | undefined;
  #whenReady = Promise.withResolvers<void>();

  constructor(facts: ServiceFacts, { clock, where }: ServiceSettings) {
    this.#facts = facts;
    this.interfaceId = facts.interfaceId;
    this.instanceId = facts.instanceId;
    this.maxPacketBytes = facts.maxPacketBytes;
    this.clock = clock;
    this.where = where ?? facts.name;
  }

  /** The guest's driver is there and both agree on a version. */
  get isReady(): boolean {
    return this.#session?.state === 'ready';
  }

  /** What both agree on, e.g. `3.2`; undefined while not ready. */
  get version(): string | undefined {
    const agreed = this.#session?.agreed;
    return agreed === undefined ? undefined : versionText(agreed.version);
  }

  /** Settles when the service is ready, which with some guests is never: key-value exchange waits for a daemon. */
  whenReady(): Promise<void> {
    return this.#whenReady.promise;
  }

  open(channel: HostChannel): number {
    const { messageType, versions, frameworks = IC_FRAMEWORKS } = this.#facts;
    this.#session = new IcSession(channel, {
      where: this.where,
      messageType,
      frameworks,
      versions,
      clock: this.clock,
      ready: ({ version }) => {
        this.ready(version);
        this.#whenReady.resolve();
      },
    });
    this.#channel = channel;
    return NtStatus.SUCCESS;
  }

  closed(channel: HostChannel): void {
    if (channel !== this.#channel) return;
    if (this.isReady) this.#whenReady = Promise.withResolvers<void>();
    const session = this.#session;
    this.#session = undefined;
    this.#channel = undefined;
    session?.close();
    this.gone();
  }

  inspect(): InspectNode {
    const session = this.#session;
    return {
      state: session?.state ?? 'closed',
      version: this.version ?? '',
      outstanding: session?.outstanding ?? 0,
      counters: { ...session?.counters },
      ...this.details(),
    };
  }

  /** The service may begin. */
  protected ready(_version: IcVersion): void {}

  /** The channel is gone; whatever was outstanding has been rejected. */
  protected gone(): void {}

  /** What a service adds to `inspect`. */
  protected details(): Record<string, InspectValue> {
    return {};
  }

  /** The answer, whatever its status. Rejects with IntegrationError. */
  protected request(payload: Uint8Array, timeoutSeconds?: number): Promise<IcAnswer> {
    const session = this.#session;
    if (session !== undefined) return session.request(payload, timeoutSeconds);
    return Promise.reject(new IntegrationError('not-ready', this.where, 'the guest has no driver for it'));
  }

  /** The payload of an answer that says it went well; rejects with `refused` otherwise. */
  protected async demand(payload: Uint8Array, what: string, timeoutSeconds?: number): Promise<Uint8Array> {
    const answer = await this.request(payload, timeoutSeconds);
    if (answer.status !== IcStatus.OK) {
      throw new IntegrationError('refused', this.where, `the guest refused ${what}`, answer.status);
    }
    return answer.payload;
  }
}
