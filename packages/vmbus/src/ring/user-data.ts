/** The 120 bytes of user data in offers and opens. VMBus, Channel Management Protocol. */

import { USER_DATA_BYTES } from '@viridian/protocols/vmbus';

/** The data with zeros up to 120 bytes. Throws RangeError for more. */
export function paddedUserData(data: Uint8Array | undefined): Uint8Array {
  const whole = new Uint8Array(USER_DATA_BYTES);
  if (data !== undefined) {
    if (data.length > USER_DATA_BYTES)
      throw new RangeError(`${data.length} bytes of user data; there is room for ${USER_DATA_BYTES}`);
    whole.set(data);
  }
  return whole;
}
