/** `viridian demo`: makes a disk, runs a guest on it in a child partition, and shows what happened. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatEvent, listen } from '@viridian/trace';
import { checkDisk, type DiskCheck } from '../image/check-disk.ts';
import { makeDemoImage } from '../image/disk-image.ts';
import { channelTable, machineTable, workloadTable } from '../report/tables.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { DemoFindings, DemoOutcome } from './demo-outcome.ts';
import { linuxDemo } from './linux-demo.ts';
import type { DemoOptions } from './options.ts';
import { typescriptDemo } from './typescript-demo.ts';

/** Runs the demo; settles with the process's exit code. `interrupted` ends it early, with nothing left behind. */
export async function runDemo(
  options: DemoOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<number> {
  const folder = options.keep ?? (await mkdtemp(join(tmpdir(), 'viridian-demo-')));
  const stopTrace =
    options.trace === '' ? undefined : listen(options.trace, (event) => terminal.line(formatEvent(event)));
  try {
    const step = (text: string): void => terminal.line(terminal.style('dim', `${text} …`));
    const image = await makeDemoImage(folder, options, step);
    if (image.note !== undefined) terminal.line(terminal.style('yellow', image.note));
    const run = options.guest === 'linux' ? linuxDemo : typescriptDemo;
    const outcome = await run(options, image, terminal, interrupted);
    if (outcome.findings === undefined || outcome.result.reason === 'killed')
      return reportFailure(outcome, terminal);
    const check = await checkDisk(image, folder, outcome.findings, step);
    return await reportSuccess(options, outcome, outcome.findings, check, terminal);
  } finally {
    stopTrace?.();
    if (options.keep === undefined) await rm(folder, { recursive: true, force: true });
  }
}

function reportFailure({ result }: DemoOutcome, terminal: Terminal): number {
  if (result.reason === 'killed') {
    terminal.line('interrupted: the child partition is gone, the disk image too');
    return 130;
  }
  terminal.line(terminal.style('red', `the guest ended early: ${result.reason}`));
  if (result.crash?.text !== undefined) terminal.line(result.crash.text);
  return 1;
}

async function reportSuccess(
  options: DemoOptions,
  { report }: DemoOutcome,
  findings: DemoFindings,
  check: DiskCheck,
  terminal: Terminal,
): Promise<number> {
  const colours = terminal.hasColours;
  terminal.line();
  terminal.line(workloadTable(findings.workload, colours));
  terminal.line(machineTable(report, colours));
  terminal.line(channelTable(report, colours));
  if (options.summary !== undefined) {
    await writeFile(options.summary, `${JSON.stringify({ findings, check, report }, undefined, 2)}\n`);
  }
  const problems = [...check.problems, ...(findings.devices?.problems ?? [])];
  for (const problem of problems) terminal.line(terminal.style('red', problem));
  if (problems.length > 0) return 1;
  const agreed = [...check.agreed, ...(findings.devices?.agreed ?? []), intercepts(report)];
  terminal.line(terminal.style('green', `All well: ${agreed.join('; ')}.`));
  return 0;
}

function intercepts({ intercepts: { portRead, portWrite } }: DemoOutcome['report']): string {
  return `${portRead + portWrite} port intercepts on the way`;
}
