/** A Linux program that makes one vsock connection after the other: says four bytes, reads to the end, closes. */

import {
  assemble,
  elfProgram,
  jump,
  jumpIfNegative,
  jumpIfZero,
  word,
} from '../../src/agent/machine-code.ts';

const [AF_VSOCK, CID_HOST] = [40, 2];
const call = (number: number): number[] => [0xb8, ...word(number), 0xcd, 0x80]; // mov eax, number; int 80h
const EBX_ESI = [0x89, 0xf3]; // mov ebx, esi

/** So many connections to a port of the host; its exit code is 0, or the errno of what failed. */
export function stormProgram(port: number, count: number): Uint8Array<ArrayBuffer> {
  return elfProgram(
    assemble([
      [0x6a, 0, 0x6a, CID_HOST, 0x68, ...word(port), 0x6a, AF_VSOCK], // an address on the stack
      [0x89, 0xe5, 0x83, 0xec, 0x40, 0xbf, ...word(count)], // mov ebp, esp; sub esp, 64; mov edi, count
      'again:',
      [0xbb, ...word(AF_VSOCK), 0xb9, ...word(1), 0x31, 0xd2, ...call(359)], // socket
      [0x85, 0xc0],
      jumpIfNegative('failed'),
      [0x89, 0xc6, ...EBX_ESI, 0x89, 0xe9, 0xba, ...word(16), ...call(362)], // connect, by ebp
      [0x85, 0xc0],
      jumpIfNegative('failed'),
      [...EBX_ESI, 0x89, 0xe9, 0xba, ...word(4), ...call(4)], // write: the first word of the address
      'read:',
      [...EBX_ESI, 0x89, 0xe1, 0xba, ...word(64), ...call(3)], // read to the buffer at esp
      [0x85, 0xc0],
      jumpIfNegative('failed'),
      jumpIfZero('end'),
      jump('read'),
      'end:',
      [...EBX_ESI, ...call(6), 0x4f], // close; dec edi
      jumpIfZero('failed'),
      jump('again'),
      'failed:',
      [0xf7, 0xd8, 0x89, 0xc3, ...call(1)], // exit with the errno; close gave 0
    ]),
  );
}
