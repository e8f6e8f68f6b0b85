/** The screen of a demo's guest as a file. */

import { writeFile } from 'node:fs/promises';
import type { Terminal } from '../terminal/terminal.ts';
import type { DemoDevices } from './demo-devices.ts';

/** Writes the screen as the guest left it, where it is wanted. */
export async function saveScreen(
  devices: DemoDevices,
  path: string | undefined,
  terminal: Terminal,
): Promise<void> {
  const png = path === undefined ? undefined : await devices.screenshot();
  if (path === undefined || png === undefined) return;
  await writeFile(path, png);
  terminal.line(terminal.style('dim', `the guest's screen is in ${path}`));
}
