/** What the drive can do, and what is going on in it (MMC-6, GET CONFIGURATION, GET EVENT STATUS NOTIFICATION, mode pages). */

import { AdditionalSense, ModeHeader10, ModePage, ModeSense10Cdb, SenseKey } from '@viridian/protocols/scsi';
import type { DvdUnit } from './dvd-unit.ts';
import type { PacketNames } from './inquiry.ts';
import {
  BLOCK_BYTES,
  CapabilitiesPage,
  ErrorRecoveryPage,
  EventHeader,
  FeatureDescriptor,
  FeatureHeader,
  FeatureRequest,
  GetConfigurationCdb,
  GetEventStatusCdb,
  LOADING_TRAY,
  MEDIA_CLASS,
  MediaEvent,
  MOST_CD_BLOCKS,
  NO_EVENT_AVAILABLE,
  Profile,
} from './mmc-spec.ts';
import { failed, INVALID_FIELD, joined, type PacketResult, respond } from './packet-result.ts';

/** A feature's code, what of its descriptor follows the header, and whether a disc has to be there for it. */
interface Feature {
  readonly code: number;
  /** Version in 5:2, persistent in 1. */
  readonly flags: number;
  readonly profile?: number;
  readonly content: readonly number[];
}

const PERSISTENT = 0x02;
const CURRENT = 0x01;
const SAVED_VALUES = 3;
/** 24 times the speed of a CD, in KB/s. */
const SPEED = 4234;
const BUFFER_KILOBYTES = 64;

/** In the order of their codes. The core's interface 2 is ATAPI; a tray, with lock and eject. */
const FEATURES: readonly Feature[] = [
  { code: 0x0001, flags: 0x08 | PERSISTENT, content: [0, 0, 0, 2, 1, 0, 0, 0] }, // core
  { code: 0x0002, flags: 0x04 | PERSISTENT, content: [2, 0, 0, 0] }, // events of the class operational change
  { code: 0x0003, flags: 0x04 | PERSISTENT, content: [0x29, 0, 0, 0] }, // removable medium
  { code: 0x0010, flags: 0, content: [0, 0, BLOCK_BYTES >> 8, 0, 0, 16, 0, 0] }, // random readable
  { code: 0x001e, flags: 0x08, profile: Profile.CD_ROM, content: [0, 0, 0, 0] }, // CD read
  { code: 0x001f, flags: 0x04, profile: Profile.DVD_ROM, content: [1, 0, 0, 0] }, // DVD read
];

/** The core of a drive whose packets come by SCSI: interface 1. */
const SCSI_CORE: Feature = { code: 0x0001, flags: 0x08 | PERSISTENT, content: [0, 0, 0, 1, 1, 0, 0, 0] };

function profileOf(unit: DvdUnit): number {
  if (unit.disc === undefined) return Profile.NONE;
  return unit.blocks > MOST_CD_BLOCKS ? Profile.DVD_ROM : Profile.CD_ROM;
}

/** GET CONFIGURATION. */
export function getConfiguration(unit: DvdUnit, cdb: DataView, names: PacketNames): PacketResult {
  const { flags, startingFeature, allocationLength } = GetConfigurationCdb.read(cdb);
  const { requestType } = flags;
  if (requestType > FeatureRequest.ONE) return INVALID_FIELD;
  const currentProfile = profileOf(unit);
  const isCurrent = ({ flags, profile }: Feature) =>
    (flags & PERSISTENT) !== 0 ||
    (profile === undefined ? currentProfile !== Profile.NONE : profile === currentProfile);
  const isWanted = (feature: Feature) => {
    if (requestType === FeatureRequest.ONE) return feature.code === startingFeature;
    return feature.code >= startingFeature && (requestType === FeatureRequest.ALL || isCurrent(feature));
  };
  const features = names.carrier === 'SCSI' ? [SCSI_CORE, ...FEATURES.slice(1)] : FEATURES;
  const descriptors = [profileList(currentProfile), ...features]
    .filter(isWanted)
    .map((feature) => descriptorOf(feature, isCurrent(feature)));
  const content = joined(descriptors);
  const dataLength = FeatureHeader.size - 4 + content.length;
  const header = FeatureHeader.bytes({ dataLength, currentProfile });
  return respond(joined([header, content]), allocationLength);
}

