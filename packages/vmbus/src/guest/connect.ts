/** Agreeing on a version with the host. VMBus, InitiateContact and VersionResponse. */

import {
  ChannelMessageType,
  InitiateContact,
  InitiateContact5,
  VMBUS_SINT,
  VMBUS_VERSIONS,
  VmbusVersion,
} from '@viridian/protocols/vmbus';
import type { SharedSignals } from './shared-signals.ts';

/** Connection for messages in general. */
export const MESSAGE_CONNECTION = 1;
/** Connection for the contact from 5.0 on. */
const CONTACT_CONNECTION = 4;

/** All versions that this end speaks, newest first. */
export const GUEST_VERSIONS: readonly number[] = VMBUS_VERSIONS.map((info) => info.version as number)
  .filter((version) => version <= VmbusVersion.V5_3)
  .reverse();

/** Where a contact of this version is posted. */
export function contactConnection(version: number): number {
  return version >= VmbusVersion.V5_0 ? CONTACT_CONNECTION : MESSAGE_CONNECTION;
}

/** InitiateContact in the form of its version. */
export function contactMessage(
  version: number,
  messageVp: number,
  signals: SharedSignals,
  monitorPages: boolean,
): Uint8Array {
  const common = {
    type: ChannelMessageType.INITIATE_CONTACT,
    version,
    // Older hosts send every message to processor 0.
    targetVp: version >= VmbusVersion.V3_0 ? messageVp : 0,
    parentToChildMonitorPageGpa: monitorPages ? signals.parentToChildGpa : 0,
    childToParentMonitorPageGpa: monitorPages ? signals.childToParentGpa : 0,
  };
  return version >= VmbusVersion.V5_0
    ? InitiateContact5.bytes({ ...common, targetSint: VMBUS_SINT })
    : InitiateContact.bytes({ ...common, interruptPageGpa: signals.interruptPageGpa });
}
