/** A Debian guest that runs a script on the JIT; what passes between its marks is measured. */

import { readFile } from 'node:fs/promises';
import type { SwitchPort } from '@viridian/drivers';
import { loadKernel, pcMemoryMap } from '@viridian/emulation/loader';
import { createMachine, type Machine, type MachineReport } from '@viridian/vm';
import { buildInitramfs, Modules, prepareLinuxGuest } from 'viridian-demo/linux';

const MIB = 2 ** 20;
const MEMORY_BYTES = 320 * MIB;

/** What a guest did between two marks. */
export interface Phase {
  readonly name: string;
  readonly seconds: number;
  /** Processor time of this process meanwhile, the host's end included. */
  readonly processorSeconds: number;
  readonly packets: number;
  readonly hypercalls: number;
  readonly intercepts: number;
  /** Lines that it printed. */
  readonly lines: readonly string[];
}

/** A guest on its way. */
export interface LinuxRun {
  readonly machine: Machine;
  /** All phases, when it has switched itself off. Rejects when it ended otherwise. */
  readonly finished: Promise<readonly Phase[]>;
}

/** Brings the first adapter up with an address. */
export function upScript(address: string): string {
  return `
for wait in 1 2 3 4 5 6 7 8 9 10; do [ -d /sys/class/net/eth0 ] && break; sleep 1; done
ip link set eth0 up
ip addr add ${address}/24 dev eth0
`;
}

/** Boots a guest; each line `MARK name` of the script ends a phase and begins the next. */
export async function startLinux(name: string, port: SwitchPort, script: string): Promise<LinuxRun> {
  const guest = await prepareLinuxGuest({ flavour: 'cloud-amd64', modules: Modules.network });
  const boot = await loadKernel({
    kernel: new Uint8Array(await readFile(guest.kernelPath)),
    initrd: await buildInitramfs({ guest, script }),
    memory: pcMemoryMap(MEMORY_BYTES),
    commandLine: 'console=ttyS0 panic=-1 quiet cryptomgr.notests',
  });
  const phases: Phase[] = [];
  let text = '';
  let line = '';
  let lines: string[] = [];
  let last:
    | { readonly name: string; readonly at: number; readonly processor: number; readonly sums: Sums }
    | undefined;
  const mark = (next: string): void => {
    const now = {
      name: next,
      at: performance.now(),
      processor: processorSeconds(),
      sums: sumsOf(machine.counters()),
    };
    if (last !== undefined) {
      phases.push({
        name: last.name,
        seconds: (now.at - last.at) / 1000,
        processorSeconds: now.processor - last.processor,
        packets: now.sums.packets - last.sums.packets,
        hypercalls: now.sums.hypercalls - last.sums.hypercalls,
        intercepts: now.sums.intercepts - last.sums.intercepts,
        lines,
      });
    }
    lines = [];
    last = now;
  };
  const write = (byte: number): void => {
    if (byte !== 10) {
      line += String.fromCharCode(byte);
      return;
    }
    text += `${line}\n`;
    const said = line.trim();
    line = '';
    if (said.startsWith('MARK ')) mark(said.slice(5));
    else lines.push(said);
  };
  const machine = createMachine({
    name,
    memoryBytes: MEMORY_BYTES,
    boot,
    engine: { engine: 'jit' },
    networks: [{ port }],
    board: { serial: [{ write }] },
    policy: { onReset: 'finish' },
  });
  machine.start();
  const finished = machine.finished.then(({ reason }) => {
    if (reason !== 'powered-off') throw new Error(`${name} ended with '${reason}':\n${text.slice(-2000)}`);
    return phases;
  });
  return { machine, finished };
}

interface Sums {
  readonly packets: number;
  readonly hypercalls: number;
  readonly intercepts: number;
}

/** What this process has used so far. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** All that went to the host and came from it. */
export function sumsOf(report: MachineReport): Sums {
  const intercepts = Object.values(report.intercepts).reduce((sum, count) => sum + count, 0);
  const packets = report.channels.reduce(
    (sum, { counters }) => sum + counters.packetsSent + counters.packetsReceived,
    0,
  );
  return { packets, hypercalls: report.hypercallTotal, intercepts };
}
