import { describe, expect, it } from 'vitest';
import { EscapedKeys } from './keyboard.ts';

function keys() {
  const sent: number[] = [];
  let quits = 0;
  let reports = 0;
  let profiles = 0;
  let shutdowns = 0;
  let said = '';
  const escaped = new EscapedKeys({
    send: (byte) => sent.push(byte),
    quit: () => {
      quits += 1;
    },
    shutdown: () => {
      shutdowns += 1;
    },
    report: () => {
      reports += 1;
    },
    profile: () => {
      profiles += 1;
    },
    say: (text) => {
      said += text;
    },
  });
  const type = (text: string) => escaped.type(new TextEncoder().encode(text));
  return {
    type,
    sent: () => String.fromCharCode(...sent),
    quits: () => quits,
    reports: () => reports,
    profiles: () => profiles,
    shutdowns: () => shutdowns,
    said: () => said,
  };
}

describe('EscapedKeys', () => {
  it('gives the guest all but the escape, Ctrl-C too', () => {
    const { type, sent, quits } = keys();
    type('ls\r\u0003\u0001');
    type('a\u0001\u0001x');
    expect(sent()).toBe('ls\r\u0003\u0001\u0001x');
    expect(quits()).toBe(0);
  });

  it('asks the guest to shut down at Ctrl-A s', () => {
    const { type, sent, shutdowns } = keys();
    type('s\u0001s');
    expect([sent(), shutdowns()]).toEqual(['s', 1]);
  });

  it('quits at Ctrl-A x, and tells what else there is', () => {
    const { type, sent, quits, said } = keys();
    type('\u0001?\u0001x');
    expect(sent()).toBe('');
    expect(quits()).toBe(1);
    expect(said()).toContain('Ctrl-A x quits');
  });
});

describe('the report key', () => {
  it('is Ctrl-A b', () => {
    const { type, sent, reports } = keys();
    type('b\u0001bb');
    expect(sent()).toBe('bb');
    expect(reports()).toBe(1);
  });
});

describe('the profile key', () => {
  it('is Ctrl-A p', () => {
    const { type, sent, profiles } = keys();
    type('p\u0001pp');
    expect([sent(), profiles()]).toEqual(['pp', 1]);
  });
});
