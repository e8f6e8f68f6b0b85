/** Who a disk says it is: names for INQUIRY and the designators of the device identification page. SPC-4, Designation Descriptor. */

/** Fixed texts and numbers of one logical unit. */
export interface DiskIdentity {
  /** At most 8 characters. */
  readonly vendor: string;
  /** At most 16 characters. */
  readonly product: string;
  /** At most 4 characters. */
  readonly revision: string;
  /** At most 36 printable ASCII characters. */
  readonly serialNumber: string;
  /** NAA designator, format 3 (locally assigned): 8 bytes. */
  readonly naa: Uint8Array;
}

const NAA_LOCALLY_ASSIGNED = 0x3;
const MAX_SERIAL_CHARACTERS = 36;

/** Works out an identity. The same `id` always gives the same one. Throws when a text is too long or not printable ASCII. */
export function diskIdentity(options: {
  readonly id?: string;
  readonly vendor?: string;
  readonly product?: string;
}): DiskIdentity {
  const id = options.id ?? '00000000-0000-0000-0000-000000000000';
  return {
    vendor: printable('vendor', options.vendor ?? 'Msft', 8),
    product: printable('product', options.product ?? 'Virtual Disk', 16),
    revision: '1.0',
    serialNumber: printable('id', id, MAX_SERIAL_CHARACTERS),
    naa: locallyAssigned(id),
  };
}

function printable(what: string, text: string, characters: number): string {
  if (text.length > characters) throw new Error(`${what} '${text}' has more than ${characters} characters`);
  if (!/^[\x20-\x7e]*$/.test(text)) throw new Error(`${what} '${text}' is not printable ASCII`);
  return text;
}

/** 60 bits that spread over all ids (FNV-1a over 64 bits), under the NAA format nibble. */
function locallyAssigned(id: string): Uint8Array {
  let hash = 0xcbf29ce484222325n;
  for (const character of id) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.charCodeAt(0))) * 0x100000001b3n);
  }
  const naa = new Uint8Array(8);
  new DataView(naa.buffer).setBigUint64(0, hash);
  naa[0] = (NAA_LOCALLY_ASSIGNED << 4) | (naa[0]! & 0xf);
  return naa;
}
