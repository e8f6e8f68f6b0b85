/** Speed of the ring with both ends in one thread: small packets, pages by reference, and what a packet costs the heap. */

import {
  type GuestMemory,
  IncomingPacket,
  PAGE_BYTES,
  RingChannel,
  type SharedPages,
} from '@viridian/vmbus/ring';

/** Two connected channels over one shared buffer. `busy`: signals are counted and answered by the caller's own loop. */
interface Pair {
  readonly guest: RingChannel;
  readonly host: RingChannel;
  readonly buffer: SharedArrayBuffer;
}

function pages(buffer: SharedArrayBuffer, first: number, count: number): SharedPages {
  return { buffer, offsets: Array.from({ length: count }, (_, i) => (first + i) * PAGE_BYTES) };
}

function flatMemory(buffer: SharedArrayBuffer): GuestMemory {
  return {
    pages: (gpns) => ({ buffer, offsets: gpns.map((gpn) => gpn * PAGE_BYTES) }),
    gather: () => false,
  };
}

function connected(ringPages: number, ramPages: number): Pair {
  const buffer = new SharedArrayBuffer((2 * ringPages + ramPages) * PAGE_BYTES);
  const up = pages(buffer, 0, ringPages);
  const down = pages(buffer, ringPages, ringPages);
  const memory = flatMemory(buffer);
  const broken = (reason: string): void => {
    throw new Error(reason);
  };
  const guest: RingChannel = new RingChannel({
    memory,
    outbound: up,
    inbound: down,
    where: 'bench/guest',
    side: 'guest',
    signal: () => host.interrupt(),
    broken,
  });
  const host: RingChannel = new RingChannel({
    memory,
    outbound: down,
    inbound: up,
    where: 'bench/host',
    side: 'host',
    signal: () => guest.interrupt(),
    broken,
  });
  guest.start();
  host.start();
  return { guest, host, buffer };
}

/** 64-byte packets (descriptor included) per second, `batch` to a signal; each is received and checked. */
export function packetsPerSecond(packets = 4_000_000, batch = 32): number {
  const { guest, host } = connected(32, 0);
  const incoming = new IncomingPacket(4096);
  let received = 0;
  host.onReceive = () => {
    while (host.receive(incoming)) received += 1;
    host.endReceive();
  };
  const payload = new Uint8Array(64 - 16);
  const start = performance.now();
  for (let sent = 0; sent < packets; ) {
    for (let i = 0; i < batch; i += 1, sent += 1) {
      if (!guest.sendInBand(sent, 0, payload, payload.length, false)) throw new Error('ring full');
    }
    guest.endSend();
  }
  const seconds = (performance.now() - start) / 1000;
  if (received !== packets) throw new Error(`${received} of ${packets} packets arrived`);
  return packets / seconds;
}

/** Requests answered per second: a 64-byte packet there, a 64-byte completion back, `depth` in flight. */
export function roundTripsPerSecond(rounds = 2_000_000, depth = 32): number {
  const { guest, host } = connected(32, 0);
  const request = new IncomingPacket(4096);
  const answer = new IncomingPacket(4096);
  const payload = new Uint8Array(64 - 16);
  let answered = 0;
  host.onReceive = () => {
    while (host.receive(request)) host.sendCompletion(request.idLow, request.idHigh, payload, payload.length);
    host.endSend();
    host.endReceive();
  };
  guest.onReceive = () => {
    while (guest.receive(answer)) answered += 1;
    guest.endReceive();
  };
  const start = performance.now();
  for (let sent = 0; sent < rounds; ) {
    for (let i = 0; i < depth; i += 1, sent += 1) {
      guest.sendInBand(sent + 1, 0, payload, payload.length, true);
    }
    guest.endSend();
  }
  const seconds = (performance.now() - start) / 1000;
  if (answered !== rounds) throw new Error(`${answered} of ${rounds} answered`);
  return rounds / seconds;
}

/** Bytes per second when packets refer to 64 KiB of guest memory each and the receiver copies them out. */
export function gpaDirectBytesPerSecond(packets = 200_000): number {
  const ringPages = 32;
  const ramPages = 16 * 16;
  const blockBytes = 65536;
  const { guest, host, buffer } = connected(ringPages, ramPages);
  const blocks = Array.from({ length: 16 }, (_, i) => {
    const first = 2 * ringPages + i * 16;
    return Float64Array.from({ length: 16 }, (_, page) => first + page);
  });
  const ram = new Uint8Array(buffer);
  const target = new Uint8Array(blockBytes);
  const incoming = new IncomingPacket(4096);
  let copied = 0;
  host.onReceive = () => {
    while (host.receive(incoming)) {
      // As a VSP does: neighbouring pages are copied at once.
      let at = 0;
      for (let page = 0; page < incoming.gpnCount; ) {
        let run = 1;
        const first = incoming.gpns[page]!;
        while (page + run < incoming.gpnCount && incoming.gpns[page + run] === first + run) run += 1;
        target.set(ram.subarray(first * PAGE_BYTES, (first + run) * PAGE_BYTES), at);
        at += run * PAGE_BYTES;
        page += run;
      }
      copied += at;
    }
    host.endReceive();
  };
  const payload = new Uint8Array(64);
  const start = performance.now();
  for (let sent = 0; sent < packets; ) {
    for (let i = 0; i < 16; i += 1, sent += 1) {
      guest.sendGpaDirect(sent, 0, payload, payload.length, blocks[i]!, 16, 0, blockBytes);
    }
    guest.endSend();
  }
  const seconds = (performance.now() - start) / 1000;
  if (copied !== packets * blockBytes) throw new Error(`${copied} bytes arrived`);
  return copied / seconds;
}

/**
 * Heap bytes per packet in steady state, requests and completions counted each. Needs `heapBytes`, which collects
 * garbage first if it can and tells what is in use.
 */
export function heapBytesPerPacket(heapBytes: () => number, packets = 400_000): number {
  const { guest, host } = connected(8, 0);
  const request = new IncomingPacket(4096);
  const answer = new IncomingPacket(4096);
  const payload = new Uint8Array(48);
  host.onReceive = () => {
    while (host.receive(request)) host.sendCompletion(request.idLow, request.idHigh, payload, payload.length);
    host.endSend();
    host.endReceive();
  };
  guest.onReceive = () => {
    while (guest.receive(answer));
    guest.endReceive();
  };
  const run = (count: number): void => {
    for (let i = 0; i < count / 2; i += 1) {
      guest.sendInBand(i + 1, 0, payload, payload.length, true);
      guest.endSend();
    }
  };
  run(packets);
  const before = heapBytes();
  run(packets);
  return (heapBytes() - before) / packets;
}
