/** What the demo's guest program does with its network, keyboard and screen. */

import { fetchHttp, type Kernel } from '@viridian/linux-guest';

/** What it found. */
export interface DeviceTourFindings {
  readonly lease: string;
  readonly fetched: string;
  readonly typed: string;
}

const ENTER = 0x1c;
const VIRIDIAN = 0x40826d;
const BAR_PIXELS = 24;
/** Letters of a keyboard by the first scan code of their row. */
const ROWS = [
  [0x10, 'qwertyuiop'],
  [0x1e, 'asdfghjkl'],
  [0x2c, 'zxcvbnm'],
] as const;

/** An address by DHCP, a file from the host, and a bar on the screen for each letter that somebody types. */
export async function deviceTour(
  kernel: Kernel,
  httpPort: number,
  tell: (word: 'asks' | 'drawn') => void,
): Promise<DeviceTourFindings> {
  const eth = kernel.net.interface('eth0');
  if (eth === undefined) throw new Error('no network was found on the bus');
  const { stack, lease } = await eth.openStackByDhcp();
  kernel.print(`init: ${eth.name} has ${lease.address} by DHCP`);
  const { body } = await fetchHttp(stack, `http://${lease.gateway}:${httpPort}/`);
  const fetched = hex(await crypto.subtle.digest('SHA-256', body.slice()));
  kernel.print(`init: fetched ${body.length} bytes by HTTP, ${fetched.slice(0, 16)}…`);
  const typed = readLine(kernel);
  tell('asks');
  const text = await typed;
  kernel.print(`init: somebody typed '${text}'`);
  tell('drawn');
  return { lease: lease.address.replace(/\/.*/, ''), fetched, typed: text };
}

/** Letters up to Enter, each a bar. */
async function readLine(kernel: Kernel): Promise<string> {
  const screen = kernel.framebuffer;
  let text = '';
  await new Promise<void>((resolve) => {
    kernel.input.onKey = ({ makeCode, isBreak }) => {
      if (isBreak) return;
      if (makeCode === ENTER) resolve();
      text += letterOf(makeCode);
      const left = text.length * 2 * BAR_PIXELS;
      screen?.fill(
        { left, top: BAR_PIXELS, right: left + BAR_PIXELS, bottom: screen.heightPixels / 2 },
        VIRIDIAN,
      );
    };
  });
  kernel.input.onKey = undefined;
  return text;
}

function letterOf(makeCode: number): string {
  const row = ROWS.find(([first, letters]) => makeCode >= first && makeCode < first + letters.length);
  return row?.[1][makeCode - row[0]] ?? '';
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
