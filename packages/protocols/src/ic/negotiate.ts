/** How both ends agree on versions: the first message after the channel was opened. Integration Services, Negotiation. */

import { pad, struct, u16 } from '@viridian/wire';

/** Payload of a negotiation; the versions follow, first those of the framework. An answer has counts 1 and 1, or 0 and 0. */
export const IcNegotiate = struct('ICMSG_NEGOTIATE', 8, {
  frameworkCount: u16,
  messageCount: u16,
  reserved: pad(4),
});

/** One version in a negotiation. */
export const IcVersion = struct('IC_VERSION', 4, { major: u16, minor: u16 });

/** A version, of the framework or of a service. */
export interface IcVersion {
  readonly major: number;
  readonly minor: number;
}

/** Most versions of a kind in one negotiation. */
export const IC_MAX_VERSIONS = 100;

/** `payloadBytes` of an answer: counts and two versions. */
export const IC_NEGOTIATED_BYTES = 16;

const version = (major: number, minor: number): IcVersion => ({ major, minor });

/** Framework versions, newest first: 3.0 since Windows 8, 1.0 of Windows Server 2008. */
export const IC_FRAMEWORKS: readonly IcVersion[] = [version(3, 0), version(1, 0)];

/** Framework of the services that came with Windows 8: VSS and file copy. */
export const IC_FRAMEWORKS_WIN8: readonly IcVersion[] = [version(3, 0)];

/** Versions of each service that both Hyper-V and Linux 6.1 speak, newest first. */
export const IcServiceVersions = {
  SHUTDOWN: [version(3, 2), version(3, 1), version(3, 0), version(1, 0)],
  TIME_SYNC: [version(4, 0), version(3, 0), version(1, 0)],
  HEARTBEAT: [version(3, 0), version(1, 0)],
  KVP: [version(4, 0), version(3, 0), version(1, 0)],
  VSS: [version(5, 0)],
  FILE_COPY: [version(1, 1)],
} as const satisfies Readonly<Record<string, readonly IcVersion[]>>;
