/** Machines whose guest is a few bytes of x86 code. */

import { loadKernel, pcMemoryMap } from '@viridian/emulation/loader';
import { createMachine, type Machine, type MachineConfiguration } from '../../src/index.ts';

const MEMORY_BYTES = 8 * 2 ** 20;
const HEADER_BYTES = 32;
const LOAD_GPA = 0x20_0000;

/** Where the code of {@link x86Machine} begins. */
export const CODE_GPA = LOAD_GPA + HEADER_BYTES;

/** The port that ends the machine: a write of N gives exit code 2N + 1. */
export const EXIT_PORT = 0xf4;

/** 32-bit code at {@link CODE_GPA}, in a multiboot file. */
export function multibootKernel(code: ArrayLike<number>): Uint8Array {
  const file = new Uint8Array(HEADER_BYTES + code.length);
  const [magic, flags] = [0x1bad_b002, 0x1_0000];
  const view = new DataView(file.buffer);
  [magic, flags, -(magic + flags), LOAD_GPA, LOAD_GPA, 0, 0, CODE_GPA].forEach((value, at) => {
    view.setUint32(at * 4, value, true);
  });
  file.set(Array.from(code), HEADER_BYTES);
  return file;
}

/** A machine of 8 MiB with a board that is about to execute 32-bit code without paging. */
export async function x86Machine(
  code: ArrayLike<number>,
  more: Partial<MachineConfiguration> = {},
): Promise<Machine> {
  const boot = await loadKernel({ kernel: multibootKernel(code), memory: pcMemoryMap(MEMORY_BYTES) });
  return createMachine({
    name: 'test',
    memoryBytes: MEMORY_BYTES,
    boot,
    board: { debugExit: EXIT_PORT },
    policy: { onReset: 'finish', onTripleFault: 'finish', onCrash: 'finish' },
    ...more,
  });
}
