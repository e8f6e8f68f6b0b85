/** The worker of the page: a guest with its whole machine, the same packages as on the command line. */

import { type BootImage, loadKernel, pcMemoryMap } from '@viridian/emulation/loader';
import { createMachine, type Machine } from '@viridian/vm';
import { Milestones } from '../run/milestones.ts';
import { SerialQueue } from '../run/serial-queue.ts';
import type { ToPage, ToWorker, WebGuest } from './messages.ts';

const MIB = 2 ** 20;

const input = new SerialQueue();
let machine: Machine | undefined;

function tell(message: ToPage): void {
  postMessage(message);
}

/** Collects what the guest writes during a turn of its processor, and sends it in one piece. */
class PageOutput {
  #bytes: number[] = [];
  readonly #hear: (bytes: Uint8Array) => void;

  constructor(hear: (bytes: Uint8Array) => void) {
    this.#hear = hear;
  }

  write(byte: number): void {
    if (this.#bytes.push(byte) === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const bytes = Uint8Array.from(this.#bytes);
    this.#bytes = [];
    tell({ kind: 'output', bytes });
    this.#hear(bytes);
  }
}

async function download(path: string): Promise<Uint8Array> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: the server answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function loadGuest(guest: WebGuest): Promise<BootImage> {
  const [kernel, initrd] = await Promise.all([
    download(guest.kernel),
    guest.initrd === undefined ? undefined : download(guest.initrd),
  ]);
  return await loadKernel({
    kernel,
    ...(initrd && { initrd }),
    memory: pcMemoryMap(guest.memoryMiB * MIB),
    commandLine: guest.commandLine,
    kernelName: guest.name,
  });
}

async function start(guest: WebGuest): Promise<void> {
  const began = performance.now();
  const boot = await loadGuest(guest);
  const loadMs = performance.now() - began;
  let isInUserspace = false;
  const output = new PageOutput((bytes) => {
    milestones.hear(bytes);
    const milliseconds = milestones.userspaceMs;
    if (isInUserspace || milliseconds === undefined) return;
    isInUserspace = true;
    tell({ kind: 'userspace', milliseconds });
  });
  machine = createMachine({
    name: guest.name,
    memoryBytes: guest.memoryMiB * MIB,
    processors: guest.processors,
    engine: { engine: guest.engine },
    boot,
    board: { serial: [{ write: (byte) => output.write(byte), inputTaken: () => input.pump() }] },
  });
  input.connect(machine.board?.serial[0]);
  const milestones = new Milestones();
  machine.start();
  tell({ kind: 'started', loadMs });
  const { reason } = await machine.finished;
  tell({ kind: 'ended', reason, instructions: machine.counters().instructions });
}

function fail(error: unknown): void {
  tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
}

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === 'start') start(data.guest).catch(fail);
  else if (data.kind === 'input') for (const byte of data.bytes) input.send(byte);
  else machine?.shutdown().catch(fail);
});
