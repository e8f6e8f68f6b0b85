/** What a machine tells its owner. */

import type { CrashInfo } from '@viridian/hypervisor';
import { type Disposer, warning } from '@viridian/trace';
import type { Heart } from '@viridian/vsp/integration';

/** Why a machine came to its end. */
export type FinishReason =
  /** The guest switched the machine off. */
  | 'powered-off'
  /** Every virtual processor halted with interrupts off: nothing can wake it. */
  | 'halted'
  /** `stop`. */
  | 'stopped'
  /** `kill`. */
  | 'killed'
  /** The guest wrote the debug-exit port. */
  | 'debug-exit'
  /** The guest reset the machine, and the configuration says that this ends it. */
  | 'reset'
  /** The guest reported a crash. */
  | 'crashed'
  /** A virtual processor could not go on. */
  | 'triple-fault';

/** The end of a machine. */
export interface MachineResult {
  readonly reason: FinishReason;
  /** What the guest reported, with 'crashed'. */
  readonly crash?: CrashReport;
  /** What QEMU would exit with, with 'debug-exit'. */
  readonly exitCode?: number;
  /** Which virtual processor, with 'triple-fault'. */
  readonly vp?: number;
}

/** What a guest said through its crash MSRs. */
export interface CrashReport extends CrashInfo {
  /** The guest's message as text, if it gave one. */
  readonly text?: string;
}

/** Events by name with what they carry. */
export interface MachineEvents {
  started: undefined;
  stopped: undefined;
  /** The guest or the host reset the machine; it boots again. */
  reset: undefined;
  crash: CrashReport;
  /** The guest's heartbeat began, was lost, came back, or its driver is gone. */
  heartbeat: { readonly heart: Heart };
  /** A triple fault of this virtual processor. */
  unrecoverable: { readonly vp: number };
  /** The machine comes to its end for this reason; its processors and memory are still as the guest left them. */
  finishing: MachineResult;
  /** It has come to its end. */
  exit: MachineResult;
}

export type MachineEventName = keyof MachineEvents;

const listenerFailed = warning('vm.listener');

type Listener = (value: never) => void;

/** Listeners of one machine. One that throws is reported and stays. */
export class MachineEmitter {
  readonly #where: string;
  readonly #listeners = new Map<MachineEventName, Set<Listener>>();

  constructor(where: string) {
    this.#where = where;
  }

  /** Calls `listener` on each event of this name until disposed of. */
  on<Name extends MachineEventName>(name: Name, listener: (value: MachineEvents[Name]) => void): Disposer {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set);
    set.add(listener as Listener);
    const stop = (): void => {
      set.delete(listener as Listener);
    };
    return Object.assign(stop, { [Symbol.dispose]: stop });
  }

  emit<Name extends MachineEventName>(name: Name, value: MachineEvents[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (value: MachineEvents[Name]) => void)(value);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        listenerFailed.report(this.#where, `listener of '${name}' threw`, { error: message });
      }
    }
  }
}
