/** A 16550A serial port whose line is infinitely fast (National Semiconductor PC16550D). */

import type { InspectNode } from '@viridian/trace';
import type { ByteSink, InterruptLine, RegisterBlock } from '../bus/ports.ts';
import { Fcr, FIFO_BYTES, Ier, Iir, Lcr, Lsr, Mcr, Msr, Reg, RX_TRIGGER_BYTES } from './spec.ts';

/** Everything that a reset, a save or a restore is about. */
export interface UartState {
  readonly version: 1;
  ier: number;
  lcr: number;
  mcr: number;
  scr: number;
  divisor: number;
  fifos: boolean;
  rxTrigger: number;
  rx: number[];
  overrun: boolean;
  break: boolean;
  /** The transmitter has become empty and nobody has been told. */
  thrEmpty: boolean;
  /** Which modem lines changed since MSR was read. */
  msrDelta: number;
}

function atReset(): UartState {
  return {
    version: 1,
    ier: 0,
    lcr: 0,
    mcr: 0,
    scr: 0,
    divisor: 0,
    fifos: false,
    rxTrigger: 1,
    rx: [],
    overrun: false,
    break: false,
    thrEmpty: false,
    msrDelta: 0,
  };
}

/** One serial port, 8 offsets. What the guest sends leaves at once, so the transmitter is always empty. */
export class Uart16550 implements RegisterBlock {
  readonly #irq: InterruptLine;
  readonly #out: ByteSink;
  readonly #inputTaken: (() => void) | undefined;
  #state = atReset();

  /** `inputTaken` is called when the guest has taken a received byte and there is room for the next. */
  constructor(irq: InterruptLine, out: ByteSink, inputTaken?: () => void) {
    this.#irq = irq;
    this.#out = out;
    this.#inputTaken = inputTaken;
  }

