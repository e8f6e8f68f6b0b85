/**
 * A small Linux program that maps the framebuffer and reads a picture of a known size from its input into it: only
 * drawing through a mapping, or by the kernel's console, makes hyperv_fb look for changes. ELF-64, Program Header; System V ABI.
 */

const CODE_ADDRESS = 0x40_0000;
const HEADERS_BYTES = 64 + 56;

/** The program, for a picture of so many bytes. */
export function mapProgram(pictureBytes: number): Uint8Array {
  const size = [0, 8, 16, 24].map((shift) => (pictureBytes >>> shift) & 0xff);
  const code = [
    ...[0xb8, 2, 0, 0, 0, 0x48, 0x8d, 0x3d, 0x51, 0, 0, 0, 0xbe, 2, 0, 0, 0, 0x0f, 0x05], // open(path, O_RDWR)
    ...[0x49, 0x89, 0xc0], // mov r8, rax
    ...[0xb8, 9, 0, 0, 0, 0x31, 0xff, 0xbe, ...size, 0xba, 3, 0, 0, 0], // mmap(0, size, READ | WRITE,
    ...[0x41, 0xba, 1, 0, 0, 0, 0x45, 0x31, 0xc9, 0x0f, 0x05], //   SHARED, r8, 0)
    ...[0x49, 0x89, 0xc4, 0x41, 0xbd, ...size], // r12 = where, r13d = what is left
    ...[0x31, 0xc0, 0x31, 0xff, 0x4c, 0x89, 0xe6, 0x4c, 0x89, 0xea, 0x0f, 0x05], // again: read(0, r12, r13)
    ...[0x48, 0x85, 0xc0, 0x7e, 0x08], // nothing more: exit
    ...[0x49, 0x01, 0xc4, 0x49, 0x29, 0xc5, 0x75, 0xe7], // add r12, rax; sub r13, rax; jnz again
    ...[0xb8, 0x3c, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05], // exit(0)
    ...Array.from('/dev/fb0\0', (letter) => letter.charCodeAt(0)),
  ];
  const file = new Uint8Array(HEADERS_BYTES + code.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint32(16, 0x003e_0002, true); // an executable for x86-64
  view.setUint32(20, 1, true);
  view.setUint32(24, CODE_ADDRESS + HEADERS_BYTES, true);
  view.setUint32(32, 64, true); // program headers: one of 56 bytes
  view.setUint32(52, 0x0038_0040, true);
  view.setUint32(56, 1, true);
  view.setUint32(64, 1, true); // all of the file, readable and executable
  view.setUint32(68, 5, true);
  view.setUint32(80, CODE_ADDRESS, true);
  view.setUint32(88, CODE_ADDRESS, true);
  view.setUint32(96, file.length, true);
  view.setUint32(104, file.length, true);
  view.setUint32(112, 0x1000, true);
  file.set(code, HEADERS_BYTES);
  return file;
}
