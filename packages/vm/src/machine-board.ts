/** The board of one machine on its partition: accesses, interrupts and time lead from one to the other. */

import {
  AtaDisk,
  acpiTables,
  Board,
  type Clock as BoardClock,
  type DmaMemory,
  DvdDrive,
  type IdeDrives,
  PCI_HOLE,
  Place,
  type PowerSwitch,
  pciGsi,
  type Timer,
  type Width,
} from '@viridian/emulation';
import type {
  Clock,
  DirectMemoryHandler,
  DirectPortHandler,
  Partition,
  TimerHandle,
} from '@viridian/hypervisor';
import type { GuestMemory } from '@viridian/vmbus/ring';
import { AccessKind, Outcome, PAGE_BYTES } from '@viridian/x86';
import type { CheckedBoard } from './configuration.ts';

/** Where the ACPI tables are; the RSDP comes first. */
export const ACPI_GPA = 0xe_0000;
const LAST_PORT = 0xffff;
const NS_PER_UNIT = 100;

/** What the machine gives its board. */
export interface MachineBoardOptions {
  readonly partition: Partition;
  readonly clock: Clock;
  readonly where: string;
  readonly board: CheckedBoard;
  readonly memory: GuestMemory;
  readonly power: PowerSwitch;
  readonly debugExit: (code: number) => void;
}

/** Makes a board and connects it. */
export function connectBoard(options: MachineBoardOptions): Board {
  const { partition, clock, where, power } = options;
  const { serial, debugExit, debugConsole } = options.board;
  const nowNs: BoardClock = { nowNs: () => clock.now() * NS_PER_UNIT };
  const board: Board = new Board({
    where,
    messages: {
      deliver: (destination, logical, mode, vector, level) =>
        partition.interrupts.deliver({ deliveryMode: mode, destination, logical, vector, level }),
    },
    intr: { set: (high) => partition.interrupts.setExtInt(high, () => board.pic.acknowledge()) },
    power,
    memory: dmaMemory(options.memory),
    ide: ideDrives(options.board.ide),
    clock: nowNs,
    timer: (fired) => wakeUp(clock, fired),
    unixSeconds: Date.now() / 1000,
    serial: serial.map((port) => port && { out: port, inputTaken: () => port.inputTaken?.() }),
    ...(debugExit === undefined ? {} : { debugExit: { port: debugExit, exit: options.debugExit } }),
    ...(debugConsole === undefined ? {} : { debugConsole: { port: debugConsole.port, out: debugConsole } }),
  });
  partition.interrupts.onEndOfInterrupt((vector) => board.ioApic.endOfInterrupt(vector));
  const { intercepts } = partition;
  intercepts.setDirectHandler({ kind: 'port', first: 0, last: LAST_PORT, handler: portHandler(board) });
  intercepts.setDirectHandler({
    kind: 'memory',
    gpa: Place.IO_APIC,
    sizeBytes: PAGE_BYTES,
    handler: ioApicHandler(board),
  });
  intercepts.setDirectHandler({ kind: 'other-memory', handler: emptyBus });
  return board;
}

/** Where the board has nothing: reads are all ones, writes vanish, ROM keeps what it has, and code is not there. */
const emptyBus: DirectMemoryHandler = ({ kind, data }) => {
  if (kind === AccessKind.EXECUTE) return Outcome.GENERAL_PROTECTION;
  if (kind === AccessKind.READ) data.fill(0xff);
  return Outcome.DONE;
};

/** The tables that describe a machine with so many processors; with a VMBus device or without. */
export function boardTables(processors: number, vmbus: boolean): Uint8Array {
  const apicIds = Array.from({ length: processors }, (_, index) => index);
  return acpiTables({ gpa: ACPI_GPA, apicIds, pmBase: Place.PM, pciHole: PCI_HOLE, pciGsi, vmbus });
}

/** Disks in the order of the configuration: a cable after the other. */
function ideDrives(disks: CheckedBoard['ide']): IdeDrives {
  const drive = (place: number) => {
    const disk = disks[place];
    const serial = `VIRIDIAN-${place}`;
    return (
      disk && (disk.isDvd ? new DvdDrive(disk.device, { serial }) : new AtaDisk(disk.device, { serial }))
    );
  };
  const cable = (first: number) => {
    const [master, slave] = [drive(first), drive(first + 1)];
    return { ...(master && { master }), ...(slave && { slave }) };
  };
  return { primary: cable(0), secondary: cable(2) };
}

/** Bytes anywhere in RAM, in terms of its pages. */
function dmaMemory(memory: GuestMemory): DmaMemory {
  return {
    gather: (gpa, byteCount, into) => {
      const first = Math.floor(gpa / PAGE_BYTES);
      const end = Math.ceil((gpa + byteCount) / PAGE_BYTES);
      const gpns = Array.from({ length: end - first }, (_, index) => first + index);
      return memory.gather(gpns, 0, gpa % PAGE_BYTES, byteCount, into);
    },
  };
}

function wakeUp(clock: Clock, fired: () => void): Timer {
  let handle: TimerHandle | undefined;
  const disarm = (): void => {
    if (handle !== undefined) clock.cancel(handle);
    handle = undefined;
  };
  return {
    arm: (atNs) => {
      disarm();
      handle = clock.schedule(Math.ceil(atNs / NS_PER_UNIT), () => {
        handle = undefined;
        fired();
      });
    },
    disarm,
  };
}

function portHandler({ ports }: Board): DirectPortHandler {
  return (access) => {
    if (access.isWrite) ports.write(access.port, access.size as Width, access.value);
    else access.value = ports.read(access.port, access.size as Width);
    return Outcome.DONE;
  };
}

/** Only aligned accesses of 32 bits reach the registers, as on the chip; others read zero and write nothing. */
function ioApicHandler({ ioApic }: Board): DirectMemoryHandler {
  return ({ gpa, kind, size, data }) => {
    const isRegister = size === 4 && gpa % 4 === 0;
    const offset = gpa - Place.IO_APIC;
    const view = new DataView(data.buffer, data.byteOffset, size);
    if (kind !== AccessKind.WRITE) {
      data.fill(0);
      if (isRegister) view.setUint32(0, ioApic.read(offset), true);
    } else if (isRegister) ioApic.write(offset, view.getUint32(0, true));
    return Outcome.DONE;
  };
}
