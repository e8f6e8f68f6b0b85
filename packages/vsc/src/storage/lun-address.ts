/** Where a unit is on the adapter: the SRB's path, target and LUN bytes. */

/** Each part is 0–255. */
export interface LunAddress {
  readonly path: number;
  readonly target: number;
  readonly lun: number;
}

/** `path:target:lun`, one text per place. */
export function formatAddress(address: LunAddress): string {
  return `${address.path}:${address.target}:${address.lun}`;
}
