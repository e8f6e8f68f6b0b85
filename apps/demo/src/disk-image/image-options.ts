/** The options of `viridian image`, checked. */

import { extname } from 'node:path';
import { OptionError } from '../demo/options.ts';

/** Formats that images can be made in. */
export type ImageFormatName = 'raw' | 'vhd' | 'vhdx';

/** How a new image is to be. */
export interface NewImage {
  readonly path: string;
  readonly format: ImageFormatName;
  readonly type: 'fixed' | 'dynamic' | 'differencing';
  /** Undefined: that of the parent, or of the image that is converted. */
  readonly sizeBytes: number | undefined;
  readonly parentPath: string | undefined;
  readonly blockBytes: number | undefined;
  readonly sectorBytes: 512 | 4096 | undefined;
}

/** What a command line gave, by option name. */
export type GivenImageOptions = Readonly<Record<string, string | boolean | undefined>>;

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Checks what belongs to a new image; the format is that of the name's ending unless told. Throws {@link OptionError}. */
export function checkNewImage(path: string, given: GivenImageOptions): NewImage {
  const text = (name: string): string | undefined => {
    const value = given[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const parentPath = text('parent');
  const ending = extname(path).slice(1).toLowerCase();
  const format = text('format') ?? (ending === 'vhd' || ending === 'vhdx' ? ending : 'raw');
  if (format !== 'raw' && format !== 'vhd' && format !== 'vhdx') {
    throw new OptionError(`--format ${format}: raw, vhd or vhdx is needed`);
  }
  const usual = parentPath !== undefined ? 'differencing' : format === 'raw' ? 'fixed' : 'dynamic';
  const type = text('type') ?? usual;
  if (type !== 'fixed' && type !== 'dynamic' && type !== 'differencing') {
    throw new OptionError(`--type ${type}: fixed, dynamic or differencing is needed`);
  }
  if (format === 'raw' && type !== 'fixed') throw new OptionError(`--type ${type}: a raw image is fixed`);
  if ((type === 'differencing') !== (parentPath !== undefined)) {
    throw new OptionError('--type differencing and --parent FILE need each other');
  }
  const size = text('size');
  const block = text('block-size');
  return {
    path,
    format,
    type,
    sizeBytes: size === undefined ? undefined : parseSize('size', size),
    parentPath,
    blockBytes: block === undefined ? undefined : parseSize('block-size', block),
    sectorBytes: sectorBytes(text('sector-size'), format),
  };
}

function sectorBytes(text: string | undefined, format: ImageFormatName): 512 | 4096 | undefined {
  if (text === undefined) return undefined;
  if (format !== 'vhdx') throw new OptionError('--sector-size: only a VHDX says how large its sectors are');
  if (text === '512' || text === '4096') return Number(text) as 512 | 4096;
  throw new OptionError(`--sector-size ${text}: 512 or 4096 is needed`);
}

/** Bytes, or with a unit: 512, 64M, 8G. Throws {@link OptionError}. */
function parseSize(name: string, text: string): number {
  const match = /^(\d+)([KMGT]?)(?:i?B)?$/i.exec(text);
  const bytes = match === null ? Number.NaN : Number(match[1]) * UNITS[match[2]!.toUpperCase()]!;
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new OptionError(`--${name} ${text}: bytes, or e.g. 64M or 8G, are needed`);
}
