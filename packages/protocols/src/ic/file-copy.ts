/** The guest file copy service. Integration Services, Guest File Copy. */

import { bytes, guid, pad, struct, u32, u64capped, utf16 } from '@viridian/wire';

/** `operation` of a request. */
export const FileCopyOperation = { START: 0, WRITE: 1, COMPLETE: 2, CANCEL: 3 } as const;

/** `flags` of START. */
export const FileCopyFlag = { OVERWRITE: 1, CREATE_PATH: 2 } as const;

/** Code units of a name or directory, the terminator included. */
export const FILE_COPY_PATH_UNITS = 260;

/** Most bytes of one WRITE. */
export const FILE_COPY_DATA_BYTES = 6144;

const header = { operation: u32, serviceId0: guid, serviceId1: guid } as const;

/** In front of each request, and the whole of COMPLETE and CANCEL. The GUIDs are not used. */
export const FileCopyHeader = struct('HV_FCOPY_HDR', 36, header);

/** Payload of START. */
export const FileCopyStart = struct('HV_START_FCOPY', 1088, {
  ...header,
  fileName: utf16(FILE_COPY_PATH_UNITS),
  directory: utf16(FILE_COPY_PATH_UNITS),
  flags: u32,
  fileBytes: u64capped,
});

/** Payload of WRITE. */
export const FileCopyWrite = struct('HV_DO_FCOPY', 6196, {
  ...header,
  reserved: pad(4),
  fileOffset: u64capped,
  dataBytes: u32,
  data: bytes(FILE_COPY_DATA_BYTES),
});
