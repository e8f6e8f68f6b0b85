/** Speed of networks: Linux and the host through the gateway, two partitions on a switch, ping. With the JIT; the best of some rounds. */

import { Worker } from 'node:worker_threads';
import { NatGateway, Switch } from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import { type Row, row } from '../table.ts';
import { type Phase, startLinux, upScript } from './linux-run.ts';
import type { TcpPeerData, TcpPeerMessage } from './tcp-peer.ts';
import { typeScriptTransfer } from './typescript-pair.ts';

const MIB = 2 ** 20;
const TRANSFER_MIB = 128;
const TYPESCRIPT_MIB = 512;
const ROUNDS = [1, 2, 3];
const PINGS = 300;
const BARS = { nat: 400, partitions: 300, typeScript: 2000, pingMs: 1 };

/** The figures, with packets on the rings, hypercalls and intercepts for each MiB. */
export async function benchNetwork(): Promise<Row[]> {
  const [toHost, toGuest, ping] = await throughGateway();
  return [
    speedRow('Linux to host through NAT, Mbit/s', toHost, BARS.nat),
    costRow(toHost),
    speedRow('host to Linux through NAT, Mbit/s', toGuest, BARS.nat),
    costRow(toGuest),
    row('ping of the gateway, median, ms', ping.toFixed(2), `${BARS.pingMs}`, ping < BARS.pingMs),
    ...(await betweenPartitions()),
    ...(await betweenPrograms()),
  ];
}

interface Speed {
  readonly megabits: number;
  readonly mebibytes: number;
  readonly phase: Pick<Phase, 'processorSeconds' | 'packets' | 'hypercalls' | 'intercepts'>;
}

function speedRow(what: string, { megabits }: Speed, bar: number): Row {
  return row(what, megabits.toFixed(0), `${bar}`, megabits >= bar);
}

function costRow({ phase, mebibytes }: Speed): Row {
  const per = (count: number): string => (count / mebibytes).toFixed(1);
  const cost = `${per(phase.packets)} packets, ${per(phase.hypercalls)} hypercalls, ${per(phase.intercepts)} intercepts`;
  const milliseconds = ((phase.processorSeconds * 1000) / mebibytes).toFixed(1);
  return row('  for each MiB', `${cost}, ${milliseconds} ms of processor time`);
}

function best(speeds: readonly Speed[]): Speed {
  return speeds.reduce((one, other) => (other.megabits > one.megabits ? other : one));
}

function speedOf(phase: Phase, mebibytes: number): Speed {
  return { megabits: (mebibytes * MIB * 8) / 1e6 / phase.seconds, mebibytes, phase };
}

/** dd behind nc reads and writes 128 KiB at a time, as programs that care do. */
const send = (host: string, port: number): string =>
  `busybox nc ${host} ${port} -e dd if=/tmp/file bs=128k 2> /dev/null`;
const makeFile = `dd if=/dev/zero of=/tmp/file bs=1M count=${TRANSFER_MIB} 2> /dev/null`;

async function throughGateway(): Promise<[toHost: Speed, toGuest: Speed, pingMs: number]> {
  const workerData: TcpPeerData = { sourceBytes: TRANSFER_MIB * MIB };
  const worker = new Worker(new URL('./tcp-peer.ts', import.meta.url), { workerData });
  const { source, sink } = await new Promise<{ source: number; sink: number }>((resolve) => {
    worker.on('message', (message: TcpPeerMessage) => resolve(message.ports));
  });
  const network = new Switch({ mtuBytes: 1500 });
  const hostPorts = [source, sink];
  const gateway = new NatGateway({ port: network.port('gateway'), sockets: hostSockets(), hostPorts });
  const script = `${upScript('10.0.2.15')}
${makeFile}
busybox ping -c ${PINGS} -i 0.01 10.0.2.2 > /dev/null
echo MARK ping
busybox ping -c ${PINGS} -i 0.01 10.0.2.2
for round in ${ROUNDS.join(' ')}; do
echo MARK up
${send('10.0.2.2', sink)}
echo MARK down
busybox nc 10.0.2.2 ${source} -e dd of=/dev/null bs=128k 2> /dev/null
echo MARK end
done
`;
  const { finished } = await startLinux('nat', network.port('linux'), script);
  const phases = await finished;
  gateway.close();
  await worker.terminate();
  const speed = (name: string): Speed =>
    best(phases.filter((phase) => phase.name === name).map((phase) => speedOf(phase, TRANSFER_MIB)));
  return [speed('up'), speed('down'), medianPing(phases)];
}

function medianPing(phases: readonly Phase[]): number {
  const lines = phases.find(({ name }) => name === 'ping')?.lines ?? [];
  const times = lines.flatMap((line) => {
    const milliseconds = / time=([\d.]+) ms/.exec(line)?.[1];
    return milliseconds === undefined ? [] : [Number(milliseconds)];
  });
  return times.sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
}

/** Two Debian guests, in turns on one thread. */
async function betweenPartitions(): Promise<Row[]> {
  const network = new Switch({ mtuBytes: 1500 });
  const server = `${upScript('10.0.0.1')}
for round in ${ROUNDS.join(' ')}; do busybox nc -l -p 7000 -e dd of=/dev/null bs=128k 2> /dev/null; done
`;
  const client = `${upScript('10.0.0.2')}
${makeFile}
for round in ${ROUNDS.join(' ')}; do
until busybox ping -c 1 -W 1 10.0.0.1 > /dev/null; do sleep 1; done
sleep 1
echo MARK send
${send('10.0.0.1', 7000)}
echo MARK end
done
`;
  const one = await startLinux('server', network.port('server'), server);
  const other = await startLinux('client', network.port('client'), client);
  const [, phases] = await Promise.all([one.finished, other.finished]);
  const speed = best(
    phases.filter(({ name }) => name === 'send').map((phase) => speedOf(phase, TRANSFER_MIB)),
  );
  return [speedRow('Linux to Linux through the switch, Mbit/s', speed, BARS.partitions), costRow(speed)];
}

async function betweenPrograms(): Promise<Row[]> {
  const speeds: Speed[] = [];
  for (const _ of ROUNDS) {
    const { seconds, ...phase } = await typeScriptTransfer(TYPESCRIPT_MIB);
    const megabits = (TYPESCRIPT_MIB * MIB * 8) / 1e6 / seconds;
    speeds.push({ megabits, mebibytes: TYPESCRIPT_MIB, phase });
  }
  const speed = best(speeds);
  return [
    speedRow('TypeScript guest to TypeScript guest by TCP, Mbit/s', speed, BARS.typeScript),
    costRow(speed),
  ];
}
