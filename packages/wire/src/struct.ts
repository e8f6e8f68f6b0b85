/**
 * Structures: fields in wire order, the stated size checked when they are declared, seen in place through
 * accessors or copied out as plain objects.
 */

import type { AnyKind, Cursor, Kind, PadKind } from './kind.ts';
import { clear, copyBytes, WireError } from './kind.ts';
import { Live } from './live.ts';

/** Field name → kind, in wire order. */
export type Schema = Readonly<Record<string, AnyKind>>;

/** The fields that are not padding. */
type Named<F extends Schema> = { [K in keyof F]: F[K] extends PadKind ? never : K }[keyof F];

/** The plain object that a copy of the structure is. */
export type StructValue<F extends Schema> = {
  -readonly [K in Named<F>]: F[K] extends Kind<infer V, unknown, never> ? V : never;
};

/** The accessor over memory: reading a field reads memory, assigning writes it, changing `at` moves it. */
export type StructLive<F extends Schema> = Cursor & {
  -readonly [K in Named<F>]: F[K] extends Kind<unknown, infer L, never> ? L : never;
};

/** What may be written: every field optional, absent ones are zero. */
export type StructInit<F extends Schema> = {
  readonly [K in Named<F>]?: (F[K] extends Kind<unknown, unknown, infer I> ? I : never) | undefined;
};

/** Private bytes with an accessor: a copy that is taken again and again without allocating. */
export interface Snapshot<F extends Schema> {
  /** Copies the structure at `at` and returns the accessor over the copy. Throws WireError `short`. */
  take(view: DataView, at: number): StructLive<F>;
  /** The accessor over the bytes copied last; zeros at first. */
  readonly seen: StructLive<F>;
}

/** A declared structure. It is itself a kind, so it can be a field of another one. */
export interface Struct<F extends Schema> extends Kind<StructValue<F>, StructLive<F>, StructInit<F>> {
  /** The specification's name. */
  readonly name: string;
  readonly fields: F;
  /** Byte offset of each field, padding included. */
  readonly offsets: { readonly [K in keyof F]: number };
  /** Whether the whole structure lies inside the view. */
  fits(view: DataView, at?: number): boolean;
  /** An accessor over memory. Nothing is checked until a field is touched. */
  on(view: DataView, at?: number): StructLive<F>;
  /** A copy. Throws WireError `short` when the view ends too early. */
  read(view: DataView, at?: number): StructValue<F>;
  /** Writes all bytes; absent fields and padding become zero. Throws WireError `short`. */
  write(view: DataView, at: number, value: StructInit<F>): void;
  /** The structure as fresh bytes. */
  bytes(value?: StructInit<F>): Uint8Array<ArrayBuffer>;
  /** Bytes of its own, for copying once and then checking on hot paths. */
  snapshot(): Snapshot<F>;
}

interface Field {
  readonly name: string;
  readonly kind: AnyKind;
  readonly offset: number;
  readonly padding: boolean;
}

function layOut(name: string, size: number, schema: Schema): Field[] {
  let offset = 0;
  const fields = Object.entries(schema).map(([field, kind]) => {
    if (field === 'view' || field === 'at') throw new Error(`${name}: a field cannot be named ${field}`);
    const at = offset;
    offset += kind.size;
    return { name: field, kind, offset: at, padding: 'padding' in kind };
  });
  if (offset !== size) throw new Error(`${name}: the fields take ${offset} bytes, stated are ${size}`);
  return fields;
}

/** The accessor class: one prototype property per field, so a structure's accessors share one shape. */
function accessorClass(fields: readonly Field[]): new (view: DataView, at: number) => Live {
  class StructCursor extends Live {}
  fields.forEach((field, slot) => {
    if (field.padding) return;
    const property = field.kind.accessor(field.offset, slot);
    Object.defineProperty(StructCursor.prototype, field.name, { ...property, enumerable: true });
  });
  return StructCursor;
}

/**
 * Declares a structure. Fields lie packed in the order given; `size` is the specification's and must be
 * their sum. Throws Error when it is not.
 */
export function struct<const F extends Schema>(name: string, size: number, schema: F): Struct<F> {
  const fields = layOut(name, size, schema);
  const named = fields.filter((field) => !field.padding);
  const Cursor = accessorClass(fields);
  const cursor = (view: DataView, at: number): StructLive<F> =>
    new Cursor(view, at) as unknown as StructLive<F>;
  const fits = (view: DataView, at = 0): boolean => at >= 0 && at + size <= view.byteLength;
  const demand = (view: DataView, at: number): void => {
    if (!fits(view, at)) {
      throw new WireError('short', `${name}: ${size} bytes at ${at}, the view has ${view.byteLength}`);
    }
  };

  const self: Struct<F> = {
    name,
    size,
    fields: schema,
    offsets: Object.fromEntries(fields.map((field) => [field.name, field.offset])) as {
      [K in keyof F]: number;
    },
    fits,
    on: (view, at = 0) => cursor(view, at),
    read(view, at = 0) {
      demand(view, at);
      const value: Record<string, unknown> = {};
      for (const field of named) value[field.name] = field.kind.read(view, at + field.offset);
      return value as StructValue<F>;
    },
    write(view, at, value) {
      demand(view, at);
      const given = value as Readonly<Record<string, unknown>>;
      for (const { name: key, kind, offset, padding } of fields) {
        const part = padding ? undefined : given[key];
        if (part === undefined) clear(view, at + offset, kind.size);
        else kind.write(view, at + offset, part as never);
      }
    },
    bytes(value = {}) {
      const image = new Uint8Array(size);
      self.write(new DataView(image.buffer), 0, value);
      return image;
    },
    snapshot() {
      const own = new DataView(new ArrayBuffer(size));
      const seen = cursor(own, 0);
      return {
        seen,
        take(view, at) {
          demand(view, at);
          copyBytes(view, at, own, 0, size);
          return seen;
        },
      };
    },
    live(view, at, previous) {
      if (!(previous instanceof Cursor)) return cursor(view, at);
      previous.view = view;
      previous.at = at;
      return previous as unknown as StructLive<F>;
    },
    accessor: (offset, slot) => Live.part(self, offset, slot),
  };
  return self;
}

/** A structure as a field of another one; the structure itself does as well. */
export function nested<F extends Schema>(inner: Struct<F>): Struct<F> {
  return inner;
}
