/** What goes wrong for a driver in the guest. */

/**
 * `refused`: the host answered with a failure `status`. `rescinded`: the device is gone. `failed`: the host broke the
 * rules of the bus, or a hypercall failed for good. `closed`: the bus was unloaded.
 */
export type VmbusErrorKind = 'refused' | 'rescinded' | 'failed' | 'closed';

/** Rejection of the guest end's calls. */
export class VmbusError extends Error {
  override readonly name = 'VmbusError';
  readonly kind: VmbusErrorKind;
  /** NTSTATUS of the host or status of the hypercall; 0 when there is none. */
  readonly status: number;

  constructor(kind: VmbusErrorKind, message: string, status = 0) {
    super(status === 0 ? message : `${message} (0x${status.toString(16)})`);
    this.kind = kind;
    this.status = status;
  }
}
