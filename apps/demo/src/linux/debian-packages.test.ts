import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DebianPackages } from './debian-packages.ts';
import { FLAVOURS } from './flavours.ts';

const CONTENTS = 'not really a package';
const SHA256 = createHash('sha256').update(CONTENTS).digest('hex');

/**
 * Programs by the names of apt's, in a folder that PATH begins with: what the real ones answer depends on the host.
 */
describe('DebianPackages', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'viridian-apt-'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  async function program(name: string, script: string): Promise<void> {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
    vi.stubEnv('PATH', `${folder}${delimiter}/usr/bin${delimiter}/bin`);
  }

  const steps: string[] = [];
  const packages = () => {
    steps.length = 0;
    return new DebianPackages('amd64', folder, { step: (text) => steps.push(text), fraction: () => {} });
  };

  const apt = (sha256 = SHA256, contents = CONTENTS) =>
    program(
      'apt-get',
      `case "$*" in
        *--print-uris*) echo "'http://x/y.deb' y_1.deb ${CONTENTS.length} SHA256:${sha256}";;
        *download*) echo "$*" >> ${folder}/downloads; printf '%s' '${contents}' > y_1.deb;;
        *update*) touch ${folder}/updated;;
      esac`,
    );

  it('takes the newest kernel by its numbers', async () => {
    await program(
      'apt-cache',
      'printf "linux-image-6.1.0-9-cloud-amd64 - x\\nlinux-image-6.1.0-56-cloud-amd64 - y\\nlinux-image-6.1.0-57-cloud-amd64-dbg - z\\n"',
    );
    expect(await packages().newest(FLAVOURS['cloud-amd64'].packages)).toBe(
      'linux-image-6.1.0-56-cloud-amd64',
    );
  });

  it('fetches lists of its own where the system has none, then says what is missing', async () => {
    await program('apt-cache', 'exit 0');
    await apt();
    await expect(packages().newest(FLAVOURS['686'].packages)).rejects.toThrow(
      /no package linux-image-6.1.0-\[0-9\]\+-686 for amd64. Give a kernel/,
    );
    expect(steps).toEqual(["fetching Debian's package lists for amd64"]);
    expect(await readdir(folder)).toContain('updated');
  });

  it('downloads once, and again when the file is not whole', async () => {
    await apt();
    const path = await packages().fetch('y');
    expect(await readFile(path, 'utf8')).toBe(CONTENTS);
    await packages().fetch('y');
    expect(await readFile(join(folder, 'downloads'), 'utf8')).toBe('-q download y:amd64\n');
    await writeFile(path, CONTENTS.toUpperCase());
    await packages().fetch('y');
    expect(await readFile(path, 'utf8')).toBe(CONTENTS);
    expect((await readFile(join(folder, 'downloads'), 'utf8')).split('\n').length).toBe(3);
  });

  it('keeps nothing that has another hash', async () => {
    await apt(SHA256, CONTENTS.replace('not', 'but'));
    await expect(packages().fetch('y')).rejects.toThrow('y_1.deb does not have the hash');
    expect(
      (await readdir(folder)).filter((name) => name.startsWith('y') || name.startsWith('incoming')),
    ).toEqual([]);
  });

  it('tells what apt complains about', async () => {
    await program('apt-get', 'echo "W: careful" >&2; echo "E: Unable to locate package y" >&2; exit 100');
    await expect(packages().fetch('y')).rejects.toThrow('apt-get failed: E: Unable to locate package y');
  });

  it('tells what to do without apt', async () => {
    vi.stubEnv('PATH', folder);
    await expect(packages().newest(FLAVOURS['cloud-amd64'].packages)).rejects.toThrow(
      'there is no Debian package tool here (apt-cache was not found (Debian package apt)). Give a kernel and an initrd',
    );
  });
});
