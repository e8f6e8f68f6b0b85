import { describe, expect, it } from 'vitest';
import { checkGuestOptions } from './guest-options.ts';
import { MACHINES } from './machines.ts';

const names = (only: string): string[] => checkGuestOptions({ only }).machines.map(({ name }) => name);

describe('options of the guest benchmark', () => {
  it('runs every machine three times unless told otherwise', () => {
    expect(checkGuestOptions({})).toEqual({
      rounds: 3,
      clock: 'wall',
      machines: MACHINES,
      jsonFile: undefined,
    });
  });

  it('chooses machines by name, or by how their names begin', () => {
    expect(names('v86,viridian64-jit')).toEqual(['viridian64-jit', 'v86']);
    expect(names('qemu64*')).toEqual(['qemu64', 'qemu64-notests']);
  });

  it.each([
    [{ rounds: '0' }, /--rounds 0: a whole number/],
    [{ rounds: 'many' }, /--rounds many/],
    [{ clock: 'sun' }, /--clock sun: wall or processor/],
    [{ only: 'bochs' }, /no such machine; there are viridian64/],
    [{ only: 'v86,' }, /no such machine/],
  ])('refuses %o', (given, message) => {
    expect(() => checkGuestOptions(given)).toThrow(message);
  });
});
