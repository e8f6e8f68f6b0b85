// Lays two runs of a program side by side: ours, instruction by instruction with what each changed, and QEMU's, as the
// registers in front of each.

/** CF, PF, ZF, SF, OF: AF is undefined behind too many instructions. */
const FLAGS = 0x8c5n;
const REGISTERS = [
  ...['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp'],
  ...['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'],
];

/**
 * Our run, step by step: an instruction that repeats itself is one step, as QEMU shows each of its rounds. `lines` are
 * those of a trace.
 */
export function stepsOf(lines) {
  const steps = [];
  for (const line of lines) {
    const last = steps.at(-1);
    if (last?.rip === line.rip && !line.afterInterrupt) last.changes.push(...line.changes);
    else steps.push({ ...line, changes: [...line.changes] });
  }
  return steps;
}

/** Takes QEMU's states one after another and compares them with our steps. */
export class Comparison {
  #steps;
  #at = -1;
  #last;
  #known = new Map();
  /** Registers that differ now: since which step, and the values at that time. */
  #since = new Map();
  /** What QEMU does instead of our step, once it does. */
  #different;

  constructor(steps) {
    this.#steps = steps;
  }

  /** Steps that were the same. */
  get same() {
    return this.#different === undefined ? this.#at + 1 : this.#at;
  }

  /** Nothing is left to compare. */
  get isDone() {
    return this.#different !== undefined || this.#at + 1 >= this.#steps.length;
  }

  /** Before the first step: whether QEMU has come to it. */
  get hasBegun() {
    return this.#at >= 0;
  }

  /** A state of QEMU's, in front of an instruction. */
  state(registers) {
    if (this.isDone) return;
    const rip = registers.rip;
    if (!this.hasBegun && rip !== this.#steps[0].rip) return;
    if (this.#last === rip) return;
    this.#last = rip;
    this.#at += 1;
    this.#compareRegisters(registers);
    if (this.#steps[this.#at].rip !== rip) this.#different = registers;
  }

  /** Lines for people. */
  report(show) {
    const lines = [];
    const different = this.#different;
    if (different !== undefined) {
      lines.push(`different behind ${this.same} steps:`);
      for (const step of this.#steps.slice(Math.max(0, this.#at - 5), this.#at))
        lines.push(`  both  ${show(step)}`);
      lines.push(`  ours  ${show(this.#steps[this.#at])}`);
      lines.push(
        `  QEMU  ${' '.repeat(11)}  ${different.rip.toString(16).padStart(different.bits / 4, '0')}`,
      );
    }
    if (this.#since.size > 0) lines.push('registers that differ, and the step that made it so:');
    for (const [name, { step, ours, theirs }] of this.#since) {
      lines.push(`  ${name} ours ${ours.toString(16)} QEMU ${theirs.toString(16)} behind ${show(step)}`);
    }
    return lines;
  }

  /** Our registers in front of this step are known as far as one of the steps before has changed them. */
  #compareRegisters(registers) {
    const before = this.#steps[this.#at - 1];
    if (before === undefined) return;
    for (const change of before.changes) {
      const [name, value] = change.split('=');
      this.#known.set(name, BigInt(value));
    }
    const mask = (1n << BigInt(registers.bits)) - 1n;
    for (const name of [...REGISTERS, 'rflags']) {
      const known = this.#known.get(name);
      const value = registers[name];
      if (known === undefined || value === undefined) continue;
      const relevant = name === 'rflags' ? FLAGS : mask;
      const [ours, theirs] = [known & relevant, value & relevant];
      if (ours === theirs) this.#since.delete(name);
      else if (!this.#since.has(name)) this.#since.set(name, { step: before, ours, theirs });
    }
  }
}
