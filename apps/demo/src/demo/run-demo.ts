/** `viridian demo`: makes a disk, runs a TypeScript guest on it in a child partition, and shows what happened. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openImage } from '@viridian/drivers/node';
import { programProcessors } from '@viridian/hypervisor/program';
import { formatLogLine, linuxGuest } from '@viridian/linux-guest';
import { formatEvent, listen } from '@viridian/trace';
import { createMachine, type Machine, type MachineResult } from '@viridian/vm';
import { type TourFindings, tour } from '../guest/tour.ts';
import { type DemoImage, makeDemoImage } from '../image/disk-image.ts';
import { channelTable, machineTable, workloadTable } from '../report/tables.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { DemoOptions } from './options.ts';

const MIB = 2 ** 20;

/** Runs the demo; settles with the process's exit code. `interrupted` ends it early, with nothing left behind. */
export async function runDemo(
  options: DemoOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<number> {
  const folder = options.keep ?? (await mkdtemp(join(tmpdir(), 'viridian-demo-')));
  try {
    const image = await makeDemoImage(folder, options, (step) =>
      terminal.line(terminal.style('dim', `${step} …`)),
    );
    if (image.note !== undefined) terminal.line(terminal.style('yellow', image.note));
    return await runOnImage(options, image, terminal, interrupted);
  } finally {
    if (options.keep === undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function runOnImage(
  options: DemoOptions,
  image: DemoImage,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<number> {
  let findings: TourFindings | undefined;
  const stopTrace =
    options.trace === '' ? undefined : listen(options.trace, (event) => terminal.line(formatEvent(event)));
  const device = await openImage(image.path, { format: 'vhd' });
  try {
    const guest = linuxGuest({
      name: 'tour',
      onLog: (line) => terminal.line(formatLogLine(line)),
      main: async (kernel) => {
        findings = await tour(kernel, image.files.length > 0, (label, fraction) =>
          terminal.progress(label, fraction),
        );
      },
    });
    const machine = createMachine({
      name: 'demo',
      memoryBytes: options.memoryMiB * MIB,
      processors: options.processors,
      processor: programProcessors(guest),
      disks: [{ device }],
    });
    const result = await untilFinished(machine, interrupted);
    if (findings === undefined) return reportFailure(result, terminal);
    return await reportSuccess(options, image, machine, findings, terminal);
  } finally {
    stopTrace?.();
    await device.close();
  }
}

async function untilFinished(machine: Machine, interrupted: AbortSignal): Promise<MachineResult> {
  const kill = (): void => machine.kill();
  interrupted.addEventListener('abort', kill);
  try {
    machine.start();
    if (interrupted.aborted) kill();
    return await machine.finished;
  } finally {
    interrupted.removeEventListener('abort', kill);
  }
}

function reportFailure(result: MachineResult, terminal: Terminal): number {
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
  image: DemoImage,
  machine: Machine,
  findings: TourFindings,
  terminal: Terminal,
): Promise<number> {
  const wrong = image.files.filter(
    ({ path, sha256 }) => findings.files.find((found) => found.path === path)?.sha256 !== sha256,
  );
  const report = machine.counters();
  const colours = terminal.hasColours;
  terminal.line();
  terminal.line(workloadTable(findings.workload, colours));
  terminal.line(machineTable(report, colours));
  terminal.line(channelTable(report, colours));
  if (options.summary !== undefined) {
    await writeFile(options.summary, `${JSON.stringify({ findings, report }, undefined, 2)}\n`);
  }
  if (wrong.length > 0) {
    terminal.line(terminal.style('red', `wrong contents: ${wrong.map(({ path }) => path).join(', ')}`));
    return 1;
  }
  const ports = report.intercepts.portRead + report.intercepts.portWrite;
  const files =
    image.files.length > 0 ? `${image.files.length} files have the hashes that the host gave them; ` : '';
  terminal.line(terminal.style('green', `All well: ${files}${ports} port intercepts on the way.`));
  return 0;
}
