/** What a disk keeps besides what every drive keeps (ATA/ATAPI-6, SET FEATURES, SET MULTIPLE MODE, Power management). */

import type { Geometry } from './ata-address.ts';
import { MOST_MULTIPLE, PowerMode, TransferMode } from './spec.ts';

/** Sectors that are still to be moved, and how. */
export interface Transfer {
  readonly kind: 'read' | 'write' | 'verify';
  readonly isExt: boolean;
  /** Sectors to an interrupt. */
  readonly blockSectors: number;
  /** Where the sectors in the buffer begin. */
  sector: number;
  /** From there to the end of the command. */
  sectors: number;
  /** How many of them the buffer holds, or is to hold before they are written. */
  buffered: number;
}

/** The disk's part of the state. */
export interface AtaDiskState {
  transfer: Transfer | undefined;
  geometry: Geometry;
  /** Sectors of READ MULTIPLE; 0 when it is off. */
  multiple: number;
  writeCache: boolean;
  /** As in SET FEATURES. */
  dmaMode: number;
  /** A software reset keeps `multiple` and `writeCache`. */
  keepsSettings: boolean;
  powerMode: number;
}

/** What a software reset goes back to. */
export const DEFAULT_SETTINGS = { multiple: MOST_MULTIPLE, writeCache: true } as const;

/** A disk that nobody has told anything yet; the DMA mode is what firmware chooses on a PIIX4. */
export function diskAtPowerOn(geometry: Geometry): AtaDiskState {
  return {
    transfer: undefined,
    geometry,
    ...DEFAULT_SETTINGS,
    dmaMode: TransferMode.ULTRA_DMA + 2,
    keepsSettings: false,
    powerMode: PowerMode.ACTIVE,
  };
}
