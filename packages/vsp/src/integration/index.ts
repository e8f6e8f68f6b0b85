/** Integration services: what the parent asks of a guest's operating system. */

export { BackupService } from './backup.ts';
export { type FileCopyRequest, FileCopyService } from './file-copy.ts';
export { type ApplicationState, type Heart, HeartbeatService, type HeartbeatSettings } from './heartbeat.ts';
export { IntegrationError, type IntegrationErrorKind } from './integration-error.ts';
export { IntegrationService, type ServiceFacts, type ServiceSettings } from './integration-service.ts';
export { IntegrationServices, type IntegrationSettings } from './integration-services.ts';
export type { AdapterAddresses } from './key-value-codec.ts';
export { type KeyValuePool, KeyValueService } from './key-values.ts';
export { type ShutdownKind, type ShutdownOptions, ShutdownService } from './shutdown.ts';
export { TimeSyncService, type TimeSyncSettings } from './time-sync.ts';
