/** What a DVD drive does for each operation code, stated once (MMC-6, Commands; SPC-4). */

import {
  AdditionalSense,
  ReadCapacity10Data,
  ReadWrite10Cdb,
  ReadWrite12Cdb,
  RequestSenseCdb,
  ScsiOpcode,
  SenseKey,
  StartStopUnitCdb,
} from '@viridian/protocols/scsi';
import { getConfiguration, getEventStatus, modeSense10 } from './capabilities.ts';
import { readDiscInformation, readToc, readTrackInformation } from './disc-contents.ts';
import type { DvdUnit } from './dvd-unit.ts';
import { inquiry, type PacketNames } from './inquiry.ts';
import { BLOCK_BYTES, MediumSense, MmcOpcode, PreventAllowCdb, ReadCdCdb, USER_DATA } from './mmc-spec.ts';
import { failed, GOOD, INVALID_FIELD, OUT_OF_RANGE, type PacketResult, respond } from './packet-result.ts';

/** Bytes of every packet of the interface, whatever command it holds. */
export const PACKET_BYTES = 12;

interface Entry {
  readonly opcode: number;
  /** Fails without a disc. */
  readonly needsDisc: boolean;
  /** A unit attention ends this command (SPC-4 and MMC-6 except some). */
  readonly reportsAttention: boolean;
  run(unit: DvdUnit, cdb: DataView, names: PacketNames): PacketResult;
}

const always = (opcode: number, run: Entry['run']): Entry => ({
  opcode,
  needsDisc: false,
  reportsAttention: false,
  run,
});
const control = (opcode: number, run: Entry['run']): Entry => ({
  ...always(opcode, run),
  reportsAttention: true,
});
const disc = (opcode: number, run: Entry['run']): Entry => ({ ...control(opcode, run), needsDisc: true });

const COMMANDS: readonly Entry[] = [
  always(ScsiOpcode.REQUEST_SENSE, requestSense),
  always(ScsiOpcode.INQUIRY, (_unit, cdb, names) => inquiry(names, cdb)),
  always(ScsiOpcode.GET_CONFIGURATION, getConfiguration),
  always(ScsiOpcode.GET_EVENT_STATUS_NOTIFICATION, getEventStatus),
  control(ScsiOpcode.START_STOP_UNIT, startStop),
  control(ScsiOpcode.PREVENT_ALLOW_MEDIUM_REMOVAL, preventAllow),
  control(ScsiOpcode.MODE_SENSE_10, modeSense10),
  disc(ScsiOpcode.TEST_UNIT_READY, () => GOOD),
  disc(ScsiOpcode.READ_CAPACITY_10, readCapacity),
  disc(ScsiOpcode.READ_10, read10),
  disc(ScsiOpcode.READ_12, read12),
  disc(ScsiOpcode.SEEK_10, seek10),
  disc(ScsiOpcode.READ_TOC, readToc),
  disc(ScsiOpcode.READ_DISC_INFORMATION, readDiscInformation),
  disc(MmcOpcode.READ_TRACK_INFORMATION, readTrackInformation),
  disc(MmcOpcode.READ_CD, readCd),
];

const byOpcode = new Map(COMMANDS.map((entry) => [entry.opcode, entry]));

const UNKNOWN = failed({
  key: SenseKey.ILLEGAL_REQUEST,
  additional: AdditionalSense.INVALID_COMMAND_OPERATION_CODE,
});

/** Runs a packet of 12 bytes as far as the unit itself is concerned. A failure is kept for REQUEST SENSE. */
export function runPacket(unit: DvdUnit, cdb: DataView, names: PacketNames): PacketResult {
  const result = outcome(unit, byOpcode.get(cdb.getUint8(0)), cdb, names);
  if (result.kind === 'failed') unit.state.sense = result.sense;
  return result;
}

function outcome(unit: DvdUnit, entry: Entry | undefined, cdb: DataView, names: PacketNames): PacketResult {
  if (entry === undefined) return UNKNOWN;
  const { attention } = unit.state;
  if (entry.reportsAttention && attention !== 0) {
    unit.state.attention = 0;
    return failed({ key: SenseKey.UNIT_ATTENTION, additional: attention });
  }
  if (entry.needsDisc && unit.disc === undefined) return failed(unit.notReady);
  return entry.run(unit, cdb, names);
}

function requestSense(unit: DvdUnit, cdb: DataView): PacketResult {
  const { flags, allocationLength } = RequestSenseCdb.read(cdb);
  return flags.descriptorFormat === 1 ? INVALID_FIELD : respond(unit.takeSense(), allocationLength);
}

/** Opens and closes the tray. Power conditions and spinning mean nothing here. */
function startStop(unit: DvdUnit, cdb: DataView): PacketResult {
  const { action } = StartStopUnitCdb.read(cdb);
  if (action.powerCondition !== 0 || action.loadEject === 0) return GOOD;
  if (action.start === 1) unit.close();
  else if (unit.state.locked)
    return failed({ key: SenseKey.ILLEGAL_REQUEST, additional: MediumSense.REMOVAL_PREVENTED });
  else unit.open();
  return GOOD;
}

function preventAllow(unit: DvdUnit, cdb: DataView): PacketResult {
  const { action } = PreventAllowCdb.read(cdb);
  if (action.persistent === 1) return INVALID_FIELD;
  unit.state.locked = action.prevent === 1;
  return GOOD;
}

function readCapacity(unit: DvdUnit): PacketResult {
  const data = ReadCapacity10Data.bytes({ lastLba: unit.blocks - 1, blockBytes: BLOCK_BYTES });
  return respond(data, data.length);
}

function read10(unit: DvdUnit, cdb: DataView): PacketResult {
  const { lba, transferLength } = ReadWrite10Cdb.read(cdb);
  return blocks(unit, lba, transferLength);
}

function read12(unit: DvdUnit, cdb: DataView): PacketResult {
  const { lba, transferLength } = ReadWrite12Cdb.read(cdb);
  return blocks(unit, lba, transferLength);
}

function seek10(unit: DvdUnit, cdb: DataView): PacketResult {
  return ReadWrite10Cdb.read(cdb).lba < unit.blocks ? GOOD : OUT_OF_RANGE;
}

/** READ CD: user data, or nothing, of sectors of any type but audio. */
function readCd(unit: DvdUnit, cdb: DataView): PacketResult {
  const { flags, lba, blocksHigh, blocksLow, selection, subchannel } = ReadCdCdb.read(cdb);
  const isAudio = flags.sectorType === 1;
  if (isAudio || flags.relative === 1 || subchannel.selection !== 0) return INVALID_FIELD;
  const wanted = selection & 0xfe; // bit 0 is not used
  if (wanted !== 0 && wanted !== USER_DATA) return INVALID_FIELD;
  const result = blocks(unit, lba, blocksHigh * 0x1_0000 + blocksLow);
  return wanted === 0 && result.kind === 'blocks' ? GOOD : result;
}

function blocks(unit: DvdUnit, block: number, count: number): PacketResult {
  if (block >= unit.blocks || count > unit.blocks - block) return OUT_OF_RANGE;
  return count === 0 ? GOOD : { kind: 'blocks', block, blocks: count };
}
