/** Frames of a port of a switch, over a stream between processes. */

import type { Socket } from 'node:net';
import { Frame, NO_VLAN } from '../network/frame.ts';
import type { NetworkPort } from '../network/network-port.ts';

/** Length u32, segment length u32, VLAN u16, flags u16; the frame follows. */
const HEADER_BYTES = 12;
const HAS_VLAN = 1;
const IS_VERIFIED = 2;
/** What IP can say, and an Ethernet header. */
const MOST_FRAME_BYTES = 0xffff + 14;
/** What waits for a process that does not read; more is lost. */
const MOST_WAITING_BYTES = 8 << 20;

/** Until either end closes, or the other says what makes no sense. */
export class FrameStream {
  readonly #socket: Socket;
  readonly #port: NetworkPort;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** `gone` is called once. */
  constructor(socket: Socket, port: NetworkPort, gone: () => void) {
    this.#socket = socket;
    this.#port = port;
    port.connect({ receive: (frame) => this.#send(frame) });
    socket.unref();
    socket.on('error', () => {});
    socket.on('close', gone);
    socket.on('data', (bytes) => this.#receive(bytes));
  }

  close(): void {
    this.#socket.destroy();
  }

  #send({ bytes, segmentBytes, vlan, verified }: Frame): boolean {
    const socket = this.#socket;
    const isTooMuch = socket.writableLength + bytes.length > MOST_WAITING_BYTES;
    if (!socket.writable || isTooMuch || bytes.length > MOST_FRAME_BYTES) return false;
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32LE(bytes.length, 0);
    header.writeUInt32LE(segmentBytes, 4);
    header.writeUInt16LE(vlan === NO_VLAN ? 0 : vlan, 8);
    header.writeUInt16LE((vlan === NO_VLAN ? 0 : HAS_VLAN) | (verified ? IS_VERIFIED : 0), 10);
    socket.cork();
    socket.write(header);
    socket.write(bytes);
    socket.uncork();
    return true;
  }

  #receive(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    while (this.#bytes >= HEADER_BYTES) {
      const header = this.#peek(HEADER_BYTES);
      const lengthBytes = header.readUInt32LE(0);
      const segmentBytes = header.readUInt32LE(4);
      if (lengthBytes > MOST_FRAME_BYTES || segmentBytes > MOST_FRAME_BYTES) {
        this.close();
        return;
      }
      if (this.#bytes < HEADER_BYTES + lengthBytes) return;
      const flags = header.readUInt16LE(10);
      const vlan = (flags & HAS_VLAN) === 0 ? NO_VLAN : header.readUInt16LE(8);
      const all = this.#peek(HEADER_BYTES + lengthBytes);
      const frame = new Uint8Array(all.subarray(HEADER_BYTES, HEADER_BYTES + lengthBytes));
      this.#drop(HEADER_BYTES + lengthBytes);
      this.#port.send(new Frame(frame, { vlan, segmentBytes, verified: (flags & IS_VERIFIED) !== 0 }));
    }
  }

  /** The first bytes, in one piece. */
  #peek(count: number): Buffer {
    if (this.#parts[0]!.length < count) this.#parts = [Buffer.concat(this.#parts)];
    return this.#parts[0]!;
  }

  #drop(count: number): void {
    this.#bytes -= count;
    const rest = this.#parts[0]!.subarray(count);
    if (rest.length > 0) this.#parts[0] = rest;
    else this.#parts.shift();
  }
}
