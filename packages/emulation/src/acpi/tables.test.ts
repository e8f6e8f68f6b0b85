import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eisaId, integer, name, namePath, packageOf, pkgLength, resources } from './aml.ts';
import { type AcpiOptions, acpiTables } from './tables.ts';

const OPTIONS: AcpiOptions = {
  gpa: 0xe_0000,
  apicIds: [0, 1],
  pmBase: 0x400,
  pciHole: { first: 0xf800_0000, last: 0xfebf_ffff },
  pciGsi: (device, pin) => 10 + ((device + pin) & 1),
  vmbus: true,
};

const sum = (bytes: Uint8Array) => bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
const letters = (bytes: Uint8Array) => String.fromCharCode(...bytes);

/** Follows the pointers as a guest does. */
function walk(block: Uint8Array, gpa: number): Map<string, Uint8Array> {
  const view = new DataView(block.buffer);
  const tables = new Map<string, Uint8Array>();
  const take = (at: number) => {
    const offset = at - gpa;
    const table = block.subarray(offset, offset + view.getUint32(offset + 4, true));
    tables.set(letters(table.subarray(0, 4)), table);
    return table;
  };
  const xsdt = take(view.getUint32(24, true));
  for (let at = 36; at < xsdt.length; at += 8) take(view.getUint32(xsdt.byteOffset + at, true));
  const fadt = tables.get('FACP')!;
  take(view.getUint32(fadt.byteOffset + 36, true));
  take(view.getUint32(fadt.byteOffset + 40, true));
  return tables;
}

describe('AML', () => {
  it('encodes as the ACPI Specification says', () => {
    // \_S5 and PNP0A03, as they stand in the tables of PCs.
    expect(name('\\_S5', packageOf(integer(0), integer(0)))).toEqual([
      0x08, 0x5c, 0x5f, 0x53, 0x35, 0x5f, 0x12, 0x04, 0x02, 0x00, 0x00,
    ]);
    expect(eisaId('PNP0A03')).toEqual([0x0c, 0x41, 0xd0, 0x0a, 0x03]);
    expect(namePath('\\_SB.PCI0')).toEqual([0x5c, 0x2e, ...Array.from('_SB_PCI0', (c) => c.charCodeAt(0))]);
    expect([integer(0x7f), integer(0x1234), integer(0x12345678)]).toEqual([
      [0x0a, 0x7f],
      [0x0b, 0x34, 0x12],
      [0x0c, 0x78, 0x56, 0x34, 0x12],
    ]);
    expect(resources()).toEqual([0x11, 0x05, 0x0a, 0x02, 0x79, 0x00]);
  });

  it('counts the bytes of a length with it', () => {
    fc.assert(
      fc.property(fc.nat(0xfff_0000), (content) => {
        const [first, ...rest] = pkgLength(content);
        expect(rest.length).toBe(first! >> 6);
        const high = rest.reduce((value, byte, i) => value + byte * 2 ** (4 + 8 * i), 0);
        const total = rest.length === 0 ? first! : high + (first! & 0xf);
        expect(total).toBe(content + 1 + rest.length);
      }),
    );
    expect(() => pkgLength(0x1000_0000)).toThrow(RangeError);
  });

  it('refuses what is no name', () => {
    for (const bad of ['', 'FIVE5', 'a', '1ABC', 'A..B']) expect(() => namePath(bad)).toThrow(RangeError);
    for (const bad of ['PNP', 'pnp0a03', 'PNP0A0G']) expect(() => eisaId(bad)).toThrow(RangeError);
  });
});

describe('acpiTables', () => {
  it('can be walked from the root pointer, with right sums', () => {
    const block = acpiTables(OPTIONS);
    expect(letters(block.subarray(0, 8))).toBe('RSD PTR ');
    expect([sum(block.subarray(0, 20)), sum(block.subarray(0, 36))]).toEqual([0, 0]);
    const tables = walk(block, OPTIONS.gpa);
    expect([...tables.keys()]).toEqual(['XSDT', 'FACP', 'APIC', 'FACS', 'DSDT']);
    for (const [signature, table] of tables) if (signature !== 'FACS') expect(sum(table)).toBe(0);
    expect(tables.get('FACS')!.byteOffset % 64).toBe(0);
  });

  it('tells of ports, reset and interrupts', () => {
    const tables = walk(acpiTables(OPTIONS), OPTIONS.gpa);
    const fadt = tables.get('FACP')!;
    const view = new DataView(fadt.buffer, fadt.byteOffset);
    expect(fadt.length).toBe(244);
    expect([46, 56, 64, 76].map((at) => view.getUint16(at, true))).toEqual([9, 0x400, 0x404, 0x408]);
    expect([view.getUint32(112, true), view.getUint32(120, true), fadt[128]]).toEqual([0x425, 0xcf9, 6]);
    const madt = [...tables.get('APIC')!.subarray(36)];
    expect(madt.slice(8, 24)).toEqual([0, 8, 0, 0, 1, 0, 0, 0, 0, 8, 1, 1, 1, 0, 0, 0]);
    expect(madt.slice(24, 36)).toEqual([1, 12, 2, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0]);
    expect(madt.slice(36, 56)).toEqual([2, 10, 0, 0, 2, 0, 0, 0, 0, 0, 2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0]);
    expect(madt.slice(-6)).toEqual([4, 6, 0xff, 0, 0, 1]);
  });

  it('shows VMBus to enlightened guests only', () => {
    const dsdt = (vmbus: boolean) =>
      letters(walk(acpiTables({ ...OPTIONS, vmbus }), OPTIONS.gpa).get('DSDT')!);
    expect(dsdt(true)).toContain('\rVMBus\0');
    expect(dsdt(false)).not.toContain('VMB');
  });

  it('refuses what the tables cannot say', () => {
    for (const gpa of [0xe_0010, 0x1000, 0xf_ffc0])
      expect(() => acpiTables({ ...OPTIONS, gpa })).toThrow(RangeError);
    for (const apicIds of [[], [255], [-1]])
      expect(() => acpiTables({ ...OPTIONS, apicIds })).toThrow(RangeError);
  });
});
