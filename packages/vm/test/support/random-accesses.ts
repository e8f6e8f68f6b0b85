/** 32-bit code that programs every device of a board with nonsense, the same for the same seed. */

import { EXIT_PORT } from './x86-guest.ts';

/** First port and number of ports of everything on the board: where random accesses are worth the most. */
const DEVICES = [
  [0x20, 2],
  [0x40, 4],
  [0x60, 5],
  [0x70, 4],
  [0x92, 1],
  [0xa0, 2],
  [0x170, 8],
  [0x1f0, 8],
  [0x374, 4],
  [0x3f4, 4],
  [0x3f8, 8],
  [0x400, 12],
  [0x4d0, 2],
  [0xcf8, 8],
] as const;
/** I/O APIC, local APIC, the PCI hole, where firmware would be. */
const DEVICE_MEMORY = [0xfec0_0000, 0xfee0_0000, 0xf800_0000, 0xffff_0000] as const;
/** Ports that end a machine when one is written the right value: PM1 control, port A, 8042, reset control. */
const ENDING = [0x404, 0x405, 0x64, 0x92, 0xcf9];
/** A place in RAM that string instructions use. */
const BUFFER_GPA = 0x70_0000;

/** xorshift32. */
function generator(seed: number): (below: number) => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const u32 = (value: number): number[] => [
  value & 0xff,
  (value >>> 8) & 0xff,
  (value >>> 16) & 0xff,
  value >>> 24,
];

/** `steps` random accesses, then a debug exit of 1. `mayEnd` allows writes that switch off or reset. */
export function randomAccesses(seed: number, steps: number, mayEnd: boolean): number[] {
  const random = generator(seed);
  const code: number[] = [];
  const value = (): number => (random(3) === 0 ? random(256) : random(2 ** 32));
  for (let step = 0; step < steps; step += 1) {
    const kind = random(10);
    if (kind < 2) code.push(...memoryAccess(random, value(), mayEnd));
    else code.push(...portAccess(random, value(), kind === 2, mayEnd));
  }
  return [...code, 0xb0, 1, 0xe6, EXIT_PORT, 0xfa, 0xf4]; // mov al, 1; out F4h, al; cli; hlt
}

function memoryAccess(random: (below: number) => number, value: number, mayEnd: boolean): number[] {
  const region = DEVICE_MEMORY[random(DEVICE_MEMORY.length)]!;
  const offset = random(2) === 0 ? random(0x300) : random(0x1_0000);
  // The local APIC's command register resets or stops the processor that writes it.
  const isCommand = region === 0xfee0_0000 && offset >= 0x2fd && offset < 0x320;
  const opcode = [0xa0, 0xa1, 0xa2, 0xa3][random(4)]!; // mov al/eax, [m]; mov [m], al/eax
  const address = u32((region + offset) >>> 0);
  return isCommand && !mayEnd ? [0x90] : [0xb8, ...u32(value), opcode, ...address];
}

function portAccess(
  random: (below: number) => number,
  value: number,
  isString: boolean,
  mayEnd: boolean,
): number[] {
  const [first, count] = DEVICES[random(DEVICES.length)]!;
  const port = random(4) === 0 ? random(0x1_0000) : first + random(count);
  const isWrite = random(2) === 0;
  const size = [1, 2, 4][random(3)]!;
  const touches = (other: number): boolean => port + size > other && port < other + 4;
  const isEnding = ENDING.some((ending) => port <= ending && port + size > ending);
  if (touches(EXIT_PORT) || (isWrite && isEnding && !mayEnd)) return [0x90];
  const prefix = size === 2 ? [0x66] : [];
  const start = [0xba, ...u32(port), 0xb8, ...u32(value)]; // mov edx, port; mov eax, value
  if (!isString) return [...start, ...prefix, (isWrite ? 0xee : 0xec) | (size === 1 ? 0 : 1)];
  // mov ecx, n; mov esi/edi, buffer; rep outs/ins
  const opcode = (isWrite ? 0x6e : 0x6c) | (size === 1 ? 0 : 1);
  const pointer = isWrite ? 0xbe : 0xbf;
  return [...start, 0xb9, ...u32(random(300)), pointer, ...u32(BUFFER_GPA), ...prefix, 0xf3, opcode];
}
