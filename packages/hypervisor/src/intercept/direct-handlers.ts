/**
 * Handlers of the parent's own board emulation that are called in the middle of an exit instead of a message: the
 * same intercept, without the way through a message slot and back. A platform seam outside the specification.
 */

import type { MemoryAccess, Outcome, PortAccess } from '@viridian/x86';
import type { VirtualProcessor } from '../vp/virtual-processor.ts';

/** Answers a port access; reads leave their result in `access.value`. */
export type DirectPortHandler = (access: PortAccess, vp: VirtualProcessor) => Outcome;
/** Answers an access to memory that nobody maps; reads leave their result in `access.data`. */
export type DirectMemoryHandler = (access: MemoryAccess, vp: VirtualProcessor) => Outcome;

const PORTS = 0x10000;

interface MemoryRange {
  readonly gpa: number;
  readonly end: number;
  readonly handler: DirectMemoryHandler;
}

/** Which port and which guest-physical range is answered directly. */
export class DirectHandlers {
  #ports: (DirectPortHandler | undefined)[] | undefined;
  #ranges: MemoryRange[] = [];
  /** Answers where no range does; undefined leaves it to the parent's messages. */
  otherMemory: DirectMemoryHandler | undefined;

  /** Ports `first` to `last`; undefined takes the handler away. */
  setPorts(first: number, last: number, handler: DirectPortHandler | undefined): void {
    this.#ports ??= new Array<DirectPortHandler | undefined>(PORTS).fill(undefined);
    this.#ports.fill(handler, first, last + 1);
  }

  /** Memory `gpa` to `gpa + sizeBytes`; undefined takes the handlers in it away. Throws when it overlaps another. */
  setMemory(gpa: number, sizeBytes: number, handler: DirectMemoryHandler | undefined): void {
    const end = gpa + sizeBytes;
    const others = this.#ranges.filter((range) => range.end <= gpa || range.gpa >= end);
    if (handler !== undefined) {
      if (others.length < this.#ranges.length) throw new Error('a direct handler for this memory exists');
      others.push({ gpa, end, handler });
      others.sort((a, b) => a.gpa - b.gpa);
    }
    this.#ranges = others;
  }

  port(port: number): DirectPortHandler | undefined {
    return this.#ports?.[port];
  }

  memory(gpa: number): DirectMemoryHandler | undefined {
    let low = 0;
    let high = this.#ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const range = this.#ranges[middle]!;
      if (gpa < range.gpa) high = middle - 1;
      else if (gpa >= range.end) low = middle + 1;
      else return range.handler;
    }
    return this.otherMemory;
  }
}
