/** How a machine's end becomes a process's exit code. */

import type { MachineResult } from '@viridian/vm';

/** Exit codes of `viridian run` other than the guest's own. Even ones, as a debug exit gives odd ones. */
export const ExitCode = {
  POWERED_OFF: 0,
  /** Something went wrong in the host. */
  FAILURE: 1,
  /** A wrong option, or a file that is no kernel. */
  USAGE: 2,
  RESET: 4,
  HALTED: 6,
  CRASHED: 8,
  TRIPLE_FAULT: 10,
  TIMEOUT: 124,
  INTERRUPTED: 130,
} as const;

/** The code for a result. `timedOut` tells the two reasons to kill a machine apart. */
export function exitCodeOf(result: MachineResult, timedOut: boolean): number {
  switch (result.reason) {
    case 'powered-off':
      return ExitCode.POWERED_OFF;
    case 'debug-exit':
      return result.exitCode ?? ExitCode.FAILURE;
    case 'reset':
      return ExitCode.RESET;
    case 'halted':
      return ExitCode.HALTED;
    case 'crashed':
      return ExitCode.CRASHED;
    case 'triple-fault':
      return ExitCode.TRIPLE_FAULT;
    case 'stopped':
    case 'killed':
      return timedOut ? ExitCode.TIMEOUT : ExitCode.INTERRUPTED;
    default:
      return result.reason satisfies never;
  }
}

/** One line for people. */
export function describeEnd(result: MachineResult, timedOut: boolean): string {
  const words: Record<MachineResult['reason'], string> = {
    'powered-off': 'the guest switched itself off',
    'debug-exit': `the guest ended with exit code ${result.exitCode}`,
    reset: 'the guest reset the machine',
    halted: 'the guest halted with interrupts off: nothing can wake it',
    crashed: `the guest crashed${result.crash?.text === undefined ? '' : `: ${result.crash.text.trim()}`}`,
    'triple-fault': `a triple fault on processor ${result.vp ?? 0} ended the guest`,
    stopped: 'stopped',
    killed: timedOut ? 'the time was up' : 'interrupted',
  };
  return words[result.reason];
}
