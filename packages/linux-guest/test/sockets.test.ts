/** A TypeScript guest and its parent, by sockets. */

import { programProcessors } from '@viridian/hypervisor/program';
import { createMachine } from '@viridian/vm';
import { describe, expect, it } from 'vitest';
import { type Kernel, linuxGuest } from '../src/index.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const utf8 = (words: string): Uint8Array => new TextEncoder().encode(words);

function machine(main: (kernel: Kernel) => Promise<void>) {
  const log: string[] = [];
  const made = createMachine({
    name: 'sockets',
    memoryBytes: 8 * 2 ** 20,
    processor: programProcessors(linuxGuest({ main, onLog: (line) => log.push(line.text) })),
    sockets: true,
  });
  return { machine: made, log };
}

describe('sockets of a TypeScript guest', () => {
  it('connect, are connected to, and end in order', async () => {
    const heard: string[] = [];
    const { machine: vm, log } = machine(async (kernel) => {
      const finished = Promise.withResolvers<void>();
      kernel.sockets.listen(70, (socket) => {
        socket.onData = (bytes) => void socket.write(utf8(text(bytes).toUpperCase()));
        socket.onEnd = () => socket.end();
        socket.onClosed = (reason) => {
          heard.push(`guest ${reason}`);
          finished.resolve();
        };
        socket.resume();
      });
      await expect(kernel.sockets.connect(81)).rejects.toMatchObject({ kind: 'refused' });
      const socket = await kernel.sockets.connect(80);
      socket.write(utf8('listening on 70'));
      socket.end();
      socket.resume();
      await finished.promise;
    });
    const { sockets } = vm;
    sockets!.listen(80, (connection) => {
      connection.onData = async (bytes) => {
        heard.push(text(bytes));
        connection.end();
        const back = await sockets!.connect(70);
        back.onData = (answer) => heard.push(text(answer));
        back.onClosed = (reason) => heard.push(`host ${reason}`);
        back.write(utf8('shout'));
        back.end();
        back.resume();
      };
      connection.resume();
    });
    vm.start();
    expect(await vm.finished).toEqual({ reason: 'halted' });
    expect(heard.toSorted()).toEqual(['SHOUT', 'guest undefined', 'host undefined', 'listening on 70']);
    expect(log.filter((line) => line.includes('failed'))).toEqual([]);
  });

  it('go down with the guest, and end what waits', async () => {
    const { machine: vm } = machine(async (kernel) => {
      kernel.sockets.listen(70, (socket) => socket.resume());
      const socket = await kernel.sockets.connect(80);
      socket.resume();
      void kernel.sockets.connect(82).catch(() => undefined);
      await kernel.sleep(20);
    });
    const closed = Promise.withResolvers<string | undefined>();
    vm.sockets!.listen(80, (connection) => {
      connection.onClosed = closed.resolve;
      connection.resume();
    });
    vm.start();
    expect(await closed.promise).toBe('closed by the guest');
    expect(await vm.finished).toEqual({ reason: 'halted' });
  });
});
