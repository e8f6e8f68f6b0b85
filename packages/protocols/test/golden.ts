/**
 * Golden checks of wire structures. A table repeats the reference's offsets in a short text per export, apart
 * from the code's own order of fields; every structure and bit field that a module exports must be in it.
 *
 *   'size: field@offset:bytes …'   followed, where it applies, by
 *   {part=high:low,…}  the parts of a bit field      =Name   a nested structure, by its export name
 *   [n]                an array of n integers        [n]=Name an array of structures
 *
 * A bit field of its own is written 'size: {part=high:low,…}'.
 */

import type { AnyKind, Bits, Schema, Struct } from '@viridian/wire';
import { describe, expect, it } from 'vitest';

type AnyStruct = Struct<Schema>;
type AnyBits = Bits<Record<string, readonly [number, number]>, number | bigint>;
type Module = Readonly<Record<string, unknown>>;

interface GoldenField {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  readonly parts: string | undefined;
  readonly count: number | undefined;
  readonly nested: string | undefined;
}

const isStruct = (value: unknown): value is AnyStruct =>
  typeof value === 'object' && value !== null && 'offsets' in value && 'snapshot' in value;
const isBits = (value: unknown): value is AnyBits =>
  typeof value === 'object' && value !== null && 'layout' in value && 'decode' in value;

function parse(text: string): { size: number; fields: GoldenField[]; parts: string | undefined } {
  const [, size, rest] = /^(\d+):\s*(.*)$/s.exec(text) ?? [];
  if (rest === undefined) throw new Error(`no golden entry: ${text}`);
  if (rest.startsWith('{')) return { size: Number(size), fields: [], parts: rest.slice(1, -1) };
  const fields = rest.split(/\s+/).map((word) => {
    const match = /^(\w+)@(\d+):(\d+)(?:\{(.*)\})?(?:\[(\d+)\])?(?:=(\w+))?$/.exec(word);
    if (match === null) throw new Error(`no golden field: ${word}`);
    const [, name, offset, bytes, parts, count, nested] = match;
    return {
      name: name!,
      offset: Number(offset),
      bytes: Number(bytes),
      parts,
      count: count === undefined ? undefined : Number(count),
      nested,
    };
  });
  return { size: Number(size), fields, parts: undefined };
}

/** `a=3:0,b=7` as a layout: name → [shift, width]. */
function layout(parts: string): Record<string, [number, number]> {
  return Object.fromEntries(
    parts.split(',').map((part) => {
      const [, name, high, low] = /^(\w+)=(\d+)(?::(\d+))?$/.exec(part) ?? [];
      const shift = Number(low ?? high);
      return [name!, [shift, Number(high) - shift + 1]];
    }),
  );
}

/** The integer of `bytes` at `offset`, put together by hand. */
function integer(image: Uint8Array, offset: number, bytes: number, bigEndian: boolean): bigint {
  let value = 0n;
  for (let i = 0; i < bytes; i++) {
    value = (value << 8n) | BigInt(image[bigEndian ? offset + i : offset + bytes - 1 - i]!);
  }
  return value;
}

/** An image in which every byte of a field differs from its neighbours; bytes of nobody stay zero. */
function patterned(
  size: number,
  fields: readonly GoldenField[],
  schema: Schema,
  bigEndian: boolean,
): Uint8Array {
  const image = new Uint8Array(size);
  let next = 0x21;
  for (const { name, offset, bytes } of fields) {
    for (let i = 0; i < bytes; i++) {
      image[offset + i] = next;
      next = next === 0x7e ? 0x21 : next + 1;
    }
    // Keep 64-bit numbers below 2^53.
    const safe = typeof (schema[name] as AnyKind).read(new DataView(new ArrayBuffer(bytes)), 0) === 'number';
    if (bytes === 8 && safe)
      image.fill(0, bigEndian ? offset : offset + 6, bigEndian ? offset + 2 : offset + 8);
  }
  return image;
}

