/** Backups and file copy in the guest. Integration Services, Volume Shadow Copy; Guest File Copy. */

import {
  FILE_COPY_DATA_BYTES,
  FileCopyFlag,
  FileCopyHeader,
  FileCopyOperation,
  FileCopyStart,
  FileCopyWrite,
  IC_FRAMEWORKS_WIN8,
  IcMessageType,
  IcServiceVersions,
  IcStatus,
  VSS_HOT_BACKUP_NO_AUTO_RECOVERY,
  VssMessage,
  VssOperation,
} from '@viridian/protocols/ic';
import type { Channel } from '@viridian/vmbus/ring';
import { IcResponder } from './ic-responder.ts';

/** What rests while the host copies the disks. */
export interface Freezable {
  freeze(): void | Promise<void>;
  thaw(): void | Promise<void>;
}

/** Freezes and thaws when the host asks; a rejection is answered with FAIL. */
export function serveBackup(channel: Channel, target: Freezable): IcResponder {
  const facts = {
    messageType: IcMessageType.VSS,
    versions: IcServiceVersions.VSS,
    frameworks: IC_FRAMEWORKS_WIN8,
  };
  return new IcResponder(channel, facts, async (payload) => {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    if (!VssMessage.fits(view)) return IcStatus.INVALID_ARGUMENT;
    const live = VssMessage.on(view);
    switch (live.operation) {
      case VssOperation.HOT_BACKUP:
        live.flags = VSS_HOT_BACKUP_NO_AUTO_RECOVERY;
        return IcStatus.OK;
      case VssOperation.GET_DIRECT_MAPPED_INFO:
        live.flags = 0;
        return IcStatus.OK;
      case VssOperation.FREEZE:
        await target.freeze();
        return IcStatus.OK;
      case VssOperation.THAW:
        await target.thaw();
        return IcStatus.OK;
      default:
        return live.operation === VssOperation.BACKUP_COMPLETE ? IcStatus.OK : IcStatus.NOT_SUPPORTED;
    }
  });
}

/** A file that the host wants to put into the guest. */
export interface OfferedFile {
  readonly directory: string;
  readonly fileName: string;
  readonly fileBytes: number;
  readonly overwrite: boolean;
  readonly createPath: boolean;
}

/** Where a file goes. */
export interface FileSink {
  write(fileOffset: number, data: Uint8Array): void | Promise<void>;
  /** The whole file is there. */
  complete(): void | Promise<void>;
  /** The host gave up: what is there is worth nothing. */
  cancel(): void | Promise<void>;
}

/** Takes files. `accept` gives a sink, or the status that says why not: ALREADY_EXISTS, DISK_FULL, FAIL. */
export function serveFileCopy(
  channel: Channel,
  accept: (file: OfferedFile) => FileSink | number | Promise<FileSink | number>,
): IcResponder {
  let sink: FileSink | undefined;
  const facts = {
    messageType: IcMessageType.FILE_COPY,
    versions: IcServiceVersions.FILE_COPY,
    frameworks: IC_FRAMEWORKS_WIN8,
  };
  return new IcResponder(channel, facts, async (payload) => {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    if (!FileCopyHeader.fits(view)) return IcStatus.INVALID_ARGUMENT;
    const { operation } = FileCopyHeader.read(view);
    if (operation === FileCopyOperation.START) {
      if (sink !== undefined) return IcStatus.FAIL;
      if (!FileCopyStart.fits(view)) return IcStatus.INVALID_ARGUMENT;
      const accepted = await accept(offeredFile(FileCopyStart.read(view)));
      if (typeof accepted === 'number') return accepted;
      sink = accepted;
      return IcStatus.OK;
    }
    const open = sink;
    if (open === undefined) return IcStatus.FAIL;
    if (operation === FileCopyOperation.WRITE) return await write(view, open);
    sink = undefined;
    if (operation === FileCopyOperation.COMPLETE) await open.complete();
    else await open.cancel();
    return IcStatus.OK;
  });
}

function offeredFile(start: ReturnType<typeof FileCopyStart.read>): OfferedFile {
  const { fileName, directory, flags, fileBytes } = start;
  return {
    directory,
    fileName,
    fileBytes,
    overwrite: (flags & FileCopyFlag.OVERWRITE) !== 0,
    createPath: (flags & FileCopyFlag.CREATE_PATH) !== 0,
  };
}

async function write(view: DataView, sink: FileSink): Promise<number> {
  if (!FileCopyWrite.fits(view)) return IcStatus.INVALID_ARGUMENT;
  const { fileOffset, dataBytes, data } = FileCopyWrite.read(view);
  if (dataBytes > FILE_COPY_DATA_BYTES) return IcStatus.INVALID_ARGUMENT;
  await sink.write(fileOffset, data.subarray(0, dataBytes));
  return IcStatus.OK;
}
