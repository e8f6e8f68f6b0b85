/** Looks a configuration through before anything is built: what is wrong, where, and what would be right. */

import type { BlockDevice } from '@viridian/drivers';
import { MAX_VPS } from '@viridian/hypervisor';
import { VMBUS_VERSIONS, VmbusVersion, versionText } from '@viridian/protocols/vmbus';
import { CORE_RESERVED_BYTES, MAX_BANK_BYTES, PAGE_BYTES } from '@viridian/x86';
import type {
  BusConfiguration,
  CheckedBoard,
  CheckedBus,
  CheckedConfiguration,
  CheckedDisk,
  CheckedStorage,
  DiskConfiguration,
  DvdConfiguration,
  IdeDisk,
  MachineConfiguration,
  StorageConfiguration,
} from './configuration.ts';
import { ConfigurationError } from './configuration-error.ts';
import type { MachineWatch } from './debug/watched-processor.ts';
import { checkConsole } from './machine-console.ts';
import { POOL_BYTES } from './machine-memory.ts';
import { checkNetworks } from './machine-networks.ts';

const SETTINGS: readonly (keyof MachineConfiguration)[] = [
  'name',
  'memoryBytes',
  'processors',
  'processor',
  'privileges',
  'features',
  'hints',
  'engine',
  'enlightened',
  'board',
  'vmbus',
  'storage',
  'disks',
  'networks',
  'integration',
  'balloon',
  'sockets',
  'input',
  'display',
  'powerOffPort',
  'boot',
  'policy',
  'watch',
];

/** LUNs of one target that our controllers answer for. */
export const LUNS = 64;
const SMALLEST_MEMORY = 64 * 1024;
const SERIAL_PORTS = 4;
const IDE_PLACES = 4;
const IDE_SECTOR_BYTES = 512;
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Checks and completes a configuration. Throws {@link ConfigurationError} at the first problem. */
export function checkConfiguration(given: MachineConfiguration): CheckedConfiguration {
  for (const key of Object.keys(given)) {
    if (!(SETTINGS as readonly string[]).includes(key)) {
      throw new ConfigurationError(key, `no such setting; there are ${SETTINGS.join(', ')}`);
    }
  }
  const { name, memoryBytes, processors = 1, processor, powerOffPort, boot = { rip: 0 } } = given;
  const { enlightened = true } = given;
  if (typeof name !== 'string' || name === '')
    throw new ConfigurationError('name', 'give the machine a name');
  if (processor !== undefined && typeof processor !== 'function') {
    throw new ConfigurationError(
      'processor',
      'give a ProcessorFactory, e.g. programProcessors(() => program)',
    );
  }
  if (processor !== undefined && given.engine !== undefined) {
    throw new ConfigurationError('engine', 'the engine is that of the x86 processor: leave processor out');
  }
  checkMemory(memoryBytes, processor === undefined);
  checkInteger('processors', processors, 1, MAX_VPS);
  if (powerOffPort !== undefined) checkInteger('powerOffPort', powerOffPort, 0, 0xffff);
  if (!('entry' in boot)) checkInteger('boot.rip', boot.rip, 0, Number.MAX_SAFE_INTEGER);
  if (!enlightened && given.vmbus !== undefined && given.vmbus !== false) {
    throw new ConfigurationError('vmbus', 'a guest that sees no hypervisor finds no bus: leave vmbus out');
  }
  const vmbus = given.vmbus === false || !enlightened ? undefined : checkBus(given.vmbus ?? {});
  const storage = checkStorage(given, processors);
  if (vmbus === undefined && storage.length > 0) {
    throw new ConfigurationError('vmbus', 'storage needs the bus: leave vmbus out or take the disks away');
  }
  const networks = checkNetworks(given);
  if (vmbus === undefined && networks.length > 0) {
    throw new ConfigurationError('vmbus', 'networks need the bus: leave vmbus out or take the networks away');
  }
  const isUsual = vmbus !== undefined && processor === undefined;
  const { integration = isUsual, balloon = isUsual, sockets = isUsual } = given;
  if (vmbus === undefined && (integration || balloon || sockets)) {
    const problem = 'integration, balloon and sockets need the bus: leave vmbus or them out';
    throw new ConfigurationError('vmbus', problem);
  }
  return {
    name,
    memoryBytes,
    processors,
    processor,
    engine: given.engine,
    board: checkBoard(given),
    offer: {
      enlightened,
      ...(given.privileges === undefined ? {} : { privileges: given.privileges }),
      ...(given.features === undefined ? {} : { features: given.features }),
      ...(given.hints === undefined ? {} : { hints: given.hints }),
    },
    vmbus,
    storage,
    networks,
    integration,
    balloon,
    sockets,
    ...checkConsole(given, vmbus !== undefined),
    powerOffPort,
    boot,
    watch: checkWatch(given),
    policy: { onReset: 'restart', onCrash: 'finish', onTripleFault: 'finish', ...given.policy },
  };
}

function checkInteger(path: string, value: number, least: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new ConfigurationError(path, `a whole number from ${least} to ${most} is needed, not ${value}`);
  }
}

function checkBoard({ board, processor }: MachineConfiguration): CheckedBoard | undefined {
  if (board === false || (board === undefined && processor !== undefined)) return undefined;
  const { ide = [], serial = [], debugExit, debugConsole } = board ?? {};
  if (serial.length > SERIAL_PORTS)
    throw new ConfigurationError('board.serial', `a PC has ${SERIAL_PORTS} serial ports`);
  if (debugExit !== undefined) checkInteger('board.debugExit', debugExit, 0, 0xfffc);
  if (debugConsole !== undefined) checkInteger('board.debugConsole.port', debugConsole.port, 0, 0xffff);
  if (ide.length > IDE_PLACES)
    throw new ConfigurationError('board.ide', `two cables have ${IDE_PLACES} places`);
  ide.forEach((disk, place) => {
    if (disk !== undefined) checkIdeDisk(disk, `board.ide[${place}].device`);
  });
  return { ide, serial, debugExit, debugConsole };
}

