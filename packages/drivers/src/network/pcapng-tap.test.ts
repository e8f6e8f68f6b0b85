/** Golden bytes by the PCAP Next Generation format's block diagrams. */

import { describe, expect, it } from 'vitest';
import { MAC_A, MAC_B, plainFrame, tcpFrame } from '../../test/support/packets.ts';
import { Frame } from './frame.ts';
import { PcapngTap } from './pcapng-tap.ts';
import { Switch } from './switch.ts';

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function tapped(options: { snapBytes?: number; write?: (bytes: Uint8Array) => void } = {}) {
  const net = new Switch({ mtuBytes: 1500 });
  const blocks: Uint8Array[] = [];
  const write = options.write ?? ((bytes: Uint8Array) => void blocks.push(bytes));
  const { snapBytes } = options;
  const tap = new PcapngTap(
    net.port('tapped'),
    { write },
    {
      now: () => 0x1_0000_0002n,
      name: 'eth0!',
      ...(snapBytes === undefined ? {} : { snapBytes }),
    },
  );
  const got: Frame[] = [];
  let hasRoom = true;
  tap.connect({
    receive: (frame) => {
      if (hasRoom) got.push(frame);
      return hasRoom;
    },
  });
  const other = net.port('other');
  const setRoom = (room: boolean): void => {
    hasRoom = room;
  };
  return { tap, other, blocks, got, setRoom };
}

describe('a capture', () => {
  it('begins with section and interface', () => {
    const { blocks } = tapped();
    expect(hex(blocks[0]!)).toBe(
      '0a0d0d0a' +
        '1c000000' +
        '4d3c2b1a' +
        '01000000' +
        'ffffffffffffffff' +
        '1c000000' +
        '01000000' +
        '2c000000' +
        '01000000' +
        '00000400' +
        '02000500' +
        '6574683021000000' +
        '09000100' +
        '09000000' +
        '00000000' +
        '2c000000',
    );
  });

  it('has the frames of both directions with time, direction and tag', () => {
    const { tap, other, blocks, got } = tapped();
    tap.send(new Frame(plainFrame(MAC_B, MAC_A, 1)));
    other.send(new Frame(plainFrame(MAC_A, MAC_B, 2), { vlan: 0x6064 }));
    expect(got).toHaveLength(1);
    expect(hex(blocks[1]!)).toBe(
      '06000000' +
        '3c000000' +
        '00000000' +
        '01000000' +
        '02000000' +
        '0f000000' +
        '0f000000' +
        '02000000000b' +
        '02000000000a' +
        '88b5' +
        '62' +
        '00' +
        '02000400' +
        '02000000' +
        '00000000' +
        '3c000000',
    );
    expect(hex(blocks[2]!)).toContain('02000000000a' + '02000000000b' + '8100' + '6064' + '88b5');
    expect(hex(blocks[2]!).slice(-24)).toBe('01000000' + '00000000' + '40000000');
  });

  it('keeps the first bytes only when told so, and large segments as what they become', () => {
    const { tap, blocks } = tapped({ snapBytes: 64 });
    tap.send(new Frame(tcpFrame({ payload: new Uint8Array(3000), isLarge: true }), { segmentBytes: 1460 }));
    const lengths = blocks.slice(1).map((block) => {
      const view = new DataView(block.buffer);
      return [view.getUint32(20, true), view.getUint32(24, true), block.length];
    });
    expect(lengths).toEqual([
      [64, 1514, 108],
      [64, 1514, 108],
      [64, 134, 108],
    ]);
  });

  it('has no frame that the station refused, and a broken sink does not stop the traffic', () => {
    const { tap, other, blocks, setRoom } = tapped();
    setRoom(false);
    other.send(new Frame(plainFrame(MAC_A, MAC_B)));
    expect(blocks).toHaveLength(1);
    const broken = tapped({
      write: () => {
        throw new Error('disk full');
      },
    });
    broken.other.send(new Frame(plainFrame(MAC_A, MAC_B)));
    broken.tap.send(new Frame(plainFrame(MAC_B, MAC_A)));
    expect(broken.got).toHaveLength(1);
    expect(broken.tap.inspect()).toMatchObject({ counters: { sinkFailures: 1, framesRecorded: 0 } });
    tap.disconnect();
  });
});
