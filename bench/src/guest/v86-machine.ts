/**
 * One v86 machine in a process of its own: its serial port is standard output. Arguments: BIOS, VGA BIOS, kernel, initrd
 * (files), command line, memory in MiB.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { V86 } from 'v86';

const [bios, vgaBios, kernel, initrd, commandLine, memoryMiB] = process.argv.slice(2);

const machine = new V86({
  wasm_path: fileURLToPath(import.meta.resolve('v86').replace(/[^/]*$/, 'v86.wasm')),
  memory_size: Number(memoryMiB) * 2 ** 20,
  bios: image(bios!),
  vga_bios: image(vgaBios!),
  bzimage: image(kernel!),
  initrd: image(initrd!),
  cmdline: commandLine!,
  autostart: true,
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
});
machine.add_listener('serial0-output-byte', (byte: number) => {
  process.stdout.write(Uint8Array.of(byte));
});

function image(path: string): { buffer: ArrayBuffer } {
  const bytes = readFileSync(path);
  return { buffer: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer };
}
