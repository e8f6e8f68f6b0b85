/** The host's file errors as block errors. */

import { BlockError, type BlockErrorKind } from '../block/block-device.ts';

const KINDS: Readonly<Record<string, BlockErrorKind>> = {
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EFBIG: 'no-space',
  EROFS: 'read-only',
  ENOMEDIUM: 'medium',
};

/** Wraps what `fs` reported while doing `what` to the file at `path`; anything not told apart is 'io'. */
export function hostError(error: unknown, what: string, path: string, offset?: number): BlockError {
  const code = errorCode(error) ?? '';
  const at = offset === undefined ? '' : ` at ${offset}`;
  const message = `${what} ${path}${at}: ${error instanceof Error ? error.message : String(error)}`;
  const context = offset === undefined ? { cause: error } : { offset, cause: error };
  return new BlockError(KINDS[code] ?? 'io', message, context);
}

/** The system's error code, such as 'ENOENT', of an error or of its cause. */
export function errorCode(error: unknown): string | undefined {
  const own = (error as NodeJS.ErrnoException | undefined)?.code;
  if (own !== undefined) return own;
  return error instanceof BlockError && error.cause !== undefined ? errorCode(error.cause) : undefined;
}
