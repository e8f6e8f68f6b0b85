/**
 * A Linux program of some 300 bytes that joins a vsock connection to another program, as inetd does:
 *
 *   vsock l PORT PROGRAM [ARGUMENT …]   listens; runs PROGRAM for each connection, which is its input and output
 *   vsock c PORT PROGRAM [ARGUMENT …]   connects to the host and becomes PROGRAM, in the same way
 *
 * Ends with an errno as its exit code. For i386, which runs on x86-64 as well. Linux, "vsock(7)", system calls of i386.
 */

import {
  assemble,
  type CodeItem,
  elfProgram,
  jump,
  jumpIfBelow,
  jumpIfNegative,
  jumpIfZero,
  word,
} from './machine-code.ts';

const Call = {
  EXIT: 1,
  FORK: 2,
  CLOSE: 6,
  EXECVE: 11,
  SIGNAL: 48,
  DUP2: 63,
  SOCKET: 359,
  BIND: 361,
  CONNECT: 362,
  LISTEN: 363,
  ACCEPT4: 364,
} as const;

const AF_VSOCK = 40;
const SOCK_STREAM = 1;
const CID_ANY = 0xffff_ffff;
const CID_HOST = 2;
const SIGCHLD = 17;
const BACKLOG = 128;

const call = (number: number): number[] => [0xb8, ...word(number), 0xcd, 0x80]; // mov eax, number; int 80h
const ebx = (value: number): number[] => [0xbb, ...word(value)];
const ecx = (value: number): number[] => [0xb9, ...word(value)];
const edx = (value: number): number[] => [0xba, ...word(value)];
const EBX_ESI = [0x89, 0xf3]; // mov ebx, esi
const EBX_EDI = [0x89, 0xfb]; // mov ebx, edi
const TEST_EAX = [0x85, 0xc0];

/** ebp: argv; [ebp - 4]: the environment; edi: the port, then the socket that listens; esi: the connection. */
const CODE: readonly CodeItem[] = [
  [0x58, 0x89, 0xe5], // pop eax (argc); mov ebp, esp
  [0x8d, 0x54, 0x84, 0x04, 0x52], // lea edx, [esp + eax*4 + 4]; push edx
  [0x8b, 0x75, 0x08, 0x31, 0xff], // mov esi, [ebp + 8]; xor edi, edi
  'digit:',
  [0x31, 0xc0, 0xac, 0x2c, 0x30], // xor eax, eax; lodsb; sub al, '0'
  jumpIfBelow('number'),
  [0x6b, 0xff, 0x0a, 0x01, 0xc7], // imul edi, edi, 10; add edi, eax
  jump('digit'),
  'number:',
  [...ebx(AF_VSOCK), ...ecx(SOCK_STREAM), ...edx(0), ...call(Call.SOCKET)],
  TEST_EAX,
  jumpIfNegative('failed'),
  [0x89, 0xc6], // mov esi, eax
  [0x6a, 0, 0x68, ...word(CID_ANY), 0x57, 0x6a, AF_VSOCK], // push 0, the CID, edi, the family: an address
  [0x8b, 0x45, 0x04, 0x80, 0x38, 0x63], // mov eax, [ebp + 4]; cmp byte [eax], 'c'
  jumpIfZero('connect'),

  [...EBX_ESI, 0x89, 0xe1, ...edx(16), ...call(Call.BIND)], // mov ecx, esp
  TEST_EAX,
  jumpIfNegative('failed'),
  [...EBX_ESI, ...ecx(BACKLOG), ...call(Call.LISTEN)],
  [...ebx(SIGCHLD), ...ecx(1), ...call(Call.SIGNAL)], // ignored: nobody waits for the programs
  [0x89, 0xf7], // mov edi, esi
  'accept:',
  [...EBX_EDI, ...ecx(0), ...edx(0), 0x31, 0xf6, ...call(Call.ACCEPT4)], // xor esi, esi
  TEST_EAX,
  jumpIfNegative('accept'),
  [0x89, 0xc6, ...call(Call.FORK)], // mov esi, eax
  TEST_EAX,
  jumpIfZero('child'),
  [...EBX_ESI, ...call(Call.CLOSE)],
  jump('accept'),
  'child:',
  [...EBX_EDI, ...call(Call.CLOSE), ...ebx(SIGCHLD), ...ecx(0), ...call(Call.SIGNAL)],
  jump('run'),

  'connect:',
  [0xc7, 0x44, 0x24, 0x08, ...word(CID_HOST)], // mov dword [esp + 8], CID
  [...EBX_ESI, 0x89, 0xe1, ...edx(16), ...call(Call.CONNECT)],
  TEST_EAX,
  jumpIfNegative('failed'),
  'run:',
  [...EBX_ESI, ...ecx(0), ...call(Call.DUP2), ...ecx(1), ...call(Call.DUP2), ...call(Call.CLOSE)],
  [0x8b, 0x5d, 0x0c, 0x8d, 0x4d, 0x0c, 0x8b, 0x55, 0xfc], // mov ebx, [ebp + 12]; lea ecx, [ebp + 12]; mov edx, [ebp - 4]
  call(Call.EXECVE),
  'failed:',
  [0xf7, 0xd8, 0x89, 0xc3, ...call(Call.EXIT)], // neg eax; mov ebx, eax
];

/** The program. */
export function vsockProgram(): Uint8Array<ArrayBuffer> {
  return elfProgram(assemble(CODE));
}
