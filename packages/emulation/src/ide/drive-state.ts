/** What a drive keeps and what it is connected to (ATA/ATAPI-6, Protocol). */

import type { PioBufferState } from './pio-buffer.ts';
import { emptyTaskFile, type TaskFile } from './task-file.ts';

/** 'busy' waits for the host or for the end of a reset; 'dma' for the bus master; data for the guest. */
export type Phase = 'idle' | 'busy' | 'data-in' | 'data-out' | 'dma';

/** What a bus master is to move. */
export interface DmaRequest {
  readonly toMemory: boolean;
  readonly byteCount: number;
}

/** What all drives keep. */
export interface CommonState {
  readonly taskFile: TaskFile;
  phase: Phase;
  /** DRDY and DSC as shown outside of BSY. */
  ready: number;
  error: number;
  /** ERR: the last command failed. */
  failed: boolean;
  interrupting: boolean;
  dma: DmaRequest | undefined;
}

/** Everything volatile; `own` is what the kind of drive adds. */
export interface DriveState<Own extends object = object> {
  readonly version: 1;
  readonly common: CommonState;
  readonly own: Own;
  readonly buffer: PioBufferState;
}

/** The cable, as a drive sees it. */
export interface DrivePort {
  /** Drive 1 of its channel. */
  readonly isSlave: boolean;
  /** Names the drive in traces. */
  readonly where: string;
  /** To be called when phase or interrupt may have changed. */
  changed(): void;
}

/** A drive that waits for its first command. */
export function commonAtPowerOn(): CommonState {
  return {
    taskFile: emptyTaskFile(),
    phase: 'idle',
    ready: 0,
    error: 0,
    failed: false,
    interrupting: false,
    dma: undefined,
  };
}
