/** Glob patterns for trace point names, where `*` stands for any run of characters. */

/** Says whether a name matches one of the comma-separated patterns, e.g. `vmbus.*, hv.hypercall`. */
export type NameFilter = (name: string) => boolean;

/** Turns one glob into an expression that must match the whole text; `wild` is what a `*` stands for. */
export function globExpression(glob: string, wild: string): RegExp {
  const literal = glob.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${literal.join(wild)}$`, 's');
}

/** Compiles a comma list of globs. An empty list matches nothing. */
export function nameFilter(patterns: string): NameFilter {
  const expressions = patterns
    .split(',')
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '')
    .map((pattern) => globExpression(pattern, '.*'));
  return (name) => expressions.some((expression) => expression.test(name));
}
