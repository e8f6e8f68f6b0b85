/** How damage in an XZ payload is told. */

import { LoadError } from '../../load-error.ts';

/** What is unpacked, for messages. */
export const SUBJECT = "the kernel's XZ payload";

/** A payload that contradicts itself. */
export function corrupt(reason: string): LoadError {
  return new LoadError('corrupt', `${SUBJECT} cannot be unpacked: ${reason}`);
}

/** A payload that is right but made otherwise than kernels are. */
export function unsupported(reason: string): LoadError {
  return new LoadError('unsupported', `${SUBJECT} ${reason}: start it with --no-unpack`);
}
