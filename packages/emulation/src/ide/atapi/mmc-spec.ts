/** What a DVD drive says in packets, big-endian (MMC-6, Commands; SFF-8020i for the page of capabilities). */

import { bits, pad, struct, u8, u16be, u32be } from '@viridian/wire';

/** Operation codes that disks do not have. */
export const MmcOpcode = { READ_TRACK_INFORMATION: 0x52, READ_CD: 0xbe } as const;

/** Bytes of a block with user data only. */
export const BLOCK_BYTES = 2048;

/** Larger media are DVDs: 80 minutes of CD. */
export const MOST_CD_BLOCKS = 80 * 60 * 75;

/** Frames of lead-in before block 0, in addresses of minute, second and frame. */
export const LEAD_IN_FRAMES = 150;
export const FRAMES_PER_SECOND = 75;

/** Additional sense that only removable media need: ASC in 15:8, ASCQ in 7:0. */
export const MediumSense = { TRAY_CLOSED: 0x3a01, TRAY_OPEN: 0x3a02, REMOVAL_PREVENTED: 0x5302 } as const;

/** READ TOC/PMA/ATIP. */
export const ReadTocCdb = struct('READ TOC/PMA/ATIP', 10, {
  opcode: u8,
  flags: bits(u8, { msf: [1, 1] }),
  format: bits(u8, { format: [0, 4] }),
  reserved: pad(3),
  trackSession: u8,
  allocationLength: u16be,
  /** SFF-8020i has the format in its upper bits. */
  control: bits(u8, { oldFormat: [6, 2] }),
});

export const TocFormat = { TOC: 0, SESSIONS: 1, RAW: 2 } as const;

/** In front of each kind of table of contents. */
export const TocHeader = struct('TOC response header', 4, { dataLength: u16be, first: u8, last: u8 });

/** A track in a TOC, or the first of the last session. ADR 1 and control 4: a data track. */
export const TocTrack = struct('TOC track descriptor', 8, {
  reserved0: pad(1),
  adrControl: u8,
  track: u8,
  reserved1: pad(1),
  address: u32be,
});

/** An entry of the raw table, times as minute, second and frame. */
export const RawTocEntry = struct('Raw TOC track descriptor', 11, {
  session: u8,
  adrControl: u8,
  tno: u8,
  point: u8,
  time: pad(3),
  zero: u8,
  pMinute: u8,
  pSecond: u8,
  pFrame: u8,
});

export const DATA_TRACK = 0x14;
export const LEAD_OUT_TRACK = 0xaa;

/** GET CONFIGURATION. */
export const GetConfigurationCdb = struct('GET CONFIGURATION', 10, {
  opcode: u8,
  flags: bits(u8, { requestType: [0, 2] }),
  startingFeature: u16be,
  reserved: pad(3),
  allocationLength: u16be,
  control: u8,
});

/** Which features are asked for, from the starting one on. */
export const FeatureRequest = { ALL: 0, CURRENT: 1, ONE: 2 } as const;

export const FeatureHeader = struct('Feature header', 8, {
  dataLength: u32be,
  reserved: pad(2),
  currentProfile: u16be,
});

/** Header of one feature. `flags`: 0 current, 1 persistent, 5:2 version. */
export const FeatureDescriptor = struct('Feature descriptor', 4, {
  code: u16be,
  flags: u8,
  additionalLength: u8,
});

export const Profile = { NONE: 0x0000, CD_ROM: 0x0008, DVD_ROM: 0x0010 } as const;

/** GET EVENT STATUS NOTIFICATION. */
export const GetEventStatusCdb = struct('GET EVENT STATUS NOTIFICATION', 10, {
  opcode: u8,
  flags: bits(u8, { polled: [0, 1] }),
  reserved0: pad(2),
  classes: u8,
  reserved1: pad(2),
  allocationLength: u16be,
  control: u8,
});

/** In front of an event. `eventClass` has bit 7 when there is none. */
export const EventHeader = struct('Event header', 4, {
  dataLength: u16be,
  eventClass: u8,
  supportedClasses: u8,
});

