/** Blocks of a capture file. PCAP Next Generation Capture File Format: section header, interface description, enhanced packet. */

import { struct, u16, u32 } from '@viridian/wire';

const SECTION_HEADER_BLOCK = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION_BLOCK = 1;
const ENHANCED_PACKET_BLOCK = 6;
const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
const LINKTYPE_ETHERNET = 1;
const OPTION_IF_NAME = 2;
const OPTION_IF_TSRESOL = 9;
const OPTION_EPB_FLAGS = 2;
const NANOSECONDS_EXPONENT = 9;
const UNKNOWN_LENGTH = 0xffff_ffff;
const TWO_TO_32 = 2n ** 32n;

const SectionHeader = struct('Section Header Block', 28, {
  blockType: u32,
  blockBytes: u32,
  byteOrderMagic: u32,
  majorVersion: u16,
  minorVersion: u16,
  sectionBytesLow: u32,
  sectionBytesHigh: u32,
  blockBytesAgain: u32,
});

const InterfaceDescription = struct('Interface Description Block', 16, {
  blockType: u32,
  blockBytes: u32,
  linkType: u16,
  reserved: u16,
  snapBytes: u32,
});

const EnhancedPacket = struct('Enhanced Packet Block', 28, {
  blockType: u32,
  blockBytes: u32,
  interfaceId: u32,
  timeHigh: u32,
  timeLow: u32,
  capturedBytes: u32,
  originalBytes: u32,
});

/** Option epb_flags with its word, the end of options, and the block's length again. */
const PACKET_TAIL_BYTES = 8 + 4 + 4;

/** Bits 1:0 of epb_flags. */
export const CaptureDirection = { RECEIVED: 1, SENT: 2 } as const;

/** A frame as it is put into a capture. */
export interface CapturedFrame {
  /** Parts that stand behind one another on the wire. */
  readonly parts: readonly Uint8Array[];
  readonly nanoseconds: bigint;
  /** One of `CaptureDirection`. */
  readonly direction: number;
}

/** What every file begins with: a section and its only interface, with times in nanoseconds. */
export function captureHead(interfaceName: string, snapBytes: number): Uint8Array {
  const section = SectionHeader.bytes({
    blockType: SECTION_HEADER_BLOCK,
    blockBytes: SectionHeader.size,
    byteOrderMagic: BYTE_ORDER_MAGIC,
    majorVersion: 1,
    sectionBytesLow: UNKNOWN_LENGTH,
    sectionBytesHigh: UNKNOWN_LENGTH,
    blockBytesAgain: SectionHeader.size,
  });
  const name = new TextEncoder().encode(interfaceName);
  const optionBytes = 4 + padded(name.length) + 8 + 4;
  const blockBytes = InterfaceDescription.size + optionBytes + 4;
  const head = new Uint8Array(section.length + blockBytes);
  head.set(section);
  const view = new DataView(head.buffer);
  let at = section.length;
  InterfaceDescription.write(view, at, {
    blockType: INTERFACE_DESCRIPTION_BLOCK,
    blockBytes,
    linkType: LINKTYPE_ETHERNET,
    snapBytes,
  });
  at += InterfaceDescription.size;
  view.setUint16(at, OPTION_IF_NAME, true);
  view.setUint16(at + 2, name.length, true);
  head.set(name, at + 4);
  at += 4 + padded(name.length);
  view.setUint16(at, OPTION_IF_TSRESOL, true);
  view.setUint16(at + 2, 1, true);
  view.setUint8(at + 4, NANOSECONDS_EXPONENT);
  // The end of options is four zero bytes.
  view.setUint32(head.length - 4, blockBytes, true);
  return head;
}

/** One frame, cut after `snapBytes`. */
export function capturePacket(frame: CapturedFrame, snapBytes: number): Uint8Array {
  const originalBytes = frame.parts.reduce((sum, part) => sum + part.length, 0);
  const capturedBytes = Math.min(originalBytes, snapBytes);
  const blockBytes = EnhancedPacket.size + padded(capturedBytes) + PACKET_TAIL_BYTES;
  const block = new Uint8Array(blockBytes);
  const view = new DataView(block.buffer);
  EnhancedPacket.write(view, 0, {
    blockType: ENHANCED_PACKET_BLOCK,
    blockBytes,
    timeHigh: Number(frame.nanoseconds / TWO_TO_32),
    timeLow: Number(frame.nanoseconds % TWO_TO_32),
    capturedBytes,
    originalBytes,
  });
  let left = capturedBytes;
  let at: number = EnhancedPacket.size;
  for (const part of frame.parts) {
    const piece = part.subarray(0, left);
    block.set(piece, at);
    at += piece.length;
    left -= piece.length;
  }
  const tail = blockBytes - PACKET_TAIL_BYTES;
  view.setUint16(tail, OPTION_EPB_FLAGS, true);
  view.setUint16(tail + 2, 4, true);
  view.setUint32(tail + 4, frame.direction, true);
  view.setUint32(blockBytes - 4, blockBytes, true);
  return block;
}

function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}
