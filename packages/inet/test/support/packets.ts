/** Packets for tests of networks, put together by hand. */

/** What a TCP segment is made of. */
export interface TcpParts {
  readonly isIpv6?: boolean;
  readonly payload: Uint8Array;
  readonly flags?: number;
  readonly sequence?: number;
  /** As large send leaves them: lengths zero. */
  readonly isLarge?: boolean;
  /** Bytes of TCP options, a multiple of 4. */
  readonly optionBytes?: number;
}

const MAC_A = Uint8Array.of(2, 0, 0, 0, 0, 0xa);
const MAC_B = Uint8Array.of(2, 0, 0, 0, 0, 0xb);

/** A TCP segment over IP, without checksums. */
export function tcpFrame(parts: TcpParts): Uint8Array {
  const { isIpv6 = false, payload, flags = 0x10, sequence = 0xffff_ff00, isLarge = false } = parts;
  const ipBytes = isIpv6 ? 40 : 20;
  const tcpBytes = 20 + (parts.optionBytes ?? 0);
  const bytes = new Uint8Array(14 + ipBytes + tcpBytes + payload.length);
  const view = new DataView(bytes.buffer);
  bytes.set(MAC_B);
  bytes.set(MAC_A, 6);
  view.setUint16(12, isIpv6 ? 0x86dd : 0x0800);
  if (isIpv6) {
    view.setUint8(14, 0x60);
    view.setUint16(18, isLarge ? 0 : tcpBytes + payload.length);
    view.setUint8(20, 6);
    bytes.fill(0x20, 22, 38);
    bytes.fill(0x30, 38, 54);
  } else {
    view.setUint8(14, 0x45);
    view.setUint16(16, isLarge ? 0 : 20 + tcpBytes + payload.length);
    view.setUint16(18, 0xfffe);
    view.setUint8(22, 64);
    view.setUint8(23, 6);
    bytes.set([10, 0, 0, 1, 10, 0, 0, 2], 26);
  }
  const tcp = 14 + ipBytes;
  view.setUint16(tcp, 1000);
  view.setUint16(tcp + 2, 80);
  view.setUint32(tcp + 4, sequence);
  view.setUint8(tcp + 12, (tcpBytes / 4) << 4);
  view.setUint8(tcp + 13, flags);
  bytes.set(payload, tcp + tcpBytes);
  return bytes;
}
