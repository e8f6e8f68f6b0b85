/** Where a unit is on a storage controller. SAM-5, Logical Unit Number; the SRB's path, target and LUN bytes. */

/** Each part is 0–255; Linux scans paths 0–7 and targets 0–1 of a SCSI controller. */
export interface LunAddress {
  /** 0 when absent. */
  readonly path?: number;
  /** 0 when absent. */
  readonly target?: number;
  readonly lun: number;
}

/** The address as one number, for tables. */
export function lunKey(path: number, target: number, lun: number): number {
  return (path << 16) | (target << 8) | lun;
}

/** The key of an address. Throws RangeError when a part does not fit its byte. */
export function addressKey(address: LunAddress): number {
  const { path = 0, target = 0, lun } = address;
  for (const part of [path, target, lun]) {
    if (!Number.isInteger(part) || part < 0 || part > 255) {
      throw new RangeError(`${formatAddress(address)} is no place on a storage controller`);
    }
  }
  return lunKey(path, target, lun);
}

/** `path:target:lun`. */
export function formatAddress(address: LunAddress): string {
  return `${address.path ?? 0}:${address.target ?? 0}:${address.lun}`;
}
