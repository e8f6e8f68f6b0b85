/** Debian's kernels in every way that Viridian offers to run them: bus versions, processors, without enlightenments, 32 bits. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type EndedRun,
  guestOptions,
  haveKernels,
  makeDisk,
  type TestDisk,
  viridianRun,
} from './support/linux-guests.ts';

const LONG = { timeout: 600_000 };
const PREPARING_MS = 600_000;
/** Newest first: what `vmbus_versions` of Linux 6.1 holds. */
const BUS_VERSIONS = ['5.3', '5.2', '5.1', '5.0', '4.1', '4.0', '3.0', '2.4'];

let folder = '';
let disk: TestDisk;
let cloud: string[] = [];

describe.skipIf(!haveKernels())("Debian's Linux", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'viridian-matrix-'));
    disk = await makeDisk(folder);
    cloud = await guestOptions(folder, 'cloud-amd64');
  }, PREPARING_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs with the disk as it was made, and checks what every guest must reach. */
  async function boots(...options: string[]): Promise<EndedRun & { console: string }> {
    const bus = options.includes('--no-enlightenments') ? ',bus=ide' : '';
    const ended = await viridianRun(folder, ...options, '--disk', `${disk.path}${bus},overlay`);
    expect(ended.code, `${ended.console.slice(-3000)}${ended.messages}`).toBe(0);
    expect(ended.console).toContain(`data: ${disk.sha256}`);
    expect(ended.console).not.toMatch(/\bBUG\b|Oops|WARNING:|Call Trace|I\/O error|hung task/);
    return ended;
  }

  it.each(BUS_VERSIONS)('mounts a disk on a bus of version %s', LONG, async (version) => {
    const { console, summary } = await boots(...cloud, '--vmbus-version', version);
    expect(console).toContain(`hv_vmbus: Vmbus version:${version}`);
    expect(console).toContain('clocksource: hyperv_clocksource_tsc_page');
    expect(summary?.channels.length).toBeGreaterThan(0);
  });

  it('runs on two processors', LONG, async () => {
    const { console, summary } = await boots(...cloud, '--cpus', '2');
    expect(console).toContain('cpus: 2');
    expect(console).toContain('smp: Brought up 1 node, 2 CPUs');
    expect(summary?.hypercalls.HvCallSendSyntheticClusterIpi).toBeGreaterThan(0);
  });

  it('runs without enlightenments, from an IDE disk of the board', LONG, async () => {
    const { console, summary } = await boots(...cloud, '--no-enlightenments');
    expect(console).not.toContain('Hypervisor detected');
    expect(console).toMatch(/ata1\.00: .*UDMA/);
    expect(console).toContain('clocksource: tsc');
    expect(summary?.hypercalls).toEqual({});
  });

  it('unpacks itself when it is told to', LONG, async () => {
    await boots(...cloud, '--no-unpack');
  });

  it('runs in 32 bits', LONG, async () => {
    const options = await guestOptions(folder, '686');
    const { console } = await boots(...options);
    expect(console).toContain('Hypervisor detected: Microsoft Hyper-V');
    expect(console).toContain('hv_vmbus: Vmbus version:5.3');
  });
});
