/** A disk on an IDE cable: commands become requests to a block device (ATA/ATAPI-6, Command descriptions). */

import type { BlockDevice, Buffers } from '@viridian/drivers';
import type { InspectNode } from '@viridian/trace';
import { defaultGeometry, firstSector, type Geometry, sectorCount, showSector } from './ata-address.ts';
import { ataCommand } from './ata-commands.ts';
import { type AtaDiskState, DEFAULT_SETTINGS, diskAtPowerOn, type Transfer } from './ata-disk-state.ts';
import { Drive } from './drive.ts';
import type { HostFailure } from './host-work.ts';
import { type DriveNames, identifyDisk } from './identify.ts';
import { PIO_BUFFER_BYTES } from './pio-buffer.ts';
import { DISK_SIGNATURE, ErrorBit, MOST_MULTIPLE, PowerMode, SECTOR_BYTES, Status } from './spec.ts';

const BUFFER_SECTORS = PIO_BUFFER_BYTES / SECTOR_BYTES;
const FORCE_UNIT_ACCESS = { fua: true } as const;

/** One disk. The block device stays its owner's: nobody closes it here. */
export class AtaDisk extends Drive<AtaDiskState> {
  readonly #device: BlockDevice;
  readonly #names: DriveNames;
  readonly #geometry: Geometry;
  readonly #sectors: number;

  /** Throws for a device whose blocks are not 512 bytes, that is empty, or that 48-bit addresses do not reach. */
  constructor(device: BlockDevice, names: DriveNames = {}) {
    if (device.logicalBlockBytes !== SECTOR_BYTES) {
      throw new Error(
        `an IDE disk has blocks of 512 bytes, not ${device.logicalBlockBytes}: attach it to a SCSI controller`,
      );
    }
    const sectors = device.sizeBytes / SECTOR_BYTES;
    if (sectors < 1 || sectors > 2 ** 48)
      throw new RangeError(`an IDE disk has 1 to 2^48 sectors, not ${sectors}`);
    const geometry = defaultGeometry(sectors);
    super(() => diskAtPowerOn(geometry));
    this.#device = device;
    this.#names = { model: 'Virtual HD', serial: 'VIRIDIAN-HD', ...names };
    this.#geometry = geometry;
    this.#sectors = sectors;
  }

  /** IDENTIFY DEVICE. */
  identify(): void {
    const { geometry, multiple, writeCache, dmaMode } = this.own;
    const bytes = identifyDisk({
      ...this.#names,
      sectors: this.#sectors,
      physicalBlockBytes: this.#device.physicalBlockBytes,
      defaultGeometry: this.#geometry,
      geometry,
      multiple,
      writeCache,
      dmaMode,
      isSlave: this.isSlave,
    });
    this.buffer.bytes.set(bytes);
    this.offer(0, bytes.length);
  }

