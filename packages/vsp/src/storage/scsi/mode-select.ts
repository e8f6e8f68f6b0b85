/** MODE SELECT(6) and (10): the write cache can be switched, everything else only confirmed. SPC-4, MODE SELECT. */

import {
  AdditionalSense,
  CachingPage,
  ModeHeader6,
  ModeHeader10,
  ModePage,
  SenseKey,
} from '@viridian/protocols/scsi';
import { bits, pad, struct, u8, u16be } from '@viridian/wire';
import { flushDevice } from './block-io.ts';
import { invalidField, invalidParameter } from './failures.ts';
import { ModePageCode, modePage, PageControl } from './mode-pages.ts';
import type { ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';

const ModeSelectFlags = bits(u8, { savePages: [0, 1], pageFormat: [4, 1] });

const ModeSelect6Cdb = struct('MODE SELECT (6)', 6, {
  opcode: u8,
  flags: ModeSelectFlags,
  reserved: pad(2),
  parameterListLength: u8,
  control: u8,
});

const ModeSelect10Cdb = struct('MODE SELECT (10)', 10, {
  opcode: u8,
  flags: ModeSelectFlags,
  reserved: pad(5),
  parameterListLength: u16be,
  control: u8,
});

interface SelectCdb {
  readonly flags: { readonly savePages: number; readonly pageFormat: number };
  readonly parameterListLength: number;
}

type Header = typeof ModeHeader6 | typeof ModeHeader10;

/** MODE SELECT(6). */
export function modeSelect6(disk: ScsiDisk, command: ScsiCommand): void | Promise<void> {
  return modeSelect(disk, command, ModeSelect6Cdb.read(command.view), ModeHeader6);
}

/** MODE SELECT(10). */
export function modeSelect10(disk: ScsiDisk, command: ScsiCommand): void | Promise<void> {
  return modeSelect(disk, command, ModeSelect10Cdb.read(command.view), ModeHeader10);
}

/** All of the parameter list is checked before any of it takes effect. */
function modeSelect(
  disk: ScsiDisk,
  command: ScsiCommand,
  cdb: SelectCdb,
  header: Header,
): void | Promise<void> {
  if (cdb.flags.pageFormat === 0 || cdb.flags.savePages !== 0) return invalidField(command);
  if (cdb.parameterListLength === 0) return command.succeed(0);
  const list = command.received(cdb.parameterListLength);
  if (list.length < cdb.parameterListLength || list.length < header.size) return listTooShort(command);
  // Block descriptors were not reported, so none are taken.
  if (header.read(new DataView(list.buffer)).blockDescriptorLength !== 0) return invalidParameter(command);
  const writeCache = acceptedWriteCache(disk, command, list.subarray(header.size));
  if (writeCache === undefined) return;
  const isSwitchedOff = disk.writeCache && !writeCache;
  disk.writeCache = writeCache;
  // What the cache held must be stable once the initiator relies on there being none.
  if (isSwitchedOff) return flushDevice(disk, command);
  command.succeed(list.length);
}

/** The write cache switch as the pages leave it; undefined when the command has been ended because of them. */
function acceptedWriteCache(disk: ScsiDisk, command: ScsiCommand, pages: Uint8Array): boolean | undefined {
  let { writeCache } = disk;
  let at = 0;
  while (at < pages.length) {
    const { code, subpageFormat } = ModePageCode.decode(pages[at]!);
    const current = subpageFormat === 0 ? modePage(disk, code, PageControl.CURRENT) : undefined;
    if (current === undefined) return invalidParameter(command);
    const page = pages.slice(at, at + current.length);
    if (page.length < current.length) return listTooShort(command);
    if (!changesOnlyChangeable(disk, code, current, page)) return invalidParameter(command);
    if (code === ModePage.CACHING) {
      writeCache = CachingPage.read(new DataView(page.buffer)).flags.writeCacheEnable === 1;
    }
    at += current.length;
  }
  return writeCache;
}

function changesOnlyChangeable(disk: ScsiDisk, code: number, current: Uint8Array, page: Uint8Array): boolean {
  const changeable = modePage(disk, code, PageControl.CHANGEABLE)!;
  // Byte 0 is the code with a reserved bit, byte 1 the length.
  return (
    page[1] === current[1] && page.every((byte, i) => i < 2 || ((byte ^ current[i]!) & ~changeable[i]!) === 0)
  );
}

function listTooShort(command: ScsiCommand): undefined {
  return command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.PARAMETER_LIST_LENGTH_ERROR);
}
