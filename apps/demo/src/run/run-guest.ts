/** `viridian run`: a kernel of the user's in a child partition, its serial console on the terminal. */

import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ReadThread } from '@viridian/drivers/node';
import { type BootImage, LoadError, loadKernel, pcMemoryMap } from '@viridian/emulation/loader';
import { formatEvent, listen } from '@viridian/trace';
import {
  ConfigurationError,
  createMachine,
  type DiskConfiguration,
  type DvdConfiguration,
  type IdeDisk,
  type Machine,
  type MachineConfiguration,
  type MachineResult,
} from '@viridian/vm';
import { shareAgent } from '../agent/share-agent.ts';
import { ControlServer } from '../control/control-server.ts';
import { forwardConnections } from '../control/socket-forward.ts';
import { OptionError } from '../demo/options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { describeEnd, exitCodeOf } from './exit-code.ts';
import { GuestOutput } from './guest-output.ts';
import { GuestProfile } from './guest-profile.ts';
import { GuestReporter } from './guest-report.ts';
import { makeWatch } from './guest-watch.ts';
import { symbolsOnDemand } from './kernel-symbols.ts';
import { attachKeyboard } from './keyboard.ts';
import { Milestones } from './milestones.ts';
import { closeDisks, openDisks, type RunDisk } from './open-disks.ts';
import { RunInput, readInput } from './run-input.ts';
import { RunNetwork } from './run-network.ts';
import type { RunOptions } from './run-options.ts';
import { RunStorage } from './run-storage.ts';
import { RunScreen } from './screen.ts';
import { SerialQueue } from './serial-queue.ts';
import { summarize, toJson } from './summary.ts';

const MIB = 2 ** 20;
const IDE_PLACES = 4;
/** Where the secondary master is, the place of a CD drive by custom. */
const DVD_PLACE = 2;

/**
 * Runs until the guest ends or `interrupted` does; settles with the exit code. Messages go to `terminal`, which is not
 * where the guest writes. Throws {@link OptionError} for what cannot be started.
 */
