/** What somebody at a guest would do, written down: a line for each step. */

import { SCAN_CODES } from './key-codes.ts';
import type { PointerButton } from './pointer.ts';
import { usKey } from './us-layout.ts';

/** One step. */
export type InputStep = { readonly line: number } & (
  | { readonly verb: 'until' | 'type' | 'screenshot'; readonly text: string }
  | { readonly verb: 'wait'; readonly seconds: number }
  | { readonly verb: 'press' | 'release' | 'chord'; readonly keys: readonly string[] }
  | { readonly verb: 'move'; readonly x: number; readonly y: number }
  | { readonly verb: 'click'; readonly button: PointerButton }
  | { readonly verb: 'wheel'; readonly notches: number }
);

type Step = InputStep extends infer T ? (T extends InputStep ? Omit<T, 'line'> : never) : never;

const BUTTONS: ReadonlySet<string> = new Set<PointerButton>(['left', 'right', 'middle', 'back', 'forward']);
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b', '\\': '\\' };
const LONGEST_WAIT_S = 24 * 3600;
const MOST_PIXELS = 0xffff;
const MOST_NOTCHES = 127;

const PARSERS: Readonly<Record<string, (rest: string) => Step>> = {
  until: (rest) => ({ verb: 'until', text: words(rest) }),
  screenshot: (rest) => ({ verb: 'screenshot', text: words(rest) }),
  type: (rest) => ({ verb: 'type', text: typed(rest) }),
  wait: (rest) => ({ verb: 'wait', seconds: numbers(rest, 1, 0, LONGEST_WAIT_S)[0]! }),
  press: (rest) => ({ verb: 'press', keys: keys(rest) }),
  release: (rest) => ({ verb: 'release', keys: keys(rest) }),
  chord: (rest) => ({ verb: 'chord', keys: keys(rest) }),
  move: (rest) => {
    const [x, y] = numbers(rest, 2, 0, MOST_PIXELS);
    return { verb: 'move', x: x!, y: y! };
  },
  click: (rest) => {
    const button = rest === '' ? 'left' : rest;
    if (!BUTTONS.has(button)) throw new RangeError(`no button is named '${button}'`);
    return { verb: 'click', button: button as PointerButton };
  },
  wheel: (rest) => ({ verb: 'wheel', notches: numbers(rest, 1, -MOST_NOTCHES, MOST_NOTCHES)[0]! }),
};

/**
 * Reads a script. Empty lines and those that begin with # say nothing. Throws RangeError, which names the line, for what is
 * no step, before anything is done.
 */
export function parseInputScript(script: string): InputStep[] {
  return script.split(/\r?\n/).flatMap((text, index): InputStep[] => {
    if (/^\s*(#|$)/.test(text)) return [];
    const [, verb = '', rest = ''] = /^\s*(\w*)[ \t]?(.*)$/.exec(text)!;
    const parse = PARSERS[verb];
    const line = index + 1;
    try {
      if (parse === undefined)
        throw new RangeError(`'${verb}' is none of ${Object.keys(PARSERS).join(', ')}`);
      return [{ ...parse(verb === 'type' ? rest : rest.trim()), line }];
    } catch (error) {
      throw new RangeError(`line ${line}: ${(error as Error).message}`, { cause: error });
    }
  });
}

/** The step that types a text, as `type` does. */
export function typeStep(text: string): InputStep {
  return { verb: 'type', text: typed(text), line: 1 };
}

function words(rest: string): string {
  if (rest === '') throw new RangeError('something more is needed');
  return rest;
}

/** Text with \n, \t, \b and \\ for what a line cannot hold. */
function typed(rest: string): string {
  const text = words(rest).replaceAll(/\\(.?)/g, (_, letter: string) => {
    const character = ESCAPES[letter];
    if (character === undefined) throw new RangeError(`'\\${letter}' is none of \\n, \\t, \\b and \\\\`);
    return character;
  });
  for (const character of text) {
    if (usKey(character) === undefined) throw new RangeError(`no US keyboard types '${character}'`);
  }
  return text;
}

function keys(rest: string): string[] {
  const names = words(rest).split(/\s+/);
  const unknown = names.find((name) => !SCAN_CODES.has(name) && name !== 'Pause');
  if (unknown !== undefined) throw new RangeError(`no key is named '${unknown}': see KeyboardEvent.code`);
  return names;
}

function numbers(rest: string, count: number, least: number, most: number): number[] {
  const values = rest.split(/\s+/).map((word) => (word === '' ? Number.NaN : Number(word)));
  if (values.length !== count || values.some((value) => !(value >= least && value <= most))) {
    throw new RangeError(`${count === 1 ? 'a number' : `${count} numbers`} from ${least} to ${most} needed`);
  }
  return values;
}
