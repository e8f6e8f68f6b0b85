/** What can become of an adapter or a request to it. */

/**
 * - 'closed': the channel is gone
 * - 'refused': the host takes no version or step that this driver knows, or a request failed; `status` says how
 * - 'protocol': the host broke the protocol; the channel has been ended
 */
export type NetworkErrorKind = 'closed' | 'refused' | 'protocol';

/** The only error that this driver raises on purpose. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  readonly kind: NetworkErrorKind;
  /** NVSP or RNDIS status, if the host gave one. */
  readonly status: number | undefined;

  constructor(kind: NetworkErrorKind, message: string, status?: number) {
    super(message);
    this.kind = kind;
    this.status = status;
  }
}
