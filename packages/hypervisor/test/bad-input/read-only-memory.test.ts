/** Writes of a real processor to memory that it may only read and execute, such as ROM. */

import { Outcome } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { GpaAccess } from '../../src/partition/gpa-space.ts';
import { dword, HLT, increment, store, X86Machine } from '../x86/machine.ts';

const CODE = 0x4_0000;
const MARK = 0x5_0000;
const ROM = 0x8_0000;
/** A page of RAM behind the ROM. */
const BEHIND = ROM + 0x1000;

/** A machine whose page at {@link ROM} is read-only, and what it holds. */
function machineWithRom(): X86Machine {
  const machine = new X86Machine();
  const { gpa } = machine.partition;
  machine.put(ROM, new Uint8Array(4096).fill(0xa5));
  gpa.mapRange(ROM >> 12, gpa.systemPage(ROM >> 12), 1, GpaAccess.READ | GpaAccess.EXECUTE);
  return machine;
}

const WRITES: [string, number[]][] = [
  ['mov', store(ROM, 1)],
  ['inc', increment(ROM)],
  ['lock xadd', [0xf0, 0x0f, 0xc1, 0x05, ...dword(ROM)]],
  ['lock cmpxchg8b', [0xf0, 0x0f, 0xc7, 0x0d, ...dword(ROM)]],
  ['rep stosd', [0xbf, ...dword(ROM), 0xb9, ...dword(1024), 0xf3, 0xab]],
  ['movups', [0x0f, 0x11, 0x05, ...dword(ROM)]],
  ['push', [0xbc, ...dword(ROM + 64), 0x50, 0xbc, ...dword(0x9000)]],
  ['mov across its end', [0xc7, 0x05, ...dword(BEHIND - 2), ...dword(0x1122_3344)]],
];

describe('read-only memory', () => {
  it.each(WRITES)('keeps what it has where the host lets writes vanish: %s', (_, write) => {
    const machine = machineWithRom();
    machine.partition.intercepts.setDirectHandler({ kind: 'other-memory', handler: () => Outcome.DONE });
    // CR4.OSFXSR for SSE; then read the ROM back: mov eax, [ROM]; mov [MARK], eax
    const enable = [0x0f, 0x20, 0xe0, 0x80, 0xcc, 2, 0x0f, 0x22, 0xe0];
    machine.put(CODE, [...enable, ...write, 0xa1, ...dword(ROM), 0xa3, ...dword(MARK), HLT]);
    machine.start(CODE);
    machine.run();
    expect(machine.word(MARK)).toBe(0xa5a5_a5a5);
    expect(machine.ram.subarray(ROM, BEHIND).every((byte) => byte === 0xa5)).toBe(true);
    expect(machine.partition.counters.directIntercepts).toBeGreaterThan(0);
  });

  it('costs the guest a #GP where the host says so', () => {
    const machine = machineWithRom();
    machine.partition.intercepts.setDirectHandler({
      kind: 'other-memory',
      handler: () => Outcome.GENERAL_PROTECTION,
    });
    machine.put(0x3000 + 16 * 13, [...store(MARK, 13), HLT]);
    machine.put(CODE, [...store(ROM, 1), ...store(MARK, 1), HLT]);
    machine.start(CODE);
    machine.run();
    expect(machine.word(MARK)).toBe(13);
  });
});
