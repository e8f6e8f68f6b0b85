/** Device classes (interface ids) and usual instance ids on VMBus. */

import { parseGuid } from '@viridian/wire';

/** Interface id of each device class, as canonical text. */
export const InterfaceId = {
  SCSI: 'ba6163d9-04a1-4d29-b605-72e2ffb1dc7f',
  IDE: '32412632-86cb-44a2-9b5c-50d1417354f5',
  FIBRE_CHANNEL: '2f9bcc4a-0069-4af3-b76b-6fd0be528cda',
  SHUTDOWN: '0e0b6031-5213-4934-818b-38d90ced39db',
  TIME_SYNC: '9527e630-d0ae-497b-adce-e80ab0175caf',
  HEARTBEAT: '57164f39-9115-4e78-ab55-382f3bd5422d',
  KVP: 'a9a0f4e7-5a45-4d96-b827-8a841e8c03e6',
  VSS: '35fa2e29-ea23-4236-96ae-3a6ebacba440',
  FILE_COPY: '34d14be3-dee4-41c8-9ae7-6b174977c192',
  DYNAMIC_MEMORY: '525074dc-8985-46e2-8057-a307dc18a502',
  VPCI: '44c4f61d-4444-4400-9d52-802e27ede19f',
  NETWORK: 'f8615163-df3e-46c5-913f-f2d2f965ed0e',
  VIDEO: 'da0a7802-e377-4aac-8e77-0558eb1073f8',
  KEYBOARD: 'f912ad6d-2b17-48ea-bd65-f927a61c7684',
  MOUSE: 'cfa8b69e-5b4a-4cc0-b98b-8ba1a1f3f95a',
  /** The first four bytes are replaced by a port number. */
  HV_SOCK_TEMPLATE: '00000000-facb-11e6-bd58-64006a7986d3',
} as const;

/** A device class by name. */
export type InterfaceName = keyof typeof InterfaceId;

/** The 16 wire bytes of each interface id; compare these, not text. */
export const InterfaceWire: Readonly<Record<InterfaceName, Uint8Array>> = Object.fromEntries(
  Object.entries(InterfaceId).map(([name, text]) => [name, parseGuid(text)]),
) as Record<InterfaceName, Uint8Array>;

/** Instance ids that hosts always use; other classes may have any, unique across all classes. */
export const InstanceId = {
  SHUTDOWN: 'b6650ff7-33bc-4840-8048-e0676786f393',
  TIME_SYNC: '2dd1ce17-079e-403c-b352-a1921ee207ee',
  HEARTBEAT: 'fd149e91-82e0-4a7d-afa6-2a4166cbd7c0',
  KVP: '242ff919-07db-4180-9c2e-b86cb68c8c55',
  VSS: '2450ee40-33bf-4fbd-892e-9fb06e9214cf',
  FILE_COPY: 'eb765408-105f-49b6-b4aa-c123b64d17d4',
  KEYBOARD: 'd34b2567-b9b6-42b9-8778-0a4ec0b955bf',
  MOUSE: '58f75a6d-d949-4320-99e1-a2a2576d581c',
  VIDEO: '5620e0c7-8062-4dce-aeb7-520c7ef76171',
} as const;

/** Instance id of the IDE accelerator of a drive; `path` is the IDE channel, `target` the drive on it. */
export function ideInstanceId(path: 0 | 1, target: 0 | 1): string {
  return `0000000${path}-000${target}-8899-0000-000000000000`;
}
