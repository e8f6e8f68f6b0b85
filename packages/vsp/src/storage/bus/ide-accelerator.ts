/** The enlightened way to a drive that is emulated as IDE too. StorVSP protocol, IDE accelerator. */

import {
  IDE_OFFER_FLAGS,
  IdeUserData,
  InterfaceId,
  ideInstanceId,
  OfferFlag,
} from '@viridian/protocols/vmbus';
import { StorageController, type StorageControllerOptions } from './storage-controller.ts';

/** The accelerator of one emulated IDE drive: the same protocol, found by the guest through the drive's place. */
export class IdeAccelerator extends StorageController {
  override readonly interfaceId: string = InterfaceId.IDE;
  readonly flags = OfferFlag.ENUMERATE_DEVICE_INTERFACE;
  readonly userDefined: Uint8Array;
  /** Guests send path 0 whatever the channel. */
  protected override readonly fixedPath: number;

  /** `path` is the IDE channel, `target` the drive on it. */
  constructor(
    path: 0 | 1,
    target: 0 | 1,
    options: Omit<StorageControllerOptions, 'instanceId' | 'maxSubchannels'> = {},
  ) {
    super({ ...options, instanceId: ideInstanceId(path, target), maxSubchannels: 0 });
    this.fixedPath = path;
    this.userDefined = IdeUserData.bytes({ path, target, flags: IDE_OFFER_FLAGS });
  }
}
