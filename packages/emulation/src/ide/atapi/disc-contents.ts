/** What is on a disc: one session with one data track, however large (MMC-6, READ TOC/PMA/ATIP, READ DISC INFORMATION, READ TRACK INFORMATION). */

import type { DvdUnit } from './dvd-unit.ts';
import {
  DATA_TRACK,
  DiscInformation,
  FRAMES_PER_SECOND,
  LEAD_IN_FRAMES,
  LEAD_OUT_TRACK,
  RawTocEntry,
  ReadDiscInformationCdb,
  ReadTocCdb,
  ReadTrackInformationCdb,
  TocFormat,
  TocHeader,
  TocTrack,
  TrackAddress,
  TrackInformation,
} from './mmc-spec.ts';
import { INVALID_FIELD, joined, OUT_OF_RANGE, type PacketResult, respond } from './packet-result.ts';

/** READ TOC/PMA/ATIP. */
export function readToc(unit: DvdUnit, cdb: DataView): PacketResult {
  const { flags, format, trackSession, allocationLength, control } = ReadTocCdb.read(cdb);
  const isMsf = flags.msf === 1;
  switch (format.format || control.oldFormat) {
    case TocFormat.TOC:
      if (trackSession > 1 && trackSession !== LEAD_OUT_TRACK) return INVALID_FIELD;
      return respond(tableOfContents(unit.blocks, trackSession <= 1, isMsf), allocationLength);
    case TocFormat.SESSIONS:
      return respond(table([track(1, 0, isMsf)]), allocationLength);
    case TocFormat.RAW:
      return trackSession > 1 ? INVALID_FIELD : respond(rawTable(unit.blocks), allocationLength);
    default:
      return INVALID_FIELD;
  }
}

/** READ DISC INFORMATION: a finished disc that anybody may use. */
export function readDiscInformation(_unit: DvdUnit, cdb: DataView): PacketResult {
  const { flags, allocationLength } = ReadDiscInformationCdb.read(cdb);
  if (flags.dataType !== 0) return INVALID_FIELD;
  const information = DiscInformation.bytes({
    dataLength: DiscInformation.size - 2,
    status: { discStatus: 2, lastSessionState: 3 },
    firstTrack: 1,
    sessions: 1,
    firstTrackOfLastSession: 1,
    lastTrackOfLastSession: 1,
    validity: { unrestrictedUse: 1 },
  });
  return respond(information, allocationLength);
}

/** READ TRACK INFORMATION, of the only track. */
export function readTrackInformation(unit: DvdUnit, cdb: DataView): PacketResult {
  const { flags, address, allocationLength } = ReadTrackInformationCdb.read(cdb);
  if (flags.addressType === TrackAddress.BLOCK) {
    if (address >= unit.blocks) return OUT_OF_RANGE;
  } else if (flags.addressType > TrackAddress.SESSION || address !== 1) return INVALID_FIELD;
  const information = TrackInformation.bytes({
    dataLength: TrackInformation.size - 2,
    track: 1,
    session: 1,
    trackMode: 4,
    dataMode: 1,
    start: 0,
    sizeBlocks: unit.blocks,
  });
  return respond(information, allocationLength);
}

function tableOfContents(blocks: number, withTrack: boolean, isMsf: boolean): Uint8Array {
  const leadOut = track(LEAD_OUT_TRACK, blocks, isMsf);
  return table(withTrack ? [track(1, 0, isMsf), leadOut] : [leadOut]);
}

function table(entries: readonly Uint8Array[]): Uint8Array {
  const content = joined(entries);
  return joined([TocHeader.bytes({ dataLength: content.length + 2, first: 1, last: 1 }), content]);
}

function track(number: number, block: number, isMsf: boolean): Uint8Array {
  const { minute, second, frame } = timeOf(block);
  const address = isMsf ? (minute << 16) | (second << 8) | frame : block;
  return TocTrack.bytes({ adrControl: DATA_TRACK, track: number, address });
}

/** First and last track, lead-out and track: points A0h, A1h, A2h and 1. */
function rawTable(blocks: number): Uint8Array {
  const entry = (point: number, pMinute: number, pSecond: number, pFrame: number) =>
    RawTocEntry.bytes({ session: 1, adrControl: DATA_TRACK, point, pMinute, pSecond, pFrame });
  const end = timeOf(blocks);
  const start = timeOf(0);
  return table([
    entry(0xa0, 1, 0, 0),
    entry(0xa1, 1, 0, 0),
    entry(0xa2, end.minute, end.second, end.frame),
    entry(1, start.minute, start.second, start.frame),
  ]);
}

/** Where a block lies in time; beyond the 256 minutes that a byte counts it is the last of them. */
function timeOf(block: number): { minute: number; second: number; frame: number } {
  const frames = Math.min(block + LEAD_IN_FRAMES, 256 * 60 * FRAMES_PER_SECOND - 1);
  const seconds = Math.floor(frames / FRAMES_PER_SECOND);
  return { minute: Math.floor(seconds / 60), second: seconds % 60, frame: frames % FRAMES_PER_SECOND };
}
