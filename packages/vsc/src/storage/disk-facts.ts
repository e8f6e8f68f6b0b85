/** What a disk says about itself, asked in the order of Linux's sd driver. SPC-4 and SBC-3, INQUIRY, READ CAPACITY, MODE SENSE. */

import {
  BlockLimitsPage,
  CachingPage,
  InquiryCdb,
  LogicalBlockProvisioningPage,
  ModeDeviceSpecific,
  ModeHeader6,
  ModePage,
  ModeSense6Cdb,
  ReadCapacity10Cdb,
  ReadCapacity10Data,
  ReadCapacity16Data,
  ScsiOpcode,
  SenseKey,
  ServiceAction,
  ServiceActionIn16Cdb,
  StandardInquiry,
  VpdHeader,
  VpdPage,
} from '@viridian/protocols/scsi';
import { ScsiError, StorageError } from './errors.ts';
import type { LunAddress } from './lun-address.ts';
import type { Questions } from './questions.ts';

/** How blocks are given back: UNMAP, WRITE SAME(16) with the UNMAP bit, or not at all. */
export type UnmapMethod = 'none' | 'unmap' | 'write-same';

/** Numbers and texts of one disk. */
export interface DiskFacts {
  readonly vendor: string;
  readonly product: string;
  readonly revision: string;
  /** Empty when the disk has none. */
  readonly serialNumber: string;
  readonly blockBytes: number;
  readonly blockCount: number;
  readonly physicalBlockBytes: number;
  readonly readOnly: boolean;
  readonly writeCache: boolean;
  /** The disk takes force unit access. */
  readonly fua: boolean;
  /** 0 when the disk states no limit. */
  readonly maxTransferBlocks: number;
  readonly unmap: UnmapMethod;
  /** Most blocks of one discard. */
  readonly maxUnmapBlocks: number;
}

/** Most blocks of a WRITE SAME when the disk states no limit; Linux's. */
const WRITE_SAME_BLOCKS = 0x7fffff;

/** Asks everything. Rejects when the disk cannot say how large it is. */
export async function askDiskFacts(
  ask: Questions,
  address: LunAddress,
  inquiry: Uint8Array,
): Promise<DiskFacts> {
  const { vendor, product, revision } = StandardInquiry.read(viewOf(inquiry));
  const pages = await vpdPages(ask, address);
  const capacity = await readCapacity(ask, address);
  const limits = await vpdStruct(ask, address, pages, VpdPage.BLOCK_LIMITS, BlockLimitsPage);
  const provisioning = capacity.thin
    ? await vpdStruct(ask, address, pages, VpdPage.LOGICAL_BLOCK_PROVISIONING, LogicalBlockProvisioningPage)
    : undefined;
  return {
    vendor,
    product,
    revision,
    serialNumber: await serialNumber(ask, address, pages),
    blockBytes: capacity.blockBytes,
    blockCount: capacity.blockCount,
    physicalBlockBytes: capacity.physicalBlockBytes,
    ...(await modes(ask, address)),
    maxTransferBlocks: limits?.maxTransferBlocks ?? 0,
    ...unmapMethod(capacity.thin, limits, provisioning),
  };
}

interface Capacity {
  readonly blockBytes: number;
  readonly blockCount: number;
  readonly physicalBlockBytes: number;
  readonly thin: boolean;
}

async function readCapacity(ask: Questions, address: LunAddress): Promise<Capacity> {
  try {
    const cdb = ServiceActionIn16Cdb.bytes({
      opcode: ScsiOpcode.SERVICE_ACTION_IN_16,
      serviceAction: { action: ServiceAction.READ_CAPACITY_16 },
      allocationLength: ReadCapacity16Data.size,
    });
    const data = await ask.whole(address, cdb, ReadCapacity16Data.size);
    const { lastLba, blockBytes, exponents, provisioning } = ReadCapacity16Data.read(viewOf(data));
    const physicalBlockBytes = blockBytes * 2 ** exponents.logicalBlocksPerPhysical;
    const thin = provisioning.enabled === 1;
    return checked({ blockBytes, blockCount: lastLba + 1, physicalBlockBytes, thin });
  } catch (error) {
    // An old disk does not know the long form.
    if (!(error instanceof ScsiError) || error.key !== SenseKey.ILLEGAL_REQUEST) throw error;
  }
  const cdb = ReadCapacity10Cdb.bytes({ opcode: ScsiOpcode.READ_CAPACITY_10 });
  const data = await ask.whole(address, cdb, ReadCapacity10Data.size);
  const { lastLba, blockBytes } = ReadCapacity10Data.read(viewOf(data));
  return checked({ blockBytes, blockCount: lastLba + 1, physicalBlockBytes: blockBytes, thin: false });
}

