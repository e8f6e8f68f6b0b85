/** The 8042 with a keyboard and a mouse behind it (IBM PS/2 Technical Reference). */

import type { InspectNode } from '@viridian/trace';
import type { InterruptLine, RegisterBlock } from '../bus/ports.ts';
import { ACK, Command, Config, Port, QUEUE_BYTES, RESEND, Status } from './spec.ts';

type Source = 'keyboard' | 'mouse';

/** Everything volatile. */
export interface I8042State {
  readonly version: 1;
  config: number;
  /** The controller command whose data byte comes next, or 0. */
  awaits: number;
  lastWasCommand: boolean;
  /** What waits for the guest, oldest first. */
  readonly keyboard: number[];
  readonly mouse: number[];
  /** Whose byte stands in the output buffer. */
  output: Source | 'none';
  /** The device command whose parameter comes next, or 0. */
  keyboardAwaits: number;
  mouseAwaits: number;
  keyboardScans: boolean;
  mouseReports: boolean;
}

const atReset = (): I8042State => ({
  version: 1,
  config: Config.AT_RESET,
  awaits: 0,
  lastWasCommand: false,
  keyboard: [],
  mouse: [],
  output: 'none',
  keyboardAwaits: 0,
  mouseAwaits: 0,
  keyboardScans: true,
  mouseReports: false,
});

/** Two ports; a board maps each of `data` and `command` at its place. */
export class I8042 {
  /** 60h on a PC. */
  readonly data: RegisterBlock = {
    readPort: () => this.#readData(),
    writePort: (_offset, _width, value) => this.#write(Port.DATA, value),
  };
  /** 64h on a PC. */
  readonly command: RegisterBlock = {
    readPort: () => this.#status(),
    writePort: (_offset, _width, value) => this.#write(Port.COMMAND, value),
  };
  readonly #keyboardIrq: InterruptLine;
  readonly #mouseIrq: InterruptLine;
  readonly #resetBoard: () => void;
  #state = atReset();

  /** `resetBoard` is called when the guest pulses the reset line. */
  constructor(keyboardIrq: InterruptLine, mouseIrq: InterruptLine, resetBoard: () => void) {
    this.#keyboardIrq = keyboardIrq;
    this.#mouseIrq = mouseIrq;
    this.#resetBoard = resetBoard;
  }

  /** Bytes of one key in scan code set 1. Gives false when the guest does not listen or has no room: all are lost. */
  key(...codes: readonly number[]): boolean {
    return this.#state.keyboardScans && this.#report('keyboard', codes);
  }

  /** One movement packet of three bytes. Gives false when the guest does not listen or has no room. */
  movement(...packet: readonly number[]): boolean {
    return this.#state.mouseReports && this.#report('mouse', packet);
  }

  reset(): void {
    this.#state = atReset();
    this.#sync();
  }

  save(): I8042State {
    return structuredClone(this.#state);
  }

  restore(state: I8042State): void {
    this.#state = structuredClone(state);
    this.#sync();
  }

  inspect(): InspectNode {
    const { keyboard, mouse, ...rest } = this.#state;
    return { ...rest, keyboardBytes: keyboard.length, mouseBytes: mouse.length };
  }

  #report(from: Source, bytes: readonly number[]): boolean {
    if (this.#state[from].length + bytes.length > QUEUE_BYTES) return false;
    this.#queue(from, ...bytes.map((byte) => byte & 0xff));
    this.#sync();
    return true;
  }

  /** Answers replace what is old when a guest asks without ever reading. */
  #queue(from: Source, ...bytes: readonly number[]): void {
    const queue = this.#state[from];
    queue.push(...bytes);
    if (queue.length > QUEUE_BYTES) queue.splice(0, queue.length - QUEUE_BYTES);
  }

