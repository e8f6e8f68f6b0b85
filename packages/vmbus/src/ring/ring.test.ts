import { describe, expect, it } from 'vitest';
import { freshPages, freshRing, putHex, ringHex } from '../../test/ring-pages.ts';
import { IncomingPacket, RingMemory, RingReader, RingStatus, RingWriter } from './index.ts';

const { DONE, EMPTY, FULL, CORRUPT } = RingStatus;

describe('ring memory', () => {
  it('refuses pages that cannot be a ring', () => {
    const { buffer } = freshPages(2);
    expect(() => new RingMemory({ buffer, offsets: [0] })).toThrow('at least one data page');
    expect(() => new RingMemory({ buffer, offsets: [0, 4] })).toThrow('not a multiple of 8');
    expect(() => new RingMemory({ buffer, offsets: [0, 1.5] })).toThrow('not a multiple of 8');
    expect(() => new RingMemory({ buffer, offsets: [0, -4096] })).toThrow('not a multiple of 8');
    expect(() => new RingMemory({ buffer, offsets: [0, buffer.byteLength] })).toThrow('past the buffer');
  });

  it('finds runs of neighbouring pages', () => {
    const { buffer } = freshPages(6);
    const ring = new RingMemory({ buffer, offsets: [0, 0x1000, 0x2000, 0x5000, 0x4000] });
    expect(ring.contiguous).toBe(false);
    expect(ring.dataBytes).toBe(0x4000);
    expect([0, 0x800, 0x1000, 0x2000, 0x2ff8, 0x3000].map((at) => ring.runFrom(at))).toEqual([
      0x2000, 0x1800, 0x1000, 0x1000, 8, 0x1000,
    ]);
    expect(freshRing(3).contiguous).toBe(true);
    expect(freshRing(3, 'backwards').contiguous).toBe(false);
  });
});

