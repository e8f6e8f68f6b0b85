/** A 440BX board: its devices, wired and mapped as on a PC (82443BX and 82371AB data sheets). */

import type { InspectNode } from '@viridian/trace';
import { PortBus } from '../bus/port-bus.ts';
import type { ByteSink, Clock, InterruptLine, Timer } from '../bus/ports.ts';
import { DebugConsole, DebugExit } from '../debug/debug-ports.ts';
import { I8042 } from '../i8042/i8042.ts';
import type { DmaMemory } from '../ide/dma-memory.ts';
import { type IdeDrives, IdePiix4 } from '../ide/ide-piix4.ts';
import { type InterruptMessages, IoApic } from '../io-apic/io-apic.ts';
import { hostBridge440bx, isaBridgePiix4, powerManagementPiix4 } from '../pci/board-functions.ts';
import { PciBus } from '../pci/pci-bus.ts';
import { Pic8259Pair } from '../pic/pic-8259-pair.ts';
import { Pit8254 } from '../pit/pit-8254.ts';
import { AcpiPm, type PowerSwitch } from '../power/acpi-pm.ts';
import { RtcCmos } from '../rtc/rtc-cmos.ts';
import { Uart16550 } from '../uart/uart-16550.ts';
import { Irq, LEVEL_IRQS, Place, SERIAL_PORTS, TIMER_PIN } from './places.ts';
import { SharedLine, split } from './shared-line.ts';
import { SystemPortA } from './system-port-a.ts';

/** A serial port's other side. */
export interface SerialOptions {
  readonly out: ByteSink;
  /** The guest took bytes: there is room for input again. */
  readonly inputTaken?: () => void;
}

/** What the board is connected to. */
export interface BoardOptions {
  /** Names the machine in traces. */
  readonly where?: string;
  /** The I/O APIC's way to the local APICs. */
  readonly messages: InterruptMessages;
  /** Output of the 8259 pair: LINT0 of the first processor. */
  readonly intr: InterruptLine;
  readonly power: PowerSwitch;
  /** Guest memory for bus masters. */
  readonly memory: DmaMemory;
  /** What hangs on the IDE cables. */
  readonly ide?: IdeDrives;
  readonly clock: Clock;
  /** Makes a wake-up call for one device. */
  readonly timer: (fired: () => void) => Timer;
  /** Time of day for the RTC. */
  readonly unixSeconds: number;
  /** COM1 to COM4; a hole is a port that is not there. */
  readonly serial?: readonly (SerialOptions | undefined)[];
  /** QEMU's isa-debug-exit: its first port, and who hears of the exit code. */
  readonly debugExit?: { readonly port: number; readonly exit: (code: number) => void };
  /** QEMU's debugcon: its port, and where the bytes go. */
  readonly debugConsole?: { readonly port: number; readonly out: ByteSink };
}

/** The devices, reset when made. The caller leads port accesses to `ports` and those of one page to `ioApic`. */
export class Board {
  readonly ports: PortBus;
  readonly ioApic: IoApic;
  readonly pic: Pic8259Pair;
  readonly pit: Pit8254;
  readonly rtc: RtcCmos;
  readonly pci: PciBus;
  readonly pm: AcpiPm;
  readonly i8042: I8042;
  readonly ide: IdePiix4;
  readonly serial: readonly (Uart16550 | undefined)[];
  readonly #irqs = new Map<number, SharedLine>();

  constructor(options: BoardOptions) {
    const { clock, power } = options;
    this.ports = new PortBus(options.where);
    this.ioApic = new IoApic(options.messages);
    this.pic = new Pic8259Pair(options.intr);
    const timed = <Device extends { timerFired(): void }>(make: (timer: Timer) => Device): Device => {
      const timer = options.timer(() => device.timerFired());
      const device = make(timer);
      return device;
    };
    this.pit = timed((timer) => new Pit8254(this.irq(Irq.TIMER), clock, timer));
    this.rtc = timed((timer) => new RtcCmos(this.irq(Irq.RTC), clock, timer, options.unixSeconds));
    this.pm = timed((timer) => new AcpiPm(this.irq(Irq.SCI), power, clock, timer));
    this.i8042 = new I8042(this.irq(Irq.KEYBOARD), this.irq(Irq.MOUSE), () => power.reset());
    const [first, second] = [this.irq(Irq.IDE_PRIMARY), this.irq(Irq.IDE_SECONDARY)];
    this.ide = new IdePiix4(first, second, options.memory, options.ide);
    this.pci = this.#makePci();
    this.serial = this.#makeSerial(options.serial ?? []);
    this.#map(options);
    this.#asFirmwareLeaves();
  }

