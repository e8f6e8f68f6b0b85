import { SymbolTable } from '@viridian/emulation/loader';
import { CodeMachine, ProcessorProfile, type ProcessorSample, readJitCounters } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { formatProfile } from './format-profile.ts';

const SYMBOLS = new SymbolTable([
  { address: 0xffff_ffff_8100_0000n, type: 'T', name: 'first' },
  { address: 0xffff_ffff_8100_1000n, type: 'T', name: 'second' },
  { address: 0xffff_ffff_8100_2000n, type: 'T', name: '_end' },
]);
const NOTHING = new ProcessorProfile().data();
const NO_JIT = readJitCounters(new CodeMachine().memory.buffer);

function sample(more: Partial<ProcessorSample>): ProcessorSample {
  const rip = 0xffff_ffff_8100_0010n;
  return { activity: 'interpreter', vp: 0, rip, isUser: false, exit: '', opcode: -1, ...more };
}

function profile(): ProcessorProfile {
  const sum = new ProcessorProfile();
  sum.add(sample({ activity: 'outside' }));
  sum.add(sample({}));
  sum.add(sample({ activity: 'compiled', rip: 0xffff_ffff_8100_1000n }));
  sum.add(sample({ activity: 'compiled', rip: 0xffff_ffff_8100_1000n }));
  sum.add(sample({ activity: 'exit', rip: 0xffff_ffff_8100_1234n, exit: 'port write 3f8h' }));
  sum.add(sample({ activity: 'handler', rip: 0x55_1234n, isUser: true, opcode: 0x1a2 }), 'sh');
  sum.add(sample({ activity: 'compiled', rip: 0xffff_ffff_c012_3456n }));
  sum.add(sample({ activity: 'compiled', rip: 0xffff_ffff_8100_1000n, isUser: true }), 'sh');
  return sum;
}

describe('formatProfile', () => {
  const text = formatProfile(profile().data(), {
    milliseconds: 8000,
    idleMilliseconds: 500,
    instructions: 12_345_678,
    jit: {
      ...NO_JIT,
      compiled: 3,
      handlers: new Map([
        [0x1a2, 1234],
        [0xff, 5],
        [0x363, 2],
      ]),
      exits: new Map([[0x122, 9]]),
    },
    names: SYMBOLS,
  });
  const lines = text.split('\n');

  it('begins with what the processors were at', () => {
    expect(lines.slice(0, 4)).toEqual([
      'profile of 8.00 s, 8 samples, 12 million instructions',
      '  50.0 %  compiled code',
      '  12.5 %  single instructions that compiled code leaves to the interpreter',
      '  12.5 %  the interpreter',
    ]);
    // The outside without what was idle.
    expect(text).toContain('   6.3 %  outside of the processors: devices, timers, the host');
    expect(text).toContain('   6.3 %  idle');
  });

  it('adds places up by symbol, module and program', () => {
    expect(lines.find((line) => line.endsWith('  second'))).toMatch(/^ {2}50\.0 % .*37\.5 .* 12\.5/);
    expect(lines.find((line) => line.endsWith('  first'))).toMatch(/^ {2}12\.5 %/);
    expect(text).toMatch(/12\.5 % .* a module at ffffffffc0120000h$/m);
    expect(text).toMatch(/12\.5 % .* sh 550000h$/m);
    expect(text).not.toContain('sh ffff');
    expect(text).toContain('  37.5 %  second\n  12.5 %  ffffffffc0123456h');
  });

  it('has the exits, and instructions by their opcodes', () => {
    expect(text).toContain('  12.5 %  port write 3f8h');
    expect(text).toContain('  12.5 %         1,234  0f a2 cpuid');
    expect(text).toContain('   0.0 %             5  ff\n');
    expect(text).toContain('   0.0 %             2  0f 3a 63 pcmpistri');
    expect(text).toContain('           9  0f 22 mov');
  });

  it('says little of a guest that did nothing', () => {
    const empty = formatProfile(NOTHING, { milliseconds: 0, instructions: 0, jit: NO_JIT });
    expect(empty.split('\n')[0]).toBe('profile of 0.00 s, 0 samples, 0 million instructions');
    expect(empty).not.toMatch(/NaN/);
  });
});
