/** The monitor that a guest is told of. VESA Enhanced EDID Standard, EDID Structure 1.4. */

const HEADER = [0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00];
const YEAR = 2026 - 1990;
const DESCRIPTOR_BYTES = 18;
const FIRST_DESCRIPTOR = 54;

/** 128 bytes of a digital RGB monitor without timings: guests take resolutions from the list beside it. */
export function monitorEdid(): Uint8Array<ArrayBuffer> {
  const edid = new Uint8Array(128);
  edid.set(HEADER);
  // Three letters of five bits, the first one highest.
  const maker = Array.from('VRD', (letter) => letter.charCodeAt(0) - 64).reduce(
    (sum, bits) => (sum << 5) | bits,
    0,
  );
  edid.set([maker >> 8, maker & 0xff, 1, 0], 8);
  edid.set([0, YEAR, 1, 4, 0x80, 0, 0, 0x78, 0x04], 16);
  // No standard timings.
  edid.fill(0x01, 38, 54);
  const name = [...Array.from('Viridian', (letter) => letter.charCodeAt(0)), 0x0a];
  descriptor(edid, 0, 0xfc, [...name, ...new Array<number>(13 - name.length).fill(0x20)]);
  for (const index of [1, 2, 3]) descriptor(edid, index, 0x10, []);
  edid[127] = -edid.reduce((sum, byte) => sum + byte, 0);
  return edid;
}

function descriptor(edid: Uint8Array, index: number, tag: number, text: readonly number[]): void {
  edid.set([0, 0, 0, tag, 0, ...text], FIRST_DESCRIPTOR + index * DESCRIPTOR_BYTES);
}
