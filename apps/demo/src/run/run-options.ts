/** The options of `viridian run`, checked. */

import { type FaultPlan, faultPlan, parseFaultRules } from '@viridian/drivers';
import { VMBUS_VERSIONS } from '@viridian/protocols/vmbus';
import { listTracePoints } from '@viridian/trace';
import type { EngineOptions } from '@viridian/x86';
import { parseForwards, type SocketForward } from '../control/socket-forward.ts';
import { OptionError } from '../demo/options.ts';
import { type CdromOption, type DiskOption, parseCdrom, parseDisk } from './disk-option.ts';
import { type DisplayOption, parseDisplay } from './display-option.ts';
import { type InstructionsOption, parseInstructions } from './instructions-option.ts';
import { type NetOption, parseNet } from './run-network.ts';

/** Where a stream of bytes from the guest goes. */
export type Output = 'stdio' | 'none' | { readonly file: string };

/** What is to run, and how. */
export interface RunOptions {
  readonly kernel: string;
  readonly initrd: string | undefined;
  readonly append: string;
  readonly memoryMiB: number;
  readonly processors: number;
  readonly disks: readonly DiskOption[];
  readonly cdrom: CdromOption | undefined;
  /** What befalls requests of disks; undefined for disks that take no faults. */
  readonly faults: FaultPlan | undefined;
  readonly serial: Output;
  /** Undefined for a guest without keyboard, mouse and display. */
  readonly display: DisplayOption | undefined;
  /** A script of keys and clicks. */
  readonly inputFile: string | undefined;
  /** Text to type, after the script. */
  readonly typedText: string | undefined;
  /** Undefined for a guest without a network adapter. */
  readonly net: NetOption | undefined;
  /** How the processor executes; the usual engine when undefined. */
  readonly engine: EngineOptions | undefined;
  readonly enlightened: boolean;
  /** Newest version of the bus that is offered. */
  readonly vmbusVersion: number | undefined;
  /** Patterns of trace points, comma-separated; empty for none. */
  readonly trace: string;
  readonly summary: string | undefined;
  /** Symbols for the report; read from the kernel itself when undefined. */
  readonly systemMap: string | undefined;
  /** Report what the processors were doing when the guest ends badly. */
  readonly report: boolean;
  /** Sample where the guest's time goes. */
  readonly profile: boolean;
  /** A window of instructions to write down. */
  readonly instructions: InstructionsOption | undefined;
  /** Report when this symbol or address is reached. */
  readonly breakAt: string | undefined;
  /** A Unix socket for commands. */
  readonly control: string | undefined;
  /** Where connections of the guest lead. */
  readonly vsock: readonly SocketForward[];
  /** Put the agent of `viridian exec` into the guest. */
  readonly shareAgent: boolean;
  readonly timeoutSeconds: number | undefined;
  /** Unpack a compressed kernel in the host. */
  readonly unpack: boolean;
  readonly debugExitPort: number | undefined;
  readonly debugConsole: { readonly port: number; readonly to: Output } | undefined;
}

/** What a command line gave, by option name. */
export type GivenOptions = Readonly<Record<string, string | boolean | undefined>>;

const MOST_MEMORY_MIB = 4096;
const MOST_PROCESSORS = 64;
/** QEMU's port of `debugcon`. */
const DEBUG_CONSOLE_PORT = 0xe9;

