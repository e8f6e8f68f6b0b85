/** Has the guest bring its file systems to rest while the host copies its disks. Integration Services, Volume Shadow Copy. */

import {
  IC_FRAMEWORKS_WIN8,
  IcMessageType,
  IcServiceVersions,
  VssMessage,
  VssOperation,
} from '@viridian/protocols/ic';
import { InstanceId, InterfaceId, LinuxMaxPacketBytes } from '@viridian/protocols/vmbus';
import type { InspectValue } from '@viridian/trace';
import { IntegrationService, type ServiceSettings } from './integration-service.ts';

/** Linux gives its daemon 15 minutes to freeze and 30 s for everything else. */
const FREEZE_SECONDS = 16 * 60;
const ANSWER_SECONDS = 35;

/** The backup service. Linux needs its daemon `hv_vss_daemon` for it. */
export class BackupService extends IntegrationService {
  #isFrozen = false;

  constructor(settings: ServiceSettings) {
    super(
      {
        name: 'backup',
        interfaceId: InterfaceId.VSS,
        instanceId: InstanceId.VSS,
        messageType: IcMessageType.VSS,
        versions: IcServiceVersions.VSS,
        frameworks: IC_FRAMEWORKS_WIN8,
        maxPacketBytes: LinuxMaxPacketBytes.VSS,
      },
      settings,
    );
  }

  /** The guest said that its file systems are at rest, and was not asked to go on. */
  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** Brings the file systems to rest: what the guest has written is on its disks now. Rejects with IntegrationError. */
  async freeze(): Promise<void> {
    await this.#operate(VssOperation.HOT_BACKUP, 'backups', ANSWER_SECONDS);
    await this.#operate(VssOperation.FREEZE, 'to freeze', FREEZE_SECONDS);
    this.#isFrozen = true;
  }

  /** Lets the file systems go on. Rejects with IntegrationError. */
  async thaw(): Promise<void> {
    await this.#operate(VssOperation.THAW, 'to thaw', ANSWER_SECONDS);
    this.#isFrozen = false;
    await this.#operate(VssOperation.BACKUP_COMPLETE, 'the end of the backup', ANSWER_SECONDS);
  }

  /** Does `work` while the file systems rest, and lets them go on whatever comes of it. */
  async whileFrozen<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.freeze();
    try {
      return await work();
    } finally {
      await this.thaw();
    }
  }

  protected override gone(): void {
    this.#isFrozen = false;
  }

  protected override details(): Record<string, InspectValue> {
    return { frozen: this.#isFrozen };
  }

  async #operate(operation: number, what: string, seconds: number): Promise<void> {
    await this.demand(VssMessage.bytes({ operation }), what, seconds);
  }
}
