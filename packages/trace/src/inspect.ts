/** Inspection: every part can say what it is doing now, as plain data that is made only when somebody asks. */

/** A part that can be looked into. `inspect` must not change anything. */
export interface Inspectable {
  inspect(): InspectNode;
}

/** What a part tells: values, deeper nodes, other parts, or functions that are called only when their place is asked for. */
export interface InspectNode {
  readonly [name: string]: InspectValue;
}

/** `undefined` entries are left out. */
export type InspectValue =
  | string
  | number
  | bigint
  | boolean
  | undefined
  | InspectNode
  | Inspectable
  | (() => InspectValue);

/** A resolved node: nothing but values and deeper nodes, safe to clone, to print and to keep. */
export interface Inspection {
  [name: string]: InspectionValue;
}

export type InspectionValue = string | number | bigint | boolean | Inspection;

/** How many levels are followed: a part that contains itself would otherwise never end. */
export const DEEPEST = 16;

/** Calls through inspectables and functions until there is plain data. A part that throws shows its error instead. */
export function resolve(value: InspectValue, depth = 0): InspectionValue | undefined {
  if (depth > DEEPEST) return '(too deep)';
  const open = unwrap(value);
  if (!isNode(open)) return open;
  const resolved: Inspection = {};
  for (const [name, child] of Object.entries(open)) {
    const seen = resolve(child, depth + 1);
    if (seen !== undefined) resolved[name] = seen;
  }
  return resolved;
}

/** Goes through functions and inspectables to the first value or node, without resolving what lies below it. */
export function unwrap(value: InspectValue): string | number | bigint | boolean | undefined | InspectNode {
  let open = value;
  try {
    for (let step = 0; step < DEEPEST; step += 1) {
      if (typeof open === 'function') open = open();
      else if (isInspectable(open)) open = open.inspect();
      else return open;
    }
  } catch (error) {
    return `(inspection failed: ${error instanceof Error ? error.message : String(error)})`;
  }
  return '(too deep)';
}

/** True for a node, resolved or not, as opposed to a single value. */
export function isNode<Node extends InspectNode | Inspection>(
  value: Node | string | number | bigint | boolean | undefined,
): value is Node {
  return typeof value === 'object' && value !== null;
}

function isInspectable(value: InspectValue): value is Inspectable {
  return typeof value === 'object' && typeof value.inspect === 'function';
}

/** Indented text, a line per value; 64-bit values in hex, fractions with three digits. */
export function formatInspection(value: InspectionValue, indent = ''): string {
  if (!isNode<Inspection>(value)) return formatLeaf(value);
  return Object.entries(value)
    .map(([name, child]) => {
      if (!isNode<Inspection>(child)) return `${indent}${name}: ${formatLeaf(child)}`;
      const below = formatInspection(child, `${indent}  `);
      return below === '' ? `${indent}${name}: {}` : `${indent}${name}\n${below}`;
    })
    .join('\n');
}

function formatLeaf(value: string | number | bigint | boolean): string {
  if (typeof value === 'bigint')
    return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
  if (typeof value === 'number' && !Number.isInteger(value)) return value.toFixed(3);
  return String(value);
}
