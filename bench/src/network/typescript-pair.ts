/** TCP between two TypeScript guests on a switch. */

import { Switch } from '@viridian/drivers';
import { programProcessors } from '@viridian/hypervisor/program';
import { type Kernel, linuxGuest } from '@viridian/linux-guest';
import { createMachine, type Machine } from '@viridian/vm';
import { processorSeconds, sumsOf } from './linux-run.ts';

const MIB = 2 ** 20;
const PORT = 7000;
const WRITE_BYTES = 256 * 1024;

/** What a transfer took, counted at the sender. */
export interface Transfer {
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly packets: number;
  readonly hypercalls: number;
  readonly intercepts: number;
}

/** Sends so many MiB from one guest to the other, from the connection to the answer that all of it came. */
export async function typeScriptTransfer(mebibytes: number): Promise<Transfer> {
  const network = new Switch();
  const listening = Promise.withResolvers<void>();
  const server = machine('server', network, async (kernel) => {
    const stack = kernel.net.interface('eth0')!.openStack({ address: '10.0.0.1/24' });
    stack.listen(PORT, async (connection) => {
      let bytes = 0;
      for await (const part of connection) bytes += part.length;
      await connection.write(new TextEncoder().encode(`${bytes}`));
      connection.end();
    });
    listening.resolve();
    await new Promise<never>(() => {});
  });
  await listening.promise;
  let transfer: Transfer | undefined;
  const client = machine('client', network, async (kernel) => {
    const stack = kernel.net.interface('eth0')!.openStack({ address: '10.0.0.2/24' });
    const connection = await stack.connect('10.0.0.1', PORT);
    const before = sumsOf(client.counters());
    const started = performance.now();
    const processor = processorSeconds();
    const part = new Uint8Array(WRITE_BYTES);
    for (let sent = 0; sent < mebibytes * MIB; sent += WRITE_BYTES) await connection.write(part);
    connection.end();
    const answer = new TextDecoder().decode(await connection.read());
    if (Number(answer) !== mebibytes * MIB) throw new Error(`${answer} bytes came`);
    const after = sumsOf(client.counters());
    transfer = {
      seconds: (performance.now() - started) / 1000,
      processorSeconds: processorSeconds() - processor,
      packets: after.packets - before.packets,
      hypercalls: after.hypercalls - before.hypercalls,
      intercepts: after.intercepts - before.intercepts,
    };
  });
  const { reason } = await client.finished;
  server.kill();
  await server.finished;
  if (transfer === undefined) throw new Error(`the client ended with '${reason}'`);
  return transfer;
}

function machine(name: string, network: Switch, main: (kernel: Kernel) => Promise<void>): Machine {
  const made = createMachine({
    name,
    memoryBytes: 16 * MIB,
    processor: programProcessors(linuxGuest({ main })),
    networks: [{ port: network.port(name) }],
  });
  made.start();
  return made;
}
