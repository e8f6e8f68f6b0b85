/** The inspection tree of a machine: parts are hung in by path, and looked up by path or by glob. */

import { type Disposer, disposer } from './disposer.ts';
import { globExpression } from './glob.ts';
import {
  DEEPEST,
  formatInspection,
  type Inspectable,
  type Inspection,
  type InspectionValue,
  type InspectNode,
  type InspectValue,
  isNode,
  resolve,
  unwrap,
} from './inspect.ts';

interface Branch {
  readonly children: Map<string, Branch>;
  part: Inspectable | undefined;
}

/**
 * Paths are names joined by `/`, e.g. `partition/2/vmbus`. A part may hang below another one; both are seen as one node,
 * and the hung-in part wins where names meet. The tree holds no state: each query asks the parts anew.
 */
export class InspectTree implements Inspectable {
  readonly #root: Branch = newBranch();

  /** Hangs `part` in at `path`; throws when that place is taken. The disposer takes it out again. */
  add(path: string, part: Inspectable): Disposer {
    const names = segments(path);
    let branch = this.#root;
    for (const name of names) branch = childOf(branch, name);
    if (branch.part !== undefined) throw new Error(`inspection path '${path}' is taken`);
    branch.part = part;
    return disposer(() => {
      branch.part = undefined;
      this.#prune(names);
    });
  }

  /** The whole tree, unresolved: a tree can hang in another tree. */
  inspect(): InspectNode {
    const node = nodeOf(this.#root);
    return isNode<InspectNode>(node) ? node : { value: node };
  }

  /**
   * A path gives what is there: a node, a value, or `undefined`. A pattern (`*` for any part of one name, `**` for any
   * number of names) gives the tree from the root, cut down to what matches and all that lies below it. Only parts on the
   * way are asked.
   */
  query(path: string): InspectionValue | undefined {
    const names = segments(path);
    if (names.some((name) => name.includes('*'))) return select(nodeOf(this.#root), names) ?? {};
    let place: InspectValue = nodeOf(this.#root);
    for (const name of names) {
      const node = unwrap(place);
      if (!isNode<InspectNode>(node) || !Object.hasOwn(node, name)) return undefined;
      place = node[name];
    }
    return resolve(place);
  }

  /** The answer of `query` as indented text; the whole tree by default. */
  format(path = ''): string {
    const found = this.query(path);
    return found === undefined ? '' : formatInspection(found);
  }

  #prune(names: readonly string[]): void {
    const path = [this.#root];
    for (const name of names) {
      const next = path.at(-1)?.children.get(name);
      if (next === undefined) return;
      path.push(next);
    }
    for (let at = path.length - 1; at > 0; at -= 1) {
      const branch = path[at]!;
      if (branch.part !== undefined || branch.children.size > 0) return;
      path[at - 1]!.children.delete(names[at - 1]!);
    }
  }
}

function newBranch(): Branch {
  return { children: new Map(), part: undefined };
}

function childOf(branch: Branch, name: string): Branch {
  const known = branch.children.get(name);
  if (known !== undefined) return known;
  const made = newBranch();
  branch.children.set(name, made);
  return made;
}

function segments(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

/** A branch as a node whose children are asked only when somebody goes there. */
function nodeOf(branch: Branch): ReturnType<typeof unwrap> {
  const own = unwrap(branch.part);
  if (branch.children.size === 0) return own ?? {};
  const node: Record<string, InspectValue> = isNode<InspectNode>(own)
    ? { ...own }
    : own === undefined
      ? {}
      : { value: own };
  for (const [name, child] of branch.children) node[name] = () => nodeOf(child);
  return node;
}

/** What of `value` matches the pattern; `undefined` when nothing does. `depth` ends a part that contains itself. */
function select(value: InspectValue, pattern: readonly string[], depth = 0): InspectionValue | undefined {
  const [wanted, ...rest] = pattern;
  if (wanted === undefined) return resolve(value, depth);
  if (depth > DEEPEST) return undefined;
  if (wanted !== '**') {
    const expression = globExpression(wanted, '.*');
    return selectBelow(value, (name) => expression.test(name), rest, depth);
  }
  const here = select(value, rest, depth);
  // What matched whole has everything below it already.
  if (rest.length === 0 || (here !== undefined && !isNode<Inspection>(here))) return here;
  return merge(
    here,
    selectBelow(value, () => true, pattern, depth),
  );
}

function selectBelow(
  value: InspectValue,
  matches: (name: string) => boolean,
  pattern: readonly string[],
  depth: number,
): Inspection | undefined {
  const node = unwrap(value);
  if (!isNode<InspectNode>(node)) return undefined;
  const found: Inspection = {};
  for (const [name, child] of Object.entries(node)) {
    const below = matches(name) ? select(child, pattern, depth + 1) : undefined;
    if (below !== undefined) found[name] = below;
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

function merge(one: Inspection | undefined, other: Inspection | undefined): Inspection | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const merged: Inspection = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const known = merged[name];
    merged[name] =
      isNode<Inspection>(known) && isNode<Inspection>(value) ? merge(known, value)! : (known ?? value);
  }
  return merged;
}
