/** What `--disk FILE[,bus=scsi|ide][,ro][,overlay]` and `--cdrom FILE|none[,bus=scsi|ide]` mean. */

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

/** A DVD drive of the machine. */
export interface CdromOption {
  /** Undefined for an empty drive. */
  readonly path: string | undefined;
  readonly bus: DiskBus;
}

/** Reads the value of `--cdrom`. Throws OptionError. */
export function parseCdrom(text: string, defaultBus: DiskBus): CdromOption {
  const match = /^(.*?)(?:,bus=([^,]*))?$/.exec(text)!;
  const [, file = '', bus = defaultBus] = match;
  if (bus !== 'scsi' && bus !== 'ide')
    throw new OptionError(`--cdrom ${text}: bus=scsi or bus=ide is needed`);
  if (file === '') throw new OptionError(`--cdrom ${text}: the name of a file, or none, is needed`);
  if (file === 'none' && bus === 'ide')
    throw new OptionError(`--cdrom ${text}: an empty drive is on bus=scsi`);
  return { path: file === 'none' ? undefined : file, bus };
}
