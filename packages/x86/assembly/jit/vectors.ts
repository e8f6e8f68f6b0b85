/** SSE instructions as WebAssembly. */

/** Gives false where the interpreter's handler is to be called. */
export function translateSse(op: usize): bool {
  return false;
}
