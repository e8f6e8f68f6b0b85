import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIp, isInNetwork, isSameIp, linkLocalAddress, parseIp } from './ip-address.ts';

describe('addresses of IP', () => {
  it.each([
    ['10.0.2.2', '10.0.2.2'],
    ['::', '::'],
    ['::1', '::1'],
    ['FE80:0:0:0::2', 'fe80::2'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('%s is %s', (text, shown) => expect(formatIp(parseIp(text)!)).toBe(shown));

  it.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3',
    '12345::',
    ':::',
    'fe80::2%eth0',
  ])('%s is none', (text) => expect(parseIp(text)).toBeUndefined());

  it('are the same after they were shown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.boolean(), (bytes, isZero) => {
        if (isZero) bytes.fill(0, 4, 12);
        const text = formatIp(bytes);
        expect(isIPv6(text)).toBe(true);
        expect(isSameIp(parseIp(text)!, bytes)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('are inside networks or not', () => {
    const inside = (address: string, network: string, bits: number) =>
      isInNetwork(parseIp(address)!, parseIp(network)!, bits);
    expect(inside('172.31.255.255', '172.16.0.0', 12)).toBe(true);
    expect(inside('172.32.0.0', '172.16.0.0', 12)).toBe(false);
    expect(inside('febf::', 'fe80::', 10)).toBe(true);
    expect(inside('fec0::', 'fe80::', 10)).toBe(false);
    expect(inside('10.0.0.1', '::', 8)).toBe(false);
    expect(inside('1.2.3.4', '0.0.0.0', 0)).toBe(true);
    expect(inside('1.2.3.4', '1.2.3.4', 32)).toBe(true);
  });

  it('are made of hardware addresses, as RFC 4291 has it', () => {
    expect(formatIp(linkLocalAddress(Uint8Array.of(0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde)))).toBe(
      'fe80::3656:78ff:fe9a:bcde',
    );
  });
});
