/** Segment descriptors: finding them, taking them apart, loading segment registers' hidden parts. Intel SDM volume 3, "Segment Descriptors". */

import { cpl, segmentAddress } from '../mode';
import { MODE_64, MODE_LONG } from '../mode-bits';
import {
  GDTR,
  LDTR,
  MODE_WORD,
  SEG_ATTRIBUTES,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
} from '../state';
import { readSystem, writeSystem } from './core-access';

/** What `findDescriptor` gives for a selector outside of its table. */
export const NO_DESCRIPTOR: u64 = -1;

export const ATTRIBUTE_P: u32 = 0x80;
export const ATTRIBUTE_L: u32 = 0x2000;
export const ATTRIBUTE_D: u32 = 0x4000;

// Types of system descriptors, with S = 0.
export const TYPE_TSS16: u32 = 1;
export const TYPE_LDT: u32 = 2;
export const TYPE_TSS16_BUSY: u32 = 3;
export const TYPE_CALL_GATE16: u32 = 4;
export const TYPE_TASK_GATE: u32 = 5;
export const TYPE_INTERRUPT_GATE16: u32 = 6;
export const TYPE_TRAP_GATE16: u32 = 7;
export const TYPE_TSS: u32 = 9;
export const TYPE_TSS_BUSY: u32 = 11;
export const TYPE_CALL_GATE: u32 = 12;
export const TYPE_INTERRUPT_GATE: u32 = 14;
export const TYPE_TRAP_GATE: u32 = 15;

// @ts-ignore: decorator
@inline
export function isNull(selector: u32): bool {
  return (selector & 0xfffc) == 0;
}

/** Linear address of a selector's descriptor of `bytes` bytes, or NO_DESCRIPTOR. */
export function findDescriptor(vp: usize, selector: u32, bytes: u32): u64 {
  const last = (selector & 0xfff8) + bytes - 1;
  if (selector & 4) {
    const ldt = segmentAddress(vp, LDTR);
    if (!(load<u16>(ldt + SEG_ATTRIBUTES) & ATTRIBUTE_P) || last > load<u32>(ldt + SEG_LIMIT)) return NO_DESCRIPTOR;
    return load<u64>(ldt + SEG_BASE) + (selector & 0xfff8);
  }
  if (last > load<u32>(vp + GDTR + SEG_LIMIT)) return NO_DESCRIPTOR;
  return load<u64>(vp + GDTR) + (selector & 0xfff8);
}

/** The descriptor at an address of `findDescriptor`. */
export function readDescriptor(vp: usize, at: u64): u64 {
  return readSystem(vp, at, 8);
}

/** Attributes as segment registers hold them: type, S, DPL, P, AVL, L, D, G. */
// @ts-ignore: decorator
@inline
export function attributesOf(descriptor: u64): u32 {
  return <u32>(descriptor >> 40) & 0xf0ff;
}

// @ts-ignore: decorator
@inline
export function typeOf(attributes: u32): u32 {
  return attributes & 0x1f;
}

// @ts-ignore: decorator
@inline
export function dplOf(attributes: u32): u32 {
  return (attributes >> 5) & 3;
}

export function baseOf(descriptor: u64): u32 {
  return (<u32>(descriptor >> 16) & 0xffffff) | (<u32>(descriptor >> 56) << 24);
}

/** Limit in bytes. */
export function limitOf(descriptor: u64): u32 {
  const limit = (<u32>descriptor & 0xffff) | (<u32>(descriptor >> 32) & 0xf0000);
  return descriptor & (<u64>1 << 55) ? (limit << 12) | 0xfff : limit;
}

// @ts-ignore: decorator
@inline
export function isCode(attributes: u32): bool {
  return (attributes & 0x18) == 0x18;
}

// @ts-ignore: decorator
@inline
export function isConforming(attributes: u32): bool {
  return (attributes & 4) != 0;
}

