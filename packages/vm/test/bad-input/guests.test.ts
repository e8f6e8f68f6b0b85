/** Guests that do what no guest should, on a machine with a board: every end is a known one, and the host goes on. */

import { MemoryDisk } from '@viridian/drivers';
import { loadKernel, pcMemoryMap } from '@viridian/emulation/loader';
import { listen } from '@viridian/trace';
import { describe, expect, it } from 'vitest';
import { type MachineResult, VirtualizationHost } from '../../src/index.ts';
import { turn } from '../support/guest.ts';
import { randomAccesses } from '../support/random-accesses.ts';
import { CODE_GPA, EXIT_PORT, multibootKernel, x86Machine } from '../support/x86-guest.ts';

const MEGABYTE = 2 ** 20;
const MEMORY_BYTES = 8 * MEGABYTE;
/** mov al, 5; out F4h, al: exit code 11. */
const EXIT = [0xb0, 5, 0xe6, EXIT_PORT];
/** cli; hlt */
const HALT = [0xfa, 0xf4];
/** If EAX differs from `value`, halts for ever. */
const expectEax = (value: number): number[] => [0x3d, ...u32(value), 0x74, 2, ...HALT]; // cmp eax; je +2

function u32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

async function endOf(code: readonly number[]): Promise<MachineResult> {
  const machine = await x86Machine(code);
  machine.start();
  return await machine.finished;
}

describe('a guest that cannot go on', () => {
  it.each([
    ['an invalid instruction without an interrupt table', [0x0f, 0x01, 0x1d, 0, 0, 0, 0, 0x0f, 0x0b]], // lidt [0]; ud2
    ['a jump to where no memory is', [0xb8, 0, 0, 0, 0x80, 0xff, 0xe0]], // mov eax, 80000000h; jmp eax
    ['a stack where no memory is', [0xbc, 0, 0, 0, 0x80, 0xcd, 0x03]], // mov esp, 80000000h; int 3
    ['paging on without page tables', [0x0f, 0x20, 0xc0, 0x0d, 0, 0, 0, 0x80, 0x0f, 0x22, 0xc0, 0x90]],
    ['a write to the hypercall page', [...enableHypercalls(0x40_0000), 0xa3, ...u32(0x40_0010)]], // mov [400010h], eax
  ])('ends with a triple fault: %s', async (_, code) => {
    expect(await endOf(code)).toEqual({ reason: 'triple-fault', vp: 0 });
  });

  it('ends when it halts with interrupts off, in a loop too', async () => {
    expect(await endOf(HALT)).toEqual({ reason: 'halted' });
    expect(await endOf([...HALT, 0xeb, 0xfd])).toEqual({ reason: 'halted' }); // L: cli; hlt; jmp L
  });

  it('is stopped from outside when it spins with interrupts off', async () => {
    const machine = await x86Machine([0xfa, 0xeb, 0xfe]); // cli; jmp $
    machine.start();
    for (let turns = 0; turns < 3; turns += 1) await turn();
    expect(await machine.stop()).toEqual({ reason: 'stopped' });
  });
});

/** GUEST_OS_ID, then the hypercall page at `gpa`: mov ecx, msr; mov eax, value; xor edx, edx; wrmsr. */
function enableHypercalls(gpa: number): number[] {
  const write = (msr: number, value: number) => [
    0xb9,
    ...u32(msr),
    0xb8,
    ...u32(value),
    0x31,
    0xd2,
    0x0f,
    0x30,
  ];
  return [...write(0x4000_0000, 1), ...write(0x4000_0001, gpa | 1)];
}

