/** A DVD drive on an IDE cable: packets in, data out by PIO or DMA (ATA/ATAPI-6, PACKET; SFF-8020i). */

import type { BlockDevice, Buffers } from '@viridian/drivers';
import { AdditionalSense, SenseKey } from '@viridian/protocols/scsi';
import { type InspectNode, tracePoint } from '@viridian/trace';
import { isTransferMode } from '../ata-commands.ts';
import { Drive } from '../drive.ts';
import type { HostFailure } from '../host-work.ts';
import { type DriveNames, identifyPacketDevice } from '../identify.ts';
import { PIO_BUFFER_BYTES } from '../pio-buffer.ts';
import {
  Command,
  ErrorBit,
  Feature,
  InterruptReason,
  PACKET_SIGNATURE,
  PacketFeature,
  PowerMode,
  TransferMode,
} from '../spec.ts';
import { DvdUnit, type DvdUnitState, type Sense, unitAtReset } from './dvd-unit.ts';
import type { PacketNames } from './inquiry.ts';
import { BLOCK_BYTES } from './mmc-spec.ts';
import { PACKET_BYTES, runPacket } from './packet-commands.ts';
import type { PacketResult } from './packet-result.ts';

const packets = tracePoint('ide.packet', ['opcode', 'outcome', 'bytes']);

/** A packet command that waits for its packet or moves data. */
interface PacketTransfer {
  readonly usesDma: boolean;
  /** Most bytes of one PIO block. */
  readonly limit: number;
  /** The first block of the disc that is not in the buffer yet, and how many there are. */
  block: number;
  blocks: number;
  /** Bytes in the buffer. */
  buffered: number;
}

/** What a DVD drive adds to the state of a drive. The disc is not part of it. */
export interface DvdDriveState {
  transfer: PacketTransfer | undefined;
  dmaMode: number;
  powerMode: number;
  readonly unit: DvdUnitState;
}

const MOST_PIO_BYTES = 0xfffe;
const BUFFER_BLOCKS = PIO_BUFFER_BYTES / BLOCK_BYTES;

const atPowerOn = (): DvdDriveState => ({
  transfer: undefined,
  dmaMode: TransferMode.ULTRA_DMA + 2,
  powerMode: PowerMode.ACTIVE,
  unit: unitAtReset(),
});

/** One DVD drive, that reads. It is empty until a disc is inserted; the discs' devices stay their owner's. */
export class DvdDrive extends Drive<DvdDriveState> {
  readonly #names: DriveNames;
  readonly #packetNames: PacketNames;
  readonly #unit = new DvdUnit(() => this.own.unit);

  constructor(disc?: BlockDevice, names: DriveNames = {}) {
    super(atPowerOn);
    const { serial = 'VIRIDIAN-CD', model = 'Virtual CD', firmware = '1.0' } = names;
    this.#names = { serial, model, firmware };
    this.#packetNames = { vendor: 'Msft', product: 'Virtual CD/ROM', revision: firmware, serial };
    if (disc === undefined) return;
    this.insert(disc);
    this.own.unit.event = 0; // it was there before anybody asked
  }

  get isTrayOpen(): boolean {
    return this.own.unit.trayOpen;
  }

  /** Puts a disc in, in place of another, and closes the tray. Throws for a device that can be no disc: see `DvdUnit`. */
  insert(disc: BlockDevice): void {
    this.#unit.insert(disc);
  }

  /** Takes the disc out, whatever the guest thinks of it. */
  remove(): void {
    this.#unit.remove();
  }

  /** Presses the button of the tray. False when the guest keeps it shut; it is told of the wish. */
  pressEject(): boolean {
    return this.#unit.pressEject();
  }

  protected override obeysWhileBusy(code: number): boolean {
    return code === Command.DEVICE_RESET;
  }

