/** What a parent asks of a TypeScript guest by the integration services. */

import { programProcessors } from '@viridian/hypervisor/program';
import { createMachine } from '@viridian/vm';
import { describe, expect, it } from 'vitest';
import { linuxGuest } from '../src/index.ts';

describe('integration services of a TypeScript guest', () => {
  it('tell of it, have it freeze, and end it', async () => {
    const log: string[] = [];
    const beating = Promise.withResolvers<void>();
    const guest = linuxGuest({
      main: async ({ services }) => {
        services.keyValues.guest.set('answer', '42');
        services.onTime = ({ isSync }) => log.push(`time ${isSync}`);
        services.freezable = {
          freeze: () => void log.push('freeze'),
          thaw: () => void log.push('thaw'),
        };
        await new Promise<void>((resolve) => {
          services.onShutdown = ({ kind }) => {
            log.push(kind);
            setTimeout(resolve, 0);
            return true;
          };
        });
      },
    });
    await using machine = createMachine({
      name: 'services',
      memoryBytes: 8 * 2 ** 20,
      processor: programProcessors(guest),
      integration: true,
    });
    machine.on('heartbeat', ({ heart }) => heart === 'beating' && beating.resolve());
    machine.start();
    const { keyValues, backup, shutdown, timeSync } = machine.integration!;
    await Promise.all([keyValues, backup, shutdown, timeSync].map((service) => service.whenReady()));
    await beating.promise;
    expect(await keyValues.get('OSName', 'facts')).toBe('Viridian linux-guest');
    expect(await keyValues.get('answer')).toBe('42');
    await keyValues.set('colour', 'green');
    expect(await keyValues.get('colour', 'host')).toBe('green');
    await backup.whileFrozen(async () => void log.push('copy'));
    await machine.shutdown();
    expect(await machine.finished).toEqual({ reason: 'halted' });
    expect(log.filter((line) => !line.startsWith('time'))).toEqual(['freeze', 'copy', 'thaw', 'power-off']);
  });
});
