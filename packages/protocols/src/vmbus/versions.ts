/** Protocol versions of VMBus. Channel Management Protocol, connection. */

/** Version number by name: major in 31:16, minor in 15:0. */
export const VmbusVersion = {
  V0_13: 0x0000_000d,
  V1_1: 0x0001_0001,
  V2_4: 0x0002_0004,
  V3_0: 0x0003_0000,
  V4_0: 0x0004_0000,
  V4_1: 0x0004_0001,
  V5_0: 0x0005_0000,
  V5_1: 0x0005_0001,
  V5_2: 0x0005_0002,
  V5_3: 0x0005_0003,
  V6_0: 0x0006_0000,
} as const;

/** A version's number. */
export type VmbusVersion = (typeof VmbusVersion)[keyof typeof VmbusVersion];

/** What is known of one version. */
export interface VersionInfo {
  readonly version: VmbusVersion;
  /** As people write it. */
  readonly text: string;
  /** The release that brought it. */
  readonly release: string;
}

/** All versions, oldest first. */
export const VMBUS_VERSIONS: readonly VersionInfo[] = [
  { version: VmbusVersion.V0_13, text: '0.13', release: 'Windows Server 2008' },
  { version: VmbusVersion.V1_1, text: '1.1', release: 'Windows 7' },
  { version: VmbusVersion.V2_4, text: '2.4', release: 'Windows 8' },
  { version: VmbusVersion.V3_0, text: '3.0', release: 'Windows 8.1' },
  { version: VmbusVersion.V4_0, text: '4.0', release: 'Windows 10' },
  { version: VmbusVersion.V4_1, text: '4.1', release: 'Windows 10' },
  { version: VmbusVersion.V5_0, text: '5.0', release: 'Windows 10' },
  { version: VmbusVersion.V5_1, text: '5.1', release: 'Windows 10' },
  { version: VmbusVersion.V5_2, text: '5.2', release: 'Windows 10' },
  { version: VmbusVersion.V5_3, text: '5.3', release: 'Windows 10' },
  { version: VmbusVersion.V6_0, text: '6.0', release: 'Copper' },
];

/** The versions that Linux 6.1 tries, in its order. */
export const LINUX_VERSIONS: readonly VmbusVersion[] = [
  VmbusVersion.V5_3,
  VmbusVersion.V5_2,
  VmbusVersion.V5_1,
  VmbusVersion.V5_0,
  VmbusVersion.V4_1,
  VmbusVersion.V4_0,
  VmbusVersion.V3_0,
  VmbusVersion.V2_4,
];

/** `5.3` for 0x00050003, also for unknown versions. */
export function versionText(version: number): string {
  return `${version >>> 16}.${version & 0xffff}`;
}

/** Feature flags of version 6.0, in InitiateContact and VersionResponse. */
export const VmbusFeature = {
  GUEST_SPECIFIED_SIGNAL_PARAMETERS: 0x1,
  CHANNEL_INTERRUPT_REDIRECTION: 0x2,
  MODIFY_CONNECTION: 0x4,
  CLIENT_ID: 0x8,
  CONFIDENTIAL_CHANNELS: 0x10,
  PAUSE_RESUME: 0x20,
  SERVER_SPECIFIED_MONITOR_PAGES: 0x40,
  GPA_PINNING: 0x80,
} as const;

/** `connectionState` of a VersionResponse; meaningful from 2.4 on. */
export const ConnectionState = { SUCCESS: 0, LOW_RESOURCES: 1, FAILURE: 2 } as const;
