import { describe, expect, it } from 'vitest';
import { bits, bytes, type Infer, pad, struct, u8, u16, u32, u64 } from './index.ts';

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
  inner: PacketDescriptor,
  flags: bits(u32, { low: [0, 1], top: [28, 4] }),
  tail: bytes(4),
});

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
  });

  it('reads and writes in place and as a copy', () => {
    const view = new DataView(new SharedArrayBuffer(64));
    const value: PacketDescriptor = {
      type: 6,
      dataOffset8: 2,
      length8: 10,
      flags: 1,
      transactionId: 2n ** 64n - 3n,
    };
    PacketDescriptor.write(view, 8, value);
    expect(PacketDescriptor.read(view, 8)).toEqual(value);
    const live = PacketDescriptor.on(view, 8);
    live.type = 11;
    expect(PacketDescriptor.read(view, 8).type).toBe(11);
    live.at = 24;
    expect(live.type).toBe(0);
    const outer = Outer.on(view, 32);
    outer.inner.flags = 3;
    outer.flags.top = 9;
    expect(Outer.read(view, 32)).toMatchObject({ inner: { flags: 3 }, flags: { low: 0, top: 9 } });
  });
});