  /** How many bytes `receive` would take now. */
  get roomBytes(): number {
    if ((this.#state.mcr & Mcr.LOOP) !== 0) return 0;
    return this.#capacity() - this.#state.rx.length;
  }

  /** A byte arrives on the line. Gives false when there was no room: the guest sees an overrun. */
  receive(byte: number): boolean {
    if ((this.#state.mcr & Mcr.LOOP) !== 0) return false; // the input pin is disconnected
    const taken = this.#accept(byte);
    this.#sync();
    return taken;
  }

  /** The other end holds the line in break. */
  receiveBreak(): void {
    if ((this.#state.mcr & Mcr.LOOP) !== 0) return;
    this.#accept(0);
    this.#state.break = true;
    this.#sync();
  }

  reset(): void {
    this.#state = atReset();
    this.#sync();
  }

  save(): UartState {
    return structuredClone(this.#state);
  }

  restore(state: UartState): void {
    this.#state = structuredClone(state);
    this.#sync();
  }

  inspect(): InspectNode {
    const { rx, ...rest } = this.#state;
    return { ...rest, receivedBytes: rx.length, iir: this.#pending() };
  }

  readPort(offset: number): number {
    const state = this.#state;
    const latch = (state.lcr & Lcr.DLAB) !== 0;
    switch (offset) {
      case Reg.RBR_THR:
        return latch ? state.divisor & 0xff : this.#readByte();
      case Reg.IER:
        return latch ? state.divisor >> 8 : state.ier;
      case Reg.IIR_FCR:
        return this.#readIir();
      case Reg.LCR:
        return state.lcr;
      case Reg.MCR:
        return state.mcr;
      case Reg.LSR:
        return this.#readLsr();
      case Reg.MSR:
        return this.#readMsr();
      case Reg.SCR:
        return state.scr;
      default:
        return 0xff;
    }
  }

  writePort(offset: number, _width: number, value: number): void {
    const state = this.#state;
    const latch = (state.lcr & Lcr.DLAB) !== 0;
    switch (offset) {
      case Reg.RBR_THR:
        if (latch) state.divisor = (state.divisor & 0xff00) | value;
        else this.#transmit(value);
        break;
      case Reg.IER:
        if (latch) state.divisor = (state.divisor & 0x00ff) | (value << 8);
        else this.#writeIer(value);
        break;
      case Reg.IIR_FCR:
        this.#writeFcr(value);
        break;
      case Reg.LCR:
        state.lcr = value;
        break;
      case Reg.MCR:
        this.#writeMcr(value & Mcr.ALL);
        break;
      case Reg.SCR:
        state.scr = value;
        break;
      default: // LSR and MSR cannot be written
    }
    this.#sync();
  }

  #capacity(): number {
    return this.#state.fifos ? FIFO_BYTES : 1;
  }

  #accept(byte: number): boolean {
    const { rx } = this.#state;
    if (rx.length < this.#capacity()) {
      rx.push(byte & 0xff);
      return true;
    }
    this.#state.overrun = true;
    // Without FIFOs the new byte takes the place of the unread one; with them it is lost.
    if (!this.#state.fifos) rx[0] = byte & 0xff;
    return false;
  }

  #readByte(): number {
    const byte = this.#state.rx.shift();
    if (byte === undefined) return 0;
    this.#sync();
    if ((this.#state.mcr & Mcr.LOOP) === 0) this.#inputTaken?.();
    return byte;
  }

  #transmit(byte: number): void {
    if ((this.#state.mcr & Mcr.LOOP) !== 0) this.#accept(byte);
    else this.#out.write(byte);
    this.#state.thrEmpty = true;
  }

  #writeIer(value: number): void {
    // Linux tells a working port from one that loses interrupts by switching THRI off and on.
    if ((value & ~this.#state.ier & Ier.THRI) !== 0) this.#state.thrEmpty = true;
    this.#state.ier = value & Ier.ALL;
  }

  #writeFcr(value: number): void {
    const enable = (value & Fcr.ENABLE) !== 0;
    const changed = enable !== this.#state.fifos;
    if (changed || (enable && (value & Fcr.CLEAR_RX) !== 0)) this.#state.rx.length = 0;
    if (changed || (enable && (value & Fcr.CLEAR_TX) !== 0)) this.#state.thrEmpty = true;
    this.#state.fifos = enable;
    this.#state.rxTrigger = enable ? RX_TRIGGER_BYTES[value >> Fcr.TRIGGER_SHIFT]! : 1;
  }

  #writeMcr(value: number): void {
    const before = this.#modemLines();
    this.#state.mcr = value;
    const after = this.#modemLines();
    this.#state.msrDelta |= ((before ^ after) >> 4) & 0x0b;
    if ((before & ~after & Msr.RI) !== 0) this.#state.msrDelta |= Msr.TERI; // the ring line tells its end only
  }

  #modemLines(): number {
    const { mcr } = this.#state;
    if ((mcr & Mcr.LOOP) === 0) return Msr.CTS | Msr.DSR | Msr.DCD;
    const cts = (mcr & Mcr.RTS) !== 0 ? Msr.CTS : 0;
    const dsr = (mcr & Mcr.DTR) !== 0 ? Msr.DSR : 0;
    const ri = (mcr & Mcr.OUT1) !== 0 ? Msr.RI : 0;
    return cts | dsr | ri | ((mcr & Mcr.OUT2) !== 0 ? Msr.DCD : 0);
  }

  #readIir(): number {
    const pending = this.#pending();
    if (pending === Iir.THRI) {
      this.#state.thrEmpty = false;
      this.#sync();
    }
    return pending | (this.#state.fifos ? Iir.FIFOS : 0);
  }

  #readLsr(): number {
    const { rx, overrun } = this.#state;
    const lsr = Lsr.THRE | Lsr.TEMT | (rx.length > 0 ? Lsr.DR : 0) | (overrun ? Lsr.OE : 0);
    const value = lsr | (this.#state.break ? Lsr.BI : 0);
    this.#state.overrun = false;
    this.#state.break = false;
    this.#sync();
    return value;
  }

  #readMsr(): number {
    const value = this.#modemLines() | this.#state.msrDelta;
    this.#state.msrDelta = 0;
    this.#sync();
    return value;
  }

  /** The enabled source of highest priority. */
  #pending(): number {
    const { ier, rx, rxTrigger } = this.#state;
    if ((ier & Ier.RLSI) !== 0 && (this.#state.overrun || this.#state.break)) return Iir.RLSI;
    // Fewer bytes than the trigger would wait four characters long; on an infinitely fast line that is now.
    if ((ier & Ier.RDI) !== 0 && rx.length > 0) return rx.length >= rxTrigger ? Iir.RDI : Iir.TIMEOUT;
    if ((ier & Ier.THRI) !== 0 && this.#state.thrEmpty) return Iir.THRI;
    if ((ier & Ier.MSI) !== 0 && this.#state.msrDelta !== 0) return Iir.MSI;
    return Iir.NONE;
  }

  /** The only place where state becomes an interrupt level. PCs lead the line through OUT2, which a loopback cuts. */
  #sync(): void {
    const connected = (this.#state.mcr & (Mcr.OUT2 | Mcr.LOOP)) === Mcr.OUT2;
    this.#irq.set(connected && this.#pending() !== Iir.NONE);
  }
}
