import { MemoryDisk } from '@viridian/drivers';
import { programProcessors } from '@viridian/hypervisor/program';
import { VmbusVersion } from '@viridian/protocols/vmbus';
import { MAX_BANK_BYTES } from '@viridian/x86';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkConfiguration } from '../src/check-configuration.ts';
import { ConfigurationError } from '../src/configuration-error.ts';
import type { MachineConfiguration } from '../src/index.ts';

const processor = programProcessors(() => expect.fail('never started'));
const device = new MemoryDisk(4096);
const valid: MachineConfiguration = { name: 'test', memoryBytes: 2 ** 20, processor };
const instanceId = '11111111-2222-3333-4444-555555555555';

describe('checkConfiguration', () => {
  it('fills in what is not given', () => {
    expect(
      checkConfiguration({ ...valid, processors: 4, disks: [{ device }, { device, lun: 9 }] }),
    ).toMatchObject({
      offer: {},
      vmbus: { oldest: VmbusVersion.V0_13, newest: VmbusVersion.V5_3 },
      storage: [{ subchannels: 3, disks: [{ lun: 0 }, { lun: 9 }] }],
      boot: { rip: 0 },
      board: undefined,
      policy: { onReset: 'restart', onCrash: 'finish', onTripleFault: 'finish' },
    });
  });

  it('makes a PC with a board of what says no more than its memory', () => {
    const { processor, board } = checkConfiguration({ name: 'pc', memoryBytes: 2 ** 26 });
    expect(processor).toBeUndefined();
    expect(board).toEqual({ ide: [], serial: [], debugExit: undefined, debugConsole: undefined });
    expect(checkConfiguration({ name: 'pc', memoryBytes: 2 ** 26, board: false }).board).toBeUndefined();
  });

  it.each([
    ['name', { name: '' }],
    ['memoryBytes', { memoryBytes: 1000 }],
    ['memoryBytes', { memoryBytes: 2 ** 20 + 1 }],
    ['memoryBytes', { memoryBytes: 2 ** 50 }],
    ['memoryBytes', { memoryBytes: Number.NaN }],
    ['processors', { processors: 0 }],
    ['processors', { processors: 65 }],
    ['processors', { processors: 1.5 }],
    ['processor', { processor: 'x86' }],
    ['memoryBytes', { processor: undefined, memoryBytes: MAX_BANK_BYTES - 65536 }],
    ['engine', { engine: { engine: 'jit' } }],
    ['board.ide', { board: { ide: Array(5).fill(undefined) } }],
    ['board.ide[1].device', { board: { ide: [undefined, {}] } }],
    ['board.serial', { board: { serial: Array(5).fill(undefined) } }],
    ['board.debugExit', { board: { debugExit: 0xfffe } }],
    ['board.debugConsole.port', { board: { debugConsole: { port: -1, write: () => {} } } }],
    ['vmbus', { enlightened: false, vmbus: {} }],
    ['powerOffPort', { powerOffPort: 0x1_0000 }],
    ['boot.rip', { boot: { rip: -1 } }],
    ['vmbus.oldest', { vmbus: { oldest: 0x50004 } }],
    ['vmbus.newest', { vmbus: { newest: VmbusVersion.V6_0 } }],
    ['vmbus', { vmbus: { oldest: VmbusVersion.V5_0, newest: VmbusVersion.V4_0 } }],
    ['vmbus', { vmbus: false, disks: [{ device }] }],
    ['disks[1].lun', { disks: [{ device, lun: 1 }, { device }] }],
    ['disks[0].lun', { disks: [{ device, lun: 64 }] }],
    ['disks[0].device', { disks: [{ device: {} }] }],
    ['storage[0].instanceId', { storage: [{ instanceId: 'disk', disks: [] }] }],
    [
      'storage[1].instanceId',
      {
        storage: [
          { instanceId, disks: [] },
          { instanceId, disks: [] },
        ],
      },
    ],
    ['storage[0].subchannels', { storage: [{ subchannels: -1, disks: [] }] }],
    ['memory', { memory: 5 }],
  ])('refuses a wrong %s', (path, change) => {
    let caught: unknown;
    try {
      checkConfiguration({ ...valid, ...change } as MachineConfiguration);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ConfigurationError);
    expect((caught as ConfigurationError).path).toBe(path);
    expect((caught as Error).message).toMatch(/^[\w.[\]]+: .{10,}/);
  });

  it('accepts or refuses any numbers with a reason', () => {
    const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 65536, 2 ** 20, 2 ** 32));
    fc.assert(
      fc.property(number, number, number, (memoryBytes, processors, lun) => {
        try {
          checkConfiguration({ ...valid, memoryBytes, processors, disks: [{ device, lun }] });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError);
        }
      }),
    );
  });
});