  /** READ SECTORS, READ MULTIPLE and their EXT forms. */
  readPio(isExt: boolean, isMultiple: boolean): void {
    if (this.#begin('read', isExt, isMultiple)) this.#fetch();
  }

  /** WRITE SECTORS, WRITE MULTIPLE and their EXT forms. */
  writePio(isExt: boolean, isMultiple: boolean): void {
    if (!this.#mayWrite() || !this.#begin('write', isExt, isMultiple)) return;
    this.#gather(false);
  }

  /** READ DMA, READ DMA EXT. */
  readDma(isExt: boolean): void {
    if (this.#begin('read', isExt, false)) this.awaitDma(true, this.own.transfer!.sectors * SECTOR_BYTES);
  }

  /** WRITE DMA, WRITE DMA EXT. */
  writeDma(isExt: boolean): void {
    if (!this.#mayWrite() || !this.#begin('write', isExt, false)) return;
    this.awaitDma(false, this.own.transfer!.sectors * SECTOR_BYTES);
  }

  /** READ VERIFY: reads what nobody gets. */
  verify(isExt: boolean): void {
    if (this.#begin('verify', isExt, false)) this.#fetch();
  }

  /** SEEK: says whether the place exists. */
  seek(): void {
    const sector = firstSector(this.taskFile, false, this.own.geometry);
    if (sector < 0 || sector >= this.#sectors) this.fail(ErrorBit.IDNF);
    else this.succeed();
  }

  /** FLUSH CACHE. */
  flush(): void {
    this.work(
      () => this.#device.flush(),
      (failure) => (failure === undefined ? this.succeed() : this.fail(ErrorBit.ABRT)),
    );
  }

  /** SET MULTIPLE MODE. */
  setMultiple(): void {
    const sectors = this.taskFile.count & 0xff;
    if (sectors > MOST_MULTIPLE || (sectors & (sectors - 1)) !== 0) {
      this.fail(ErrorBit.ABRT);
      return;
    }
    this.own.multiple = sectors;
    this.succeed();
  }

  /** INITIALIZE DEVICE PARAMETERS: heads and sectors for addresses of cylinder, head and sector. */
  initializeParameters(): void {
    const { count, device } = this.taskFile;
    const sectorsPerTrack = count & 0xff;
    if (sectorsPerTrack === 0) {
      this.fail(ErrorBit.ABRT);
      return;
    }
    const heads = (device & 0x0f) + 1;
    const cylinders = Math.floor(this.#sectors / (heads * sectorsPerTrack));
    this.own.geometry = { cylinders: Math.min(Math.max(cylinders, 1), 0xffff), heads, sectorsPerTrack };
    this.succeed();
  }

  /** The power commands. There is nothing to spin down: the mode is only remembered. */
  setPowerMode(mode: number): void {
    this.own.powerMode = mode;
    this.succeed();
  }

  /** CHECK POWER MODE. */
  tellPowerMode(): void {
    this.taskFile.count = this.own.powerMode;
    this.succeed();
  }

  /** Takes settings that a command found good. */
  change(settings: Partial<Pick<AtaDiskState, 'writeCache' | 'dmaMode' | 'keepsSettings'>>): void {
    Object.assign(this.own, settings);
    this.succeed();
  }

  /** Anything that this disk does not do. */
  refuse(): void {
    this.fail(ErrorBit.ABRT);
  }

  protected run(code: number): void {
    this.own.transfer = undefined;
    const command = ataCommand(code);
    if (command === undefined) this.refuse();
    else command(this);
  }

  protected details(): InspectNode {
    const { transfer, geometry, ...rest } = this.own;
    const moving = transfer === undefined ? {} : { transfer: { ...transfer } };
    return { ...rest, ...moving, geometry: { ...geometry }, sectors: this.#sectors, device: this.#device };
  }

  protected signature(): number {
    Object.assign(this.taskFile, DISK_SIGNATURE);
    return Status.DRDY | Status.DSC;
  }

  protected softReset(): void {
    this.own.transfer = undefined;
    this.own.powerMode = PowerMode.ACTIVE;
    if (!this.own.keepsSettings) Object.assign(this.own, DEFAULT_SETTINGS);
  }

  protected blockTaken(): void {
    const { transfer } = this.own;
    const done = this.buffer.blockEnd / SECTOR_BYTES;
    if (transfer === undefined) this.finishQuietly();
    else if (done < transfer.buffered) this.#offerBlock(transfer, done);
    else if (this.#advance(transfer)) this.#fetch();
    else this.finishQuietly();
  }

  protected blockGiven(): void {
    const transfer = this.own.transfer!;
    const done = this.buffer.blockEnd / SECTOR_BYTES;
    if (done < transfer.buffered) {
      this.#acceptBlock(transfer, done, true);
      return;
    }
    this.#write(transfer, [this.buffer.bytes.subarray(0, this.buffer.blockEnd)], () => {
      if (this.#advance(transfer)) this.#gather(true);
      else this.succeed();
    });
  }

  protected runDma(buffers: Buffers, moved: () => void): void {
    const transfer = this.own.transfer!;
    const finish = () => {
      this.own.transfer = undefined;
      moved();
      this.succeed();
    };
    if (transfer.kind === 'write') this.#write(transfer, buffers, finish);
    else this.#read(transfer, buffers, finish);
  }

  /** Checks the range and notes the transfer; ends the command and gives false when it cannot be. */
  #begin(kind: Transfer['kind'], isExt: boolean, isMultiple: boolean): boolean {
    const blockSectors = isMultiple ? this.own.multiple : 1;
    if (blockSectors === 0) {
      this.refuse();
      return false;
    }
    const sector = firstSector(this.taskFile, isExt, this.own.geometry);
    const sectors = sectorCount(this.taskFile, isExt);
    if (sector < 0 || sectors > this.#sectors - sector) {
      this.fail(ErrorBit.IDNF);
      return false;
    }
    this.own.powerMode = PowerMode.ACTIVE;
    this.own.transfer = { kind, isExt, blockSectors, sector, sectors, buffered: 0 };
    return true;
  }

  #mayWrite(): boolean {
    if (!this.#device.readOnly) return true;
    this.refuse();
    return false;
  }

  /** Moves past what is in the buffer. False when that was all. */
  #advance(transfer: Transfer): boolean {
    transfer.sector += transfer.buffered;
    transfer.sectors -= transfer.buffered;
    transfer.buffered = 0;
    if (transfer.sectors === 0) this.own.transfer = undefined;
    return transfer.sectors > 0;
  }

  /** Fills the buffer with the next sectors. */
  #fetch(): void {
    const transfer = this.own.transfer!;
    transfer.buffered = Math.min(transfer.sectors, BUFFER_SECTORS);
    const into = [this.buffer.bytes.subarray(0, transfer.buffered * SECTOR_BYTES)];
    this.#read(transfer, into, () => {
      if (transfer.kind !== 'verify') this.#offerBlock(transfer, 0);
      else if (this.#advance(transfer)) this.#fetch();
      else this.succeed();
    });
  }

  /** Asks for the next sectors. */
  #gather(interrupt: boolean): void {
    const transfer = this.own.transfer!;
    transfer.buffered = Math.min(transfer.sectors, BUFFER_SECTORS);
    this.#acceptBlock(transfer, 0, interrupt);
  }

  #offerBlock(transfer: Transfer, first: number): void {
    const sectors = Math.min(transfer.blockSectors, transfer.buffered - first);
    this.offer(first * SECTOR_BYTES, sectors * SECTOR_BYTES);
  }

  #acceptBlock(transfer: Transfer, first: number, interrupt: boolean): void {
    const sectors = Math.min(transfer.blockSectors, transfer.buffered - first);
    this.accept(first * SECTOR_BYTES, sectors * SECTOR_BYTES, interrupt);
  }

  #read(transfer: Transfer, into: Buffers, then: () => void): void {
    this.work(
      () => this.#device.read(transfer.sector * SECTOR_BYTES, into),
      (failure) => {
        if (failure !== undefined) return this.#hostFailed(transfer, failure);
        this.counters.readBytes += lengthOf(into);
        then();
      },
    );
  }

  #write(transfer: Transfer, from: Buffers, then: () => void): void {
    const options = this.own.writeCache ? undefined : FORCE_UNIT_ACCESS;
    this.work(
      () => this.#device.write(transfer.sector * SECTOR_BYTES, from, options),
      (failure) => {
        if (failure !== undefined) return this.#hostFailed(transfer, failure);
        this.counters.writtenBytes += lengthOf(from);
        then();
      },
    );
  }

  /** The registers name the first sector of the part that failed. */
  #hostFailed(transfer: Transfer, failure: HostFailure): void {
    showSector(this.taskFile, transfer.sector, transfer.isExt, this.own.geometry);
    this.own.transfer = undefined;
    const isUnreadable = failure === 'io' || failure === 'medium' || failure === 'corrupt';
    if (failure === 'out-of-range') this.fail(ErrorBit.IDNF);
    else this.fail(transfer.kind !== 'write' && isUnreadable ? ErrorBit.UNC : ErrorBit.ABRT);
  }
}

function lengthOf(buffers: Buffers): number {
  let length = 0;
  for (const buffer of buffers) length += buffer.length;
  return length;
}