function profileList(currentProfile: number): Feature {
  const entry = (profile: number) => [profile >> 8, profile & 0xff, profile === currentProfile ? 1 : 0, 0];
  const content = [...entry(Profile.DVD_ROM), ...entry(Profile.CD_ROM)];
  return { code: 0x0000, flags: PERSISTENT, content };
}

function descriptorOf(feature: Feature, isCurrent: boolean): Uint8Array {
  const { code, flags, content } = feature;
  const header = FeatureDescriptor.bytes({
    code,
    flags: flags | (isCurrent ? CURRENT : 0),
    additionalLength: content.length,
  });
  return joined([header, Uint8Array.from(content)]);
}

/** GET EVENT STATUS NOTIFICATION, polled; there are media events only. */
export function getEventStatus(unit: DvdUnit, cdb: DataView): PacketResult {
  const { flags, classes, allocationLength } = GetEventStatusCdb.read(cdb);
  if (flags.polled === 0) return INVALID_FIELD;
  const supportedClasses = 1 << MEDIA_CLASS;
  if ((classes & supportedClasses) === 0) {
    const none = EventHeader.bytes({ dataLength: 2, eventClass: NO_EVENT_AVAILABLE, supportedClasses });
    return respond(none, allocationLength);
  }
  const { size } = MediaEvent;
  const header = EventHeader.bytes({ dataLength: 2 + size, eventClass: MEDIA_CLASS, supportedClasses });
  // Who asks for less than the event has not heard of it.
  const event = allocationLength > EventHeader.size ? unit.takeEvent() : 0;
  const status = { doorOpen: Number(unit.state.trayOpen), mediumPresent: Number(unit.disc !== undefined) };
  return respond(joined([header, MediaEvent.bytes({ event, status })]), allocationLength);
}

/** MODE SENSE(10): error recovery and capabilities. */
export function modeSense10(unit: DvdUnit, cdb: DataView): PacketResult {
  const { page, subpageCode, allocationLength } = ModeSense10Cdb.read(cdb);
  if (page.pageControl === SAVED_VALUES)
    return failed({
      key: SenseKey.ILLEGAL_REQUEST,
      additional: AdditionalSense.SAVING_PARAMETERS_NOT_SUPPORTED,
    });
  const isAll = page.pageCode === ModePage.ALL;
  if (subpageCode !== 0 && !(isAll && subpageCode === 0xff)) return INVALID_FIELD;
  const isMask = page.pageControl === 1; // nothing can be changed
  const pages: Uint8Array[] = [];
  if (isAll || page.pageCode === ModePage.READ_WRITE_ERROR_RECOVERY) pages.push(errorRecovery());
  if (isAll || page.pageCode === ModePage.CD_CAPABILITIES) pages.push(capabilities(unit, isMask));
  if (pages.length === 0) return INVALID_FIELD;
  const content = joined(pages);
  const header = ModeHeader10.bytes({ dataLength: ModeHeader10.size - 2 + content.length });
  return respond(joined([header, content]), allocationLength);
}

function errorRecovery(): Uint8Array {
  return ErrorRecoveryPage.bytes({
    code: ModePage.READ_WRITE_ERROR_RECOVERY,
    pageLength: ErrorRecoveryPage.size - 2,
  });
}

function capabilities(unit: DvdUnit, isMask: boolean): Uint8Array {
  const header = { code: ModePage.CD_CAPABILITIES, pageLength: CapabilitiesPage.size - 2 };
  if (isMask) return CapabilitiesPage.bytes(header);
  return CapabilitiesPage.bytes({
    ...header,
    reads: { cdR: 1, cdRw: 1, dvdRom: 1 },
    plays: { mode2Form1: 1, mode2Form2: 1, multiSession: 1 },
    mechanism: { lock: 1, locked: Number(unit.state.locked), eject: 1, loading: LOADING_TRAY },
    mostSpeed: SPEED,
    speed: SPEED,
    bufferKilobytes: BUFFER_KILOBYTES,
  });
}