function checked(capacity: Capacity): Capacity {
  const { blockBytes, blockCount } = capacity;
  const isPossible =
    (blockBytes === 512 || blockBytes === 4096) && Number.isSafeInteger(blockCount * blockBytes);
  if (isPossible) return capacity;
  throw new StorageError('failed', `a disk of ${blockCount} blocks of ${blockBytes} bytes is impossible`);
}

/** The pages that the disk has; none when it knows no vital product data. */
async function vpdPages(ask: Questions, address: LunAddress): Promise<readonly number[]> {
  const page = await vpdPage(ask, address, VpdPage.SUPPORTED_PAGES);
  return page === undefined ? [] : [...page.subarray(VpdHeader.size)];
}

async function vpdPage(
  ask: Questions,
  address: LunAddress,
  pageCode: number,
): Promise<Uint8Array | undefined> {
  const allocationLength = 255;
  const cdb = InquiryCdb.bytes({
    opcode: ScsiOpcode.INQUIRY,
    flags: { enableVitalProductData: 1 },
    pageCode,
    allocationLength,
  });
  const data = await ask.perhaps(address, cdb, allocationLength);
  if (data === undefined || data.length < VpdHeader.size) return undefined;
  const header = VpdHeader.read(viewOf(data));
  if (header.pageCode !== pageCode) return undefined;
  return data.subarray(0, VpdHeader.size + header.pageLength);
}

interface Readable<Value> {
  readonly size: number;
  read(view: DataView): Value;
}

async function vpdStruct<Value>(
  ask: Questions,
  address: LunAddress,
  pages: readonly number[],
  pageCode: number,
  layout: Readable<Value>,
): Promise<Value | undefined> {
  if (!pages.includes(pageCode)) return undefined;
  const page = await vpdPage(ask, address, pageCode);
  return page === undefined || page.length < layout.size ? undefined : layout.read(viewOf(page));
}

async function serialNumber(ask: Questions, address: LunAddress, pages: readonly number[]): Promise<string> {
  if (!pages.includes(VpdPage.UNIT_SERIAL_NUMBER)) return '';
  const page = await vpdPage(ask, address, VpdPage.UNIT_SERIAL_NUMBER);
  return page === undefined ? '' : String.fromCharCode(...page.subarray(VpdHeader.size)).trim();
}

async function modes(
  ask: Questions,
  address: LunAddress,
): Promise<Pick<DiskFacts, 'readOnly' | 'fua' | 'writeCache'>> {
  const header = await modeSense(ask, address, ModePage.ALL, ModeHeader6.size);
  const deviceSpecific = header === undefined ? 0 : ModeHeader6.read(viewOf(header)).deviceSpecific;
  const caching = await modeSense(ask, address, ModePage.CACHING, ModeHeader6.size + CachingPage.size);
  return {
    readOnly: (deviceSpecific & ModeDeviceSpecific.WRITE_PROTECT) !== 0,
    fua: (deviceSpecific & ModeDeviceSpecific.DPO_FUA) !== 0,
    writeCache: caching !== undefined && isWriteCacheOn(caching),
  };
}

/** Mode data are header, block descriptors, page. */
function isWriteCacheOn(data: Uint8Array): boolean {
  const { blockDescriptorLength } = ModeHeader6.read(viewOf(data));
  const page = data.subarray(ModeHeader6.size + blockDescriptorLength);
  if (page.length < CachingPage.size) return false;
  const caching = CachingPage.read(viewOf(page));
  return caching.page.code === ModePage.CACHING && caching.flags.writeCacheEnable === 1;
}

async function modeSense(
  ask: Questions,
  address: LunAddress,
  pageCode: number,
  allocationLength: number,
): Promise<Uint8Array | undefined> {
  const page = { pageCode };
  const cdb = ModeSense6Cdb.bytes({ opcode: ScsiOpcode.MODE_SENSE_6, page, allocationLength });
  const data = await ask.perhaps(address, cdb, allocationLength);
  return data === undefined || data.length < ModeHeader6.size ? undefined : data;
}

function unmapMethod(
  thin: boolean,
  limits: ReturnType<typeof BlockLimitsPage.read> | undefined,
  provisioning: ReturnType<typeof LogicalBlockProvisioningPage.read> | undefined,
): Pick<DiskFacts, 'unmap' | 'maxUnmapBlocks'> {
  if (!thin) return { unmap: 'none', maxUnmapBlocks: 0 };
  const hasLimits = limits !== undefined && limits.maxUnmapBlocks > 0 && limits.maxUnmapDescriptors > 0;
  if (hasLimits && (provisioning === undefined || provisioning.flags.unmap === 1)) {
    return { unmap: 'unmap', maxUnmapBlocks: limits.maxUnmapBlocks };
  }
  const stated = limits?.maxWriteSameBlocks ?? 0;
  return { unmap: 'write-same', maxUnmapBlocks: Math.min(stated || WRITE_SAME_BLOCKS, WRITE_SAME_BLOCKS) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
