/** Why a device of small messages cannot be used. */

/**
 * - 'closed': the channel is gone
 * - 'refused': the host takes no protocol version that this driver knows
 * - 'protocol': the host broke the protocol; the channel has been ended
 */
export type DeviceErrorKind = 'closed' | 'refused' | 'protocol';

/** The device, not a single request, failed. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
  readonly kind: DeviceErrorKind;

  constructor(kind: DeviceErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
