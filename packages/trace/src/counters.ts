/** Counters that are always on: plain objects of numbers, so that counting is one addition. */

/** Counter values by name. */
export type Counters<Names extends string = string> = { [Name in Names]: number };

/** Makes a set of counters, e.g. `counters({ messages: 0, bytes: 0 })`, and from then on `c.messages += 1`. */
export function counters<const Names extends string>(
  start: { readonly [Name in Names]: number },
): Counters<Names> {
  return { ...start };
}

/** What was counted between two moments: `later - earlier`, name by name. Take the earlier one as a copy (`{ ...c }`). */
export function countersSince<Names extends string>(
  later: Readonly<Counters<Names>>,
  earlier: Readonly<Counters<Names>>,
): Counters<Names> {
  const difference = { ...later } as Counters<Names>;
  for (const name of Object.keys(later) as Names[]) difference[name] = later[name] - earlier[name];
  return difference;
}