  protected run(code: number): void {
    this.own.transfer = undefined;
    switch (code) {
      case Command.PACKET:
        this.#awaitPacket();
        break;
      case Command.IDENTIFY_PACKET_DEVICE:
        this.#identify();
        break;
      case Command.DEVICE_RESET:
        this.release();
        break;
      case Command.IDENTIFY_DEVICE:
      case Command.READ_SECTORS:
        // Who takes it for a disk finds its signature.
        this.signature();
        this.fail(ErrorBit.ABRT);
        break;
      case Command.SET_FEATURES:
        this.#setFeatures();
        break;
      case Command.CHECK_POWER_MODE:
        this.taskFile.count = this.own.powerMode;
        this.succeed();
        break;
      case Command.STANDBY_IMMEDIATE:
      case Command.STANDBY:
      case Command.SLEEP:
        this.#setPowerMode(PowerMode.STANDBY);
        break;
      case Command.IDLE_IMMEDIATE:
      case Command.IDLE:
        this.#setPowerMode(PowerMode.IDLE);
        break;
      default:
        this.fail(ErrorBit.ABRT);
    }
  }

  protected details(): InspectNode {
    const { transfer, unit, ...rest } = this.own;
    const { sense, ...flags } = unit;
    const moving = transfer === undefined ? {} : { transfer: { ...transfer } };
    return {
      ...rest,
      ...moving,
      ...flags,
      sense: { ...sense },
      blocks: this.#unit.blocks,
      disc: this.#unit.disc,
    };
  }

  protected signature(): number {
    Object.assign(this.taskFile, PACKET_SIGNATURE);
    return 0; // DRDY comes with the first command
  }

  protected softReset(): void {
    this.own.transfer = undefined;
    this.own.powerMode = PowerMode.ACTIVE;
    this.#unit.reset();
  }

  /** The guest has written the packet. Copied, for the buffer is used again. */
  protected blockGiven(): void {
    const cdb = new DataView(this.buffer.bytes.slice(0, PACKET_BYTES).buffer);
    const result = runPacket(this.#unit, cdb, this.#packetNames);
    if (packets.on) packets.emit(this.where, cdb.getUint8(0), result.kind, sizeOf(result));
    this.own.powerMode = PowerMode.ACTIVE;
    if (result.kind === 'failed') this.#check(result.sense);
    else if (sizeOf(result) === 0) this.#complete();
    else this.#send(result);
  }

  protected blockTaken(): void {
    const { transfer } = this.own;
    const done = this.buffer.blockEnd;
    if (transfer === undefined) this.finishQuietly();
    else if (done < transfer.buffered) this.#offerPart(transfer, done);
    else if (transfer.blocks > 0) this.#fetch(transfer);
    else this.#complete();
  }

  protected runDma(buffers: Buffers, moved: () => void): void {
    const transfer = this.own.transfer!;
    const finish = () => {
      moved();
      this.#complete();
    };
    if (transfer.blocks > 0) {
      this.#read(transfer, transfer.blocks, buffers, finish);
      return;
    }
    let done = 0;
    for (const buffer of buffers) {
      buffer.set(this.buffer.bytes.subarray(done, done + buffer.length));
      done += buffer.length;
    }
    finish();
  }

  #awaitPacket(): void {
    const { feature, lbaMid, lbaHigh } = this.taskFile;
    if ((feature & PacketFeature.OVERLAPPED) !== 0) {
      this.fail(ErrorBit.ABRT);
      return;
    }
    const limit = Math.min(((lbaHigh & 0xff) << 8) | (lbaMid & 0xff), MOST_PIO_BYTES);
    const usesDma = (feature & PacketFeature.DMA) !== 0;
    this.own.transfer = { usesDma, limit, block: 0, blocks: 0, buffered: 0 };
    this.taskFile.count = InterruptReason.COD;
    this.accept(0, PACKET_BYTES, false);
  }