  #status(): number {
    const { output, lastWasCommand } = this.#state;
    const full = output === 'none' ? 0 : Status.OUTPUT_FULL | (output === 'mouse' ? Status.AUX : 0);
    return full | (lastWasCommand ? Status.COMMAND : 0) | Status.SYSTEM | Status.UNLOCKED;
  }

  #readData(): number {
    const { output } = this.#state;
    if (output === 'none') return 0;
    const byte = this.#state[output].shift() ?? 0;
    this.#state.output = 'none';
    // Each byte is an edge of its own, so the line falls before the next one is shown.
    this.#keyboardIrq.set(false);
    this.#mouseIrq.set(false);
    this.#sync();
    return byte;
  }

  #write(port: number, value: number): void {
    this.#state.lastWasCommand = port === Port.COMMAND;
    if (port === Port.COMMAND) this.#controllerCommand(value);
    else this.#dataByte(value);
    this.#sync();
  }

  #controllerCommand(command: number): void {
    const state = this.#state;
    state.awaits = 0;
    switch (command) {
      case Command.READ_CONFIG:
        this.#queue('keyboard', state.config);
        break;
      case Command.TEST:
        this.#queue('keyboard', 0x55);
        break;
      case Command.TEST_KEYBOARD:
      case Command.TEST_MOUSE:
        this.#queue('keyboard', 0);
        break;
      case Command.MOUSE_OFF:
        state.config |= Config.MOUSE_OFF;
        break;
      case Command.MOUSE_ON:
        state.config &= ~Config.MOUSE_OFF;
        break;
      case Command.KEYBOARD_OFF:
        state.config |= Config.KEYBOARD_OFF;
        break;
      case Command.KEYBOARD_ON:
        state.config &= ~Config.KEYBOARD_OFF;
        break;
      case Command.RESET:
        this.#resetBoard();
        break;
      case Command.WRITE_CONFIG:
      case Command.ECHO_KEYBOARD:
      case Command.ECHO_MOUSE:
      case Command.TO_MOUSE:
        state.awaits = command;
        break;
      default: // others do nothing on this board
    }
  }

  #dataByte(value: number): void {
    const { awaits } = this.#state;
    this.#state.awaits = 0;
    if (awaits === Command.WRITE_CONFIG) this.#state.config = value & 0x7f;
    else if (awaits === Command.ECHO_KEYBOARD) this.#queue('keyboard', value);
    else if (awaits === Command.ECHO_MOUSE) this.#queue('mouse', value);
    else if (awaits === Command.TO_MOUSE) this.#queue('mouse', ...this.#mouseAnswer(value));
    else this.#queue('keyboard', ...this.#keyboardAnswer(value));
  }

  #keyboardAnswer(value: number): readonly number[] {
    const state = this.#state;
    const parameterOf = state.keyboardAwaits;
    state.keyboardAwaits = 0;
    if (parameterOf !== 0) {
      // Asked for its scan code set, the keyboard names set 2, which the controller translates.
      return parameterOf === 0xf0 && value === 0 ? [ACK, 0x02] : [ACK];
    }
    switch (value) {
      case 0xed: // lamps
      case 0xf0: // scan code set
      case 0xf3: // repeat rate
        state.keyboardAwaits = value;
        return [ACK];
      case 0xee:
        return [0xee];
      case 0xf2:
        return [ACK, 0xab, 0x83];
      case 0xf4:
      case 0xf5:
      case 0xf6:
        state.keyboardScans = value !== 0xf5;
        return [ACK];
      case 0xff:
        state.keyboardScans = true;
        return [ACK, 0xaa];
      default:
        return [RESEND];
    }
  }

  #mouseAnswer(value: number): readonly number[] {
    const state = this.#state;
    const parameterOf = state.mouseAwaits;
    state.mouseAwaits = 0;
    if (parameterOf !== 0) return [ACK];
    if (value === 0xe8 || value === 0xf3) state.mouseAwaits = value;
    if (value === 0xf4 || value === 0xf5 || value === 0xf6 || value === 0xff)
      state.mouseReports = value === 0xf4;
    if (value === 0xf2) return [ACK, 0];
    if (value === 0xff) return [ACK, 0xaa, 0];
    if (value === 0xe9) return [ACK, state.mouseReports ? 0x20 : 0, 2, 100];
    return [value >= 0xe6 && value !== 0xf1 ? ACK : RESEND];
  }

  /** The only place where waiting bytes reach the output buffer and the interrupt lines. */
  #sync(): void {
    const state = this.#state;
    if (state.output === 'none') {
      if (state.keyboard.length > 0) state.output = 'keyboard';
      else if (state.mouse.length > 0) state.output = 'mouse';
    }
    this.#keyboardIrq.set(state.output === 'keyboard' && (state.config & Config.KEYBOARD_IRQ) !== 0);
    this.#mouseIrq.set(state.output === 'mouse' && (state.config & Config.MOUSE_IRQ) !== 0);
  }
}