describe('a guest that reads and writes where nothing is', () => {
  it('reads all ones from ports and memory, and its writes vanish', async () => {
    const code: number[] = [];
    for (const address of [0x0080_0000, 0x8000_0000, 0xf800_0000, 0xfeb0_0000, 0xffff_0000, 0xffff_fff0]) {
      code.push(0xb8, ...u32(0x1234_5678), 0xa3, ...u32(address)); // mov eax, 12345678h; mov [address], eax
      code.push(0xa1, ...u32(address), ...expectEax(0xffff_ffff)); // mov eax, [address]
    }
    for (const port of [0x81, 0x278, 0x1234, 0xfffc]) {
      code.push(0xba, ...u32(port), 0xb8, 0, 0, 0, 0, 0xef, 0xed, ...expectEax(0xffff_ffff)); // out dx, eax; in eax, dx
    }
    expect(await endOf([...code, ...EXIT])).toEqual({ reason: 'debug-exit', exitCode: 11 });
  });

  it('finds RAM where a PC has its ROM: there is no firmware to protect', async () => {
    const code: number[] = [];
    for (const address of [0xc_0000, 0xf_0000, 0xf_fffc]) {
      code.push(0xb8, ...u32(address), 0xa3, ...u32(address), 0xa1, ...u32(address), ...expectEax(address));
    }
    expect(await endOf([...code, ...EXIT])).toEqual({ reason: 'debug-exit', exitCode: 11 });
  });

  it('may copy, exchange and add there with any instruction', async () => {
    const code = [
      ...[0xbf, ...u32(0x8000_0000), 0xbe, ...u32(CODE_GPA), 0xb9, ...u32(5000), 0xfc], // mov edi; mov esi; mov ecx; cld
      ...[0xf3, 0xa5], // rep movsd
      ...[0xbe, ...u32(0x8000_0000), 0xbf, ...u32(0x50_0000), 0xb9, ...u32(5000), 0xf3, 0xa5], // … and back
      ...[0xa1, ...u32(0x50_0000), ...expectEax(0xffff_ffff)], // mov eax, [500000h]
      ...[0xf0, 0x0f, 0xc1, 0x05, ...u32(0x8000_0000)], // lock xadd [80000000h], eax
      ...[0xf0, 0x0f, 0xb1, 0x0d, ...u32(0x8000_0000)], // lock cmpxchg [80000000h], ecx
      ...[0x81, 0x05, ...u32(0x9000_0ffe), ...u32(7)], // add dword [90000ffeh], 7: across two pages
      ...[0xdb, 0x2d, ...u32(0x8000_0000), 0xdb, 0x3d, ...u32(0x8000_0000)], // fld, fstp m80
    ];
    expect(await endOf([...code, ...EXIT])).toEqual({ reason: 'debug-exit', exitCode: 11 });
  });
});

/** Ends that random programming can lead to: the reset and power registers and a triple fault are real. */
const KNOWN_ENDS = ['debug-exit', 'reset', 'powered-off', 'triple-fault', 'halted', 'killed'];
const MOST_MS = 3000;
/** Programs of each kind; more for a longer search. */
const SEEDS = 10;

describe('a guest that programs its devices with nonsense', () => {
  async function runSeed(host: VirtualizationHost, seed: number, mayEnd: boolean): Promise<MachineResult> {
    const memory = pcMemoryMap(MEMORY_BYTES);
    const boot = await loadKernel({ kernel: multibootKernel(randomAccesses(seed, 4000, mayEnd)), memory });
    const disk = { device: new MemoryDisk(new Uint8Array(64 * 512)) };
    const machine = host.createMachine({
      name: `seed ${seed}`,
      memoryBytes: MEMORY_BYTES,
      boot,
      board: { ide: [disk, undefined, disk], serial: [{ write: () => {} }], debugExit: EXIT_PORT },
      policy: { onReset: 'finish' },
    });
    const timer = setTimeout(() => machine.kill(), MOST_MS);
    machine.start();
    const result = await machine.finished;
    clearTimeout(timer);
    return result;
  }

  it.each([
    ['all but what ends a machine', false],
    ['all', true],
  ])('finds the host as it was: %s', async (_, mayEnd) => {
    using host = new VirtualizationHost();
    const failures: string[] = [];
    using _listener = listen('parent.callback,vm.*', ({ point, where }) =>
      failures.push(`${point} ${where}`),
    );
    const ends: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { reason } = await runSeed(host, seed, mayEnd);
      expect(KNOWN_ENDS, `seed ${seed}`).toContain(reason);
      ends.push(reason);
    }
    expect(failures).toEqual([]);
    // Bus masters write to memory, and so to code, in some; most programs come to their end.
    if (!mayEnd) expect(ends.filter((end) => end === 'debug-exit').length).toBeGreaterThan(SEEDS / 2);
    expect(host.machines).toEqual([]);
  });
});
