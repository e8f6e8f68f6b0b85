/**
 * What a field of a wire structure is: size, how it is copied out and in, and how it is seen in place.
 * The kinds themselves live in the neighbouring files; `struct` puts them behind one another.
 */

/** A position in memory. `at` may be changed to move an accessor to the next structure. */
export interface Cursor {
  view: DataView;
  at: number;
}

/**
 * One kind of field.
 * `Value` is what a copy holds, `Live` what an accessor over memory returns, `Init` what may be written.
 */
export interface Kind<Value, Live = Value, Init = Value> {
  /** Bytes on the wire. */
  readonly size: number;
  /** A copy of the field; the memory may change afterwards. The caller has checked the length. */
  read(view: DataView, at: number): Value;
  /** Writes all `size` bytes. */
  write(view: DataView, at: number, value: Init): void;
  /** The field in place. A kind that needs an accessor object reuses `previous`, its own earlier answer. */
  live(view: DataView, at: number, previous: unknown): Live;
  /** The property that stands for this field on the accessor class of a structure. */
  accessor(offset: number, slot: number): PropertyDescriptor & ThisType<Cursor>;
}

/** Any kind, whatever it holds. */
export type AnyKind = Kind<unknown, unknown, never>;

/** Bytes that belong to nobody: absent from the types, written as zero, never read. */
export interface PadKind extends Kind<undefined, undefined, undefined> {
  readonly padding: true;
}

/** The value type that a kind or a structure is copied to. */
export type Infer<K extends { read(view: DataView, at: number): unknown }> = ReturnType<K['read']>;

/** The accessor type that a kind or a structure has over memory. */
export type InferLive<K extends { live(view: DataView, at: number, previous: unknown): unknown }> =
  ReturnType<K['live']>;

/** The type that may be written for a kind or a structure; every field of a structure is optional in it. */
export type InferInit<K extends AnyKind> = K extends Kind<unknown, unknown, infer I> ? I : never;

/** `short`: not enough bytes. `unsafe`: a 64-bit number at or above 2^53. `value`: does not fit its field. */
export type WireErrorKind = 'short' | 'unsafe' | 'value';

/** Bytes that cannot be read, or a value that cannot be written, as declared. A RangeError by family. */
export class WireError extends RangeError {
  override readonly name = 'WireError';
  readonly kind: WireErrorKind;

  constructor(kind: WireErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Fills `size` bytes with zero, without allocating. */
export function clear(view: DataView, at: number, size: number): void {
  let i = 0;
  for (; i + 4 <= size; i += 4) view.setUint32(at + i, 0, true);
  for (; i < size; i++) view.setUint8(at + i, 0);
}

/** Copies `size` bytes from one view to another, without allocating. */
export function copyBytes(from: DataView, fromAt: number, to: DataView, toAt: number, size: number): void {
  let i = 0;
  for (; i + 4 <= size; i += 4) to.setUint32(toAt + i, from.getUint32(fromAt + i, true), true);
  for (; i < size; i++) to.setUint8(toAt + i, from.getUint8(fromAt + i));
}
