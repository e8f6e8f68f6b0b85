/** The command as a person runs it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pngPixels } from './support/png-pixels.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const SMALL = ['--guest', 'typescript', '--fs-size', '16', '--scratch-size', '2', '--memory', '16'];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

function viridian(...args: string[]): {
  child: ChildProcess;
  ended: Promise<{ code: number | null; text: string }>;
} {
  // Its temporary files go where the test can see whether any stay.
  const child = spawn(process.execPath, ['--conditions=viridian:source', MAIN, ...args], {
    // Node's own cache of compiled modules is no temporary file of the demo.
    env: { ...process.env, TMPDIR: folder, NO_COLOR: '1', NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  let text = '';
  const hear = (data: Buffer): void => {
    text += data.toString();
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, text })) };
}

describe('viridian demo', () => {
  it('runs a guest on its devices without a port intercept, and cleans up', async () => {
    const summary = join(folder, 'summary.json');
    const screenshot = join(folder, 'screen.png');
    const { code, text } = await viridian('demo', ...SMALL, '--summary', summary, '--screenshot', screenshot)
      .ended;
    expect(code, text).toBe(0);
    expect(text).toContain('hv_vmbus: Vmbus version:5.3');
    expect(text).toContain('port intercepts');
    expect(text).not.toContain('\u001b');
    const { findings, report } = JSON.parse(await readFile(summary, 'utf8'));
    expect(report.intercepts).toMatchObject({ portRead: 0, portWrite: 0, memory: 0 });
    expect(report.channels.length).toBe(6);
    expect(findings.workload.length).toBe(3);
    expect(findings.devices).toEqual({
      agreed: [
        'the guest has 10.0.2.15 by DHCP',
        'fetches 1 MiB from the host by HTTP',
        "hears 'viridian' typed",
        'draws on 1024×768 pixels',
      ],
      problems: [],
    });
    // A bar for each letter.
    const pixels = new Uint32Array(pngPixels(await readFile(screenshot)).buffer);
    expect(pixels.filter((pixel) => pixel === 0x40826d)).toHaveLength(8 * 24 * (768 / 2 - 24));
    await rm(summary);
    await rm(screenshot);
    expect(await readdir(folder)).toEqual([]);
  });

  it('says what is wrong with an option', async () => {
    const { code, text } = await viridian('demo', '--cpus', 'many').ended;
    expect(code).toBe(2);
    expect(text).toContain('--cpus many: a whole number from 1 to 32 is needed');
  });

  it('lists trace points and shows those asked for', async () => {
    const list = await viridian('demo', '--trace', 'list').ended;
    expect(list.text).toContain('vmbus.message');
    const { code, text } = await viridian('demo', ...SMALL, '--trace', 'vmbus.message').ended;
    expect(code).toBe(0);
    expect(text).toMatch(/vmbus\.message.*type/);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const { child, ended } = viridian(
      'demo',
      '--guest',
      'typescript',
      '--fs-size',
      '400',
      '--scratch-size',
      '400',
    );
    child.stdout?.on('data', (data: Buffer) => {
      if (data.toString().includes('Vmbus version')) child.kill('SIGINT');
    });
    expect((await ended).code).toBe(130);
    expect(await readdir(folder)).toEqual([]);
  });
});
