/** The terminal's keys as the guest's serial input, with an escape for the person who types. */

/** Ctrl-A: the next key is for us. */
const ESCAPE = 0x01;
const QUIT = 0x78; // x
const LITERAL = 0x61; // a
const REPORT = 0x62; // b
const PROFILE = 0x70; // p
const SHUTDOWN = 0x73; // s
const HELP =
  '\nCtrl-A x quits, Ctrl-A s asks the guest to shut down, Ctrl-A b reports what the processors are doing, Ctrl-A p where the time went (--profile), Ctrl-A a sends Ctrl-A.\n';

/** What keys lead to. */
export interface KeyTargets {
  /** A byte for the guest. */
  send(byte: number): void;
  quit(): void;
  /** Ask the guest to switch itself off. */
  shutdown(): void;
  /** Tell what the processors are doing. */
  report(): void;
  /** Tell where the time went so far. */
  profile(): void;
  /** Words for the person. */
  say(text: string): void;
}

/** Splits what is typed: bytes for the guest, commands for us. */
export class EscapedKeys {
  readonly #targets: KeyTargets;
  #isEscaped = false;

  constructor(targets: KeyTargets) {
    this.#targets = targets;
  }

  type(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#isEscaped) this.#command(byte);
      else if (byte === ESCAPE) this.#isEscaped = true;
      else this.#targets.send(byte);
    }
  }

  #command(byte: number): void {
    this.#isEscaped = false;
    if (byte === QUIT) this.#targets.quit();
    else if (byte === SHUTDOWN) this.#targets.shutdown();
    else if (byte === REPORT) this.#targets.report();
    else if (byte === PROFILE) this.#targets.profile();
    else if (byte === LITERAL || byte === ESCAPE) this.#targets.send(ESCAPE);
    else this.#targets.say(HELP);
  }
}

/**
 * Leads standard input to the guest: on a terminal raw, with Ctrl-C for the guest too; from a pipe as it is. The result
 * gives the terminal back.
 */
export function attachKeyboard(keys: KeyTargets): () => void {
  const { stdin } = process;
  const isTerminal = stdin.isTTY === true;
  const escaped = new EscapedKeys(keys);
  const hear = (data: Buffer): void => {
    if (isTerminal) escaped.type(data);
    else for (const byte of data) keys.send(byte);
  };
  if (isTerminal) stdin.setRawMode(true);
  stdin.on('data', hear);
  stdin.resume();
  return () => {
    stdin.off('data', hear);
    if (isTerminal) stdin.setRawMode(false);
    stdin.pause();
  };
}
