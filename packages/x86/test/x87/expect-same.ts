/** States of the x87 unit as text: to compare, and to make a failing case again. */

import { expect } from 'vitest';
import type { FloatState } from './both-processors.ts';

function showState(shown: FloatState): string {
  const registers = shown.registers.map(
    ([se, significand]) => `${se.toString(16)}:${significand.toString(16)}`,
  );
  const operand = [...shown.operand.subarray(0, 10)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  const words = [shown.control, shown.status, shown.tags, shown.flags].map((word) => word.toString(16));
  return `cw, sw, tags, flags ${words} memory ${operand} rax ${shown.rax.toString(16)} ${registers.join(' ')}`;
}

/** Fails, with the case, where the core's state differs from the host's. */
export function expectSame(name: string, before: FloatState, core: FloatState, host: FloatState): void {
  const expected = showState(host);
  const found = showState(core);
  if (found !== expected) expect(found, `${name} on ${showState(before)}`).toBe(expected);
}
