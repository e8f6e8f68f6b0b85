/** Keys by name, and what they send: PC scan code set 1. Names: W3C UI Events KeyboardEvent code Values. */

/** A key on the wire: the make code without prefix and break bit, and the prefix byte or 0. */
export interface ScanCode {
  readonly makeCode: number;
  readonly prefix: 0 | 0xe0;
}

const row = (first: number, names: string): [string, ScanCode][] =>
  names.split(' ').map((name, index) => [name, { makeCode: first + index, prefix: 0 }]);

const extended = (makeCode: number, ...names: string[]): [string, ScanCode][] =>
  names.map((name, index) => [name, { makeCode: makeCode + index, prefix: 0xe0 }]);

/** Every key but Pause, whose code is a sequence of its own. */
export const SCAN_CODES: ReadonlyMap<string, ScanCode> = new Map([
  ...row(
    0x01,
    'Escape Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace Tab',
  ),
  ...row(
    0x10,
    'KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter ControlLeft',
  ),
  ...row(0x1e, 'KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote ShiftLeft Backslash'),
  ...row(
    0x2c,
    'KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight NumpadMultiply AltLeft Space',
  ),
  ...row(0x3a, 'CapsLock F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NumLock ScrollLock Numpad7 Numpad8 Numpad9'),
  ...row(
    0x4a,
    'NumpadSubtract Numpad4 Numpad5 Numpad6 NumpadAdd Numpad1 Numpad2 Numpad3 Numpad0 NumpadDecimal',
  ),
  ...row(0x56, 'IntlBackslash F11 F12'),
  ...extended(0x1c, 'NumpadEnter', 'ControlRight'),
  ...extended(0x35, 'NumpadDivide'),
  ...extended(0x37, 'PrintScreen', 'AltRight'),
  ...extended(0x47, 'Home', 'ArrowUp', 'PageUp'),
  ...extended(0x4b, 'ArrowLeft'),
  ...extended(0x4d, 'ArrowRight'),
  ...extended(0x4f, 'End', 'ArrowDown', 'PageDown', 'Insert', 'Delete'),
  ...extended(0x5b, 'MetaLeft', 'MetaRight', 'ContextMenu'),
]);
