/** Every SSE instruction against the host's processor, bit for bit: results, MXCSR, flags, exceptions. */

import { describe, expect, it } from 'vitest';
import { ARITHMETIC_FLAGS, CASE_BYTES, Case, describeCase, describeCode } from './case.ts';
import { CoreRunner } from './core.ts';
import { FORMS, type Form } from './forms.ts';
import { runOnHost, whyNoHost } from './host.ts';
import { fillCase, Random } from './operands.ts';

const CASES_PER_FORM = 150;
const SEED = 20260101;

const excuse = whyNoHost();
if (excuse !== undefined) describe.skip(`SSE against the host: ${excuse}`, () => {});

/** Relative distance that the architecture allows an approximation. */
const TOLERANCE = 1.5 * 2 ** -12;

function isClose(a: Uint8Array, b: Uint8Array): boolean {
  const left = new DataView(a.buffer, a.byteOffset);
  const right = new DataView(b.buffer, b.byteOffset);
  for (let at = 0; at < 16; at += 4) {
    if (left.getUint32(at, true) === right.getUint32(at, true)) continue;
    const value = right.getFloat32(at, true);
    // At the lower end of the normal numbers an approximation may be zero.
    if (Math.abs(value) <= 2 ** -125 && left.getFloat32(at, true) === 0) continue;
    // The two may each be that far from the truth.
    if (!(Math.abs(left.getFloat32(at, true) - value) <= Math.abs(value) * 2 * TOLERANCE)) return false;
  }
  return true;
}

function agrees(host: Case, core: Case, form: Form): boolean {
  if (host.vector !== core.vector || host.mxcsr !== core.mxcsr) return false;
  if (((host.flags ^ core.flags) & ARITHMETIC_FLAGS) !== 0) return false;
  for (let index = 0; index < 4; index += 1) {
    const close = form.approximate && isClose(host.xmm(index), core.xmm(index));
    if (!close && !sameBytes(host.xmm(index), core.xmm(index))) return false;
    if (!sameBytes(host.mm(index), core.mm(index))) return false;
    if (host.general(index) !== core.general(index)) return false;
  }
  return sameBytes(host.memory, core.memory);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, at) => byte === b[at]);
}

/** Runs all cases of some forms on both processors; gives a text for each of the first differences. */
function differences(forms: readonly Form[], perForm: number, seed: number): string[] {
  const random = new Random(seed);
  const before = new Uint8Array(forms.length * perForm * CASE_BYTES);
  const one = new Case(before);
  forms.forEach((form, index) => {
    for (let i = 0; i < perForm; i += 1) {
      one.at = (index * perForm + i) * CASE_BYTES;
      fillCase(one, form, random);
    }
  });
  const onHost = new Case(runOnHost(before));
  const onCore = new Case(before.slice());
  const runner = new CoreRunner();
  const found: string[] = [];
  forms.forEach((form, index) => {
    let shown = 0;
    for (let i = 0; i < perForm; i += 1) {
      one.at = onHost.at = onCore.at = (index * perForm + i) * CASE_BYTES;
      runner.run(onCore);
      if (agrees(onHost, onCore, form) || shown++ > 0) continue;
      const parts = [one, onHost, onCore].map(describeCase);
      found.push(
        `${form.name} ${describeCode(one)}\n  before\n    ${parts[0]}\n  host\n    ${parts[1]}\n  core\n    ${parts[2]}`,
      );
    }
  });
  return found;
}

describe.skipIf(excuse !== undefined)('SSE against the host', () => {
  it.each(['f32', 'f64', 'int', 'text', 'mxcsr'])('does what the host does with %s operands', (kind) => {
    const forms = FORMS.filter((form) => form.kind === kind);
    const found = differences(forms, CASES_PER_FORM, SEED);
    expect(found.slice(0, 20).join('\n\n')).toBe('');
  });
});
