/**
 * A DVD drive on a SCSI controller: the same logical unit as behind an IDE cable, its packets carried by VMBus.
 *
 * MMC-6, Commands; SPC-4, Commands for all device types.
 */

import { type BlockDevice, BlockError } from '@viridian/drivers';
import {
  DISC_BLOCK_BYTES,
  DvdUnit,
  NO_SENSE,
  PACKET_BYTES,
  type PacketNames,
  type PacketResult,
  runPacket,
  unitAtReset,
} from '@viridian/emulation';
import {
  AdditionalSense,
  cdbBytes,
  ModeHeader6,
  ModeHeader10,
  ModeSense6Cdb,
  ModeSense10Cdb,
  ScsiOpcode,
  SenseKey,
} from '@viridian/protocols/scsi';
import { counters, type InspectNode, warning } from '@viridian/trace';
import type { ScsiCommand, ScsiUnit } from '@viridian/vsp/storage';

const discFailed = warning('vm.dvd');

/** A tray that the host and the guest open and close. The devices of the discs stay their owner's. */
export class ScsiDvd implements ScsiUnit {
  readonly name: string;
  readonly #state = unitAtReset();
  readonly #unit = new DvdUnit(() => this.#state);
  readonly #names: PacketNames;
  readonly #counters = counters({ commands: 0, readBytes: 0, checkConditions: 0, deviceErrors: 0 });
  #reading = 0;
  #idle: (() => void) | undefined;
  /** Commands that share it run one after the other up to the end of `runPacket`. */
  readonly #longForm = new DataView(new ArrayBuffer(PACKET_BYTES));

  /** Empty without a disc. Throws for a device that can be no disc: see `insert`. */
  constructor(disc: BlockDevice | undefined, options: { readonly name: string; readonly id: string }) {
    this.name = options.name;
    this.#names = {
      vendor: 'Msft',
      product: 'Virtual DVD-ROM',
      revision: '1.0',
      serial: options.id,
      carrier: 'SCSI',
    };
    if (disc !== undefined) this.insert(disc);
    this.#state.event = 0; // it was there before anybody asked
  }

  /** The disc that the guest can read: none while the tray is open. */
  get disc(): BlockDevice | undefined {
    return this.#unit.disc;
  }

  /** Whether the guest keeps the tray shut, as it does while the disc is mounted. */
  get isLocked(): boolean {
    return this.#state.locked;
  }

  /**
   * Puts a disc in, in place of another, and closes the tray. Throws for a device whose blocks are no part of 2048 bytes, that
   * is empty, or that 32-bit addresses do not reach.
   */
  insert(disc: BlockDevice): void {
    this.#unit.insert(disc);
  }

  /** Presses the button of the tray. False when the guest keeps it shut; it is told of the wish, and may open it. */
  pressEject(): boolean {
    return this.#unit.pressEject();
  }

  /** Takes the disc out, whatever the guest thinks of it. Settles when nothing reads it any more: it may be closed then. */
  async remove(): Promise<void> {
    this.#unit.remove();
    if (this.#reading === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  execute(command: ScsiCommand): void | Promise<void> {
    this.#counters.commands += 1;
    const length = cdbBytes(command.cdb[0]!);
    if (length === undefined || command.cdbBytes < length) {
      return this.#fail(command, SenseKey.ILLEGAL_REQUEST, AdditionalSense.INVALID_FIELD_IN_CDB);
    }
    if (command.cdb[0] === ScsiOpcode.MODE_SENSE_6) return this.#modeSense6(command);
    return this.#finish(command, runPacket(this.#unit, command.view, this.#names));
  }

  inspect(): InspectNode {
    return {
      product: `${this.#names.vendor} ${this.#names.product}`,
      trayOpen: this.#state.trayOpen,
      locked: this.#state.locked,
      blocks: this.#unit.blocks,
      counters: this.#counters,
      disc: this.#unit.disc,
    };
  }

  #finish(command: ScsiCommand, result: PacketResult): void | Promise<void> {
    switch (result.kind) {
      case 'failed':
        // The sense data go with the answer: nobody has to ask for them.
        this.#state.sense = NO_SENSE;
        return this.#fail(command, result.sense.key, result.sense.additional);
      case 'data':
        return command.respond(result.bytes, result.bytes.length);
      case 'blocks':
        return this.#read(command, result.block, result.blocks);
      default:
        command.succeed(0);
    }
  }

  #read(command: ScsiCommand, block: number, blocks: number): void | Promise<void> {
    const { disc } = this.#unit;
    const bytes = blocks * DISC_BLOCK_BYTES;
    // The initiator asked for more than it has room for: nothing is moved, so nobody mistakes a part for the whole.
    if (disc === undefined || command.direction !== 'in' || bytes > command.dataBytes) {
      return this.#fail(command, SenseKey.ILLEGAL_REQUEST, AdditionalSense.INVALID_FIELD_IN_CDB);
    }
    try {
      const pending = disc.read(block * DISC_BLOCK_BYTES, command.head(bytes));
      if (pending === undefined) return this.#done(command, bytes);
      this.#reading += 1;
      return pending
        .then(
          () => this.#done(command, bytes),
          (error: unknown) => this.#failed(command, error),
        )
        .finally(() => this.#released());
    } catch (error) {
      this.#failed(command, error);
    }
  }

  #released(): void {
    this.#reading -= 1;
    if (this.#reading === 0) this.#idle?.();
  }

  #done(command: ScsiCommand, bytes: number): void {
    this.#counters.readBytes += bytes;
    command.succeed(bytes);
  }

  #failed(command: ScsiCommand, error: unknown): void {
    this.#counters.deviceErrors += 1;
    const kind = error instanceof BlockError ? error.kind : 'unknown';
    discFailed.report(this.name, `read failed (${kind})`, { message: String(error) });
    if (kind === 'closed') {
      this.#fail(command, SenseKey.NOT_READY, AdditionalSense.MEDIUM_NOT_PRESENT);
    } else if (kind === 'unknown') {
      this.#fail(command, SenseKey.HARDWARE_ERROR, AdditionalSense.INTERNAL_TARGET_FAILURE);
    } else {
      this.#fail(command, SenseKey.MEDIUM_ERROR, AdditionalSense.UNRECOVERED_READ_ERROR);
    }
  }

  #fail(command: ScsiCommand, key: number, additional: number): void {
    this.#counters.checkConditions += 1;
    command.fail(key, additional);
  }

  /** Packet devices know the long form only; Linux's sr asks a SCSI drive by the short one. */
  #modeSense6(command: ScsiCommand): void | Promise<void> {
    const { page, subpageCode, allocationLength } = ModeSense6Cdb.read(command.view);
    ModeSense10Cdb.write(this.#longForm, 0, {
      opcode: ScsiOpcode.MODE_SENSE_10,
      page,
      subpageCode,
      allocationLength: 0xffff,
    });
    const result = runPacket(this.#unit, this.#longForm, this.#names);
    if (result.kind !== 'data') return this.#finish(command, result);
    const pages = result.bytes.subarray(ModeHeader10.size);
    const answer = new Uint8Array(ModeHeader6.size + pages.length);
    answer.set(ModeHeader6.bytes({ dataLength: answer.length - 1 }));
    answer.set(pages, ModeHeader6.size);
    command.respond(answer, allocationLength);
  }
}