function checkValue(
  value: unknown,
  field: GoldenField,
  image: Uint8Array,
  module: Module,
  bigEndian: boolean,
): void {
  const raw = integer(image, field.offset, field.bytes, bigEndian);
  if (field.parts !== undefined) {
    for (const [part, [shift, width]] of Object.entries(layout(field.parts))) {
      const expected = Number((raw >> BigInt(shift)) & ((1n << BigInt(width)) - 1n));
      expect((value as Record<string, number>)[part], `${field.name}.${part}`).toBe(expected);
    }
  } else if (field.nested !== undefined) {
    const inner = module[field.nested] as AnyStruct;
    const view = new DataView(image.buffer);
    const list = field.count === undefined ? [value] : (value as unknown[]);
    list.forEach((one, i) => {
      expect(one).toEqual(inner.read(view, field.offset + i * inner.size));
    });
  } else if (field.count !== undefined) {
    const stride = field.bytes / field.count;
    const expected = Array.from({ length: field.count }, (_, i) =>
      integer(image, field.offset + i * stride, stride, bigEndian),
    );
    expect((value as (number | bigint)[]).map((one) => BigInt.asUintN(stride * 8, BigInt(one)))).toEqual(
      expected,
    );
  } else if (value instanceof Uint8Array) {
    expect([...value]).toEqual([...image.subarray(field.offset, field.offset + field.bytes)]);
  } else if (typeof value === 'string') {
    // ASCII, UTF-16, or a GUID.
    const isText = [field.bytes, field.bytes / 2, 36].includes(value.length);
    expect(isText, `${field.name} is text`).toBe(true);
  } else {
    expect(BigInt.asUintN(field.bytes * 8, BigInt(value as number)), field.name).toBe(raw);
  }
}

function checkStruct(struct: AnyStruct, text: string, module: Module, bigEndian: boolean): void {
  const golden = parse(text);
  expect(struct.size, 'size').toBe(golden.size);
  const named = Object.keys(struct.fields).filter((name) => !('padding' in struct.fields[name]!));
  expect(named.sort(), 'fields').toEqual(golden.fields.map((field) => field.name).sort());
  for (const field of golden.fields) {
    const kind = struct.fields[field.name]!;
    expect([field.name, struct.offsets[field.name], kind.size]).toEqual([
      field.name,
      field.offset,
      field.bytes,
    ]);
    if (isBits(kind)) expect(kind.layout, field.name).toEqual(layout(field.parts ?? 'none=0'));
    if (isStruct(kind)) expect(module[field.nested ?? ''], field.name).toBe(kind);
  }
  const image = patterned(golden.size, golden.fields, struct.fields, bigEndian);
  const view = new DataView(image.buffer);
  const value = struct.read(view, 0) as Record<string, unknown>;
  const written = struct.bytes(value as never);
  for (const field of golden.fields) {
    checkValue(value[field.name], field, image, module, bigEndian);
    if (field.parts !== undefined || field.nested !== undefined) continue;
    const end = field.offset + field.bytes;
    expect([...written.subarray(field.offset, end)], field.name).toEqual([
      ...image.subarray(field.offset, end),
    ]);
  }
  expect(struct.read(new DataView(written.buffer), 0)).toEqual(value);
}

/** One test for each structure and bit field of `module`, and one that none lacks a golden entry. */
export function describeGolden(
  title: string,
  module: Module,
  table: Readonly<Record<string, string>>,
  bigEndian = false,
): void {
  const names = Object.keys(module).filter((name) => isStruct(module[name]) || isBits(module[name]));
  describe(title, () => {
    it('has a golden entry for each structure and none besides', () => {
      expect(Object.keys(table).sort()).toEqual(names.sort());
    });
    it.each(names)('%s lies as the reference says', (name) => {
      const declared = module[name];
      const text = table[name]!;
      if (isStruct(declared)) checkStruct(declared, text, module, bigEndian);
      else {
        const golden = parse(text);
        expect((declared as AnyBits).size).toBe(golden.size);
        expect((declared as AnyBits).layout).toEqual(layout(golden.parts!));
      }
    });
  });
}

/** `0a1b…` of bytes, for images written out. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
