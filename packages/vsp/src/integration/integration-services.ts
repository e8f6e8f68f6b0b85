/** All integration services of one guest. */

import type { Inspectable, InspectNode } from '@viridian/trace';
import type { BusClock } from '@viridian/vmbus/ring';
import { BackupService } from './backup.ts';
import { FileCopyService } from './file-copy.ts';
import { type Heart, HeartbeatService } from './heartbeat.ts';
import type { IntegrationService } from './integration-service.ts';
import { KeyValueService } from './key-values.ts';
import { ShutdownService } from './shutdown.ts';
import { TimeSyncService } from './time-sync.ts';

/** Settings of the services. */
export interface IntegrationSettings {
  readonly clock: BusClock;
  /** The host's time: milliseconds since 1970 UTC. */
  readonly unixMilliseconds: () => number;
  /** The partition's reference time, units of 100 ns. */
  readonly referenceTime: () => number;
  /** Hears every change of the guest's heart. */
  readonly heartChanged?: (heart: Heart) => void;
  /** Path that the services are under; `integration` when absent. */
  readonly where?: string;
}

/** Offer each of `all` to the guest with `VmbusHost.offer`. */
export class IntegrationServices implements Inspectable {
  readonly shutdown: ShutdownService;
  readonly timeSync: TimeSyncService;
  readonly heartbeat: HeartbeatService;
  readonly keyValues: KeyValueService;
  readonly backup: BackupService;
  readonly fileCopy: FileCopyService;

  constructor(settings: IntegrationSettings) {
    const { clock, unixMilliseconds, referenceTime, heartChanged, where = 'integration' } = settings;
    const at = (name: string) => ({ clock, where: `${where}/${name}` });
    this.shutdown = new ShutdownService(at('shutdown'));
    this.timeSync = new TimeSyncService({ ...at('time-sync'), unixMilliseconds, referenceTime });
    const changed = heartChanged === undefined ? {} : { changed: heartChanged };
    this.heartbeat = new HeartbeatService({ ...at('heartbeat'), ...changed });
    this.keyValues = new KeyValueService(at('key-values'));
    this.backup = new BackupService(at('backup'));
    this.fileCopy = new FileCopyService(at('file-copy'));
  }

  /** The services as devices. */
  get all(): readonly IntegrationService[] {
    return [this.shutdown, this.timeSync, this.heartbeat, this.keyValues, this.backup, this.fileCopy];
  }

  inspect(): InspectNode {
    return {
      shutdown: this.shutdown,
      timeSync: this.timeSync,
      heartbeat: this.heartbeat,
      keyValues: this.keyValues,
      backup: this.backup,
      fileCopy: this.fileCopy,
    };
  }
}
