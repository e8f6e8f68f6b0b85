import { describe, expect, it } from 'vitest';
import { formatGuid, GUID_ZERO, guid, guidEquals, parseGuid, WireError } from './index.ts';

// vmbus.md, table of interfaces: the SCSI class and its wire bytes.
const TEXT = 'ba6163d9-04a1-4d29-b605-72e2ffb1dc7f';
const WIRE = 'd96361baa104294db60572e2ffb1dc7f';
const hex = (data: Uint8Array) => Array.from(data, (b) => b.toString(16).padStart(2, '0')).join('');

describe('guid', () => {
  it('travels as 4+2+2 little-endian and eight bytes as printed', () => {
    expect(hex(parseGuid(TEXT))).toBe(WIRE);
    expect(formatGuid(parseGuid(TEXT))).toBe(TEXT);
  });

  it('accepts upper case and braces, prints neither', () => {
    expect(formatGuid(parseGuid(`{${TEXT.toUpperCase()}}`))).toBe(TEXT);
  });

  it.each(['', TEXT.slice(1), `${TEXT}0`, TEXT.replaceAll('-', ''), TEXT.replace('b', 'g')])(
    'refuses %j',
    (text) => {
      expect(() => parseGuid(text)).toThrow(WireError);
    },
  );

  it('compares at positions and never past the end', () => {
    const a = parseGuid(TEXT);
    const b = new Uint8Array(20);
    b.set(a, 3);
    expect(guidEquals(a, 0, b, 3)).toBe(true);
    expect(guidEquals(a, 0, b, 2)).toBe(false);
    expect(guidEquals(a, 0, b, 5)).toBe(false);
    expect(() => formatGuid(b, 5)).toThrow(WireError);
  });

  it('reads zeros as the zero GUID', () => {
    expect(guid.read(new DataView(new ArrayBuffer(16)), 0)).toBe(GUID_ZERO);
  });
});