// Layout: vmbus.md §4, after Linux include/linux/hyperv.h vmpacket_descriptor and hv_ringbuffer_write.
describe('packets as bytes', () => {
  const payload = Uint8Array.of(0xa1, 0xa2, 0xa3, 0xa4, 0xa5);

  it('in-band: descriptor, payload, padding, trailer', () => {
    const ring = freshRing(1);
    const writer = new RingWriter(ring);
    expect(writer.writePlain(6, 1, 0xfffffffd, 0xffffffff, payload, 5)).toBe(DONE);
    writer.commit();
    expect(ringHex(ring, 0, 32)).toBe(
      '0600' + '0200' + '0300' + '0100' + 'fdffffffffffffff' + 'a1a2a3a4a5000000' + '0000000000000000',
    );
    expect(writer.writePlain(11, 0, 2, 1, payload, 4)).toBe(DONE);
    writer.commit();
    expect(ringHex(ring, 32, 32)).toBe(
      '0b00' + '0200' + '0300' + '0000' + '0200000001000000' + 'a1a2a3a400000000' + '0000000020000000',
    );
    expect(ring.loadWriteIndex()).toBe(64);
  });

  it('cancel: a descriptor alone', () => {
    const ring = freshRing(1);
    const writer = new RingWriter(ring);
    writer.writePlain(10, 0, 9, 0, payload, 0);
    writer.commit();
    expect(ringHex(ring, 0, 24)).toBe(
      '0a00' + '0200' + '0200' + '0000' + '0900000000000000' + '0000000000000000',
    );
  });

  it('GPA direct: ranges between descriptor and payload', () => {
    const ring = freshRing(1);
    const writer = new RingWriter(ring);
    writer.writeGpaDirect(7, 0, payload, 5, [0x1234, 0x1_0000_0002], 2, 0x10, 0x1000);
    writer.commit();
    expect(ringHex(ring, 0, 64)).toBe(
      '0900' +
        '0600' +
        '0700' +
        '0100' +
        '0700000000000000' + // descriptor
        '00000000' +
        '01000000' + // reserved, range count
        '00100000' +
        '10000000' + // byte count, byte offset
        '3412000000000000' +
        '0200000001000000' + // page numbers
        'a1a2a3a4a5000000' +
        '0000000000000000',
    );
  });

  it('transfer pages: set id and ranges', () => {
    const ring = freshRing(1);
    const writer = new RingWriter(ring);
    writer.writeTransferPages(1, 5, 0, 0xcafe, [100, 4096, 60, 8192], 2, payload, 5);
    writer.commit();
    expect(ringHex(ring, 0, 56)).toBe(
      '0700' +
        '0500' +
        '0600' +
        '0100' +
        '0500000000000000' +
        'feca0000' +
        '02000000' +
        '64000000' +
        '00100000' +
        '3c000000' +
        '00200000' +
        'a1a2a3a4a5000000' +
        '0000000000000000',
    );
  });

  it('are read back, each kind', () => {
    const ring = freshRing(1);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    const packet = new IncomingPacket(256);
    writer.writePlain(6, 1, 0xfffffffd, 0xffffffff, payload, 5);
    writer.writeGpaDirect(7, 0, payload, 5, [0x1234, 0x1_0000_0002], 2, 0x10, 0x1000);
    writer.writeTransferPages(0, 5, 0, 0xcafe, [100, 4096, 60, 8192], 2, payload, 5);
    expect(reader.next(packet)).toBe(EMPTY);
    writer.commit();
    expect(reader.next(packet)).toBe(DONE);
    expect(packet).toMatchObject({
      type: 6,
      flags: 1,
      packetBytes: 24,
      payloadOffset: 16,
      payloadBytes: 8,
      rangeCount: 0,
    });
    expect(packet.transactionId).toBe(0xfffffffffffffffdn);
    expect(packet.completionRequested).toBe(true);
    expect([...packet.bytes.subarray(16, 24)]).toEqual([0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0, 0, 0]);
    expect(reader.next(packet)).toBe(DONE);
    expect(packet).toMatchObject({ type: 9, payloadOffset: 48, rangeCount: 1, gpnCount: 2 });
    expect([packet.rangeByteCount(0), packet.rangeByteOffset(0), packet.rangeFirstGpn(0)]).toEqual([
      0x1000, 0x10, 0,
    ]);
    expect([...packet.gpns.subarray(0, 2)]).toEqual([0x1234, 0x1_0000_0002]);
    expect(reader.next(packet)).toBe(DONE);
    expect(packet).toMatchObject({ type: 7, transferPageSetId: 0xcafe, rangeCount: 2, gpnCount: 0 });
    expect([packet.rangeByteCount(1), packet.rangeByteOffset(1)]).toEqual([60, 8192]);
    expect(reader.next(packet)).toBe(EMPTY);
    expect(reader.trailersWrong).toBe(0);
  });

  it('take several ranges in one GPA direct packet, with room left behind them', () => {
    // storvsc always sends the payload offset of its largest list (Linux storvsc_drv.c).
    const ring = freshRing(1);
    const end = putHex(
      ring,
      0,
      `0900 0900 0a00 0100 0100000000000000
       efbeadde 02000000
       08000000 fc0f0000 0500000000000000 0600000000000000
       00100000 00000000 0900000000000000
       0000000000000000
       1122334455667788
       00000000 00000000`,
    );
    ring.storeWriteIndex(end);
    const packet = new IncomingPacket(256);
    expect(new RingReader(ring).next(packet)).toBe(DONE);
    expect(packet).toMatchObject({ rangeCount: 2, gpnCount: 3, payloadOffset: 72, payloadBytes: 8 });
    expect([packet.rangeByteCount(0), packet.rangeByteOffset(0), packet.rangeFirstGpn(0)]).toEqual([
      8, 0xffc, 0,
    ]);
    expect([packet.rangeByteCount(1), packet.rangeByteOffset(1), packet.rangeFirstGpn(1)]).toEqual([
      4096, 0, 2,
    ]);
    expect([...packet.gpns.subarray(0, 3)]).toEqual([5, 6, 9]);
  });
});