/** Checks the options; `disks` are the values of `--disk` in their order. Throws {@link OptionError}. */
export function checkRunOptions(given: GivenOptions, disks: readonly string[]): RunOptions {
  const text = (name: string): string | undefined => {
    const value = given[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  if (text('trace') === 'list') {
    throw new OptionError(`trace points:\n  ${listTracePoints().join('\n  ')}`);
  }
  const kernel = text('kernel');
  if (kernel === undefined) throw new OptionError('--kernel FILE is needed: what to run');
  const serial = output('serial', text('serial') ?? 'stdio');
  const debugConsole = text('debugcon');
  const debugExit = text('debug-exit');
  const enlightened = given.enlightenments !== false;
  const parsed = disks.map((disk) => parseDisk(disk, enlightened ? 'scsi' : 'ide'));
  const cdrom = text('cdrom');
  const timeout = text('timeout');
  const vsock = text('vsock');
  const instructions = text('instructions');
  const options: RunOptions = {
    kernel,
    initrd: text('initrd'),
    append: text('append') ?? (serial === 'none' ? '' : 'console=ttyS0'),
    memoryMiB: memory(text('memory') ?? '256'),
    processors: integer('cpus', text('cpus') ?? '1', 1, MOST_PROCESSORS),
    disks: parsed,
    cdrom: cdrom === undefined ? undefined : parseCdrom(cdrom, enlightened ? 'scsi' : 'ide'),
    faults: faults(text('faults'), text('control') !== undefined),
    serial,
    display: parseDisplay(text('display') ?? 'none'),
    inputFile: text('input'),
    typedText: text('type'),
    net: parseNet(text('net') ?? 'none'),
    engine: engine(text('engine')),
    enlightened,
    vmbusVersion: version(text('vmbus-version')),
    trace: text('trace') ?? '',
    summary: text('summary'),
    systemMap: text('system-map'),
    report: given.report !== false,
    profile: given.profile === true,
    instructions: instructions === undefined ? undefined : parseInstructions(instructions),
    breakAt: text('break'),
    control: text('control'),
    vsock: vsock === undefined ? [] : parseForwards(vsock),
    shareAgent: given['share-agent'] === true,
    timeoutSeconds: timeout === undefined ? undefined : integer('timeout', timeout, 1, 10 ** 6),
    unpack: given.unpack !== false,
    debugExitPort: debugExit === undefined ? undefined : integer('debug-exit', debugExit, 0, 0xfffc),
    debugConsole: debugConsole === undefined ? undefined : parseDebugConsole(debugConsole),
  };
  checkTogether(options);
  return options;
}

/** A guest with a control socket may be given faults later. */
function faults(text: string | undefined, hasControl: boolean): FaultPlan | undefined {
  if (text === undefined) return hasControl ? () => undefined : undefined;
  try {
    return faultPlan(parseFaultRules(text));
  } catch (error) {
    throw new OptionError(`--faults ${(error as Error).message}`);
  }
}

function engine(text: string | undefined): EngineOptions | undefined {
  if (text === undefined) return undefined;
  const [name, threshold] = text.split(':');
  if (name !== 'interpreter' && name !== 'jit' && name !== 'lock-step') {
    throw new OptionError(`--engine ${text}: the engines are 'interpreter', 'jit' and 'lock-step'`);
  }
  if (threshold === undefined) return { engine: name };
  return { engine: name, threshold: integer('engine', threshold, 0, 10 ** 9) };
}

function checkTogether(options: RunOptions): void {
  const { enlightened, vmbusVersion, disks, cdrom, serial, debugConsole, display } = options;
  if (options.instructions !== undefined && options.processors !== 1) {
    throw new OptionError('--instructions and --cpus: the instructions of one processor can be written down');
  }
  if (!enlightened && vmbusVersion !== undefined) {
    throw new OptionError('--vmbus-version and --no-enlightenments: without enlightenments there is no bus');
  }
  if (!enlightened && (options.shareAgent || options.vsock.length > 0)) {
    const option = options.shareAgent ? '--share-agent' : '--vsock';
    throw new OptionError(`${option} and --no-enlightenments: sockets are on the bus`);
  }
  if (!enlightened && display !== undefined) {
    throw new OptionError('--display and --no-enlightenments: the display is a device on the bus');
  }
  if (display === undefined && (options.inputFile ?? options.typedText) !== undefined) {
    throw new OptionError('--input, --type: the keyboard and the mouse come with --display');
  }
  if (!enlightened && options.net !== undefined) {
    throw new OptionError('--net and --no-enlightenments: the network adapter is a device on the bus');
  }
  if (!enlightened && [...disks, cdrom].some((disk) => disk?.bus === 'scsi')) {
    throw new OptionError(
      '--disk …,bus=scsi and --no-enlightenments: without enlightenments disks and DVD drives are on bus=ide',
    );
  }
  const ide = disks.filter(({ bus }) => bus === 'ide').length;
  const most = cdrom?.bus === 'ide' ? 3 : 4;
  if (ide > most) throw new OptionError(`${ide} disks on bus=ide: there is room for ${most}`);
  if (serial === 'stdio' && debugConsole?.to === 'stdio') {
    throw new OptionError('--serial stdio and --debugcon stdio: only one of them can have the terminal');
  }
}

/** All values of an option that may be given several times, which the parser keeps the last of. */
export function repeatedOption(args: readonly string[], name: string): string[] {
  const values: string[] = [];
  args.forEach((arg, index) => {
    if (arg === `--${name}`) values.push(args[index + 1] ?? '');
    else if (arg.startsWith(`--${name}=`)) values.push(arg.slice(name.length + 3));
  });
  return values;
}

function output(name: string, text: string): Output {
  if (text === 'stdio' || text === 'none') return text;
  if (text.startsWith('file:') && text.length > 5) return { file: text.slice(5) };
  throw new OptionError(`--${name} ${text}: stdio, file:PATH or none is needed`);
}

function parseDebugConsole(text: string): { port: number; to: Output } {
  const match = /^(.*?)(?:,port=(\w+))?$/.exec(text)!;
  const port = match[2] === undefined ? DEBUG_CONSOLE_PORT : integer('debugcon …,port', match[2], 0, 0xffff);
  return { port, to: output('debugcon', match[1]!) };
}

function version(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const found = VMBUS_VERSIONS.find((info) => info.text === text);
  if (found !== undefined) return found.version;
  throw new OptionError(
    `--vmbus-version ${text}: one of ${VMBUS_VERSIONS.map((info) => info.text).join(', ')} is needed`,
  );
}

/** MiB, or with a unit: 512, 512M, 2G. */
function memory(text: string): number {
  const match = /^(\d+)([MG]?)$/i.exec(text);
  const value = match === null ? Number.NaN : Number(match[1]) * (match[2]?.toUpperCase() === 'G' ? 1024 : 1);
  if (value >= 1 && value <= MOST_MEMORY_MIB) return value;
  throw new OptionError(`--memory ${text}: MiB from 1 to ${MOST_MEMORY_MIB}, or e.g. 1G, are needed`);
}

/** Decimal, or hexadecimal with 0x. */
function integer(name: string, text: string, least: number, most: number): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new OptionError(`--${name} ${text}: a whole number from ${least} to ${most} is needed`);
}
