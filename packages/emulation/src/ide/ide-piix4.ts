/** The IDE function of the PIIX4: two channels in compatibility mode and their bus masters (82371AB PIIX4, PCI Configuration, IDE). */

import type { InspectNode } from '@viridian/trace';
import type { PortBus } from '../bus/port-bus.ts';
import type { InterruptLine, RegisterBlock } from '../bus/ports.ts';
import { idePiix4 } from '../pci/board-functions.ts';
import type { ConfigSpace, ConfigState } from '../pci/config-space.ts';
import { Command, Header } from '../pci/spec.ts';
import type { DmaMemory } from './dma-memory.ts';
import { type ChannelDrives, IdeChannel, type IdeChannelState } from './ide-channel.ts';
import { BusMasterReg } from './spec.ts';

/** Both cables. */
export interface IdeDrives {
  readonly primary?: ChannelDrives;
  readonly secondary?: ChannelDrives;
}

/** Everything volatile. */
export interface IdePiix4State {
  readonly version: 1;
  readonly config: ConfigState;
  readonly primary: IdeChannelState;
  readonly secondary: IdeChannelState;
}

const BAR4 = Header.BAR0 + 4 * 4;
const PORTS = 0x1_0000;
const BUS_MASTER_PORTS = 2 * BusMasterReg.BYTES;

/** Where a PC has the channels, and the configuration byte whose bit 7 switches each on. */
const PLACES = [
  { name: 'ide0', command: 0x1f0, control: 0x3f6, decode: 0x41 },
  { name: 'ide1', command: 0x170, control: 0x376, decode: 0x43 },
] as const;
const DECODE = 0x80;

/** The controller. `config` is to be plugged in at 0:7.1, and `attach` puts the channels on the port bus. */
export class IdePiix4 {
  readonly config: ConfigSpace;
  readonly primary: IdeChannel;
  readonly secondary: IdeChannel;
  /** The sixteen ports of base address register 4. */
  readonly busMaster: RegisterBlock = {
    widest: 4,
    readPort: (offset, width) => this.#channelAt(offset).readBusMaster(offset % BusMasterReg.BYTES, width),
    writePort: (offset, width, value) =>
      this.#channelAt(offset).writeBusMaster(offset % BusMasterReg.BYTES, width, value),
  };
  #changed: () => void = () => {};

  /** `irq14` and `irq15` are edges to the interrupt controllers; `memory` is asked only while the guest allows bus mastering. */
  constructor(irq14: InterruptLine, irq15: InterruptLine, memory: DmaMemory, drives: IdeDrives = {}) {
    this.config = idePiix4(() => this.#changed());
    const allowed: DmaMemory = {
      gather: (gpa, byteCount, into) =>
        (this.config.read(Header.COMMAND, 2) & Command.MASTER) !== 0 && memory.gather(gpa, byteCount, into),
    };
    this.primary = new IdeChannel(irq14, allowed, drives.primary ?? {}, PLACES[0].name);
    this.secondary = new IdeChannel(irq15, allowed, drives.secondary ?? {}, PLACES[1].name);
  }

  /**
   * Puts the registers where the configuration space says, now and whenever the guest changes it; what is returned
   * takes them off. Throws when the channels' own ports are somebody else's.
   */
  attach(bus: PortBus): () => void {
    const slots = PLACES.flatMap(({ name, command, control, decode }, index) => {
      const channel = index === 0 ? this.primary : this.secondary;
      // No firmware here sets the I/O enable bit before a driver that knows only the old ports comes.
      const at = (port: number) => () => ((this.config.read(decode, 1) & DECODE) !== 0 ? port : -1);
      return [
        new Slot(bus, `${name} command`, 8, channel.command, at(command)),
        new Slot(bus, `${name} control`, 1, channel.control, at(control)),
      ];
    });
    const busMaster = new Slot(bus, 'ide bus master', BUS_MASTER_PORTS, this.busMaster, () =>
      this.#busMasterBase(),
    );
    for (const slot of slots) slot.follow();
    this.#changed = () => {
      for (const slot of [...slots, busMaster]) slot.followOrStay();
    };
    this.#changed();
    return () => {
      this.#changed = () => {};
      for (const slot of [...slots, busMaster]) slot.leave();
    };
  }

  reset(): void {
    this.config.reset();
    this.primary.reset();
    this.secondary.reset();
  }

  /** Waits until the host works on nothing: before guest memory is used for something else, and before `save`. */
  async quiesce(): Promise<void> {
    await this.primary.quiesce();
    await this.secondary.quiesce();
  }

  /** Throws while the host is at work: see `quiesce`. */
  save(): IdePiix4State {
    const { config, primary, secondary } = this;
    return {
      version: 1,
      config: config.save(),
      primary: primary.save(),
      secondary: secondary.save(),
    };
  }

  /** Throws when the state is about other drives. */
  restore(state: IdePiix4State): void {
    this.config.restore(state.config);
    this.primary.restore(state.primary);
    this.secondary.restore(state.secondary);
  }

  inspect(): InspectNode {
    return { primary: this.primary, secondary: this.secondary };
  }

  #channelAt(offset: number): IdeChannel {
    return offset < BusMasterReg.BYTES ? this.primary : this.secondary;
  }

  /** Where the bus-master registers are, or -1 for nowhere. */
  #busMasterBase(): number {
    const base = (this.config.read(BAR4, 4) & ~(BUS_MASTER_PORTS - 1)) >>> 0;
    const isOn = (this.config.read(Header.COMMAND, 2) & Command.IO) !== 0;
    return isOn && base > 0 && base + BUS_MASTER_PORTS <= PORTS ? base : -1;
  }
}

/** A block that is at one place of the port space, or at none. */
class Slot {
  readonly #bus: PortBus;
  readonly #name: string;
  readonly #ports: number;
  readonly #block: RegisterBlock;
  readonly #place: () => number;
  #at = -1;
  #remove: () => void = () => {};

  constructor(bus: PortBus, name: string, ports: number, block: RegisterBlock, place: () => number) {
    this.#bus = bus;
    this.#name = name;
    this.#ports = ports;
    this.#block = block;
    this.#place = place;
  }

  follow(): void {
    const place = this.#place();
    if (place === this.#at) return;
    this.leave();
    if (place >= 0) this.#remove = this.#bus.map(this.#name, place, this.#ports, this.#block);
    this.#at = place;
  }

  /** A guest may choose ports that are somebody's: then the block is nowhere until it chooses again. */
  followOrStay(): void {
    try {
      this.follow();
    } catch {
      this.#at = -1;
    }
  }

  leave(): void {
    this.#remove();
    this.#remove = () => {};
    this.#at = -1;
  }
}