describe('signals and flow', () => {
  const bytes = new Uint8Array(1000);

  it('signals only the batch that ends emptiness, and only when unmasked', () => {
    const ring = freshRing(1);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    const packet = new IncomingPacket(2048);
    // Masked from the start, until the reader sleeps.
    writer.writePlain(6, 0, 1, 0, bytes, 8);
    expect(writer.commit()).toBe(false);
    expect(reader.sleep()).toBe(DONE);
    expect(reader.next(packet)).toBe(DONE);
    reader.publish();
    expect(reader.sleep()).toBe(EMPTY);
    writer.writePlain(6, 0, 2, 0, bytes, 8);
    writer.writePlain(6, 0, 3, 0, bytes, 8);
    expect(writer.commit()).toBe(true);
    writer.writePlain(6, 0, 4, 0, bytes, 8);
    expect(writer.commit()).toBe(false);
    expect(writer.commit()).toBe(false);
    expect(writer.drained).toBe(false);
    for (let i = 0; i < 3; i += 1) expect(reader.next(packet)).toBe(DONE);
    reader.publish();
    expect(writer.drained).toBe(true);
  });

  it('keeps 8 bytes free and leaves the wanted size when full', () => {
    const ring = freshRing(1);
    const writer = new RingWriter(ring);
    expect(ring.featureBits).toBe(1);
    // 4 × 1024 bytes with trailer would fill the ring to the last byte.
    for (let i = 0; i < 3; i += 1) expect(writer.writePlain(6, 0, i, 0, bytes, 1000)).toBe(DONE);
    expect(writer.writePlain(6, 0, 3, 0, bytes, 1000)).toBe(FULL);
    expect(ring.pendingSendSize).toBe(1024);
    expect(writer.writePlain(6, 0, 3, 0, bytes, 992)).toBe(DONE);
    expect(writer.writePlain(6, 0, 4, 0, bytes, 0)).toBe(FULL);
    expect(ring.pendingSendSize).toBe(24);
  });

  it('publishes before it waits, and owes the signal of what it published', () => {
    const ring = freshRing(1);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    expect(reader.sleep()).toBe(EMPTY);
    for (let i = 0; i < 3; i += 1) writer.writePlain(6, 0, i, 0, bytes, 1000);
    expect(ring.loadWriteIndex()).toBe(0);
    expect(writer.writePlain(6, 0, 3, 0, bytes, 1000)).toBe(FULL);
    expect(ring.loadWriteIndex()).toBe(3072);
    expect(writer.commit()).toBe(true);
    expect(writer.commit()).toBe(false);
  });

  it('wakes the sender exactly when its packet fits', () => {
    const ring = freshRing(1);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    const packet = new IncomingPacket(2048);
    for (let i = 0; i < 8; i += 1) writer.writePlain(6, 0, i, 0, bytes, 480);
    expect(writer.writePlain(6, 0, 9, 0, bytes, 1000)).toBe(FULL);
    writer.commit();
    const woken: boolean[] = [];
    for (let i = 0; i < 4; i += 1) {
      reader.next(packet);
      woken.push(reader.publish());
    }
    // 60 are free; each packet frees 504: 564, 1068 > 1024.
    expect(woken).toEqual([false, true, false, false]);
    expect(writer.hasRoom(1024)).toBe(DONE);
    expect(ring.pendingSendSize).toBe(0);
    expect(reader.publish()).toBe(false);
  });

  it('refuses packets that can never fit', () => {
    const writer = new RingWriter(freshRing(1));
    expect(() => writer.writePlain(6, 0, 1, 0, new Uint8Array(5000), 5000)).toThrow('can never fit');
    expect(() => writer.writePlain(6, 0, 1, 0, new Uint8Array(4096), 4072)).toThrow('can never fit');
    expect(writer.writePlain(6, 0, 1, 0, new Uint8Array(4096), 4064)).toBe(DONE);
    const large = new RingWriter(freshRing(200));
    expect(() => large.writePlain(6, 0, 1, 0, new Uint8Array(8), 0xffff * 8)).toThrow('can never fit');
  });

  it('goes on from the indices it finds, and refuses impossible ones', () => {
    const ring = freshRing(1);
    ring.storeWriteIndex(4088);
    ring.storeReadIndex(4088);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    const packet = new IncomingPacket(64);
    writer.writePlain(6, 0, 1, 0, bytes, 8);
    writer.commit();
    expect(ring.loadWriteIndex()).toBe(24);
    expect(reader.next(packet)).toBe(DONE);
    for (const bad of [4096, -8, 4, 0x7ffffff8]) {
      ring.storeReadIndex(bad);
      expect(new RingWriter(ring).writePlain(6, 0, 1, 0, bytes, 8)).toBe(CORRUPT);
      expect(new RingReader(ring).look()).toBe(CORRUPT);
    }
  });
});
