/** Why a request to an integration service of the guest came to nothing. */

/**
 * - `not-ready`: the guest has not opened the service, or has not agreed to a version
 * - `busy`: too many requests wait already
 * - `timeout`: no answer in time; the guest may do it all the same
 * - `refused`: the guest answered with a failure; `status` has it
 * - `malformed`: the guest's answer makes no sense
 * - `closed`: the channel went away first
 */
export type IntegrationErrorKind = 'not-ready' | 'busy' | 'timeout' | 'refused' | 'malformed' | 'closed';

/** Thrown, or rejected with, by every request of the services. */
export class IntegrationError extends Error {
  override readonly name = 'IntegrationError';
  readonly kind: IntegrationErrorKind;
  /** Path of the service, e.g. `partition/2/shutdown`. */
  readonly where: string;
  /** HRESULT of the guest with `refused`. */
  readonly status: number | undefined;

  constructor(kind: IntegrationErrorKind, where: string, text: string, status?: number) {
    super(`${where}: ${text}${status === undefined ? '' : ` (${(status >>> 0).toString(16)}h)`}`);
    this.kind = kind;
    this.where = where;
    this.status = status;
  }
}
