/** MODE SENSE and MODE SELECT. SPC-4, the commands of these names. */

import { flushDevice } from './block-io.ts';
import { AdditionalSense, SenseKey } from './draft.ts';
import { invalidField, invalidParameter } from './failures.ts';
import {
  ALL_PAGES,
  ALL_SUBPAGES,
  CACHING_PAGE,
  MODE_PAGES,
  modePage,
  PageControl,
  WCE,
} from './mode-pages.ts';
import type { ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';

/** Device-specific parameter of a direct-access unit. */
const WRITE_PROTECT = 0x80;
const DPOFUA = 0x10;
const PAGE_FORMAT = 0x10;
const SAVE_PAGES = 0x01;
const PAGE_CODE_MASK = 0x3f;
const SUBPAGE_FORMAT = 0x40;
const HEADER_6_BYTES = 4;
const HEADER_10_BYTES = 8;

/** MODE SENSE(6). No block descriptors: Linux and Windows take the block size from READ CAPACITY. */
export function modeSense6(disk: ScsiDisk, command: ScsiCommand): void {
  const pages = selectedPages(disk, command);
  if (pages === undefined) return;
  const header = new Uint8Array(HEADER_6_BYTES);
  const data = concatenate([header, ...pages]);
  data[0] = data.length - 1;
  data[2] = deviceSpecific(disk);
  command.respond(data, command.cdb[4]!);
}

/** MODE SENSE(10). */
export function modeSense10(disk: ScsiDisk, command: ScsiCommand): void {
  const pages = selectedPages(disk, command);
  if (pages === undefined) return;
  const data = concatenate([new Uint8Array(HEADER_10_BYTES), ...pages]);
  new DataView(data.buffer).setUint16(0, data.length - 2);
  data[3] = deviceSpecific(disk);
  command.respond(data, command.view.getUint16(7));
}

/** MODE SELECT(6). */
export function modeSelect6(disk: ScsiDisk, command: ScsiCommand): void | Promise<void> {
  return modeSelect(disk, command, command.cdb[4]!, HEADER_6_BYTES);
}

/** MODE SELECT(10). */
export function modeSelect10(disk: ScsiDisk, command: ScsiCommand): void | Promise<void> {
  return modeSelect(disk, command, command.view.getUint16(7), HEADER_10_BYTES);
}

function deviceSpecific(disk: ScsiDisk): number {
  return (disk.device.readOnly ? WRITE_PROTECT : 0) | DPOFUA;
}

/** The pages asked for; undefined when the command has been ended. */
function selectedPages(disk: ScsiDisk, command: ScsiCommand): Uint8Array[] | undefined {
  const control = command.cdb[2]! >>> 6;
  const code = command.cdb[2]! & PAGE_CODE_MASK;
  const subpage = command.cdb[3]!;
  if (control === PageControl.SAVED) {
    command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.SAVING_PARAMETERS_NOT_SUPPORTED);
    return undefined;
  }
  const codes = code === ALL_PAGES ? MODE_PAGES : MODE_PAGES.filter((known) => known === code);
  if (codes.length === 0 || (subpage !== 0 && subpage !== ALL_SUBPAGES)) {
    invalidField(command);
    return undefined;
  }
  return codes.map((known) => modePage(disk, known, control)!);
}

/** Takes a parameter list whose pages differ from the current ones in WCE at most. All is checked before it takes effect. */
function modeSelect(
  disk: ScsiDisk,
  command: ScsiCommand,
  listBytes: number,
  headerBytes: number,
): void | Promise<void> {
  if ((command.cdb[1]! & PAGE_FORMAT) === 0 || (command.cdb[1]! & SAVE_PAGES) !== 0) {
    return invalidField(command);
  }
  if (listBytes === 0) return command.succeed(0);
  const list = command.received(listBytes);
  const descriptorBytes = list[headerBytes - 1];
  if (list.length < listBytes || list.length < headerBytes || descriptorBytes === undefined) {
    return command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.PARAMETER_LIST_LENGTH_ERROR);
  }
  // The last header byte is the (low half of the) block descriptor length: none were reported, none are taken.
  if (descriptorBytes !== 0 || (headerBytes === HEADER_10_BYTES && list[6] !== 0)) {
    return invalidParameter(command);
  }
  const writeCache = acceptedWriteCache(disk, command, list.subarray(headerBytes));
  if (writeCache === undefined) return;
  const isSwitchedOff = disk.writeCache && !writeCache;
  disk.writeCache = writeCache;
  // What the cache held must be stable once the initiator relies on there being none.
  if (isSwitchedOff) return flushDevice(disk, command);
  command.succeed(list.length);
}

/** The WCE bit that the pages ask for; undefined when the command has been ended because of them. */
function acceptedWriteCache(disk: ScsiDisk, command: ScsiCommand, pages: Uint8Array): boolean | undefined {
  let writeCache = disk.writeCache;
  let at = 0;
  while (at < pages.length) {
    const code = pages[at]! & PAGE_CODE_MASK;
    const current =
      (pages[at]! & SUBPAGE_FORMAT) === 0 ? modePage(disk, code, PageControl.CURRENT) : undefined;
    if (current === undefined) {
      invalidParameter(command);
      return undefined;
    }
    const page = pages.subarray(at, at + current.length);
    if (page.length < current.length) {
      command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.PARAMETER_LIST_LENGTH_ERROR);
      return undefined;
    }
    if (!changesOnlyChangeable(disk, code, current, page)) {
      invalidParameter(command);
      return undefined;
    }
    if (code === CACHING_PAGE) writeCache = (page[2]! & WCE) !== 0;
    at += current.length;
  }
  return writeCache;
}

function changesOnlyChangeable(disk: ScsiDisk, code: number, current: Uint8Array, page: Uint8Array): boolean {
  const changeable = modePage(disk, code, PageControl.CHANGEABLE)!;
  // Byte 0 is the code with PS, which is reserved here; byte 1 the length.
  return (
    page[1] === current[1] && page.every((byte, i) => i < 2 || ((byte ^ current[i]!) & ~changeable[i]!) === 0)
  );
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
