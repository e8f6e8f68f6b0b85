/** The disk geometry that a footer states. "Virtual Hard Disk Image Format Specification", CHS Calculation. */

/** Cylinders, heads and sectors per track of an ATA disk of old. */
export interface ChsGeometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectorsPerTrack: number;
}

const MAX_CYLINDERS = 65535;
const MAX_HEADS = 16;
const MAX_CHS_SECTORS = MAX_CYLINDERS * MAX_HEADS * 255;

/** The geometry for so many sectors: at most as large as the disk, and the largest there is for disks above 127 GiB. */
export function chsGeometry(totalSectors: number): ChsGeometry {
  const sectors = Math.min(totalSectors, MAX_CHS_SECTORS);
  if (sectors >= MAX_CYLINDERS * MAX_HEADS * 63) return withTracks(sectors, 255, MAX_HEADS);
  const tracks = Math.floor(sectors / 17);
  const heads = Math.max(4, Math.ceil(tracks / 1024));
  if (heads <= MAX_HEADS && tracks < heads * 1024) return withTracks(sectors, 17, heads);
  if (Math.floor(sectors / 31) < MAX_HEADS * 1024) return withTracks(sectors, 31, MAX_HEADS);
  return withTracks(sectors, 63, MAX_HEADS);
}

function withTracks(sectors: number, sectorsPerTrack: number, heads: number): ChsGeometry {
  return {
    cylinders: Math.floor(Math.floor(sectors / sectorsPerTrack) / heads),
    heads,
    sectorsPerTrack,
  };
}
