/** What part of a file an answer holds. RFC 9110, Content-Range. */

/** The part, and the size of the whole if the server tells it. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly sizeBytes: number | undefined;
}

/** Reads `bytes 0-99/1234`; undefined for anything else, and for numbers that contradict each other. */
export function parseContentRange(text: string | null): ContentRange | undefined {
  const match = /^\s*bytes\s+(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)\s*$/i.exec(text ?? '');
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2]);
  const sizeBytes = match[3] === '*' ? undefined : Number(match[3]);
  if (last < first || (sizeBytes !== undefined && last >= sizeBytes)) return undefined;
  return { first, last, sizeBytes };
}
