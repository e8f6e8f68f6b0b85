/** One 8259A: its state, and what commands, acknowledgements and inputs do to it (Intel 8259A). */

import { Command, Icw1, Icw4, Ocw2, Ocw3, Reg } from './spec.ts';

/** Everything volatile in one chip. All fields with a bit per input are bytes. */
export interface ChipState {
  irr: number;
  isr: number;
  imr: number;
  /** Levels on the inputs. */
  levels: number;
  /** Inputs that are level-triggered. */
  elcr: number;
  /** Vector of input 0. */
  base: number;
  /** The input with the lowest priority. */
  lowest: number;
  /** Which initialization word comes next at offset 1; 0 when none. */
  awaits: number;
  icw1: number;
  autoEoi: boolean;
  fullyNestedSpecial: boolean;
  rotateOnAutoEoi: boolean;
  specialMask: boolean;
  readIsr: boolean;
  poll: boolean;
}

/** After power-on. Everything is masked, as firmware leaves it for an operating system without the chip in use. */
export function chipAtReset(): ChipState {
  return {
    irr: 0,
    isr: 0,
    imr: 0xff,
    levels: 0,
    elcr: 0,
    base: 0,
    lowest: 7,
    awaits: 0,
    icw1: 0,
    autoEoi: false,
    fullyNestedSpecial: false,
    rotateOnAutoEoi: false,
    specialMask: false,
    readIsr: false,
    poll: false,
  };
}

/** Steps from the highest priority to the best bit of `bits`; 8 when there is none. */
function rank(chip: ChipState, bits: number): number {
  for (let step = 0; step < 8; step += 1) {
    if ((bits & (1 << ((chip.lowest + 1 + step) & 7))) !== 0) return step;
  }
  return 8;
}

/** The input that the chip would interrupt for now, or -1. */
export function pendingInput(chip: ChipState, cascade: number): number {
  const wanted = rank(chip, chip.irr & ~chip.imr);
  if (wanted === 8) return -1;
  // Special mask mode lets lower ones through when the one in service is masked.
  let serving = chip.specialMask ? chip.isr & ~chip.imr : chip.isr;
  if (chip.fullyNestedSpecial) serving &= ~(1 << cascade);
  return wanted < rank(chip, serving) ? (chip.lowest + 1 + wanted) & 7 : -1;
}

/** Sets the level of an input. A rising edge stays requested until acknowledged, a level only as long as it is high. */
export function setInput(chip: ChipState, input: number, high: boolean): void {
  const bit = 1 << input;
  const isLevel = (chip.elcr & bit) !== 0;
  if (high) {
    if (isLevel || (chip.levels & bit) === 0) chip.irr |= bit;
    chip.levels |= bit;
  } else {
    if (isLevel) chip.irr &= ~bit;
    chip.levels &= ~bit;
  }
}

/** The processor takes the request of `input`. */
export function acknowledgeInput(chip: ChipState, input: number): void {
  const bit = 1 << input;
  if ((chip.elcr & bit) === 0) chip.irr &= ~bit;
  if (!chip.autoEoi) chip.isr |= bit;
  else if (chip.rotateOnAutoEoi) chip.lowest = input;
}

/** A read by the guest. `cascade` is the input that stays open in special fully nested mode, or -1. */
export function readChip(chip: ChipState, offset: number, cascade: number): number {
  if (chip.poll) {
    chip.poll = false;
    const input = pendingInput(chip, cascade);
    if (input < 0) return 0;
    acknowledgeInput(chip, input);
    return 0x80 | input;
  }
  if (offset === Reg.DATA) return chip.imr;
  return chip.readIsr ? chip.isr : chip.irr;
}

/** A write by the guest. */
export function writeChip(chip: ChipState, offset: number, value: number): void {
  if (offset === Reg.DATA) writeData(chip, value);
  else if ((value & Command.ICW1) !== 0) initialize(chip, value);
  else if ((value & Command.OCW3) !== 0) writeOcw3(chip, value);
  else writeOcw2(chip, value >> 5, value & 7);
}

function initialize(chip: ChipState, icw1: number): void {
  const { levels, elcr, base } = chip;
  // The edge sense is cleared: an input that is high already must fall and rise to be seen. Levels are seen at once.
  Object.assign(chip, chipAtReset(), { levels, elcr, base, irr: levels & elcr, imr: 0, icw1, awaits: 2 });
}

function writeData(chip: ChipState, value: number): void {
  const needs4 = (chip.icw1 & Icw1.NEEDS_ICW4) !== 0;
  switch (chip.awaits) {
    case 2:
      chip.base = value & 0xf8;
      chip.awaits = (chip.icw1 & Icw1.SINGLE) === 0 ? 3 : needs4 ? 4 : 0;
      break;
    case 3: // who is behind whom: the wiring of the board is fixed
      chip.awaits = needs4 ? 4 : 0;
      break;
    case 4:
      chip.autoEoi = (value & Icw4.AUTO_EOI) !== 0;
      chip.fullyNestedSpecial = (value & Icw4.SPECIAL_FULLY_NESTED) !== 0;
      chip.awaits = 0;
      break;
    default:
      chip.imr = value;
  }
}

function writeOcw3(chip: ChipState, value: number): void {
  if ((value & Ocw3.POLL) !== 0) chip.poll = true;
  if ((value & Ocw3.READ) !== 0) chip.readIsr = (value & Ocw3.READ_ISR) !== 0;
  if ((value & Ocw3.SET_SPECIAL_MASK) !== 0) chip.specialMask = (value & Ocw3.SPECIAL_MASK) !== 0;
}

function writeOcw2(chip: ChipState, operation: number, input: number): void {
  switch (operation) {
    case Ocw2.ROTATE_AUTO_CLEAR:
    case Ocw2.ROTATE_AUTO_SET:
      chip.rotateOnAutoEoi = operation === Ocw2.ROTATE_AUTO_SET;
      break;
    case Ocw2.EOI:
    case Ocw2.EOI_ROTATE: {
      const serving = rank(chip, chip.isr);
      if (serving === 8) break;
      const ended = (chip.lowest + 1 + serving) & 7;
      chip.isr &= ~(1 << ended);
      if (operation === Ocw2.EOI_ROTATE) chip.lowest = ended;
      break;
    }
    case Ocw2.EOI_SPECIFIC:
    case Ocw2.EOI_SPECIFIC_ROTATE:
      chip.isr &= ~(1 << input);
      if (operation === Ocw2.EOI_SPECIFIC_ROTATE) chip.lowest = input;
      break;
    case Ocw2.SET_PRIORITY:
      chip.lowest = input;
      break;
    default: // 2 is no operation
  }
}
