/** Which keys make a character on a US keyboard, so that text can be typed. */

/** A key, with Shift or without. */
export interface TypedKey {
  readonly key: string;
  readonly isShifted: boolean;
}

const PAIRS: readonly (readonly [key: string, characters: string])[] = [
  ...Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => {
    const capital = letter.toUpperCase();
    return [`Key${capital}`, letter + capital] as const;
  }),
  ...Array.from(')!@#$%^&*(', (symbol, digit) => [`Digit${digit}`, `${digit}${symbol}`] as const),
  ['Minus', '-_'],
  ['Equal', '=+'],
  ['BracketLeft', '[{'],
  ['BracketRight', ']}'],
  ['Semicolon', ';:'],
  ['Quote', '\'"'],
  ['Backquote', '`~'],
  ['Backslash', '\\|'],
  ['Comma', ',<'],
  ['Period', '.>'],
  ['Slash', '/?'],
];

const KEYS: ReadonlyMap<string, TypedKey> = new Map<string, TypedKey>([
  ...PAIRS.flatMap(([key, characters]) =>
    Array.from(characters, (character, index): [string, TypedKey] => [
      character,
      { key, isShifted: index === 1 },
    ]),
  ),
  [' ', { key: 'Space', isShifted: false }],
  ['\n', { key: 'Enter', isShifted: false }],
  ['\t', { key: 'Tab', isShifted: false }],
  ['\b', { key: 'Backspace', isShifted: false }],
]);

/** The key for one character; undefined when a US keyboard cannot type it. */
export function usKey(character: string): TypedKey | undefined {
  return KEYS.get(character);
}
