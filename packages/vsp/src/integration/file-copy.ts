/** Copies a file into the guest. Integration Services, Guest File Copy. */

import {
  FILE_COPY_DATA_BYTES,
  FILE_COPY_PATH_UNITS,
  FileCopyFlag,
  FileCopyHeader,
  FileCopyOperation,
  FileCopyStart,
  FileCopyWrite,
  IC_FRAMEWORKS_WIN8,
  IcMessageType,
  IcServiceVersions,
} from '@viridian/protocols/ic';
import { InstanceId, InterfaceId, LinuxMaxPacketBytes } from '@viridian/protocols/vmbus';
import { IntegrationService, type ServiceSettings } from './integration-service.ts';

/** What is to be copied, and where to. */
export interface FileCopyRequest {
  /** Folder in the guest, absolute, up to 259 code units. */
  readonly directory: string;
  /** Name in that folder, up to 259 code units. */
  readonly fileName: string;
  /** The file, whole or in pieces. */
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
  /** Bytes of the file; needed when it comes in pieces. */
  readonly fileBytes?: number;
  /** Replace a file of this name. */
  readonly overwrite?: boolean;
  /** Make the folder when it is missing. */
  readonly createPath?: boolean;
  /** Hears how many bytes the guest has. */
  readonly progress?: (copiedBytes: number) => void;
  /** Gives up; the guest is told. */
  readonly signal?: AbortSignal;
}

/** Linux gives its daemon 30 s. */
const ANSWER_SECONDS = 35;

/** The file copy service. Linux needs its daemon `hv_fcopy_daemon` for it. */
export class FileCopyService extends IntegrationService {
  /** The copy that is under way: the guest knows one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(settings: ServiceSettings) {
    super(
      {
        name: 'file-copy',
        interfaceId: InterfaceId.FILE_COPY,
        instanceId: InstanceId.FILE_COPY,
        messageType: IcMessageType.FILE_COPY,
        versions: IcServiceVersions.FILE_COPY,
        frameworks: IC_FRAMEWORKS_WIN8,
        maxPacketBytes: LinuxMaxPacketBytes.FILE_COPY,
      },
      settings,
    );
  }

  /**
   * Settles when the guest has the whole file; copies that overlap follow one another. Rejects with IntegrationError, the
   * signal's reason, or what the content's iteration threw; RangeError for impossible names and sizes.
   */
  copy(request: FileCopyRequest): Promise<void> {
    const copied = this.#last.then(() => this.#copy(request));
    this.#last = copied.catch(() => {});
    return copied;
  }

  async #copy(request: FileCopyRequest): Promise<void> {
    const { signal } = request;
    const start = startPayload(request);
    signal?.throwIfAborted();
    await this.demand(start, 'the file', ANSWER_SECONDS);
    try {
      await this.#write(request);
      signal?.throwIfAborted();
      const complete = FileCopyHeader.bytes({ operation: FileCopyOperation.COMPLETE });
      await this.demand(complete, 'to complete the file', ANSWER_SECONDS);
    } catch (error) {
      const cancel = FileCopyHeader.bytes({ operation: FileCopyOperation.CANCEL });
      // Whatever comes of it: what matters is why the copy failed.
      await this.request(cancel, ANSWER_SECONDS).catch(() => {});
      throw error;
    }
  }

  async #write({ content, fileBytes, progress, signal }: FileCopyRequest): Promise<void> {
    let fileOffset = 0;
    for await (const piece of content instanceof Uint8Array ? [content] : content) {
      for (let at = 0; at < piece.length; at += FILE_COPY_DATA_BYTES) {
        signal?.throwIfAborted();
        const data = piece.subarray(at, at + FILE_COPY_DATA_BYTES);
        const payload = FileCopyWrite.bytes({
          operation: FileCopyOperation.WRITE,
          fileOffset,
          dataBytes: data.length,
          data,
        });
        await this.demand(payload, 'a part of the file', ANSWER_SECONDS);
        fileOffset += data.length;
        progress?.(fileOffset);
      }
    }
    if (fileBytes !== undefined && fileOffset !== fileBytes) {
      throw new RangeError(`the file was to have ${fileBytes} bytes and has ${fileOffset}`);
    }
  }
}

function startPayload(request: FileCopyRequest): Uint8Array {
  const { directory, fileName, content, overwrite = false, createPath = false } = request;
  const fileBytes = request.fileBytes ?? (content instanceof Uint8Array ? content.length : undefined);
  if (fileBytes === undefined) throw new RangeError('a file in pieces needs fileBytes');
  // The daemon of Linux makes only folders that a slash follows.
  const folder = directory.startsWith('/') && !directory.endsWith('/') ? `${directory}/` : directory;
  for (const name of [folder, fileName]) {
    if (name === '' || name.length >= FILE_COPY_PATH_UNITS || name.includes('\0')) {
      throw new RangeError(`'${name}' cannot be a name in the guest`);
    }
  }
  return FileCopyStart.bytes({
    operation: FileCopyOperation.START,
    fileName,
    directory: folder,
    flags: (overwrite ? FileCopyFlag.OVERWRITE : 0) | (createPath ? FileCopyFlag.CREATE_PATH : 0),
    fileBytes,
  });
}
