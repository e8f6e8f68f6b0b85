/** What `--disk FILE[,bus=scsi|ide][,ro][,overlay]` means. */

import { OptionError } from '../demo/options.ts';

/** How a disk reaches the guest. */
export type DiskBus = 'scsi' | 'ide';

/** A disk of the machine. */
export interface DiskOption {
  readonly path: string;
  /** On VMBus, or on the cables of the board. */
  readonly bus: DiskBus;
  readonly readOnly: boolean;
  /** Keep changes in memory and forget them at the end. */
  readonly overlay: boolean;
}

/** Reads the words behind the file's name, from the end, so that the name itself may have commas. Throws OptionError. */
export function parseDisk(text: string, defaultBus: DiskBus): DiskOption {
  let rest = text;
  let bus = defaultBus;
  let readOnly = false;
  let overlay = false;
  for (;;) {
    const match = /^(.*),(bus=[^,]*|ro|overlay)$/.exec(rest);
    if (match === null) break;
    rest = match[1]!;
    const word = match[2]!;
    if (word === 'ro') readOnly = true;
    else if (word === 'overlay') overlay = true;
    else if (word === 'bus=scsi' || word === 'bus=ide') bus = word === 'bus=ide' ? 'ide' : 'scsi';
    else throw new OptionError(`--disk ${text}: bus=scsi or bus=ide is needed`);
  }
  if (rest === '') throw new OptionError(`--disk ${text}: the name of a file is needed`);
  return { path: rest, bus, readOnly, overlay };
}
