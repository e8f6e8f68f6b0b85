/** How one hypercall is declared: number, layout, form and privilege in one place. TLFS, "Hypercall Interface". */

import type { AnyKind } from '@viridian/wire';
import { HypercallCode, type HypercallName } from '../hypercall-codes.ts';
import type { PrivilegeName } from '../privileges.ts';

/** Everything the dispatcher has to know of a call before it looks at the arguments. */
export interface HypercallDeclaration {
  readonly name: HypercallName;
  readonly code: number;
  /** Whether the call repeats over elements (rep count and start in the input value). */
  readonly rep: boolean;
  /** Whether a variable header may follow the fixed one. */
  readonly variableHeader: boolean;
  /** Whether the fast (register) form is allowed. */
  readonly fast: boolean;
  /** Fixed input header; 0 when the call has no input. */
  readonly inputBytes: number;
  /** One input rep element; 0 when there are none. */
  readonly inputElementBytes: number;
  /** Fixed output; 0 when the call has none. */
  readonly outputBytes: number;
  /** One output rep element; 0 when there are none. */
  readonly outputElementBytes: number;
  /** Privilege that the caller must hold; null when none, or when being the parent decides. */
  readonly privilege: PrivilegeName | null;
}

/** The parts of a declaration; all absent means a simple slow call without input, output or privilege. */
export interface HypercallShape {
  readonly input?: AnyKind;
  /** Given for rep calls: the element, or null for a rep call that only counts. */
  readonly reps?: AnyKind | null;
  readonly output?: AnyKind;
  readonly outputElement?: AnyKind;
  readonly variableHeader?: true;
  readonly fast?: true;
  readonly privilege?: PrivilegeName;
}

/** A call with its sizes taken from its structures. */
export function hypercall(name: HypercallName, shape: HypercallShape): HypercallDeclaration {
  return {
    name,
    code: HypercallCode[name],
    rep: shape.reps !== undefined || shape.outputElement !== undefined,
    variableHeader: shape.variableHeader ?? false,
    fast: shape.fast ?? false,
    inputBytes: shape.input?.size ?? 0,
    inputElementBytes: shape.reps?.size ?? 0,
    outputBytes: shape.output?.size ?? 0,
    outputElementBytes: shape.outputElement?.size ?? 0,
    privilege: shape.privilege ?? null,
  };
}
