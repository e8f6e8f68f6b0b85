/** Answers on their way into a ring that may be full: in order, none lost, none sent twice. */

/** One answer, as bytes that are kept until there is room. */
interface HeldAnswer {
  readonly idLow: number;
  readonly idHigh: number;
  readonly bytes: Uint8Array;
  readonly isCommand: boolean;
}

/** Holds answers for which there was no room. As long as one is held, no request is taken, so it stays short. */
export class AnswerQueue {
  #held: HeldAnswer[] = [];

  get empty(): boolean {
    return this.#held.length === 0;
  }

  get length(): number {
    return this.#held.length;
  }

  /** Keeps a copy. */
  hold(idLow: number, idHigh: number, bytes: Uint8Array, lengthBytes: number, isCommand: boolean): void {
    this.#held.push({ idLow, idHigh, bytes: bytes.slice(0, lengthBytes), isCommand });
  }

  /** Sends what fits, oldest first. `send` says whether there was room. Returns how many commands were answered. */
  drain(send: (idLow: number, idHigh: number, bytes: Uint8Array, lengthBytes: number) => boolean): number {
    let sent = 0;
    let commands = 0;
    for (const { idLow, idHigh, bytes, isCommand } of this.#held) {
      if (!send(idLow, idHigh, bytes, bytes.length)) break;
      sent += 1;
      if (isCommand) commands += 1;
    }
    this.#held.splice(0, sent);
    return commands;
  }

  /** Forgets all; returns how many commands were among them. */
  clear(): number {
    const commands = this.#held.filter((answer) => answer.isCommand).length;
    this.#held = [];
    return commands;
  }
}
