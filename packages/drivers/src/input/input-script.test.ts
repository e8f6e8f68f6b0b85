import { describe, expect, it } from 'vitest';
import { Framebuffer, type Picture } from '../display/framebuffer.ts';
import { InputError, type InputStage, playInput } from './input-player.ts';
import { parseInputScript, typeStep } from './input-script.ts';
import { Keyboard } from './keyboard.ts';
import { Pointer } from './pointer.ts';

describe('parseInputScript', () => {
  it('reads every step', () => {
    const script = `
# somebody logs in
until login:
type  root\\n
wait 0.5
chord ControlLeft AltLeft Delete
press ShiftLeft
release ShiftLeft
move 100 200
click
click middle
wheel -3
screenshot a file.png`;
    expect(parseInputScript(script)).toEqual([
      { line: 3, verb: 'until', text: 'login:' },
      { line: 4, verb: 'type', text: ' root\n' },
      { line: 5, verb: 'wait', seconds: 0.5 },
      { line: 6, verb: 'chord', keys: ['ControlLeft', 'AltLeft', 'Delete'] },
      { line: 7, verb: 'press', keys: ['ShiftLeft'] },
      { line: 8, verb: 'release', keys: ['ShiftLeft'] },
      { line: 9, verb: 'move', x: 100, y: 200 },
      { line: 10, verb: 'click', button: 'left' },
      { line: 11, verb: 'click', button: 'middle' },
      { line: 12, verb: 'wheel', notches: -3 },
      { line: 13, verb: 'screenshot', text: 'a file.png' },
    ]);
  });

  it.each([
    ['dance', "line 1: 'dance' is none of until,"],
    ['\n\ntype', 'line 3: something more is needed'],
    ['type ä', "line 1: no US keyboard types 'ä'"],
    ['type \\x', "'\\x' is none of"],
    ['chord ControlLeft C', "no key is named 'C'"],
    ['wait', 'a number from 0'],
    ['wait -1', 'a number from 0'],
    ['wait x', 'a number from 0'],
    ['move 1', '2 numbers from 0 to 65535 needed'],
    ['move 1 2 3', '2 numbers'],
    ['move 70000 1', '2 numbers'],
    ['click all', "no button is named 'all'"],
    ['wheel 128', 'a number from -127 to 127'],
  ])('refuses %j', (script, words) => {
    expect(() => parseInputScript(script)).toThrow(RangeError);
    expect(() => parseInputScript(script)).toThrow(words);
  });
});

/** A stage on which time passes by itself, and a guest that hears from a moment on. */
function stage(hearsFrom = 0) {
  let now = 0;
  const heard: string[] = [];
  const isThere = (): boolean => now >= hearsFrom;
  const [keyboard, pointer, framebuffer] = [new Keyboard(), new Pointer(), new Framebuffer()];
  keyboard.connect({
    key: ({ makeCode, isBreak }) => isThere() && heard.push(`${makeCode}${isBreak ? ' up' : ''}`) > 0,
  });
  pointer.connect({
    report: ({ buttons, x, y, wheel }) => isThere() && heard.push([buttons, x, y, wheel].join()) > 0,
  });
  const parts: InputStage = {
    keyboard,
    pointer,
    framebuffer,
    after: (milliseconds, callback) => {
      now += milliseconds;
      if (isThere()) framebuffer.show({ widthPixels: 11, heightPixels: 11, read: () => true });
      queueMicrotask(callback);
      return () => {};
    },
    until: async (text) => void heard.push(`until ${text}`),
    screenshot: async (path: string, { widthPixels }: Picture) => void heard.push(`${path} ${widthPixels}`),
  };
  return { parts, heard, now: () => now };
}

describe('playInput', () => {
  it('does one step after the other, when the guest is there', async () => {
    const { parts, heard, now } = stage(2000);
    const script =
      'until ready\nmove 10 5\nclick right\nwheel -2\ntype aB\\n\nchord ControlLeft KeyC\nwait 3\nscreenshot x.png';
    await playInput(parseInputScript(script), parts);
    expect(heard).toEqual([
      ...['until ready', '0,32767,16384,0', '2,32767,16384,0', '0,32767,16384,0', '0,32767,16384,-2'],
      ...[
        '30',
        '30 up',
        '42',
        '48',
        '48 up',
        '42 up',
        '28',
        '28 up',
        '29',
        '46',
        '46 up',
        '29 up',
        'x.png 11',
      ],
    ]);
    expect(now()).toBe(5000);
    expect(parts.keyboard.pressed).toEqual([]);
  });

  it('gives up on a guest that never listens', async () => {
    const { parts } = stage(Number.POSITIVE_INFINITY);
    const play = playInput([typeStep('a')], parts);
    await expect(play).rejects.toThrow(InputError);
    await expect(play).rejects.toThrow('line 1: the guest has no keyboard');
  });

  it('ends when it is told to', async () => {
    const { parts } = stage(Number.POSITIVE_INFINITY);
    const abort = new AbortController();
    const play = playInput(parseInputScript('wait 1\nscreenshot x'), parts, abort.signal);
    abort.abort(new Error('enough'));
    await expect(play).rejects.toThrow('enough');
  });
});
