/** What offers of devices with pipe headers have in common. Channel Management Protocol, OfferChannel. */

import { OfferFlag, PipeType, PipeUserData } from '@viridian/protocols/vmbus';

/** A pipe of whole messages. */
export const MESSAGE_PIPE_OFFER = {
  flags: OfferFlag.NAMED_PIPE_MODE,
  userDefined: PipeUserData.bytes({ pipeType: PipeType.MESSAGE }),
} as const;
