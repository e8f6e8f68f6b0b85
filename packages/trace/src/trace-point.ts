/** Trace points: typed events that cost one flag test while nobody listens. */

import { findSource, register, TraceSource, type TraceValue } from './registry.ts';

/** The values of a trace point in the order of its field names. */
export type FieldValues<Fields extends readonly string[]> = { readonly [Index in keyof Fields]: TraceValue };

/** A place in the code that can be watched. Test `on` before computing anything for `emit`. */
export interface TracePoint<Fields extends readonly string[] = readonly string[]> {
  readonly name: string;
  readonly fields: Fields;
  /** True while somebody listens. */
  readonly on: boolean;
  /** Tells the listeners. `where` is the path of the part, e.g. `partition/2/vmbus`. */
  emit(where: string, ...values: FieldValues<Fields>): void;
}

class FieldSource extends TraceSource {
  readonly fields: readonly string[];

  constructor(name: string, fields: readonly string[]) {
    super(name, 'trace');
    this.fields = fields;
  }

  emit(where: string, ...values: readonly TraceValue[]): void {
    if (!this.on) return;
    const byField: Record<string, TraceValue> = {};
    this.fields.forEach((field, index) => {
      byField[field] = values[index]!;
    });
    this.send(where, byField);
  }
}

/**
 * Registers a trace point under a dotted name. The same name with the same fields gives the same point again (a module
 * that is loaded twice); with other fields it throws, for listeners could not tell the two apart.
 */
export function tracePoint<const Fields extends readonly string[]>(
  name: string,
  fields: Fields,
): TracePoint<Fields> {
  const known = findSource(name);
  if (known === undefined) return register(new FieldSource(name, fields)) as unknown as TracePoint<Fields>;
  if (known instanceof FieldSource && known.fields.join() === fields.join()) {
    return known as unknown as TracePoint<Fields>;
  }
  throw new Error(`trace point '${name}' is already registered with another shape`);
}
