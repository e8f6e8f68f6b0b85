/** The tables of the guest workload: seconds, ratios, bars. */

import { barTable, type Row, row, table } from '../table.ts';
import { type BenchMachine, GUEST_MEMORY_MIB } from './machines.ts';
import { PARTS } from './parts.ts';
import type { Summary } from './statistics.ts';

const MIB = 2 ** 20;

/** What the project wants to reach (issue 4, "The measure"). */
const Bar = {
  /** Times as fast as v86, each part, 64-bit guest. */
  V86_64: 1.5,
  /** The same of the 32-bit guest. */
  V86_32: 1,
  /** Sum of all parts against QEMU's, 64-bit guest. */
  QEMU_SUM: 1.1,
  /** Memory of the host beyond the guest's own. */
  MEMORY_MIB: 250,
  /** Share of a core that an idle guest takes. */
  IDLE: 0.01,
} as const;

/** All tables; those whose machines did not run are left out. */
export function report(summaries: readonly Summary[]): string {
  const whole = summaries.filter(({ machine }) => machine.scope === 'whole');
  const boots = summaries.filter(({ machine }) => machine.scope === 'boot');
  const v86 = find(whole, 'v86');
  const rows = bars(whole);
  const sections = [
    whole.length > 0 && section('Seconds, medians', secondsTable(whole)),
    v86 &&
      section(
        'Times as fast as v86',
        ratioTable(whole, () => v86, faster),
      ),
    whole.some(isQemu) &&
      section(
        'Time as a multiple of what QEMU TCG takes with a guest of the same width',
        ratioTable(whole, ({ machine }) => qemuOf(whole, machine), slower),
      ),
    boots.length > 0 && section('To user space, with other options', bootTable(boots, whole)),
    section('Bars', rows.length > 0 ? barTable(rows) : ''),
    section('Runs that failed', failures(summaries)),
  ];
  return sections.filter(Boolean).join('\n\n');
}

function section(title: string, body: string): string {
  return body === '' ? '' : `#### ${title}\n\n${body}`;
}

function secondsTable(summaries: readonly Summary[]): string {
  const heads = ['', ...PARTS.map(({ title }) => title), 'sum', 'host memory, MiB', 'idle, % of a core'];
  const rows = summaries.map(({ machine, seconds, sum, mostMemoryBytes, idleShare }) => [
    machine.title,
    ...PARTS.map(({ mark }) => show(seconds.get(mark))),
    show(sum),
    // A shell on the host is no machine whose memory could be compared.
    machine.kind === 'host' || mostMemoryBytes === undefined ? '–' : (mostMemoryBytes / MIB).toFixed(0),
    idleShare === undefined ? '–' : (idleShare * 100).toFixed(1),
  ]);
  return table(heads, rows);
}

/** How one time compares with another. */
type Compare = (own: number, other: number) => number;
const faster: Compare = (own, other) => other / own;
const slower: Compare = (own, other) => own / other;

function ratioTable(
  summaries: readonly Summary[],
  otherOf: (summary: Summary) => Summary | undefined,
  compare: Compare,
): string {
  const rows = summaries.flatMap((summary) => {
    const other = otherOf(summary);
    if (other === undefined || other === summary || summary.machine.kind === 'host') return [];
    const ratio = (own: number | undefined, base: number | undefined): string =>
      own === undefined || base === undefined ? '–' : compare(own, base).toFixed(2);
    const cells = PARTS.map(({ mark }) => ratio(summary.seconds.get(mark), other.seconds.get(mark)));
    return [[summary.machine.title, ...cells, ratio(summary.sum, other.sum)]];
  });
  return rows.length === 0 ? '' : table(['', ...PARTS.map(({ title }) => title), 'sum'], rows);
}

/** Beside each variant stands the same machine without it. */
function bootTable(boots: readonly Summary[], whole: readonly Summary[]): string {
  const mark = PARTS[0]!.mark;
  const rows = boots.map(({ machine, seconds }) => {
    const plain = whole.find(
      (other) =>
        other.machine.kind === machine.kind &&
        other.machine.bits === machine.bits &&
        other.machine.engine === machine.engine,
    );
    return [machine.title, show(seconds.get(mark)), show(plain?.seconds.get(mark))];
  });
  return table(['', 'seconds', 'without the option'], rows);
}

/** The bars whose machines ran. */
export function bars(summaries: readonly Summary[]): Row[] {
  const rows: Row[] = [];
  const v86 = find(summaries, 'v86');
  for (const own of summaries.filter(isJudged)) {
    const { title, bits } = own.machine;
    const slowest = v86 && slowestPart(own, v86);
    const bar = bits === 64 ? Bar.V86_64 : Bar.V86_32;
    if (slowest !== undefined) {
      const what = `${title}: times as fast as v86, slowest part (${slowest.title})`;
      rows.push(row(what, slowest.ratio.toFixed(2), `${bar}`, slowest.ratio >= bar));
    }
    const sum = qemuOf(summaries, own.machine)?.sum;
    if (bits === 64 && own.sum !== undefined && sum !== undefined) {
      const ratio = own.sum / sum;
      const isMet = ratio <= Bar.QEMU_SUM;
      rows.push(row(`${title}: sum as a multiple of QEMU TCG's`, ratio.toFixed(2), `${Bar.QEMU_SUM}`, isMet));
    }
    rows.push(...hostRows(own));
  }
  return rows;
}

/** The bars are for the fast engine: the other one is there to be compared with. */
function isJudged({ machine }: Summary): boolean {
  return machine.engine === 'jit' && machine.scope === 'whole';
}

function hostRows({ machine, mostMemoryBytes, idleShare }: Summary): Row[] {
  const rows: Row[] = [];
  if (mostMemoryBytes !== undefined) {
    const memoryMiB = mostMemoryBytes / MIB;
    const bar = GUEST_MEMORY_MIB + Bar.MEMORY_MIB;
    rows.push(row(`${machine.title}: host memory, MiB`, memoryMiB.toFixed(0), `${bar}`, memoryMiB <= bar));
  }
  // Debian's 686 kernel is built with a tick that never stops: it is not idle.
  if (idleShare !== undefined && machine.bits === 64) {
    const what = `${machine.title}: idle guest, % of a core`;
    rows.push(row(what, (idleShare * 100).toFixed(1), `below ${Bar.IDLE * 100}`, idleShare < Bar.IDLE));
  }
  return rows;
}

function slowestPart(own: Summary, other: Summary): { title: string; ratio: number } | undefined {
  const ratios = PARTS.flatMap(({ mark, title }) => {
    const [mine, theirs] = [own.seconds.get(mark), other.seconds.get(mark)];
    return mine === undefined || theirs === undefined ? [] : [{ title, ratio: theirs / mine }];
  });
  return ratios.toSorted((a, b) => a.ratio - b.ratio)[0];
}

function failures(summaries: readonly Summary[]): string {
  return summaries
    .flatMap(({ machine, failures }) => failures.map((failure) => `- ${machine.title}: ${failure}`))
    .join('\n');
}

function find(summaries: readonly Summary[], name: string): Summary | undefined {
  return summaries.find(({ machine }) => machine.name === name);
}

function isQemu({ machine }: Summary): boolean {
  return machine.kind === 'qemu';
}

function qemuOf(summaries: readonly Summary[], { bits }: BenchMachine): Summary | undefined {
  return summaries.find((summary) => isQemu(summary) && summary.machine.bits === bits);
}

function show(seconds: number | undefined): string {
  return seconds === undefined ? '–' : seconds.toFixed(2);
}
