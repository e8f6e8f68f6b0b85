/** Which handler answers which hypercall. Numbers, sizes and privileges are declared in `@viridian/protocols/tlfs`. */

import {
  EXTENDED_HYPERCALL_BASE,
  type HvStatus,
  HYPERCALLS,
  type HypercallDeclaration,
  type HypercallName,
  PrivilegeBit,
} from '@viridian/protocols/tlfs';
import type { CallContext } from './call-context.ts';
import { EXTENDED_HANDLERS } from './calls/extended.ts';
import { FLUSH_HANDLERS } from './calls/flush.ts';
import { GPA_ACCESS_HANDLERS } from './calls/gpa-access.ts';
import { INTERCEPT_HANDLERS } from './calls/intercepts.ts';
import { INTERRUPT_HANDLERS } from './calls/interrupts.ts';
import { IPI_HANDLERS } from './calls/ipi.ts';
import { MAPPING_HANDLERS } from './calls/mapping.ts';
import { MEMORY_POOL_HANDLERS } from './calls/memory-pool.ts';
import { MESSAGING_HANDLERS } from './calls/messaging.ts';
import { PARTITION_HANDLERS } from './calls/partitions.ts';
import { PORT_HANDLERS } from './calls/ports.ts';
import { PROCESSOR_HANDLERS } from './calls/processors.ts';
import { REGISTER_HANDLERS } from './calls/registers.ts';

/** Answers one call; the dispatcher has checked the input value, the privilege and the blocks. */
export type HypercallHandler = (call: CallContext) => HvStatus;

/** The handlers of one group of calls. */
export type HandlerGroup = Partial<Record<HypercallName, HypercallHandler>>;

/** A call that can be made. */
export interface HypercallEntry {
  readonly declaration: HypercallDeclaration;
  /** Bit of the privilege that the caller needs, -1 when none. */
  readonly privilegeBit: number;
  readonly handle: HypercallHandler;
}

/** Codes of the two ranges that have calls in them. */
const PLAIN_CODES = 0x100;
const EXTENDED_CODES = 0x10;

const plain = new Array<HypercallEntry | undefined>(PLAIN_CODES).fill(undefined);
const extended = new Array<HypercallEntry | undefined>(EXTENDED_CODES).fill(undefined);

const HANDLERS: HandlerGroup = {
  ...FLUSH_HANDLERS,
  ...IPI_HANDLERS,
  ...INTERRUPT_HANDLERS,
  ...MESSAGING_HANDLERS,
  ...PORT_HANDLERS,
  ...PARTITION_HANDLERS,
  ...MEMORY_POOL_HANDLERS,
  ...MAPPING_HANDLERS,
  ...GPA_ACCESS_HANDLERS,
  ...PROCESSOR_HANDLERS,
  ...REGISTER_HANDLERS,
  ...INTERCEPT_HANDLERS,
  ...EXTENDED_HANDLERS,
};

for (const declaration of Object.values(HYPERCALLS)) {
  const handle = HANDLERS[declaration.name];
  if (handle === undefined) throw new Error(`no handler for ${declaration.name}`);
  const { code, privilege } = declaration;
  const entry = { declaration, privilegeBit: privilege === null ? -1 : PrivilegeBit[privilege], handle };
  if (code >= EXTENDED_HYPERCALL_BASE) extended[code - EXTENDED_HYPERCALL_BASE] = entry;
  else plain[code] = entry;
}

/** The call with this code, or undefined. */
export function findHypercall(code: number): HypercallEntry | undefined {
  return code < PLAIN_CODES ? plain[code] : extended[code - EXTENDED_HYPERCALL_BASE];
}
