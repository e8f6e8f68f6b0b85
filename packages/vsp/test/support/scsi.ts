/** Commands issued straight to a unit, without a bus. */

import { MemoryDisk } from '@viridian/drivers';
import { ScsiCommand, ScsiDisk, type ScsiDiskOptions, type ScsiUnit } from '@viridian/vsp/storage';

/** What a command left behind, in a form that tests can compare. */
export interface ScsiResult {
  readonly status: number;
  /** The bytes that were moved in. */
  readonly data: Uint8Array;
  readonly moved: number;
  /** `key/asc/ascq` in hex, e.g. `5/24/00`; empty with GOOD status. */
  readonly sense: string;
}

export interface IssueOptions {
  /** Room for data in. */
  readonly room?: number;
  /** Data out. */
  readonly out?: Uint8Array;
  /** Cuts the data buffers into pieces of this size. */
  readonly piece?: number;
  readonly cdbBytes?: number;
}

/** Executes one command and gives its result. */
export async function issue(
  unit: ScsiUnit,
  cdb: readonly number[],
  options: IssueOptions = {},
): Promise<ScsiResult> {
  const command = new ScsiCommand();
  command.begin();
  command.cdb.set(cdb);
  command.cdbBytes = options.cdbBytes ?? cdb.length;
  const bytes = options.out?.slice() ?? new Uint8Array(options.room ?? 0).fill(0xee);
  command.direction = options.out !== undefined ? 'out' : options.room !== undefined ? 'in' : 'none';
  command.dataBytes = bytes.length;
  const piece = options.piece ?? Math.max(1, bytes.length);
  for (let at = 0; at < bytes.length; at += piece) command.data.push(bytes.subarray(at, at + piece));
  const pending = unit.execute(command);
  if (pending !== undefined) await pending;
  return {
    status: command.status,
    data: options.room === undefined ? new Uint8Array() : bytes.slice(0, command.bytesMoved),
    moved: command.bytesMoved,
    sense: command.status === 0 ? '' : senseText(command.sense),
  };
}

/** `key/asc/ascq` of fixed-format sense data. */
export function senseText(sense: Uint8Array): string {
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return `${sense[2]!.toString(16)}/${hex(sense[12]!)}/${hex(sense[13]!)}`;
}

/** A memory disk that can give blocks back. */
export class ThinMemoryDisk extends MemoryDisk {
  readonly discarded: [offset: number, lengthBytes: number][] = [];

  discard(offset: number, lengthBytes: number): void {
    this.discarded.push([offset, lengthBytes]);
    const zeros = new Uint8Array(lengthBytes);
    this.write(offset, [zeros]);
  }
}

/** A disk of `blocks` blocks whose bytes are a function of their place. */
export function patternDisk(blocks: number, options: ScsiDiskOptions & { thin?: boolean } = {}): ScsiDisk {
  const { thin = false, ...rest } = options;
  const bytes = Uint8Array.from({ length: blocks * 512 }, (_, i) => patternByte(i));
  return new ScsiDisk(thin ? new ThinMemoryDisk(bytes) : new MemoryDisk(bytes), rest);
}

/** The byte of `patternDisk` at this offset. */
export function patternByte(offset: number): number {
  return (offset * 31 + (offset >>> 9) * 7) & 0xff;
}

/** Bytes `offset` … of `patternDisk`. */
export function pattern(offset: number, lengthBytes: number): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, i) => patternByte(offset + i));
}

/** `text` in hex, blanks ignored. */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16),
  );
}
