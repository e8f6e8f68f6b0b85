/** The table of screens: what full-screen changes cost the host, by who looks. */

import { median } from './guest/statistics.ts';
import { drawScreen, type Looker, type ScreenResult } from './screen.ts';
import { type Row, row } from './table.ts';

const SECONDS = 3;
const FRAMES_PER_SECOND = 30;
const ROUNDS = 3;
const BAR = 0.3;

/** 1024×768, 30 times a second. The host's side is what the process takes more than when nobody hears of the drawing. */
export async function benchScreen(): Promise<Row[]> {
  const rows: Row[] = [];
  const alone = await rounds('nobody');
  rows.push(row('a guest that draws and tells nobody, of one core', percent(loadOf(alone))));
  for (const looker of ['a copy of each frame', 'VNC, raw', 'VNC, ZRLE'] as const) {
    const runs = await rounds(looker);
    const host = Math.max(0, loadOf(runs) - loadOf(alone));
    const seen = median(runs.map(({ seenPerSecond }) => seenPerSecond));
    const isBar = looker === 'a copy of each frame';
    rows.push(
      isBar
        ? row(`${looker}: the host's side, of one core`, percent(host), `below ${percent(BAR)}`, host < BAR)
        : row(`${looker}: the host's side, of one core`, percent(host)),
      row('  frames seen, a second', seen.toFixed(0)),
      row('  for each MiB of pixels', counts(runs[0]!)),
    );
  }
  return rows;
}

async function rounds(looker: Looker): Promise<ScreenResult[]> {
  const results: ScreenResult[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    results.push(await drawScreen(looker, SECONDS, FRAMES_PER_SECOND));
  }
  return results;
}

function loadOf(results: readonly ScreenResult[]): number {
  return median(results.map(({ load }) => load));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function counts({ packetsPerMebibyte, hypercallsPerMebibyte, interceptsPerMebibyte }: ScreenResult): string {
  const text = (value: number, what: string): string => `${value.toFixed(2)} ${what}`;
  return [
    text(packetsPerMebibyte, 'packets'),
    text(hypercallsPerMebibyte, 'hypercalls'),
    text(interceptsPerMebibyte, 'intercepts'),
  ].join(', ');
}
