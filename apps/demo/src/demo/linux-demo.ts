/** The Linux guest of the demo: Debian's kernel and its own drivers, unmodified, on our processor. */

import { readFile } from 'node:fs/promises';
import { openImage } from '@viridian/drivers/node';
import { loadKernel, pcMemoryMap } from '@viridian/emulation/loader';
import { ACPI_GPA, createMachine, type Machine } from '@viridian/vm';
import type { DemoImage } from '../image/disk-image.ts';
import { FLAVOURS, Modules } from '../linux/flavours.ts';
import { buildInitramfs } from '../linux/initramfs.ts';
import { type LinuxGuestFiles, prepareLinuxGuest } from '../linux/prepare-linux-guest.ts';
import { LineSplitter } from '../terminal/line-splitter.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { DemoDevices } from './demo-devices.ts';
import { type DemoOutcome, untilFinished } from './demo-outcome.ts';
import { GuestReport } from './guest-report.ts';
import { linuxScript } from './linux-script.ts';
import type { DemoOptions } from './options.ts';
import { saveScreen } from './save-screen.ts';

const MIB = 2 ** 20;
const MEMORY_MIB = 256;
/** The kernel's self-tests of ciphers take as long as the rest of its start. */
const COMMAND_LINE = 'console=ttyS0 panic=-1 cryptomgr.notests';
/** What the demo is about, among all that a kernel says. */
const NOTABLE = /hyper-?v|hv_|vmbus|storvsc|clocksource|\bsd[a-z]|EXT4|Linux version|Shutdown request/i;
const FLAVOUR = 'cloud-amd64';

/** Fetches the guest's files where needed, boots the guest on the demo's disk, and waits for its end. */
export async function linuxDemo(
  options: DemoOptions,
  image: DemoImage,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<DemoOutcome> {
  const guest = await prepareLinuxGuest({
    flavour: FLAVOUR,
    modules: [...Modules.enlightened, ...Modules.network, ...Modules.input, FLAVOURS[FLAVOUR].displayModule],
    signal: interrupted,
    progress: {
      step: (text) => terminal.line(terminal.style('dim', `${text} …`)),
      fraction: (label, value) => terminal.progress(label, value),
    },
  });
  terminal.line(terminal.style('dim', `starting Debian's Linux ${guest.release} in a child partition …`));
  const memoryBytes = (options.memoryMiB ?? MEMORY_MIB) * MIB;
  using devices = await DemoDevices.open();
  const boot = await bootImage(guest, options, memoryBytes, devices.port);
  const report = new GuestReport((word) => devices.hear(word, machine));
  const reportLines = new LineSplitter((line) => report.line(line));
  const device = await openImage(image.path, { format: 'vhd' });
  let machine: Machine;
  try {
    machine = createMachine({
      name: 'demo',
      memoryBytes,
      processors: options.processors,
      boot,
      disks: [{ device }],
      ...devices.configuration,
      board: { serial: [consolePort(terminal), reportLines] },
    });
    const result = await untilFinished(machine, interrupted);
    const findings = report.findings();
    for (const failure of report.failures) terminal.line(terminal.style('red', failure));
    await saveScreen(devices, options.screenshot, terminal);
    return {
      result,
      report: machine.counters(),
      findings:
        report.failures.length === 0 && findings !== undefined
          ? { ...findings, devices: devices.check(report.devices) }
          : undefined,
    };
  } finally {
    await device.close();
  }
}

async function bootImage(
  guest: LinuxGuestFiles,
  options: DemoOptions,
  memoryBytes: number,
  httpPort: number,
) {
  const diskMiB = 1 + options.fileSystemMiB + options.scratchMiB;
  return await loadKernel({
    kernel: await readFile(guest.kernelPath),
    initrd: await buildInitramfs({
      guest,
      script: linuxScript({ diskMiB, scratchMiB: options.scratchMiB, httpPort }),
    }),
    memory: pcMemoryMap(memoryBytes),
    commandLine: COMMAND_LINE,
    rsdpGpa: ACPI_GPA,
  });
}

/** The guest's console: all of it, and what it says about the hypervisor in the foreground. */
function consolePort(terminal: Terminal): LineSplitter {
  return new LineSplitter((line) => {
    terminal.line(NOTABLE.test(line) ? line : terminal.style('dim', line));
  });
}