  #send(result: PacketResult): void {
    const transfer = this.own.transfer!;
    if (result.kind === 'data') {
      this.buffer.bytes.set(result.bytes);
      transfer.buffered = result.bytes.length;
    } else if (result.kind === 'blocks') {
      transfer.block = result.block;
      transfer.blocks = result.blocks;
    }
    this.taskFile.count = InterruptReason.IO;
    if (transfer.usesDma) this.awaitDma(true, sizeOf(result));
    else if (transfer.limit < 2) this.#refuseLimit();
    else if (transfer.blocks > 0) this.#fetch(transfer);
    else this.#offerPart(transfer, 0);
  }

  /** Data by PIO in blocks of no bytes: the command is wrong as an ATA command already. */
  #refuseLimit(): void {
    this.own.transfer = undefined;
    this.fail(ErrorBit.ABRT);
  }

  /** A part that is not the last one has an even number of bytes. */
  #offerPart(transfer: PacketTransfer, start: number): void {
    const left = transfer.buffered - start;
    const bytes = left <= transfer.limit ? left : transfer.limit & ~1;
    this.taskFile.count = InterruptReason.IO;
    this.taskFile.lbaMid = bytes & 0xff;
    this.taskFile.lbaHigh = bytes >> 8;
    this.offer(start, bytes);
  }

  #fetch(transfer: PacketTransfer): void {
    const blocks = Math.min(transfer.blocks, BUFFER_BLOCKS);
    const into = [this.buffer.bytes.subarray(0, blocks * BLOCK_BYTES)];
    this.#read(transfer, blocks, into, () => {
      transfer.buffered = blocks * BLOCK_BYTES;
      this.#offerPart(transfer, 0);
    });
  }

  /** The disc may be taken out between two parts of a command. */
  #read(transfer: PacketTransfer, blocks: number, into: Buffers, then: () => void): void {
    const { disc } = this.#unit;
    if (disc === undefined) {
      this.#check(this.#unit.notReady);
      return;
    }
    this.work(
      () => disc.read(transfer.block * BLOCK_BYTES, into),
      (failure) => {
        if (failure !== undefined) {
          this.#check(senseOf(failure));
          return;
        }
        transfer.block += blocks;
        transfer.blocks -= blocks;
        this.counters.readBytes += blocks * BLOCK_BYTES;
        then();
      },
    );
  }

  #complete(): void {
    this.own.transfer = undefined;
    this.taskFile.count = InterruptReason.IO | InterruptReason.COD;
    this.succeed();
  }

  /** The status called CHECK CONDITION: the guest asks for the sense data next. */
  #check(sense: Sense): void {
    this.#unit.state.sense = sense;
    this.own.transfer = undefined;
    this.taskFile.count = InterruptReason.IO | InterruptReason.COD;
    this.fail(sense.key << 4);
  }

  #identify(): void {
    const bytes = identifyPacketDevice(this.#names, this.own.dmaMode, this.isSlave);
    this.buffer.bytes.set(bytes);
    this.offer(0, bytes.length);
  }

  #setFeatures(): void {
    const { feature, count } = this.taskFile;
    const mode = count & 0xff;
    if ((feature & 0xff) !== Feature.TRANSFER_MODE || !isTransferMode(mode)) {
      this.fail(ErrorBit.ABRT);
      return;
    }
    if (mode >= TransferMode.MULTIWORD_DMA) this.own.dmaMode = mode;
    this.succeed();
  }

  #setPowerMode(mode: number): void {
    this.own.powerMode = mode;
    this.succeed();
  }
}

function sizeOf(result: PacketResult): number {
  if (result.kind === 'data') return result.bytes.length;
  return result.kind === 'blocks' ? result.blocks * BLOCK_BYTES : 0;
}

function senseOf(failure: HostFailure): Sense {
  switch (failure) {
    case 'closed':
      return { key: SenseKey.NOT_READY, additional: AdditionalSense.MEDIUM_NOT_PRESENT };
    case 'out-of-range':
      return {
        key: SenseKey.ILLEGAL_REQUEST,
        additional: AdditionalSense.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE,
      };
    case 'defect':
      return { key: SenseKey.HARDWARE_ERROR, additional: AdditionalSense.INTERNAL_TARGET_FAILURE };
    default:
      return { key: SenseKey.MEDIUM_ERROR, additional: AdditionalSense.UNRECOVERED_READ_ERROR };
  }
}
