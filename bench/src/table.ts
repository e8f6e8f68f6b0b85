/** Tables in Markdown, so that what is printed can be recorded as it is. */

/** A figure, and what it has to be. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly bar: string;
  readonly isMet: boolean | undefined;
}

/** A row; without a bar it only tells. */
export function row(what: string, measured: string, bar = '', isMet?: boolean): Row {
  return { what, measured, bar, isMet };
}

/** A table of figures and bars. */
export function barTable(rows: readonly Row[]): string {
  const verdict = ({ isMet }: Row): string => (isMet === undefined ? '' : isMet ? 'met' : '**missed**');
  return table(
    ['what', 'measured', 'bar', ''],
    rows.map((entry) => [entry.what, entry.measured, entry.bar, verdict(entry)]),
    ['left', 'right', 'right', 'left'],
  );
}

/** Any table; columns but the first are flushed right unless `sides` says otherwise. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  sides: readonly ('left' | 'right')[] = heads.map((_, index) => (index === 0 ? 'left' : 'right')),
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = sides.map((side) => (side === 'left' ? '---' : '---:'));
  return [heads, rule, ...rows].map(line).join('\n');
}
