/** Many different programs, one after the other: each computes what it should, though the compiler's cache serves them all. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Modules } from '../src/linux/flavours.ts';
import { buildInitramfs } from '../src/linux/initramfs.ts';
import { prepareLinuxGuest } from '../src/linux/prepare-linux-guest.ts';
import { distinctProgram, processProblems, processScript } from './support/distinct-programs.ts';
import { haveKernels, viridianRun } from './support/linux-guests.ts';

const COUNT = 60;
const LONG = { timeout: 600_000 };

let folder = '';

describe.skipIf(!haveKernels())('many programs on the JIT', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'viridian-processes-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('compute what they should, and leave the cache within its bound', LONG, async () => {
    const guest = await prepareLinuxGuest({ flavour: 'cloud-amd64', modules: Modules.enlightened });
    const programs = Array.from({ length: COUNT }, (_, number) => distinctProgram(number));
    const files = Object.fromEntries(programs.map(({ bytes }, number) => [`p/${number}`, bytes]));
    const initrd = join(folder, 'initrd');
    await writeFile(initrd, await buildInitramfs({ guest, script: processScript(COUNT), files }));
    const { code, console, messages, summary } = await viridianRun(
      folder,
      ...['--kernel', guest.kernelPath, '--initrd', initrd, '--engine', 'jit'],
      ...['--append', 'console=ttyS0 panic=-1 quiet cryptomgr.notests'],
    );
    expect(code, messages).toBe(0);
    const results = programs.map(({ result }) => result);
    expect(processProblems(console, results)).toEqual([]);
    expect(summary?.compiledCode?.regions).toBeGreaterThan(COUNT);
    expect(summary?.compiledCode?.liveRegions).toBeLessThanOrEqual(2048);
  });
});
