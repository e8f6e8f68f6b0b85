/** Differencing images: how they name their parents, and how these are opened, without loops. */

import { type BlockDevice, BlockError } from '../block/block-device.ts';

/**
 * Notations of a path. `W2ru`: Windows, relative to the image; `W2ku`: Windows, absolute; `MacX`: a file URL. Codes of
 * other platforms may appear in images and are passed on without a path.
 */
export interface ParentLocator {
  readonly platform: 'W2ru' | 'W2ku' | 'MacX';
  readonly path: string;
}

/** All that a differencing image knows about its parent. */
export interface ParentReference {
  /** The unique id that the parent must have. */
  readonly uniqueId: string;
  /** When the parent was last changed, in seconds since 2000; tools disagree on it, so it is not checked. VHDX has none: 0. */
  readonly timeStamp: number;
  /** File name of the parent; empty where the format does not keep it. */
  readonly name: string;
  readonly locators: readonly ParentLocator[];
}

/** A disk that a differencing image can stand on: it tells which one it is. */
export type ParentDisk = BlockDevice & { readonly uniqueId: string };

/**
 * Finds and opens the parent of a differencing image. Where that is an image itself, `chain` goes into its own options:
 * that is how loops are found. The parent belongs to the image that asked, which closes it.
 */
export type OpenParent = (parent: ParentReference, chain: readonly string[]) => Promise<ParentDisk>;

/** How to open an image that may have a parent. */
export interface OpenChainOptions {
  readonly readOnly?: boolean;
  /** Required for differencing images. */
  readonly openParent?: OpenParent;
  /** Unique ids of the images that stand on this one, the topmost first. Given by a resolver, by nobody else. */
  readonly chain?: readonly string[];
}

/** Longest chain of differencing images that is followed. */
const MAX_CHAIN_IMAGES = 64;

/** The image whose parent is wanted. */
export interface ChildImage {
  readonly format: string;
  readonly uniqueId: string;
  readonly logicalBlockBytes: number;
  readonly corrupt: (reason: string) => BlockError;
}

/** Opens the parent that the image names, and checks that it is that one. Throws 'corrupt', 'io' and what `openParent` throws. */
export async function openParentOf(
  image: ChildImage,
  reference: ParentReference,
  options: OpenChainOptions,
): Promise<ParentDisk> {
  const chain = [...(options.chain ?? []), image.uniqueId];
  if (chain.includes(reference.uniqueId)) {
    throw image.corrupt(`the differencing chain loops: ${[...chain, reference.uniqueId].join(' on ')}`);
  }
  if (chain.length >= MAX_CHAIN_IMAGES) {
    throw image.corrupt(`a differencing chain of more than ${MAX_CHAIN_IMAGES} images`);
  }
  if (options.openParent === undefined) {
    throw new BlockError(
      'io',
      `${image.format}: the image needs its parent '${reference.name}', and nobody can open it`,
    );
  }
  const parent = await options.openParent(reference, chain);
  const problem = misfit(parent, image, reference);
  if (problem === undefined) return parent;
  await parent.close();
  throw image.corrupt(problem);
}

function misfit(parent: ParentDisk, image: ChildImage, reference: ParentReference): string | undefined {
  if (parent.uniqueId.toLowerCase() !== reference.uniqueId) {
    return `the parent '${reference.name}' has id ${parent.uniqueId}, expected is ${reference.uniqueId}`;
  }
  if (parent.logicalBlockBytes !== image.logicalBlockBytes) {
    return `the parent '${reference.name}' has blocks of ${parent.logicalBlockBytes} bytes`;
  }
  return undefined;
}
