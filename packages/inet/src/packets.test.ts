import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arpReply, arpRequest, readArp } from './arp.ts';
import { parseIp } from './ip-address.ts';
import { icmpPacket, ipPayloadOffset, isIcmpv6ChecksumRight, udpPacket } from './ip-packet.ts';
import {
  advertisedPrefix,
  discoveredMac,
  discoveryTarget,
  neighbourSolicitation,
  routerAdvertisement,
} from './neighbour-discovery.ts';
import { isTransportChecksumRight, PacketLayout } from './packet-layout.ts';
import { readSegment, resetFor, TcpFlag, tcpPacket } from './tcp-segment.ts';

const A = { mac: Uint8Array.of(2, 0, 0, 0, 0, 1), ip: parseIp('10.0.0.1')!, ip6: parseIp('fd00::1')! };
const B = { mac: Uint8Array.of(2, 0, 0, 0, 0, 2), ip: parseIp('10.0.0.2')!, ip6: parseIp('fd00::2')! };
const ENDS = { fromMac: A.mac, toMac: B.mac, from: A.ip, to: B.ip };
const ENDS_6 = { fromMac: A.mac, toMac: B.mac, from: A.ip6, to: B.ip6 };

describe('packets', () => {
  it.each([
    ['IPv4', ENDS],
    ['IPv6', ENDS_6],
  ])('of UDP and TCP over %s are found again, with right checksums', (_, ends) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (payload) => {
        const layout = new PacketLayout();
        const datagram = udpPacket(ends, 1, 2, payload);
        expect(layout.find(datagram)).toBe(true);
        expect(isTransportChecksumRight(datagram, layout)).toBe(true);
        expect(datagram.subarray(layout.payloadOffset, layout.endOffset)).toEqual(payload);
        const fields = {
          flags: TcpFlag.SYN,
          sequence: 1,
          acknowledgement: 2,
          window: 3,
          mss: 1460,
          windowScale: 4,
        };
        const { bytes, segmentBytes } = tcpPacket(ends, 1, 2, fields, [payload], 1000);
        expect(segmentBytes).toBe(0);
        expect(layout.find(bytes)).toBe(true);
        expect(isTransportChecksumRight(bytes, layout)).toBe(true);
        expect(readSegment(bytes, layout)).toEqual({ ...fields, payload });
      }),
      { numRuns: 50 },
    );
  });

  it('of ICMPv6 have a checksum with a pseudo header, those of ICMP without', () => {
    const bytes = icmpPacket(ENDS_6, 128, 0, 5, Uint8Array.of(1, 2, 3));
    expect(isIcmpv6ChecksumRight(bytes, ipPayloadOffset(ENDS_6), bytes.length)).toBe(true);
    bytes[30] = bytes[30]! ^ 1;
    expect(isIcmpv6ChecksumRight(bytes, ipPayloadOffset(ENDS_6), bytes.length)).toBe(false);
    // Echo request 0x0800 and id 1: ~(0x0800 + 1).
    expect([...icmpPacket(ENDS, 8, 0, 1, new Uint8Array(0)).subarray(36, 38)]).toEqual([0xf7, 0xfe]);
  });

  it('of ARP ask and answer', () => {
    const asked = readArp(arpRequest(A.mac, A.ip, B.ip))!;
    expect(asked).toMatchObject({ operation: 1, sender: A.ip, senderMac: A.mac, target: B.ip });
    expect(readArp(arpReply(B.mac, B.ip, asked))).toMatchObject({ operation: 2, sender: B.ip, target: A.ip });
    expect(readArp(arpRequest(A.mac, A.ip, B.ip).subarray(0, 41))).toBeUndefined();
    const other = arpRequest(A.mac, A.ip, B.ip);
    other[19] = 6;
    expect(readArp(other)).toBeUndefined();
  });

  it('of neighbour discovery carry addresses, and are not believed when they are cut short', () => {
    const question = neighbourSolicitation(A.mac, A.ip6, B.ip6);
    expect(discoveryTarget(question, 54, question.length)).toEqual(B.ip6);
    expect(discoveredMac(question, 54, question.length)).toEqual(A.mac);
    expect(discoveryTarget(question, 54, 77)).toBeUndefined();
    expect(discoveredMac(question, 54, 85)).toBeUndefined();
    const facts = { prefix: A.ip6, lifetimeSeconds: 60, mtuBytes: 1500, nameServer: undefined };
    const advertisement = routerAdvertisement(ENDS_6, facts);
    expect(advertisedPrefix(advertisement, 54, advertisement.length)).toEqual(A.ip6.subarray(0, 8));
    // An option without a length would never end.
    advertisement[71] = 0;
    expect(advertisedPrefix(advertisement, 54, advertisement.length)).toBeUndefined();
  });

  it('that nobody expects are reset in the way that is believed', () => {
    const segment = { window: 0, payload: new Uint8Array(3), mss: undefined, windowScale: undefined };
    expect(resetFor({ ...segment, flags: TcpFlag.SYN, sequence: 2 ** 32 - 1, acknowledgement: 0 })).toEqual({
      flags: TcpFlag.RST | TcpFlag.ACK,
      sequence: 0,
      acknowledgement: 3,
      window: 0,
    });
    expect(resetFor({ ...segment, flags: TcpFlag.ACK, sequence: 1, acknowledgement: 9 })).toMatchObject({
      flags: TcpFlag.RST,
      sequence: 9,
    });
  });
});
