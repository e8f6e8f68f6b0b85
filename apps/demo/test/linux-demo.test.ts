/**
 * The judge: an unmodified Debian kernel on our processor, its own drivers on our bus. Needs Debian's package tool and
 * package lists; says so where it skips.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InterfaceId } from '@viridian/protocols/vmbus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haveKernels } from './support/linux-guests.ts';
import { pngPixels } from './support/png-pixels.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const hasKernels = haveKernels();

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(!hasKernels)('viridian demo with Linux', () => {
  it("boots Debian's kernel, whose drivers work all devices on VMBus", { timeout: 600_000 }, async () => {
    const summary = join(folder, 'summary.json');
    const screenshot = join(folder, 'screen.png');
    const { code, text } = await demo(['--summary', summary, '--screenshot', screenshot]);
    expect(code, text.slice(-4000)).toBe(0);
    for (const line of [
      'Hypervisor detected: Microsoft Hyper-V',
      'hv_vmbus: Vmbus version:5.3',
      'hv_vmbus: registering driver hv_storvsc',
      /scsi host\d+: storvsc_host_t/,
      '[sda] Attached SCSI disk',
      /EXT4-fs \(sda1\): mounted filesystem/,
      'clocksource: Switched to clocksource hyperv_clocksource_tsc_page',
      'Shutdown request received - graceful shutdown initiated',
      'reboot: Power down',
    ]) {
      expect(text).toMatch(line);
    }
    // The frequency comes from the hypervisor; nothing is measured against the PIT.
    expect(text).toContain('tsc: Detected 2000.000 MHz processor');
    expect(text).not.toMatch(/PIT calibration|Calibrating delay loop\.\.\.$/m);
    const { findings, check, report } = JSON.parse(await readFile(summary, 'utf8'));
    expect(check.problems).toEqual([]);
    expect(findings.files.length).toBe(5);
    expect(findings.written.length).toBe(5);
    const storage = report.channels.filter(
      ({ interfaceId }: { interfaceId: string }) => interfaceId === InterfaceId.SCSI,
    );
    expect(storage.length).toBe(1);
    expect(report.hypercalls.HvCallSignalEvent).toBeGreaterThan(100);
    expect(findings.devices).toEqual({
      agreed: [
        'the guest has 10.0.2.15 by DHCP',
        'fetches 1 MiB from the host by HTTP',
        "hears 'viridian' typed",
        'draws on 1024×768 pixels',
        expect.stringMatching(/^its heart beat \d+ times$/),
        'it switches itself off when asked',
      ],
      problems: [],
    });
    // Words in two colours, on black.
    const pixels = new Uint32Array(pngPixels(await readFile(screenshot)).buffer);
    expect(pixels).toHaveLength(1024 * 768);
    expect(new Set(pixels)).toEqual(new Set([0, 0x55ff55, 0xaaaaaa]));
    await rm(summary);
    await rm(screenshot);
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves nothing behind when it is interrupted', { timeout: 120_000 }, async () => {
    const { code } = await demo([], 'Run /init as init process');
    expect(code).toBe(130);
    expect(await readdir(folder)).toEqual([]);
  });
});

async function demo(
  options: readonly string[],
  interruptAt?: string,
): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, ['--conditions=viridian:source', MAIN, 'demo', ...options], {
    // Node's own cache of compiled modules is no temporary file of the demo.
    env: { ...process.env, TMPDIR: folder, NO_COLOR: '1', NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  let text = '';
  const hear = (data: Buffer): void => {
    text += data.toString();
    if (interruptAt === undefined || !text.includes(interruptAt)) return;
    interruptAt = undefined;
    child.kill('SIGINT');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const [code] = await once(child, 'close');
  return { code: code as number | null, text };
}
