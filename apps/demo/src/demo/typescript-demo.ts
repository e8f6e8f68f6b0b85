/** The TypeScript guest of the demo: a program as a child partition, on its own drivers. */

import { openImage } from '@viridian/drivers/node';
import { programProcessors } from '@viridian/hypervisor/program';
import { formatLogLine, linuxGuest } from '@viridian/linux-guest';
import { createMachine } from '@viridian/vm';
import { type DeviceTourFindings, deviceTour } from '../guest/device-tour.ts';
import { type TourFindings, tour } from '../guest/tour.ts';
import type { DemoImage } from '../image/disk-image.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { DemoDevices } from './demo-devices.ts';
import { type DemoOutcome, untilFinished } from './demo-outcome.ts';
import type { DemoOptions } from './options.ts';
import { saveScreen } from './save-screen.ts';

const MIB = 2 ** 20;

/** Runs the guest on the demo's disk. */
export async function typescriptDemo(
  options: DemoOptions,
  image: DemoImage,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<DemoOutcome> {
  let findings: (TourFindings & { readonly told: DeviceTourFindings }) | undefined;
  using devices = await DemoDevices.open();
  const device = await openImage(image.path, { format: 'vhd' });
  try {
    const guest = linuxGuest({
      name: 'tour',
      onLog: (line) => terminal.line(formatLogLine(line)),
      main: async (kernel) => {
        const disk = await tour(kernel, image.files.length > 0, (label, fraction) =>
          terminal.progress(label, fraction),
        );
        const told = await deviceTour(kernel, devices.port, (word) => devices.hear(word, machine));
        findings = { ...disk, told };
      },
    });
    const machine = createMachine({
      name: 'demo',
      memoryBytes: (options.memoryMiB ?? 32) * MIB,
      processors: options.processors,
      processor: programProcessors(guest),
      disks: [{ device }],
      ...devices.configuration,
    });
    const result = await untilFinished(machine, interrupted);
    await saveScreen(devices, options.screenshot, terminal);
    return {
      result,
      report: machine.counters(),
      findings: findings && { ...findings, written: [], devices: devices.check(findings.told) },
    };
  } finally {
    await device.close();
  }
}
