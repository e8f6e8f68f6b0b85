/** Asks the guest to switch itself off, to start again or to hibernate. Integration Services, Guest Shutdown. */

import {
  IcMessageType,
  IcServiceVersions,
  SHUTDOWN_REASON_PLANNED,
  ShutdownFlag,
  ShutdownRequest,
} from '@viridian/protocols/ic';
import { InstanceId, InterfaceId, LinuxMaxPacketBytes } from '@viridian/protocols/vmbus';
import { IntegrationService, type ServiceSettings } from './integration-service.ts';

/** What the guest is asked for. */
export type ShutdownKind = 'power-off' | 'restart' | 'hibernate';

/** Settings of a request. */
export interface ShutdownOptions {
  /** 'power-off' when absent. */
  readonly kind?: ShutdownKind;
  /** Even if programs object; Linux does so in any case. */
  readonly force?: boolean;
  /** Seconds that people at the guest are given; 0 when absent. Linux does not wait. */
  readonly graceSeconds?: number;
  /** Words for people at the guest, up to 1024 code units. */
  readonly message?: string;
}

const ANSWER_SECONDS = 30;
const FLAGS: Readonly<Record<ShutdownKind, number>> = {
  'power-off': ShutdownFlag.POWER_OFF,
  restart: ShutdownFlag.RESTART,
  hibernate: ShutdownFlag.HIBERNATE,
};

/** The shutdown service. */
export class ShutdownService extends IntegrationService {
  constructor(settings: ServiceSettings) {
    super(
      {
        name: 'shutdown',
        interfaceId: InterfaceId.SHUTDOWN,
        instanceId: InstanceId.SHUTDOWN,
        messageType: IcMessageType.SHUTDOWN,
        versions: IcServiceVersions.SHUTDOWN,
        maxPacketBytes: LinuxMaxPacketBytes.DEFAULT,
      },
      settings,
    );
  }

  /** Settles when the guest has said that it will; what it then does is seen from outside. Rejects with IntegrationError. */
  async ask(options: ShutdownOptions = {}): Promise<void> {
    const { kind = 'power-off', force = false, graceSeconds = 0, message = '' } = options;
    const payload = ShutdownRequest.bytes({
      reasonCode: SHUTDOWN_REASON_PLANNED,
      timeoutSeconds: graceSeconds,
      flags: FLAGS[kind] | (force ? ShutdownFlag.FORCE : 0),
      displayMessage: message,
    });
    await this.demand(payload, kind, ANSWER_SECONDS);
  }
}
