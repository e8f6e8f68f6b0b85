/** Reads what the Linux guest's script tells on its second serial port. */

import type { WorkloadResult } from '../guest/workload.ts';
import type { FoundFile } from '../image/file-hashes.ts';
import type { ToldByGuest } from './demo-devices.ts';
import type { DemoFindings } from './demo-outcome.ts';

const MIB = 2 ** 20;
const LONGEST_QUOTE = 100;

/** Collects the lines in the order in which they come. Whoever wrote them is not trusted: strange ones are failures. */
export class GuestReport {
  readonly #files: FoundFile[] = [];
  readonly #written: FoundFile[] = [];
  readonly #again: FoundFile[] = [];
  readonly #workload: WorkloadResult[] = [];
  readonly #now: () => number;
  readonly #hear: (word: string) => void;
  readonly #told = { lease: '', fetched: '', typed: '' };
  #work: { operations: number; bytes: number; name: string; started: number } | undefined;
  #isDone = false;
  readonly #verbs: Readonly<Record<string, (words: readonly string[]) => void>> = {
    read: (words) => this.#file(this.#files, words),
    written: (words) => this.#file(this.#written, words, 'guest/'),
    again: (words) => this.#file(this.#again, words, 'guest/'),
    begin: (words) => this.#begin(words),
    end: () => this.#end(),
    lease: ([address = '']) => this.#tell('lease', address),
    fetched: ([sha256 = '']) => this.#tell('fetched', sha256),
    typed: (words) => this.#tell('typed', words.join(' ')),
    asks: () => {},
    drawn: () => {},
    failed: (words) => this.failures.push(words.join(' ')),
    done: () => {
      this.#isDone = true;
    },
  };
  /** What went wrong, by the guest's account. */
  readonly failures: string[] = [];

  /**
   * `hear` is called with the first word of each line that was understood; `now` in milliseconds: the parts of the workload
   * are timed by the host.
   */
  constructor(hear: (word: string) => void = () => {}, now: () => number = () => performance.now()) {
    this.#hear = hear;
    this.#now = now;
  }

  /** What was told of devices; empty where nothing was. */
  get devices(): ToldByGuest {
    return this.#told;
  }

  /** Takes a line without its end. */
  line(text: string): void {
    const [word = '', ...rest] = text.trim().split(' ');
    const verb = this.#verbs[word];
    if (verb !== undefined) {
      verb(rest);
      this.#hear(word);
    } else if (word !== '') this.failures.push(`the guest said: ${text.slice(0, LONGEST_QUOTE)}`);
  }

  /** All that was told; undefined when the guest did not come to its end. */
  findings(): DemoFindings | undefined {
    if (!this.#isDone) return undefined;
    for (const { path, sha256 } of this.#written) {
      const again = this.#again.find((file) => file.path === path)?.sha256;
      if (again !== sha256) this.failures.push(`${path}: the guest read back something else`);
    }
    return { files: this.#files, written: this.#written, workload: this.#workload };
  }

  #tell(what: keyof ToldByGuest, text: string): void {
    this.#told[what] = text.slice(0, LONGEST_QUOTE);
  }

  #file(list: FoundFile[], [sha256 = '', path = '']: readonly string[], below = ''): void {
    list.push({ sha256, path: `${below}${path.replace(/^\.\//, '')}` });
  }

  #begin([operations, mib, ...name]: readonly string[]): void {
    this.#work = {
      operations: Number(operations),
      bytes: Number(mib) * MIB,
      name: name.join(' '),
      started: this.#now(),
    };
  }

  #end(): void {
    if (this.#work === undefined) return;
    const { started, ...work } = this.#work;
    this.#workload.push({ ...work, seconds: (this.#now() - started) / 1000, note: '' });
    this.#work = undefined;
  }
}