export const NO_EVENT_AVAILABLE = 0x80;
export const MEDIA_CLASS = 4;

/** A media event. */
export const MediaEvent = struct('Media event descriptor', 4, {
  event: u8,
  status: bits(u8, { doorOpen: [0, 1], mediumPresent: [1, 1] }),
  slots: pad(2),
});

export const MediaEventCode = { NONE: 0, EJECT_REQUEST: 1, NEW_MEDIUM: 2, REMOVAL: 3 } as const;

/** READ DISC INFORMATION: the standard kind, up to the lead-out's times. */
export const DiscInformation = struct('Disc information block', 34, {
  dataLength: u16be,
  status: bits(u8, { discStatus: [0, 2], lastSessionState: [2, 2], erasable: [4, 1] }),
  firstTrack: u8,
  sessions: u8,
  firstTrackOfLastSession: u8,
  lastTrackOfLastSession: u8,
  validity: bits(u8, { unrestrictedUse: [5, 1] }),
  discType: u8,
  rest: pad(25),
});

/** READ TRACK INFORMATION. */
export const TrackInformation = struct('Track information block', 36, {
  dataLength: u16be,
  track: u8,
  session: u8,
  reserved0: pad(1),
  trackMode: u8,
  dataMode: u8,
  validity: u8,
  start: u32be,
  reserved1: pad(12),
  sizeBlocks: u32be,
  rest: pad(8),
});

export const ReadTrackInformationCdb = struct('READ TRACK INFORMATION', 10, {
  opcode: u8,
  flags: bits(u8, { addressType: [0, 2] }),
  address: u32be,
  reserved: pad(1),
  allocationLength: u16be,
  control: u8,
});

/** What the address in READ TRACK INFORMATION is. */
export const TrackAddress = { BLOCK: 0, TRACK: 1, SESSION: 2 } as const;

/** READ DISC INFORMATION. */
export const ReadDiscInformationCdb = struct('READ DISC INFORMATION', 10, {
  opcode: u8,
  flags: bits(u8, { dataType: [0, 3] }),
  reserved: pad(5),
  allocationLength: u16be,
  control: u8,
});

/** READ CD. `selection` names the parts of a sector: 10h is the user data alone. */
export const ReadCdCdb = struct('READ CD', 12, {
  opcode: u8,
  flags: bits(u8, { relative: [0, 1], sectorType: [2, 3] }),
  lba: u32be,
  blocksHigh: u8,
  blocksLow: u16be,
  selection: u8,
  subchannel: bits(u8, { selection: [0, 3] }),
  control: u8,
});

export const USER_DATA = 0x10;

/** PREVENT ALLOW MEDIUM REMOVAL. */
export const PreventAllowCdb = struct('PREVENT ALLOW MEDIUM REMOVAL', 6, {
  opcode: u8,
  reserved: pad(3),
  action: bits(u8, { prevent: [0, 1], persistent: [1, 1] }),
  control: u8,
});

/** C/DVD capabilities and mechanical status, mode page 2Ah. Speeds in KB/s. */
export const CapabilitiesPage = struct('C/DVD capabilities page', 22, {
  code: u8,
  pageLength: u8,
  reads: bits(u8, { cdR: [0, 1], cdRw: [1, 1], dvdRom: [3, 1] }),
  writes: u8,
  plays: bits(u8, { mode2Form1: [4, 1], mode2Form2: [5, 1], multiSession: [6, 1] }),
  audio: u8,
  mechanism: bits(u8, { lock: [0, 1], locked: [1, 1], eject: [3, 1], loading: [5, 3] }),
  separateChannels: u8,
  mostSpeed: u16be,
  volumeLevels: u16be,
  bufferKilobytes: u16be,
  speed: u16be,
  rest: pad(6),
});

/** A tray, in `loading`. */
export const LOADING_TRAY = 1;

/** Error recovery, mode page 01h; all zeros is: do what you can. */
export const ErrorRecoveryPage = struct('Read error recovery page', 8, {
  code: u8,
  pageLength: u8,
  rest: pad(6),
});