export async function runGuest(
  options: RunOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<number> {
  const started = performance.now();
  const boot = await loadFiles(options);
  const loadMs = performance.now() - started;
  const say = (text: string): void => terminal.line(terminal.style('dim', `viridian: ${text}`));
  const reads = new ReadThread((entry, workerData) => new Worker(entry, { workerData }));
  let disks: RunDisk[] = [];
  try {
    disks = await openDisks(options.disks, options.cdrom, reads, options.faults);
    using screen = options.display && (await RunScreen.open(options.display, basename(options.kernel), say));
    const machine = await runMachine(options, boot, disks, reads, screen, terminal, interrupted);
    await machine.storage?.close();
    const { result, timedOut, milestones, reporter } = machine;
    const exitCode = exitCodeOf(result, timedOut);
    terminal.line(
      terminal.style(exitCode === 0 ? 'dim' : 'yellow', `viridian: ${describeEnd(result, timedOut)}`),
    );
    await reporter.printEnd();
    await machine.profile?.end();
    const saved = await screen?.save();
    if (saved !== undefined) say(saved);
    if (options.summary !== undefined) {
      const { userspaceMs: userspace } = milestones;
      const times = { load: loadMs, userspace, end: machine.endMs };
      await writeFile(options.summary, toJson(summarize(machine.machine, result, exitCode, times, disks)));
    }
    return exitCode;
  } finally {
    await closeDisks(disks).finally(() => reads.close());
  }
}

async function loadFiles(options: RunOptions): Promise<BootImage> {
  const kernel = await readOption('kernel', options.kernel);
  const given = options.initrd === undefined ? undefined : await readOption('initrd', options.initrd);
  const start = { initrd: given, append: options.append };
  const { initrd, append } = options.shareAgent ? shareAgent(start) : start;
  try {
    return await loadKernel({
      kernel,
      ...(initrd && { initrd }),
      memory: pcMemoryMap(options.memoryMiB * MIB),
      commandLine: append,
      kernelName: basename(options.kernel),
      unpack: options.unpack,
    });
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    throw new OptionError(`${options.kernel}: ${error.message}`, { cause: error });
  }
}

async function readOption(name: string, path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw new OptionError(`--${name} ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** A run that has ended. */
interface EndedRun {
  readonly machine: Machine;
  readonly result: MachineResult;
  readonly timedOut: boolean;
  readonly milestones: Milestones;
  readonly reporter: GuestReporter;
  readonly profile: GuestProfile | undefined;
  readonly storage: RunStorage | undefined;
  readonly endMs: number;
}

async function runMachine(
  options: RunOptions,
  boot: BootImage,
  disks: readonly RunDisk[],
  reads: ReadThread,
  screen: RunScreen | undefined,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<EndedRun> {
  using resources = new DisposableStack();
  const milestones = new Milestones();
  const script = await makeInput(options, screen, resources, terminal);
  const serial = resources.adopt(
    new GuestOutput(options.serial, (bytes) => {
      milestones.hear(bytes);
      script?.hear(bytes);
    }),
    (output) => output.close(),
  );
  const debugConsole = options.debugConsole && {
    port: options.debugConsole.port,
    output: resources.adopt(new GuestOutput(options.debugConsole.to), (output) => output.close()),
  };
  if (options.trace !== '')
    resources.use(listen(options.trace, (event) => terminal.line(formatEvent(event))));
  const input = new SerialQueue();
  const symbols = symbolsOnDemand(options);
  // A map that was asked for is looked at now, when it can still be corrected.
  if (options.systemMap !== undefined) await symbols();
  const watch = await makeWatch(options, symbols, resources, (vp) =>
    reporter.report(`viridian: processor ${vp} came to ${options.breakAt}`, vp),
  );
  const network = options.net && resources.use(await RunNetwork.open(options.net));
  const machine = makeMachine({
    ...configurationOf(options, boot, disks, serial, debugConsole, input),
    ...screen?.configuration,
    ...network?.configuration,
    watch,
  });
  const storage = machine.storage[0] && new RunStorage(machine.storage[0], reads);
  forwardConnections(machine, options.vsock);
  if (options.control !== undefined)
    resources.use(await ControlServer.open(options.control, machine, storage));
  screen?.watch(machine);
  input.connect(machine.board?.serial[0]);
  const reporter = new GuestReporter(machine, symbols, (line) => terminal.line(line));
  if (options.report) resources.use(reporter.watch());
  const profile = options.profile
    ? new GuestProfile(machine, await symbols(), (text) => terminal.line(text))
    : undefined;
  if (options.serial === 'stdio') resources.defer(connectKeyboard(machine, input, reporter, profile));
  let timedOut = false;
  if (options.timeoutSeconds !== undefined) {
    const timer = setTimeout(() => {
      timedOut = true;
      machine.kill();
    }, options.timeoutSeconds * 1000);
    resources.defer(() => clearTimeout(timer));
  }
  const kill = (): void => machine.kill();
  interrupted.addEventListener('abort', kill);
  resources.defer(() => interrupted.removeEventListener('abort', kill));
  machine.start();
  script?.start();
  if (interrupted.aborted) machine.kill();
  const result = await machine.finished;
  return { machine, result, timedOut, milestones, reporter, profile, storage, endMs: milestones.elapsedMs };
}

/** The script at the guest, if there is one. */
async function makeInput(
  { inputFile, typedText }: RunOptions,
  screen: RunScreen | undefined,
  resources: DisposableStack,
  terminal: Terminal,
): Promise<RunInput | undefined> {
  const steps = await readInput(inputFile, typedText);
  if (screen === undefined || steps.length === 0) return undefined;
  const say = (text: string): void => terminal.line(terminal.style('dim', `viridian: ${text}`));
  return resources.use(new RunInput(steps, screen, say));
}

/** Keys to the guest and to us; the result gives the terminal back. */
function connectKeyboard(
  machine: Machine,
  input: SerialQueue,
  reporter: GuestReporter,
  profile: GuestProfile | undefined,
): () => void {
  return attachKeyboard({
    send: (byte) => input.send(byte),
    quit: () => {
      // Who quits knows why.
      reporter.silence();
      machine.kill();
    },
    shutdown: () => {
      machine.shutdown().catch((error: unknown) => {
        process.stdout.write(`\nviridian: the guest cannot be asked: ${(error as Error).message}\n`);
      });
    },
    say: (text) => void process.stdout.write(text),
    report: () => reporter.report('\nviridian: what the processors are doing'),
    profile: () => void profile?.report(),
  });
}

function makeMachine(configuration: MachineConfiguration): Machine {
  try {
    return createMachine(configuration);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new OptionError(error.message, { cause: error });
  }
}

function configurationOf(
  options: RunOptions,
  boot: BootImage,
  disks: readonly RunDisk[],
  serial: GuestOutput,
  debugConsole: { readonly port: number; readonly output: GuestOutput } | undefined,
  input: SerialQueue,
): MachineConfiguration {
  const { enlightened, engine, vmbusVersion, debugExitPort } = options;
  const onBus = disks.filter(({ bus }) => bus === 'scsi');
  const scsi: (DiskConfiguration | DvdConfiguration)[] = onBus.map(({ device, isDvd }) =>
    isDvd ? { isDvd, device } : { device },
  );
  if (options.cdrom?.bus === 'scsi' && options.cdrom.path === undefined) scsi.push({ isDvd: true });
  return {
    name: basename(options.kernel),
    memoryBytes: options.memoryMiB * MIB,
    processors: options.processors,
    boot,
    ...(engine && { engine }),
    enlightened,
    ...(vmbusVersion !== undefined && { vmbus: { newest: vmbusVersion } }),
    ...(enlightened && { storage: [{ disks: scsi }] }),
    board: {
      ide: idePlaces(disks),
      serial: [{ write: (byte) => serial.write(byte), inputTaken: () => input.pump() }],
      ...(debugExitPort !== undefined && { debugExit: debugExitPort }),
      ...(debugConsole && {
        debugConsole: { port: debugConsole.port, write: (byte) => debugConsole.output.write(byte) },
      }),
    },
    policy: { onReset: 'finish', onTripleFault: 'finish', onCrash: 'finish' },
  };
}

/** Disks in their order, around the place of the DVD drive. */
function idePlaces(disks: readonly RunDisk[]): (IdeDisk | undefined)[] {
  const hardDisks = disks.filter(({ bus, isDvd }) => bus === 'ide' && !isDvd);
  const dvd = disks.find(({ bus, isDvd }) => bus === 'ide' && isDvd);
  return Array.from({ length: IDE_PLACES }, (_, place) => {
    if (place === DVD_PLACE && dvd !== undefined) return { device: dvd.device, isDvd: true };
    const disk = hardDisks.shift();
    return disk && { device: disk.device };
  });
}
