import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCAN_CODES } from './key-codes.ts';
import { Keyboard, type KeyEvent } from './keyboard.ts';
import { Pointer, type PointerReport } from './pointer.ts';
import { usKey } from './us-layout.ts';

function typist() {
  const keyboard = new Keyboard();
  const events: KeyEvent[] = [];
  keyboard.connect({ key: (event) => events.push(event) > 0 });
  /** As a PC keyboard would send it. */
  const bytes = () =>
    events.flatMap(({ makeCode, prefix, isBreak }) => [
      ...(prefix === 0 ? [] : [prefix]),
      makeCode | (isBreak ? 0x80 : 0),
    ]);
  return { keyboard, events, bytes };
}

describe('Keyboard', () => {
  it('sends set 1 for keys, text and chords', () => {
    const { keyboard, bytes } = typist();
    expect(keyboard.type('aB\n')).toBe(true);
    keyboard.chord('ControlRight', 'Delete');
    keyboard.press('Pause');
    expect(bytes()).toEqual([
      ...[0x1e, 0x9e, 0x2a, 0x30, 0xb0, 0xaa, 0x1c, 0x9c],
      ...[0xe0, 0x1d, 0xe0, 0x53, 0xe0, 0xd3, 0xe0, 0x9d],
      ...[0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5],
    ]);
  });

  it('types every printable character of ASCII with keys that exist, each in its own way', () => {
    const ways = Array.from({ length: 95 }, (_, i) => usKey(String.fromCharCode(32 + i)));
    expect(new Set(ways.map((way) => `${way?.key}/${way?.isShifted}`)).size).toBe(95);
    for (const way of ways) expect(SCAN_CODES.has(way?.key ?? '')).toBe(true);
  });

  it('gives no scan code twice', () => {
    const codes = [...SCAN_CODES.values()].map(({ makeCode, prefix }) => prefix * 256 + makeCode);
    expect(new Set(codes).size).toBe(codes.length);
    expect(SCAN_CODES.get('F12')).toEqual({ makeCode: 0x58, prefix: 0 });
    expect(SCAN_CODES.get('KeyM')).toEqual({ makeCode: 0x32, prefix: 0 });
    expect(SCAN_CODES.get('NumpadDecimal')).toEqual({ makeCode: 0x53, prefix: 0 });
  });

  it('refuses keys and characters that there are not, before anything is pressed', () => {
    const { keyboard, events } = typist();
    expect(() => keyboard.press('KeyÄ')).toThrow(RangeError);
    expect(() => keyboard.chord('ShiftLeft', 'Nonsense')).toThrow(RangeError);
    expect(() => keyboard.type('aä')).toThrow("'ä'");
    expect(events).toEqual([]);
    expect(keyboard.pressed).toEqual([]);
  });

  it('ends with no key down, whatever was typed', () => {
    const text = fc.string({ unit: fc.constantFrom(...'aZ09 ~\n\t{"') });
    fc.assert(
      fc.property(text, (typed) => {
        const { keyboard, events } = typist();
        keyboard.type(typed);
        const down = new Set<number>();
        for (const { makeCode, isBreak } of events) {
          if (isBreak) expect(down.delete(makeCode)).toBe(true);
          else down.add(makeCode);
        }
        expect([...down, ...keyboard.pressed]).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('says what nobody heard, repeats, lets go, and shows lights', () => {
    const keyboard = new Keyboard();
    expect(keyboard.press('KeyA')).toBe(false);
    const events: KeyEvent[] = [];
    const unplug = keyboard.connect({ key: (event) => events.push(event) > 0 });
    expect(() => keyboard.connect({ key: () => true })).toThrow('already');
    keyboard.press('KeyA');
    keyboard.releaseAll();
    expect(events.map(({ isBreak }) => isBreak)).toEqual([false, true]);
    unplug();
    keyboard.connect({ key: () => true });
    let seen: unknown;
    keyboard.onLights = (lights) => {
      seen = lights;
    };
    keyboard.setLights({ scrollLock: false, numLock: true, capsLock: false });
    expect(seen).toBe(keyboard.lights);
    expect(keyboard.inspect()).toMatchObject({ lights: { numLock: true }, counters: { events: 3, lost: 1 } });
  });
});

describe('Pointer', () => {
  function hand() {
    const pointer = new Pointer();
    const reports: PointerReport[] = [];
    pointer.connect({ report: (report) => reports.push(report) > 0 });
    return { pointer, reports };
  }

  it('moves, clicks and scrolls', () => {
    const { pointer, reports } = hand();
    pointer.moveToPixel(1023, 0, { widthPixels: 1024, heightPixels: 768 });
    pointer.click();
    pointer.press('right');
    pointer.press('forward');
    pointer.release('right');
    pointer.scroll(-1);
    const place = { x: 32767, y: 0 };
    expect(reports).toEqual([
      { ...place, buttons: 0, wheel: 0 },
      { ...place, buttons: 1, wheel: 0 },
      { ...place, buttons: 0, wheel: 0 },
      { ...place, buttons: 2, wheel: 0 },
      { ...place, buttons: 18, wheel: 0 },
      { ...place, buttons: 16, wheel: 0 },
      { ...place, buttons: 16, wheel: -1 },
    ]);
  });

  it('stays on the screen whatever it is told', () => {
    const any = fc.oneof(fc.double(), fc.integer());
    fc.assert(
      fc.property(any, any, fc.integer(), (x, y, notches) => {
        const { pointer, reports } = hand();
        pointer.moveTo(x, y);
        pointer.moveToPixel(x, y, { widthPixels: 1, heightPixels: 1 });
        pointer.scroll(notches);
        for (const report of reports) {
          for (const at of [report.x, report.y])
            expect(at >= 0 && at <= 32767 && Number.isInteger(at)).toBe(true);
          expect(Math.abs(report.wheel)).toBeLessThanOrEqual(127);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('says what nobody heard', () => {
    const pointer = new Pointer();
    expect(pointer.click('middle')).toBe(false);
    const unplug = pointer.connect({ report: () => false });
    expect(() => pointer.connect({ report: () => true })).toThrow('already');
    expect(pointer.moveTo(1, 1)).toBe(false);
    unplug();
    expect(pointer.inspect()).toMatchObject({ x: 1, y: 1, counters: { reports: 3, lost: 3 } });
  });
});
