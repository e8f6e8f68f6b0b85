/** The 8042 with a keyboard and a mouse behind it (IBM PS/2 Technical Reference, Keyboard and Auxiliary Device Controller). */

import type { InspectNode } from '@viridian/trace';
import type { InterruptLine, RegisterBlock } from '../bus/ports.ts';
import { type KeyboardState, keyboardAtReset, Ps2Keyboard } from './ps2-keyboard.ts';
import { type MouseMovement, type MouseState, mouseAtReset, Ps2Mouse } from './ps2-mouse.ts';
import { BREAK, type Key, toSet1 } from './scan-codes.ts';
import {
  CONTROLLER_PASSED,
  Command,
  Config,
  INPUT_PORT,
  LINE_PASSED,
  MEMORY_ADDRESS,
  OutputPort,
  Port,
  QUEUE_BYTES,
  Status,
} from './spec.ts';

/** Everything volatile. */
export interface I8042State {
  readonly version: 1;
  config: number;
  /** The controller command whose data byte comes next, or 0. */
  awaits: number;
  lastWasCommand: boolean;
  /** The controller's own answers, oldest first; 100h marks what looks as if it came from the mouse. */
  answers: number[];
  /** The output buffer, which keeps its byte when it has been read. */
  data: number;
  isFull: boolean;
  isFromMouse: boolean;
  /** Translation has seen the mark of a released key. */
  isBreak: boolean;
  readonly keyboard: KeyboardState;
  readonly mouse: MouseState;
}

type ControllerState = Omit<I8042State, 'version' | 'keyboard' | 'mouse'>;

const FROM_MOUSE = 0x100;

