/** What a screen costs the host: a TypeScript guest draws all of it, many times a second, and somebody looks. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Framebuffer, Keyboard, RfbServer } from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import { programProcessors } from '@viridian/hypervisor/program';
import { type Kernel, linuxGuest } from '@viridian/linux-guest';
import { createMachine, type MachineReport } from '@viridian/vm';

/** The screen that is drawn. */
const SIZE = { widthPixels: 1024, heightPixels: 768 };
const FRAME_BYTES = SIZE.widthPixels * SIZE.heightPixels * 4;
const MEBIBYTE = 2 ** 20;
/** A word of 12 pixels and a gap, as text has. */
const WORD_PIXELS = 16;

/** Who looks at the screen. */
export type Looker = 'nobody' | 'a copy of each frame' | 'VNC, raw' | 'VNC, ZRLE';

/** What a run was like. */
export interface ScreenResult {
  /** Of one core, 0 to 1: the whole process, guest included. */
  readonly load: number;
  readonly framesPerSecond: number;
  /** Frames that the looker got. */
  readonly seenPerSecond: number;
  readonly packetsPerMebibyte: number;
  readonly hypercallsPerMebibyte: number;
  readonly interceptsPerMebibyte: number;
}

/** Draws for some seconds. With 'nobody' the guest does not even tell the host that it drew. */
export async function drawScreen(
  looker: Looker,
  seconds: number,
  framesPerSecond: number,
): Promise<ScreenResult> {
  using resources = new DisposableStack();
  const framebuffer = new Framebuffer();
  let seen = (): number => 0;
  if (looker === 'a copy of each frame') seen = resources.use(copyFrames(framebuffer)).seen;
  else if (looker !== 'nobody') seen = resources.use(await serveVnc(framebuffer, looker)).seen;
  let frames = 0;
  let load = 0;
  let seenFrames = 0;
  let before: MachineReport | undefined;
  const main = async (kernel: Kernel): Promise<void> => {
    draw(kernel, 0, true);
    await kernel.sleep(1000);
    before = machine.counters();
    const [seenBefore, cpu, started] = [seen(), process.cpuUsage(), performance.now()];
    const total = seconds * framesPerSecond;
    while (frames < total) {
      frames += 1;
      draw(kernel, frames, looker !== 'nobody');
      await kernel.sleep(Math.max(1, started + (frames * 1000) / framesPerSecond - performance.now()));
    }
    const { user, system } = process.cpuUsage(cpu);
    load = (user + system) / 1000 / (performance.now() - started);
    seenFrames = seen() - seenBefore;
  };
  const machine = createMachine({
    name: 'drawing',
    memoryBytes: 16 * MEBIBYTE,
    processor: programProcessors(linuxGuest({ main })),
    input: { keyboard: new Keyboard() },
    display: { framebuffer, resolutions: [SIZE] },
  });
  machine.start();
  const { reason } = await machine.finished;
  if (reason !== 'halted' || before === undefined) throw new Error(`the guest ended with '${reason}'`);
  return {
    load,
    framesPerSecond: frames / seconds,
    seenPerSecond: seenFrames / seconds,
    ...perMebibyte(before, machine.counters(), (frames * FRAME_BYTES) / MEBIBYTE),
  };
}

/** Something like text: words in a colour that is another one in each frame, on a ground that is, too. */
function draw(kernel: Kernel, frame: number, isTold: boolean): void {
  const screen = kernel.framebuffer;
  if (screen === undefined) throw new Error('the guest has no screen');
  const { pixels } = screen;
  const words = new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.length / 4);
  const ground = (frame * 7) & 0x3f;
  const ink = 0xc0_c0c0 + ((frame * 11) & 0x3f);
  for (let row = 0; row < SIZE.heightPixels; row += 1) {
    const start = row * SIZE.widthPixels;
    words.fill(ground, start, start + SIZE.widthPixels);
    if (row % WORD_PIXELS < 4) continue;
    for (let column = row & 3; column < SIZE.widthPixels; column += 4) words[start + column] = ink;
  }
  if (isTold) screen.drawn();
}

function perMebibyte(before: MachineReport, after: MachineReport, mebibytes: number) {
  const packets = (report: MachineReport): number =>
    report.channels.reduce((sum, { counters }) => sum + counters.packetsSent + counters.packetsReceived, 0);
  const { halt: haltsBefore, ...interceptsBefore } = before.intercepts;
  const { halt: haltsAfter, ...interceptsAfter } = after.intercepts;
  const sum = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  return {
    packetsPerMebibyte: (packets(after) - packets(before)) / mebibytes,
    hypercallsPerMebibyte: (after.hypercallTotal - before.hypercallTotal) / mebibytes,
    interceptsPerMebibyte:
      (sum(interceptsAfter) + haltsAfter - sum(interceptsBefore) - haltsBefore) / mebibytes,
  };
}

/** Copies the whole screen whenever something of it changed. */
function copyFrames(framebuffer: Framebuffer): { seen: () => number } & Disposable {
  const into = new Uint8Array(FRAME_BYTES);
  let frames = 0;
  const stop = framebuffer.watch({
    dirtied: (rectangle) => {
      if (framebuffer.read(rectangle, into)) frames += 1;
    },
  });
  return { seen: () => frames, [Symbol.dispose]: stop };
}

/** A client in a process of its own, which asks all the time and looks at nothing. */
const CLIENT = `
const [port, encoding] = process.argv.slice(1).map(Number);
const socket = require('node:net').connect(port, '127.0.0.1', () => {
  socket.write('RFB 003.008\\n\\u0001\\u0001');
  socket.write(Uint8Array.of(2, 0, 0, 1, 0, 0, 0, encoding));
  setInterval(() => socket.write(Uint8Array.of(3, 1, 0, 0, 0, 0, 255, 255, 255, 255)), 10);
});
socket.on('data', () => {});
socket.on('close', () => process.exit());
`;

async function serveVnc(
  framebuffer: Framebuffer,
  looker: Looker,
): Promise<{ seen: () => number } & Disposable> {
  const server = new RfbServer({ framebuffer, sockets: hostSockets() });
  const port = await server.listen({ port: 0 });
  const encoding = looker === 'VNC, raw' ? 0 : 16;
  const client = spawn(process.execPath, ['-e', CLIENT, String(port), String(encoding)], { stdio: 'ignore' });
  await once(client, 'spawn');
  while (server.clients === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    seen: () => server.updates,
    [Symbol.dispose]: () => {
      server.close();
      client.kill();
    },
  };
}
