/** Asks the guest every two seconds whether it lives. Integration Services, Heartbeat. */

import { Heartbeat, HeartbeatState, IcMessageType, IcServiceVersions } from '@viridian/protocols/ic';
import { InstanceId, InterfaceId, LinuxMaxPacketBytes } from '@viridian/protocols/vmbus';
import type { InspectValue } from '@viridian/trace';
import { IntegrationService, type ServiceSettings } from './integration-service.ts';
import { answerWarning } from './trace-points.ts';

/** How the guest is: no driver there, answering, or silent for too long. */
export type Heart = 'no-contact' | 'beating' | 'lost';

/** What the guest says of its applications; Linux says nothing. */
export type ApplicationState = 'unknown' | 'healthy' | 'critical';

/** Settings of the service. */
export interface HeartbeatSettings extends ServiceSettings {
  /** Hears every change. */
  readonly changed?: (heart: Heart) => void;
}

const INTERVAL_UNITS = 2 * 10_000_000;
/** A guest that is silent for so long is taken for lost. */
const LOST_UNITS = 5 * INTERVAL_UNITS;
const SEQUENCE_MASK = (1n << 64n) - 1n;

/** The heartbeat service. */
export class HeartbeatService extends IntegrationService {
  readonly #changed: (heart: Heart) => void;
  #heart: Heart = 'no-contact';
  #applications: ApplicationState = 'unknown';
  #beats = 0;
  #sequence = 0n;
  #lastAnswerAt = 0;
  #isAsking = false;
  #timer: unknown;

  constructor(settings: HeartbeatSettings) {
    super(
      {
        name: 'heartbeat',
        interfaceId: InterfaceId.HEARTBEAT,
        instanceId: InstanceId.HEARTBEAT,
        messageType: IcMessageType.HEARTBEAT,
        versions: IcServiceVersions.HEARTBEAT,
        maxPacketBytes: LinuxMaxPacketBytes.DEFAULT,
      },
      settings,
    );
    this.#changed = settings.changed ?? (() => {});
  }

  get heart(): Heart {
    return this.#heart;
  }

  get applications(): ApplicationState {
    return this.#applications;
  }

  /** Answers since the machine was made. */
  get beats(): number {
    return this.#beats;
  }

  protected override ready(): void {
    this.#lastAnswerAt = this.clock.now();
    this.#isAsking = false;
    this.#tick();
  }

  protected override gone(): void {
    if (this.#timer !== undefined) this.clock.cancel(this.#timer as never);
    this.#timer = undefined;
    this.#applications = 'unknown';
    this.#become('no-contact');
  }

  protected override details(): Record<string, InspectValue> {
    return { heart: this.#heart, applications: this.#applications, beats: this.#beats };
  }

  #tick(): void {
    if (this.#isAsking) {
      // One question at a time: a guest that sleeps finds one waiting, not a ring full.
      if (this.clock.now() - this.#lastAnswerAt >= LOST_UNITS) this.#become('lost');
    } else {
      this.#ask();
    }
    this.#timer = this.clock.schedule(this.clock.now() + INTERVAL_UNITS, () => this.#tick());
  }

  #ask(): void {
    this.#isAsking = true;
    this.#sequence = (this.#sequence + 1n) & SEQUENCE_MASK;
    this.request(Heartbeat.bytes({ sequence: this.#sequence })).then(
      ({ payload }) => this.#answered(payload),
      // The channel went away: `gone` has been told.
      () => {},
    );
  }

  #answered(payload: Uint8Array): void {
    if (!this.isReady) return;
    this.#isAsking = false;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    if (!Heartbeat.fits(view)) {
      answerWarning.report(this.where, 'heartbeat cut short', { payloadBytes: payload.length });
      return;
    }
    const { sequence, state } = Heartbeat.read(view);
    if (sequence !== ((this.#sequence + 1n) & SEQUENCE_MASK)) {
      answerWarning.report(this.where, 'heartbeat out of sequence', { sequence });
      return;
    }
    this.#beats += 1;
    this.#lastAnswerAt = this.clock.now();
    this.#applications = applicationState(state);
    this.#become('beating');
  }

  #become(heart: Heart): void {
    if (heart === this.#heart) return;
    this.#heart = heart;
    this.#changed(heart);
  }
}

function applicationState(state: number): ApplicationState {
  if (state === HeartbeatState.HEALTHY) return 'healthy';
  return state === HeartbeatState.CRITICAL ? 'critical' : 'unknown';
}
