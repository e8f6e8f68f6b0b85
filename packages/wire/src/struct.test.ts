import { describe, expect, expectTypeOf, it } from 'vitest';
import { bits, bytes, type Infer, nested, pad, struct, u8, u16, u32, u64, WireError } from './index.ts';

const PacketDescriptor = struct('VMPACKET_DESCRIPTOR', 16, {
  type: u16,
  dataOffset8: u16,
  length8: u16,
  flags: u16,
  transactionId: u64,
});
type PacketDescriptor = Infer<typeof PacketDescriptor>;

const Outer = struct('OUTER', 28, {
  kind: u8,
  reserved: pad(3),
  inner: nested(PacketDescriptor),
  flags: bits(u32, { low: [0, 1], top: [28, 4] }),
  tail: bytes(4),
});

const sample: PacketDescriptor = {
  type: 6,
  dataOffset8: 2,
  length8: 10,
  flags: 1,
  transactionId: 2n ** 64n - 3n,
};

describe('struct', () => {
  it('lays fields out in order and states their offsets', () => {
    expect(PacketDescriptor.size).toBe(16);
    expect(PacketDescriptor.offsets).toEqual({
      type: 0,
      dataOffset8: 2,
      length8: 4,
      flags: 6,
      transactionId: 8,
    });
    expect(Outer.offsets).toEqual({ kind: 0, reserved: 1, inner: 4, flags: 20, tail: 24 });
  });

  it('infers its types', () => {
    expectTypeOf<PacketDescriptor>().toEqualTypeOf<{
      type: number;
      dataOffset8: number;
      length8: number;
      flags: number;
      transactionId: bigint;
    }>();
    expectTypeOf<keyof Infer<typeof Outer>>().toEqualTypeOf<'kind' | 'inner' | 'flags' | 'tail'>();
  });

  it('has golden bytes', () => {
    const image = PacketDescriptor.bytes(sample);
    expect([...image]).toEqual([6, 0, 2, 0, 10, 0, 1, 0, 0xfd, 255, 255, 255, 255, 255, 255, 255]);
  });

  it('reads and writes in place and as a copy', () => {
    const view = new DataView(new SharedArrayBuffer(64));
    PacketDescriptor.write(view, 8, sample);
    expect(PacketDescriptor.read(view, 8)).toEqual(sample);
    const live = PacketDescriptor.on(view, 8);
    live.type = 11;
    expect(PacketDescriptor.read(view, 8).type).toBe(11);
    live.at = 24;
    expect(live.type).toBe(0);
  });

  it('reaches into nested structures and bit fields, wherever it is moved', () => {
    const view = new DataView(new ArrayBuffer(64));
    const outer = Outer.on(view, 0);
    const { inner } = outer;
    outer.at = 32;
    outer.inner.flags = 3;
    outer.flags.top = 9;
    expect(outer.inner).toBe(inner);
    expect(Outer.read(view, 32)).toMatchObject({ inner: { flags: 3 }, flags: { low: 0, top: 9 } });
    expect(Outer.read(view, 0).inner.flags).toBe(0);
  });

  it('writes absent fields and padding as zero, also inside', () => {
    const view = new DataView(new Uint8Array(28).fill(0xff).buffer);
    Outer.write(view, 0, { kind: 1, inner: { type: 2 } });
    expect([...new Uint8Array(view.buffer)]).toEqual([1, 0, 0, 0, 2, ...new Array(23).fill(0)]);
  });

  it.each([1, 49, -1, 64])('refuses %s as a place that is too short', (at) => {
    const view = new DataView(new ArrayBuffer(at === 1 ? 16 : 64));
    expect(PacketDescriptor.fits(view, at)).toBe(false);
    expect(() => PacketDescriptor.read(view, at)).toThrow(WireError);
    expect(() => PacketDescriptor.write(view, at, sample)).toThrow(RangeError);
    expect(() => PacketDescriptor.snapshot().take(view, at)).toThrow('VMPACKET_DESCRIPTOR: 16 bytes');
  });

  it('takes snapshots that no longer follow the memory', () => {
    const view = new DataView(new SharedArrayBuffer(64));
    const snapshot = Outer.snapshot();
    expect(snapshot.seen.kind).toBe(0);
    Outer.write(view, 3, { kind: 5, tail: Uint8Array.of(1, 2, 3, 4), flags: { top: 7 } });
    const seen = snapshot.take(view, 3);
    view.setUint8(3, 9);
    expect([seen.kind, seen.flags.top, ...seen.tail]).toEqual([5, 7, 1, 2, 3, 4]);
    expect(snapshot.take(view, 3)).toBe(seen);
    expect(seen.kind).toBe(9);
  });

  it('refuses a wrong size and taken names when it is declared', () => {
    expect(() => struct('S', 3, { a: u16 })).toThrow('S: the fields take 2 bytes, stated are 3');
    expect(() => struct('S', 2, { at: u16 })).toThrow('cannot be named at');
    expect(() => struct('S', 2, { view: u16 })).toThrow('cannot be named view');
  });

  it('lists its fields when an accessor is enumerated', () => {
    const names: string[] = [];
    for (const name in PacketDescriptor.on(new DataView(new ArrayBuffer(16)))) names.push(name);
    expect(names).toEqual(['view', 'at', 'type', 'dataOffset8', 'length8', 'flags', 'transactionId']);
  });
});
