// What QEMU's `-d cpu` prints: the registers in front of each block, which is each instruction with `-singlestep`.

const NAMES = new Map(
  ['AX', 'BX', 'CX', 'DX', 'SI', 'DI', 'BP', 'SP'].flatMap((name) => [
    [`E${name}`, `r${name.toLowerCase()}`],
    [`R${name}`, `r${name.toLowerCase()}`],
  ]),
);
for (let index = 8; index < 16; index += 1) NAMES.set(`R${index}`, `r${index}`);
NAMES.set('EFL', 'rflags').set('RFL', 'rflags').set('EIP', 'rip').set('RIP', 'rip');

/** More than a dump takes. */
const DUMP_CHARACTERS = 4096;

/**
 * Reads pieces of the log. Calls `state` with each complete dump from the first on whose RIP is `from`: registers by our
 * names as bigint, `bits` 32 or 64 by the size that is printed.
 */
export class QemuStates {
  #tail = '';
  #registers;
  #state;
  /** The first dump to be shown, as it is printed; undefined once it came. */
  #from;

  constructor(from, state) {
    this.#from = [8, 16].map((digits) => `IP=${from.toString(16).padStart(digits, '0')} `);
    this.#state = state;
  }

  hear(piece) {
    const text = this.#tail + piece;
    if (this.#from !== undefined) {
      const at = Math.max(...this.#from.map((form) => text.indexOf(form)));
      if (at < 0) {
        this.#tail = text.slice(-DUMP_CHARACTERS);
        return;
      }
      this.#from = undefined;
      this.#lines(text.slice(Math.max(text.lastIndexOf('EAX=', at), text.lastIndexOf('RAX=', at), 0)));
    } else this.#lines(text);
  }

  #lines(text) {
    const lines = text.split('\n');
    this.#tail = lines.pop();
    for (const line of lines) this.#line(line);
  }

  #line(line) {
    const isFirst = /^([ER])AX=/.exec(line);
    if (isFirst) this.#registers = { bits: isFirst[1] === 'R' ? 64 : 32 };
    if (this.#registers === undefined) return;
    for (const [, name, value] of line.matchAll(/\b([ER][A-Z0-9]{1,2}) *=([0-9a-f]{8,16})\b/g)) {
      const ours = NAMES.get(name);
      if (ours !== undefined) this.#registers[ours] = BigInt(`0x${value}`);
    }
    if (this.#registers.rip === undefined) return;
    const registers = this.#registers;
    this.#registers = undefined;
    this.#state(registers);
  }
}