function checkWatch({ watch = {}, processor, processors = 1 }: MachineConfiguration): MachineWatch {
  const { instructions, breakpoint } = watch;
  if (processor !== undefined && (instructions !== undefined || breakpoint !== undefined)) {
    throw new ConfigurationError('watch', 'only our x86-64 processor can be watched: leave processor out');
  }
  if (instructions === undefined) return watch;
  if (processors !== 1) throw new ConfigurationError('watch.instructions', 'one processor is needed');
  const { from } = instructions;
  if (typeof from === 'number') checkInteger('watch.instructions.from', from, 0, Number.MAX_SAFE_INTEGER);
  checkInteger('watch.instructions.count', instructions.count, 1, Number.MAX_SAFE_INTEGER);
  return watch;
}

function checkIdeDisk({ device }: IdeDisk, path: string): void {
  checkDevice(device, path);
  const { logicalBlockBytes } = device;
  if (logicalBlockBytes === IDE_SECTOR_BYTES) return;
  throw new ConfigurationError(
    path,
    `an IDE disk has blocks of 512 bytes, not ${logicalBlockBytes}: use disks`,
  );
}

function checkDevice(device: BlockDevice | undefined, path: string): void {
  if (typeof device?.read === 'function') return;
  throw new ConfigurationError(path, 'give a BlockDevice, e.g. new MemoryDisk({ sizeBytes })');
}

function checkMemory(memoryBytes: number, isX86: boolean): void {
  const most = MAX_BANK_BYTES - (isX86 ? CORE_RESERVED_BYTES : 0) - POOL_BYTES;
  checkInteger('memoryBytes', memoryBytes, SMALLEST_MEMORY, most);
  if (memoryBytes % PAGE_BYTES !== 0) {
    const right = Math.ceil(memoryBytes / PAGE_BYTES) * PAGE_BYTES;
    throw new ConfigurationError(
      'memoryBytes',
      `whole pages of ${PAGE_BYTES} bytes are needed, e.g. ${right}`,
    );
  }
}

function checkBus(bus: BusConfiguration): CheckedBus {
  const known = VMBUS_VERSIONS.filter(({ version }) => version <= VmbusVersion.V5_3);
  for (const end of ['oldest', 'newest'] as const) {
    const version = bus[end];
    if (version === undefined || known.some((info) => info.version === version)) continue;
    const names = known.map(({ text }) => text).join(', ');
    throw new ConfigurationError(`vmbus.${end}`, `${versionText(version)} is none of ${names}`);
  }
  const { oldest = VmbusVersion.V0_13, newest = VmbusVersion.V5_3 } = bus;
  if (oldest > newest) throw new ConfigurationError('vmbus', 'oldest is newer than newest: swap them');
  return { oldest, newest };
}

function checkStorage(given: MachineConfiguration, processors: number): CheckedStorage[] {
  const short: StorageConfiguration[] = given.disks === undefined ? [] : [{ disks: given.disks }];
  const paths = [...short.map(() => ''), ...(given.storage ?? []).map((_, index) => `storage[${index}].`)];
  const controllers = [...short, ...(given.storage ?? [])].map((controller, index) =>
    checkController(controller, paths[index]!, index, processors),
  );
  const ids = new Set<string>();
  controllers.forEach(({ instanceId }, index) => {
    if (ids.has(instanceId.toLowerCase())) {
      throw new ConfigurationError(`${paths[index]}instanceId`, `${instanceId} is taken: each needs its own`);
    }
    ids.add(instanceId.toLowerCase());
  });
  return controllers;
}

function checkController(
  controller: StorageConfiguration,
  path: string,
  index: number,
  processors: number,
): CheckedStorage {
  const { instanceId = storageInstanceId(index), subchannels = processors - 1 } = controller;
  if (!GUID.test(instanceId)) {
    throw new ConfigurationError(
      `${path}instanceId`,
      `'${instanceId}' is no GUID like ${storageInstanceId(0)}`,
    );
  }
  checkInteger(`${path}subchannels`, subchannels, 0, MAX_VPS - 1);
  const disks = controller.disks.map((disk, place) => checkDisk(disk, `${path}disks[${place}]`, place));
  const luns = new Set<number>();
  disks.forEach(({ lun }, place) => {
    if (luns.has(lun))
      throw new ConfigurationError(`${path}disks[${place}].lun`, `${lun} is taken: choose another`);
    luns.add(lun);
  });
  return { instanceId, subchannels, disks };
}

function checkDisk(disk: DiskConfiguration | DvdConfiguration, path: string, place: number): CheckedDisk {
  const lun = disk.lun ?? place;
  checkInteger(`${path}.lun`, lun, 0, LUNS - 1);
  if (!('isDvd' in disk)) {
    checkDevice(disk.device, `${path}.device`);
    return { isDvd: false, device: disk.device, lun };
  }
  if (disk.device !== undefined) checkDevice(disk.device, `${path}.device`);
  return { isDvd: true, device: disk.device, lun };
}

/** Instance GUIDs of our own numbering: stable across runs, unique within a machine. */
function storageInstanceId(index: number): string {
  return `76726964-6961-6e00-8000-5c51${index.toString(16).padStart(8, '0')}`;
}
