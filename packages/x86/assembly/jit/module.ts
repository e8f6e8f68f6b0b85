/** The module of one region: types, imports, one function. WebAssembly specification, "Modules". */

import { at, beginSized, byte, endSized, restart, TYPE_I32, TYPE_I64, TYPE_V128, unsigned } from './emit';
import { IMPORTS } from './imports';
import { hasLinks } from './link-table';
import { LAST_I32, LAST_I64, LAST_V128, LEFT } from './locals';
import { MODULE } from './memory-map';
import { writeBody } from './structure';

function type(parameters: u32, p0: u32, p1: u32, p2: u32, p3: u32, p4: u32, p5: u32, result: u32): void {
  byte(0x60);
  unsigned(parameters);
  if (parameters > 0) byte(p0);
  if (parameters > 1) byte(p1);
  if (parameters > 2) byte(p2);
  if (parameters > 3) byte(p3);
  if (parameters > 4) byte(p4);
  if (parameters > 5) byte(p5);
  unsigned(result ? 1 : 0);
  if (result) byte(result);
}

function types(): void {
  byte(1);
  const section = beginSized();
  unsigned(10);
  const i = TYPE_I32;
  const l = TYPE_I64;
  type(4, i, i, l, i, 0, 0, i); // 0 a region
  type(3, i, l, i, 0, 0, 0, i); // 1 fill
  type(2, i, i, 0, 0, 0, 0, i); // 2 fallback
  type(5, i, i, l, l, i, 0, i); // 3 condition
  type(2, l, l, 0, 0, 0, 0, l); // 4 high half of a product
  type(6, i, i, l, l, i, i, 0); // 5 flags
  type(4, i, l, i, i, 0, 0, i); // 6 probe
  type(6, i, i, l, l, i, l, 0); // 7 settle
  type(4, i, i, i, i, 0, 0, i); // 8 comparison of strings
  type(5, i, l, l, l, i, 0, i); // 9 string
  endSized(section);
}

/** Type of an imported function. */
function typeOf(imported: u32): u32 {
  return imported < 4 ? imported + 1 : imported == 4 ? 4 : imported;
}

function imports(): void {
  byte(2);
  const section = beginSized();
  unsigned(hasLinks ? IMPORTS + 2 : IMPORTS + 1);
  // Module "c"; the functions are named "0", "1" …, the memory "m", the table "t".
  for (let imported: u32 = 0; imported < IMPORTS; imported++) {
    byte(1);
    byte(0x63);
    byte(1);
    byte(0x30 + imported);
    byte(0);
    unsigned(typeOf(imported));
  }
  byte(1);
  byte(0x63);
  byte(1);
  byte(0x6d);
  byte(2);
  byte(3); // shared, with a maximum
  unsigned(1);
  unsigned(65536);
  if (hasLinks) {
    byte(1);
    byte(0x63);
    byte(1);
    byte(0x74);
    byte(1);
    byte(0x70); // a table of functions, of any size
    byte(0);
    unsigned(0);
  }
  endSized(section);
}

/** Writes the module of the analysed region; gives its length. */
export function writeModule(): u32 {
  restart();
  store<u32>(MODULE, 0x6d736100);
  store<u32>(MODULE + 4, 1);
  for (let i = 0; i < 8; i++) byte(load<u8>(MODULE + i));
  types();
  imports();
  byte(3);
  unsigned(2);
  unsigned(1);
  unsigned(0);
  byte(7); // export "r"
  unsigned(5);
  unsigned(1);
  byte(1);
  byte(0x72);
  byte(0);
  unsigned(IMPORTS);
  byte(10);
  const section = beginSized();
  unsigned(1);
  const body = beginSized();
  unsigned(3);
  unsigned(LAST_I64 - LEFT);
  byte(TYPE_I64);
  unsigned(LAST_I32 - LAST_I64);
  byte(TYPE_I32);
  unsigned(LAST_V128 - LAST_I32);
  byte(TYPE_V128);
  writeBody();
  endSized(body);
  endSized(section);
  return <u32>(at - MODULE);
}
