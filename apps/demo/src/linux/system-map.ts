/** The symbols of a kernel for back-traces. Debian's packages hold a note where System.map should be: it is made here. */

import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readKernelSymbols, systemMap, unpackKernel } from '@viridian/emulation/loader';
import type { Progress } from './debian-packages.ts';

/** A note is shorter, a real one far longer. */
const LEAST_BYTES = 4096;

/** The System.map beside a kernel, made from the kernel itself when there is none. */
export async function findSystemMap(kernelPath: string, progress: Progress): Promise<string> {
  const beside = kernelPath.replace('vmlinuz-', 'System.map-');
  if (await isReal(beside)) return beside;
  const made = join(dirname(kernelPath), 'System.map');
  if (await isReal(made)) return made;
  progress.step('reading the symbols of the kernel');
  const vmlinux = await unpackKernel(new Uint8Array(await readFile(kernelPath)));
  const incoming = `${made}.incoming-${process.pid}`;
  await writeFile(incoming, systemMap(readKernelSymbols(vmlinux)));
  await rename(incoming, made);
  return made;
}

async function isReal(path: string): Promise<boolean> {
  return await stat(path).then(
    ({ size }) => size >= LEAST_BYTES,
    () => false,
  );
}