// @ts-ignore: decorator
@inline
export function isWritableData(attributes: u32): bool {
  return (attributes & 0x1a) == 0x12;
}

/** Data, or code that may be read. */
// @ts-ignore: decorator
@inline
export function isReadable(attributes: u32): bool {
  return (attributes & 0x10) != 0 && (attributes & 0x0a) != 0x08;
}

/** Sets the accessed bit in the table. */
export function markAccessed(vp: usize, at: u64, descriptor: u64): void {
  const byte = <u32>(descriptor >> 40) & 0xff;
  if (!(byte & 1)) writeSystem(vp, at + 5, 1, byte | 1);
}

/** Sets a TSS descriptor's busy bit in the table. */
export function markBusy(vp: usize, at: u64, busy: bool): void {
  const byte = <u32>readSystem(vp, at + 5, 1);
  writeSystem(vp, at + 5, 1, busy ? byte | 2 : byte & ~2);
}

export function setSegment(vp: usize, segment: u32, selector: u32, base: u64, limit: u32, attributes: u32): void {
  const to = segmentAddress(vp, segment);
  store<u64>(to + SEG_BASE, base);
  store<u32>(to + SEG_LIMIT, limit);
  store<u16>(to + SEG_SELECTOR, <u16>selector);
  store<u16>(to + SEG_ATTRIBUTES, <u16>attributes);
}

/** Loads the hidden part from a descriptor, accessed bit set. */
export function setFromDescriptor(vp: usize, segment: u32, selector: u32, descriptor: u64): void {
  setSegment(vp, segment, selector, baseOf(descriptor), limitOf(descriptor), attributesOf(descriptor) | 1);
}

/** A segment as real and virtual-8086 mode load it. Real mode keeps limit and attributes. */
export function setRealSegment(vp: usize, segment: u32, selector: u32, virtual8086: bool): void {
  const to = segmentAddress(vp, segment);
  store<u16>(to + SEG_SELECTOR, <u16>selector);
  store<u64>(to + SEG_BASE, <u64>(selector & 0xffff) << 4);
  if (virtual8086) {
    store<u32>(to + SEG_LIMIT, 0xffff);
    store<u16>(to + SEG_ATTRIBUTES, 0xf3);
  } else if (!(load<u16>(to + SEG_ATTRIBUTES) & 0x80)) {
    // A null selector of protected mode left nothing that could stay.
    store<u32>(to + SEG_LIMIT, 0xffff);
    store<u16>(to + SEG_ATTRIBUTES, 0x93);
  }
}

// @ts-ignore: decorator
@inline
export function selectorOf(vp: usize, segment: u32): u32 {
  return load<u16>(segmentAddress(vp, segment) + SEG_SELECTOR);
}

// @ts-ignore: decorator
@inline
export function attributesIn(vp: usize, segment: u32): u32 {
  return load<u16>(segmentAddress(vp, segment) + SEG_ATTRIBUTES);
}

// @ts-ignore: decorator
@inline
export function limitIn(vp: usize, segment: u32): u32 {
  return load<u32>(segmentAddress(vp, segment) + SEG_LIMIT);
}

/** IA-32e mode: 16-byte system descriptors. */
// @ts-ignore: decorator
@inline
export function inLongMode(vp: usize): bool {
  return (load<u32>(vp + MODE_WORD) & MODE_LONG) != 0;
}

// @ts-ignore: decorator
@inline
export function in64BitMode(vp: usize): bool {
  return (load<u32>(vp + MODE_WORD) & MODE_64) != 0;
}

/** Whether accesses at the current privilege are user accesses, as the memory functions want it. */
// @ts-ignore: decorator
@inline
export function isUser(vp: usize): u32 {
  return cpl(vp) == 3 ? 1 : 0;
}

/** 48 bits, sign-extended. */
// @ts-ignore: decorator
@inline
export function isCanonical(address: u64): bool {
  return <u64>((<i64>address << 16) >> 16) == address;
}
