/** Who is on the adapter: INQUIRY and REPORT LUNS for each target, as Linux scans. SPC-4, REPORT LUNS. */

import {
  InquiryCdb,
  PERIPHERAL_ABSENT,
  PeripheralByte,
  PeripheralDeviceType,
  ReportLunsCdb,
  ReportLunsEntry,
  ReportLunsHeader,
  ScsiOpcode,
  StandardInquiry,
} from '@viridian/protocols/scsi';
import { ScsiError, StorageError } from './errors.ts';
import type { LunAddress } from './lun-address.ts';
import type { Questions } from './questions.ts';

/** A unit that answered, with its INQUIRY data. */
export interface FoundUnit {
  readonly address: LunAddress;
  readonly inquiry: Uint8Array;
  readonly type: 'disk' | 'dvd';
}

/** Which places are looked at. */
export interface ScanRange {
  /** Paths 0 to `paths` − 1; Linux takes 8. */
  readonly paths: number;
  /** Targets 0 to `targets` − 1; Linux takes 2. */
  readonly targets: number;
}

const LIST_BYTES = 4096;
/** LUNs beyond a byte do not fit an SRB; a host that lists them is not asked about them. */
const MOST_LUN = 255;

/** All disks and DVD drives, in order of their addresses. Targets are asked side by side. */
export async function scanUnits(ask: Questions, range: ScanRange): Promise<FoundUnit[]> {
  const targets: Promise<FoundUnit[]>[] = [];
  for (let path = 0; path < range.paths; path += 1) {
    for (let target = 0; target < range.targets; target += 1) targets.push(scanTarget(ask, path, target));
  }
  return (await Promise.all(targets)).flat();
}

async function scanTarget(ask: Questions, path: number, target: number): Promise<FoundUnit[]> {
  const first = await inquire(ask, { path, target, lun: 0 });
  if (first === undefined) return [];
  const units: FoundUnit[] = [];
  for (const lun of await reportedLuns(ask, { path, target, lun: 0 })) {
    const address = { path, target, lun };
    const inquiry = lun === 0 ? first : await inquire(ask, address);
    const type = inquiry === undefined ? undefined : typeOf(inquiry);
    if (inquiry !== undefined && type !== undefined) units.push({ address, inquiry, type });
  }
  return units;
}

/** INQUIRY data; undefined when nothing answers. */
async function inquire(ask: Questions, address: LunAddress): Promise<Uint8Array | undefined> {
  const allocationLength = StandardInquiry.size;
  const cdb = InquiryCdb.bytes({ opcode: ScsiOpcode.INQUIRY, allocationLength });
  const data = await unlessAbsent(ask.some(address, cdb, allocationLength));
  return data === undefined || data.length < StandardInquiry.size ? undefined : data;
}

async function reportedLuns(ask: Questions, address: LunAddress): Promise<number[]> {
  const cdb = ReportLunsCdb.bytes({ opcode: ScsiOpcode.REPORT_LUNS, allocationLength: LIST_BYTES });
  const data = await unlessAbsent(ask.some(address, cdb, LIST_BYTES));
  if (data === undefined || data.length < ReportLunsHeader.size) return [0];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const stated = ReportLunsHeader.read(view).listLength;
  const count = Math.floor(Math.min(stated, data.length - ReportLunsHeader.size) / ReportLunsEntry.size);
  const luns = Array.from({ length: count }, (_, i) => {
    return ReportLunsEntry.read(view, ReportLunsHeader.size + i * ReportLunsEntry.size).lun;
  });
  return [...new Set(luns)].filter((lun) => lun <= MOST_LUN).sort((a, b) => a - b);
}

/** Undefined for what is neither. */
function typeOf(inquiry: Uint8Array): FoundUnit['type'] | undefined {
  if (inquiry[0] === PERIPHERAL_ABSENT) return undefined;
  const { deviceType, qualifier } = PeripheralByte.decode(inquiry[0]!);
  if (qualifier !== 0) return undefined;
  if (deviceType === PeripheralDeviceType.DISK) return 'disk';
  return deviceType === PeripheralDeviceType.CD_DVD ? 'dvd' : undefined;
}

async function unlessAbsent<Value>(answer: Promise<Value>): Promise<Value | undefined> {
  try {
    return await answer;
  } catch (error) {
    const isAnswer = error instanceof ScsiError || (error instanceof StorageError && error.kind !== 'closed');
    if (isAnswer) return undefined;
    throw error;
  }
}
