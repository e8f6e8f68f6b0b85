/** Open enums: tables of named numbers in which an unknown number stays representable. */

/** Number or bigint by name. */
export type OpenEnum = Readonly<Record<string, number | bigint>>;

/** The numbers of a table, as a type. */
export type ValueIn<T extends OpenEnum> = T[keyof T];

const reverse = new WeakMap<OpenEnum, Map<number | bigint, string>>();

/** The name of `value` in `table`, the first one when several share it, else the value in hex (`0x1f`). */
export function nameOf(table: OpenEnum, value: number | bigint): string {
  let names = reverse.get(table);
  if (names === undefined) {
    names = new Map();
    for (const [name, number] of Object.entries(table)) if (!names.has(number)) names.set(number, name);
    reverse.set(table, names);
  }
  const name = names.get(value);
  if (name !== undefined) return name;
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
