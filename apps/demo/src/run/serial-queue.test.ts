import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SerialQueue } from './serial-queue.ts';

describe('SerialQueue', () => {
  it('loses and reorders nothing, however little room there is', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255)), fc.array(fc.nat(20)), (bytes, takes) => {
        const queue = new SerialQueue();
        const fifo: number[] = [];
        const taken: number[] = [];
        const port = {
          get roomBytes() {
            return 16 - fifo.length;
          },
          receive: (byte: number) => fifo.push(byte) > 0,
        };
        bytes.slice(0, 3).forEach((byte) => {
          queue.send(byte);
        });
        queue.connect(port);
        bytes.slice(3).forEach((byte) => {
          queue.send(byte);
        });
        for (const count of [...takes, bytes.length, ...takes.map(() => 16)]) {
          taken.push(...fifo.splice(0, count));
          queue.pump();
        }
        for (let left = bytes.length; left > 0; left -= 1) {
          taken.push(...fifo.splice(0));
          queue.pump();
        }
        expect(taken).toEqual(bytes);
      }),
    );
  });
});
