/** Names of exits, with what they are about, from the record that the processor left for them. */

import { Exit, State } from '../core/core.ts';
import { AccessKind } from '../processor/processor.ts';
import { Reg } from '../processor/registers.ts';

const PAGE_BYTES = 4096n;
const HYPERCALL_CODE = 0xffff;

const ACCESSES: Readonly<Record<number, string>> = {
  [AccessKind.READ]: 'read',
  [AccessKind.WRITE]: 'write',
  [AccessKind.EXECUTE]: 'fetch',
};

/**
 * Such as `port write 3f8h`. `view` is the block of the processor; while the processor goes on, parts may be of the next
 * exit.
 */
export function exitName(kind: number, view: DataView): string {
  const register = (index: number): number => view.getUint32(index * 8, true);
  switch (kind) {
    case Exit.CPUID:
      return `cpuid ${hex(register(Reg.RAX))}`;
    case Exit.RDMSR:
      return `rdmsr ${hex(register(Reg.RCX))}`;
    case Exit.WRMSR:
      return `wrmsr ${hex(register(Reg.RCX))}`;
    case Exit.PORT: {
      const way = view.getUint32(State.EXIT_ACCESS, true) === 1 ? 'write' : 'read';
      return `port ${way} ${hex(view.getUint32(State.EXIT_PORT, true))}`;
    }
    case Exit.HYPERCALL:
      return `hypercall ${hex(register(Reg.RCX) & HYPERCALL_CODE)}`;
    case Exit.EXCEPTION:
      return `exception ${view.getUint32(State.EXIT_VECTOR, true)}`;
    case Exit.ACKNOWLEDGE:
      return 'interrupt taken';
    case Exit.MEMORY: {
      const page = view.getBigUint64(State.EXIT_GPA, true) & ~(PAGE_BYTES - 1n);
      return `memory ${ACCESSES[view.getUint32(State.EXIT_ACCESS, true)] ?? ''} ${hex(page)}`;
    }
    case Exit.PAUSE:
      return 'pause';
    default:
      return 'random number';
  }
}

function hex(value: number | bigint): string {
  return `${value.toString(16)}h`;
}
