/** Trace events as one line of text each. */

import type { TraceEvent, TraceValue } from './registry.ts';

/**
 * One line: time in milliseconds (if stamped), `warn` for warnings, point, place, then `field=value`. 64-bit identifiers
 * are shown in hex, texts with blanks in quotes.
 */
export function formatEvent(event: TraceEvent): string {
  const words: string[] = [];
  if (event.time !== undefined) words.push(event.time.toFixed(3).padStart(10));
  if (event.level === 'warn') words.push('warn');
  words.push(event.point, event.where);
  for (const [field, value] of Object.entries(event.values)) words.push(`${field}=${formatValue(value)}`);
  return words.join(' ');
}

function formatValue(value: TraceValue): string {
  if (typeof value === 'bigint')
    return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
  if (typeof value === 'number') return String(value);
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