  /** Another end of the wire of an ISA interrupt, 0–15 without 2, to both controllers. */
  irq(number: number): InterruptLine {
    let wire = this.#irqs.get(number);
    if (wire === undefined) {
      const pin = number === Irq.TIMER ? TIMER_PIN : number;
      wire = new SharedLine(split(this.pic.line(number), this.ioApic.line(pin)));
      this.#irqs.set(number, wire);
    }
    return wire.end();
  }

  /** Waits until no device works on guest memory. */
  async quiesce(): Promise<void> {
    await this.ide.quiesce();
  }

  /** As the reset line does. */
  reset(): void {
    this.pic.reset();
    this.ioApic.reset();
    this.pit.reset();
    this.rtc.reset();
    this.pm.reset();
    this.i8042.reset();
    this.ide.reset();
    this.pci.reset();
    for (const uart of this.serial) uart?.reset();
    this.#asFirmwareLeaves();
  }

  inspect(): InspectNode {
    return {
      ports: this.ports,
      pci: this.pci,
      pic: this.pic,
      ioApic: this.ioApic,
      pit: this.pit,
      rtc: this.rtc,
      pm: this.pm,
      i8042: this.i8042,
      ide: this.ide.inspect() as InspectNode,
      serial: Object.fromEntries(this.serial.map((uart, index) => [`com${index + 1}`, uart])),
    };
  }

  #makePci(): PciBus {
    const pci = new PciBus(this.pm.resetControl);
    pci.plug(0, 0, hostBridge440bx());
    pci.plug(7, 0, isaBridgePiix4());
    pci.plug(7, 1, this.ide.config);
    pci.plug(7, 3, powerManagementPiix4(Place.PM));
    return pci;
  }

  #makeSerial(wanted: readonly (SerialOptions | undefined)[]): (Uart16550 | undefined)[] {
    if (wanted.length > SERIAL_PORTS.length)
      throw new RangeError(`a PC has ${SERIAL_PORTS.length} serial ports`);
    return wanted.map((options, index) => {
      if (options === undefined) return undefined;
      const { port, irq } = SERIAL_PORTS[index]!;
      const uart = new Uart16550(this.irq(irq), options.out, options.inputTaken);
      this.ports.map(`com${index + 1}`, port, 8, uart);
      return uart;
    });
  }

  #map({ power, debugExit, debugConsole }: BoardOptions): void {
    const { ports } = this;
    ports.map('pic', Place.PIC_FIRST, 2, this.pic.first);
    ports.map('pic', Place.PIC_SECOND, 2, this.pic.second);
    ports.map('elcr', Place.PIC_EDGE_LEVEL, 2, this.pic.edgeLevel);
    ports.map('pit', Place.PIT, 4, this.pit.counters);
    ports.map('portb', Place.SYSTEM_PORT_B, 1, this.pit.systemPortB);
    ports.map('i8042', Place.I8042_DATA, 1, this.i8042.data);
    ports.map('i8042', Place.I8042_COMMAND, 1, this.i8042.command);
    ports.map('rtc', Place.RTC, 4, this.rtc);
    ports.map('porta', Place.SYSTEM_PORT_A, 1, new SystemPortA(() => power.reset()));
    ports.map('pm', Place.PM, 12, this.pm);
    ports.map('pci', Place.PCI, 8, this.pci);
    this.ide.attach(ports);
    if (debugExit !== undefined) ports.map('debug-exit', debugExit.port, 4, new DebugExit(debugExit.exit));
    if (debugConsole !== undefined)
      ports.map('debugcon', debugConsole.port, 1, new DebugConsole(debugConsole.out));
  }

  /** There is no firmware to do it: interrupts that are shared are level-triggered. */
  #asFirmwareLeaves(): void {
    for (const half of [0, 1]) {
      const bits = LEVEL_IRQS.filter((irq) => irq >> 3 === half).reduce(
        (sum, irq) => sum | (1 << (irq & 7)),
        0,
      );
      this.pic.edgeLevel.writePort(half, 1, bits);
    }
  }
}