const atReset = (): ControllerState => ({
  config: Config.AT_RESET,
  awaits: 0,
  lastWasCommand: false,
  answers: [],
  data: 0,
  isFull: false,
  isFromMouse: false,
  isBreak: false,
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
  readonly #keyboard = new Ps2Keyboard();
  readonly #mouse = new Ps2Mouse();
  #state = atReset();

  /** `resetBoard` is called when the guest pulses the reset line. */
  constructor(keyboardIrq: InterruptLine, mouseIrq: InterruptLine, resetBoard: () => void) {
    this.#keyboardIrq = keyboardIrq;
    this.#mouseIrq = mouseIrq;
    this.#resetBoard = resetBoard;
  }

  /**
   * A key goes down, or is held and repeats. Keys are named by their make code in set 1, whatever set the guest uses:
   * see `Key`. Gives false when the guest does not listen or has no room: the key is lost. Throws for what is no key.
   */
  pressKey(key: Key): boolean {
    return this.#key(key, true);
  }

  /** A key comes up. As `pressKey`. */
  releaseKey(key: Key): boolean {
    return this.#key(key, false);
  }

  /** Gives false when the guest does not listen to the mouse. */
  moveMouse(movement: MouseMovement): boolean {
    const isHeard = this.#mouse.move(movement);
    this.#sync();
    return isHeard;
  }

  reset(): void {
    this.#state = atReset();
    this.#keyboard.state = keyboardAtReset();
    this.#mouse.state = mouseAtReset();
    this.#sync();
  }

  save(): I8042State {
    const { state: keyboard } = this.#keyboard;
    return structuredClone({ version: 1, ...this.#state, keyboard, mouse: this.#mouse.state });
  }

  restore(state: I8042State): void {
    const { version: _, keyboard, mouse, ...own } = structuredClone(state);
    this.#state = own;
    this.#keyboard.state = keyboard;
    this.#mouse.state = mouse;
    this.#sync();
  }

  inspect(): InspectNode {
    const { answers, ...own } = this.#state;
    const { queue: keys, ...keyboard } = this.#keyboard.state;
    const { queue: movements, knock, ...mouse } = this.#mouse.state;
    return {
      ...own,
      answers: answers.length,
      keyboard: { ...keyboard, waitingBytes: keys.length },
      mouse: { ...mouse, knock: knock.join(), waitingBytes: movements.length },
    };
  }

  #key(key: Key, isPressed: boolean): boolean {
    const isTaken = this.#keyboard.key(key, isPressed);
    this.#sync();
    return isTaken;
  }

  #status(): number {
    const { isFull, isFromMouse, lastWasCommand, config } = this.#state;
    const full = isFull ? Status.OUTPUT_FULL | (isFromMouse ? Status.AUX : 0) : 0;
    const system = (config & Config.SYSTEM) !== 0 ? Status.SYSTEM : 0;
    return full | system | (lastWasCommand ? Status.COMMAND : 0) | Status.UNLOCKED;
  }

  #readData(): number {
    const { data } = this.#state;
    this.#state.isFull = false;
    // Each byte is an edge of its own, so the line falls before the next one is shown.
    this.#keyboardIrq.set(false);
    this.#mouseIrq.set(false);
    this.#sync();
    return data;
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
      case Command.TEST:
        this.#answer(CONTROLLER_PASSED);
        break;
      case Command.TEST_KEYBOARD:
      case Command.TEST_MOUSE:
        this.#answer(LINE_PASSED);
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
      case Command.READ_INPUT_PORT:
        this.#answer(INPUT_PORT);
        break;
      case Command.READ_OUTPUT_PORT:
        this.#answer(this.#outputPort());
        break;
      case Command.WRITE_OUTPUT_PORT:
      case Command.ECHO_KEYBOARD:
      case Command.ECHO_MOUSE:
      case Command.TO_MOUSE:
        state.awaits = command;
        break;
      default:
        this.#rangeCommand(command);
    }
  }

  /** Commands that are a range of codes. Others do nothing on this board. */
  #rangeCommand(command: number): void {
    const address = command & MEMORY_ADDRESS;
    if (command >= Command.PULSE) {
      if ((command & OutputPort.NO_RESET) === 0) this.#resetBoard();
    } else if (command - address === Command.READ_MEMORY)
      this.#answer(address === 0 ? this.#state.config : 0);
    else if (command - address === Command.WRITE_MEMORY) this.#state.awaits = command;
  }

  #dataByte(value: number): void {
    const state = this.#state;
    const { awaits } = state;
    state.awaits = 0;
    switch (awaits) {
      case 0: // whoever speaks to a device switches it on
        state.config &= ~Config.KEYBOARD_OFF;
        this.#keyboard.command(value);
        break;
      case Command.TO_MOUSE:
        state.config &= ~Config.MOUSE_OFF;
        this.#mouse.command(value);
        break;
      case Command.WRITE_MEMORY:
        state.config = value & Config.WRITABLE;
        break;
      case Command.WRITE_OUTPUT_PORT:
        if ((value & OutputPort.NO_RESET) === 0) this.#resetBoard();
        break;
      case Command.ECHO_KEYBOARD:
        this.#answer(value);
        break;
      case Command.ECHO_MOUSE:
        this.#answer(value | FROM_MOUSE);
        break;
      default: // memory that is not there
    }
  }

  #outputPort(): number {
    const { isFull, isFromMouse } = this.#state;
    const full = isFromMouse ? OutputPort.MOUSE_FULL : OutputPort.KEYBOARD_FULL;
    return OutputPort.NO_RESET | OutputPort.A20 | (isFull ? full : 0);
  }

  /** The newest answers stay when a guest asks without ever reading. */
  #answer(byte: number): void {
    const { answers } = this.#state;
    answers.push(byte);
    if (answers.length > QUEUE_BYTES) answers.shift();
  }

  /** The next byte for the output buffer, with its mark; undefined when there is none. Answers go before devices. */
  #next(): number | undefined {
    const { answers, config } = this.#state;
    if (answers.length > 0) return answers.shift();
    if ((config & Config.KEYBOARD_OFF) === 0) {
      const byte = this.#nextFromKeyboard();
      if (byte !== undefined) return byte;
    }
    if ((config & Config.MOUSE_OFF) !== 0) return undefined;
    const byte = this.#mouse.take();
    return byte === undefined ? undefined : byte | FROM_MOUSE;
  }

  /** Translation takes the mark of a released key away, and sets a bit in the code that follows. */
  #nextFromKeyboard(): number | undefined {
    const state = this.#state;
    let byte = this.#keyboard.take();
    if ((state.config & Config.TRANSLATE) === 0) return byte;
    if (byte === BREAK) {
      state.isBreak = true;
      byte = this.#keyboard.take();
    }
    if (byte === undefined) return undefined;
    const released = state.isBreak ? 0x80 : 0;
    state.isBreak = false;
    return toSet1(byte) | released;
  }

  /** The only place where waiting bytes reach the output buffer and the interrupt lines. */
  #sync(): void {
    const state = this.#state;
    const next = state.isFull ? undefined : this.#next();
    if (next !== undefined) {
      state.data = next & 0xff;
      state.isFromMouse = (next & FROM_MOUSE) !== 0;
      state.isFull = true;
    }
    const { isFull, isFromMouse, config } = state;
    this.#keyboardIrq.set(isFull && !isFromMouse && (config & Config.KEYBOARD_IRQ) !== 0);
    this.#mouseIrq.set(isFull && isFromMouse && (config & Config.MOUSE_IRQ) !== 0);
  }
}
