/**
 * One virtual machine: a child partition with its memory, its bus and its devices, from construction to its end.
 *
 * TLFS, "Partition Management", gives the order in which a parent builds and unmakes a partition.
 */

import type { Board } from '@viridian/emulation';
import type { Partition } from '@viridian/hypervisor';
import type { ChildPartition } from '@viridian/hypervisor/parent';
import {
  type Disposer,
  type InspectionValue,
  InspectTree,
  type ListenOptions,
  listen,
  type TraceEvent,
  type TraceListener,
  warning,
} from '@viridian/trace';
import { VmbusHost } from '@viridian/vmbus/host';
import type { Balloon } from '@viridian/vsp/balloon';
import type { IntegrationServices } from '@viridian/vsp/integration';
import type { SocketService } from '@viridian/vsp/socket';
import { x86Processors } from '@viridian/x86';
import { bootRegisters } from './boot-state.ts';
import { ChildMemory } from './child-memory.ts';
import { ChildTransport } from './child-transport.ts';
import type { CheckedConfiguration } from './configuration.ts';
import { crashReport } from './crash-report.ts';
import type { ProcessorSnapshot } from './debug/processor-snapshot.ts';
import { snapshotsOf } from './debug/snapshots.ts';
import { watchProcessors } from './debug/watched-processor.ts';
import { flushDisks } from './flush-disks.ts';
import { HaltWatch } from './halt-watch.ts';
import { ACPI_GPA, boardTables, connectBoard } from './machine-board.ts';
import { type ConsoleDevices, makeConsole, plugVideoWindow, videoWindowBytes } from './machine-console.ts';
import {
  type FinishReason,
  MachineEmitter,
  type MachineEventName,
  type MachineEvents,
  type MachineResult,
} from './machine-events.ts';
import { MachineBank } from './machine-memory.ts';
import { MachineNetworks } from './machine-networks.ts';
import { type MachineReport, reportMachine } from './machine-report.ts';
import { MachineServices, type ShutdownRequest } from './machine-services.ts';
import { MachineStorage } from './machine-storage.ts';
import { type ProfileSource, profileSource } from './profile/profile-source.ts';
import type { VirtualizationHost } from './virtualization-host.ts';

const machineFailed = warning('vm.machine');

type State = 'ready' | 'running' | 'paused' | 'finishing' | 'finished';

/** Made by `createMachine` or `VirtualizationHost.createMachine`. */
export class Machine {
  readonly name: string;
  /** Settles when the machine has come to its end and has given everything back. Never rejects. */
  readonly finished: Promise<MachineResult>;
  readonly tree = new InspectTree();
  readonly #host: VirtualizationHost;
  readonly #configuration: CheckedConfiguration;
  /** Its storage controllers: `machine.storage[0].addDisk(device)` while it runs. */
  readonly storage: readonly MachineStorage[];
  /** The emulated board with its devices, if the machine has one. */
  readonly board: Board | undefined;
  readonly #bank: MachineBank;
  readonly #child: ChildPartition;
  readonly #partition: Partition;
  readonly #bus: VmbusHost | undefined;
  /** Its network adapters, which may come and go while it runs. */
  readonly networks: MachineNetworks;
  readonly #services: MachineServices;
  readonly #console: ConsoleDevices;
  readonly #events: MachineEmitter;
  #state: State = 'ready';
  #settleFinished: (result: MachineResult) => void = () => {};
  #lastReport: MachineReport | undefined;
  /** Resets and the end follow one another. */
  #work: Promise<void> = Promise.resolve();

  /** The configuration has been checked. Throws when the host cannot give what it asks for; nothing is left then. */
  constructor(host: VirtualizationHost, configuration: CheckedConfiguration) {
    this.#host = host;
    this.#configuration = configuration;
    this.name = configuration.name;
    const { hypervisor, parent } = host;
    const { name, memoryBytes, processor } = configuration;
    const videoBytes = videoWindowBytes(configuration);
    const hasCore = processor === undefined;
    this.#bank = new MachineBank(hypervisor, name, { memoryBytes, videoBytes, hasCore });
    let child: ChildPartition | undefined;
    let networks: MachineNetworks | undefined;
    try {
      const watch = new HaltWatch(() => this.#finish('halted'));
      child = parent.createPartition({
        offer: configuration.offer,
        processor: watch.watch(
          processor ??
            watchProcessors(x86Processors(this.#bank.bank, configuration.engine), configuration.watch),
        ),
        pool: this.#bank.pool,
      });
      this.#child = child;
      child.initialize();
      for (let vp = 0; vp < configuration.processors; vp += 1) child.createVp(vp);
      this.#bank.giveTo(child);
      this.#partition = hypervisor.partition(child.id)!;
      const { where } = child;
      this.storage = configuration.storage.map(
        (storage, i) => new MachineStorage(storage, `${where}/storage/${i}`),
      );
      networks = new MachineNetworks(name, configuration.networks, where);
      this.networks = networks;
      this.#services = new MachineServices({
        configuration,
        child,
        partition: this.#partition,
        bank: this.#bank,
        clock: hypervisor.clock,
        heartChanged: (heart) => this.#events.emit('heartbeat', { heart }),
        isAlive: () => this.#state !== 'finishing' && this.#state !== 'finished',
      });
      this.#console = makeConsole(configuration, child.where);
      const memory = new ChildMemory(this.#partition.gpa, hypervisor.memory);
      this.#bus = this.#makeBus(memory);
      this.board = this.#makeBoard(memory);
      plugVideoWindow(this.board, videoBytes);
    } catch (error) {
      networks?.end();
      child?.delete();
      hypervisor.removeMemory(this.#bank.bank);
      throw error;
    }
    this.#events = new MachineEmitter(child.where);
    this.finished = new Promise((resolve) => {
      this.#settleFinished = resolve;
    });
    this.#watchPartition();
    this.#buildTree();
  }

  /** Id of the child partition. */
  get partitionId(): bigint {
    return this.#child.id;
  }

  /** What can be asked of the guest's operating system, if the machine offers it. */
  get integration(): IntegrationServices | undefined {
    return this.#services.integration;
  }

  /** Memory that the guest can do without, if the machine offers a balloon: `await machine.balloon.setTarget(bytes)`. */
  get balloon(): Balloon | undefined {
    return this.#services.balloon;
  }

  /** Connections with programs of the guest, if the machine serves sockets: `await machine.sockets.connect(port)`. */
  get sockets(): SocketService | undefined {
    return this.#services.sockets;
  }

  get state(): State {
    return this.#state;
  }

  /** Starts the first processor, or lets a paused machine go on. */
  start(): void {
    if (this.#state === 'paused') {
      for (const vp of this.#child.vps) this.#child.start(vp);
      this.integration?.timeSync.resync();
    } else if (this.#state === 'ready') {
      this.#boot();
      this.#events.emit('started', undefined);
    } else {
      throw new Error(`${this.name} is ${this.#state}: it cannot be started`);
    }
    this.#state = 'running';
  }

  /** Keeps all processors from running until `start`. */
  pause(): void {
    if (this.#state !== 'running') throw new Error(`${this.name} is ${this.#state}: it cannot be paused`);
    this.#state = 'paused';
    for (const vp of this.#child.vps) this.#child.suspend(vp);
  }

  /** As the reset button: every processor, the bus and the devices begin anew, memory stays. */
  async reset(): Promise<void> {
    if (this.#state !== 'running' && this.#state !== 'paused') {
      throw new Error(`${this.name} is ${this.#state}: it cannot be reset`);
    }
    this.#state = 'running';
    this.#partition.reset();
    await this.#work;
  }

  /**
   * Asks the guest to switch itself off, or to start again. Settles when the guest has said that it will; `finished` tells when
   * it has. Rejects with IntegrationError, e.g. of kind `not-ready` when the guest has no driver for it.
   */
  async shutdown({ reboot = false, force = false }: ShutdownRequest = {}): Promise<void> {
    if (this.integration === undefined) throw new Error(`${this.name} has no integration services`);
    await this.integration.shutdown.ask({ kind: reboot ? 'restart' : 'power-off', force });
  }

  /** Ends the machine in order: stops the guest, lets requests in flight finish, flushes the disks. */
  async stop(): Promise<MachineResult> {
    this.#finish('stopped');
    return await this.finished;
  }

  /** Ends the machine at once: nothing of the guest runs on, its partition is gone when this returns. */
  kill(): void {
    this.#finish('killed');
  }

  /** Listens to an event until disposed of. */
  on<Name extends MachineEventName>(name: Name, listener: (value: MachineEvents[Name]) => void): Disposer {
    return this.#events.on(name, listener);
  }

  /** Hears the trace points and warnings of this machine alone, by name as `listen` of `@viridian/trace` does. */
  listen(patterns: string, listener: TraceListener, options?: ListenOptions): Disposer {
    const { where } = this.#child;
    const hear = (event: TraceEvent): void => {
      if (event.where === where || event.where.startsWith(`${where}/`)) listener(event);
    };
    return listen(patterns, hear, options);
  }

  /** What the machine has done so far; after its end, what it had done then. */
  counters(): MachineReport {
    return this.#lastReport ?? reportMachine(this.#partition, this.#bus);
  }

  /** All that can be seen of the machine, or a part of it by its path, e.g. `bus/channel/1`. */
  inspect(path = ''): InspectionValue | undefined {
    return this.tree.query(path);
  }

  /**
   * What the x86 processors are doing now. From outside a turn of them, or in a listener of 'finishing'; none when the
   * machine has come to its end.
   */
  snapshots(): ProcessorSnapshot[] {
    return snapshotsOf(this.#partition, this.#host.hypervisor.memory);
  }

  /** What a profiler in another thread looks at; undefined when no x86 processor executes the guest. */
  get profileSource(): ProfileSource | undefined {
    return this.#configuration.processor === undefined ? profileSource(this.#bank.bank) : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.finished;
  }

  #makeBus(memory: ChildMemory): VmbusHost | undefined {
    const { vmbus, processors } = this.#configuration;
    if (vmbus === undefined) return undefined;
    const { hypervisor } = this.#host;
    const bus = new VmbusHost({
      transport: new ChildTransport(this.#child),
      memory,
      clock: hypervisor.clock,
      vpCount: processors,
      versions: vmbus,
      where: `${this.#child.where}/vmbus`,
    });
    for (const { controller } of this.storage) bus.offer(controller);
    for (const device of Object.values(this.#console)) bus.offer(device);
    this.networks.begin(bus, this.tree);
    this.#services.offer(bus);
    return bus;
  }

  #makeBoard(memory: ChildMemory): Board | undefined {
    const { board } = this.#configuration;
    if (board === undefined) return undefined;
    return connectBoard({
      partition: this.#partition,
      clock: this.#host.hypervisor.clock,
      where: `${this.#child.where}/board`,
      board,
      memory,
      power: {
        off: () => this.#finish('powered-off'),
        reset: () => this.#partition.vps[0]?.requestPartitionReset(),
      },
      debugExit: (exitCode) => this.#finish('debug-exit', { exitCode }),
    });
  }

  #watchPartition(): void {
    const { policy, powerOffPort } = this.#configuration;
    this.#child.observe({
      reset: () => this.#guestReset(),
      crash: (info) => {
        const crash = crashReport(info);
        this.#events.emit('crash', crash);
        if (policy.onCrash === 'finish') this.#finish('crashed', { crash });
      },
      unrecoverable: (vp) => {
        this.#events.emit('unrecoverable', { vp });
        if (policy.onTripleFault === 'finish') this.#finish('triple-fault', { vp });
        else this.#host.hypervisor.executor.post(() => this.#state === 'running' && this.#partition.reset());
      },
    });
    if (powerOffPort === undefined) return;
    this.#child.intercepts.ports(powerOffPort, powerOffPort, {
      read: () => 0,
      write: () => this.#finish('powered-off'),
    });
  }

  #buildTree(): void {
    const { memoryBytes } = this.#configuration;
    this.tree.add('machine', { inspect: () => ({ name: this.name, state: this.#state, memoryBytes }) });
    this.tree.add('partition', this.#partition);
    if (this.#bus !== undefined) this.tree.add('bus', this.#bus);
    if (this.board !== undefined) this.tree.add('board', this.board);
    this.storage.forEach((storage, index) => void this.tree.add(`storage/${index}`, storage));
    this.#services.addTo(this.tree);
    for (const [name, device] of Object.entries(this.#console)) this.tree.add(name, device);
  }

  #boot(): void {
    const { boot, processors, vmbus } = this.#configuration;
    if ('placements' in boot) {
      for (const { gpa, byteCount } of boot.zeroed) this.#bank.bytes(gpa, byteCount).fill(0);
      for (const { gpa, bytes } of boot.placements) this.#bank.bytes(gpa, bytes.length).set(bytes);
      if (this.board !== undefined) {
        const tables = boardTables(processors, vmbus !== undefined);
        this.#bank.bytes(ACPI_GPA, tables.length).set(tables);
      }
    }
    this.#child.setRegisters(0, bootRegisters(boot));
    // The others wait for their start-up interrupt.
    for (const vp of this.#child.vps) this.#child.start(vp);
  }

  // The partition has been reset already; its memory is still in use by requests in flight.
  #guestReset(): void {
    if (this.#state === 'finishing' || this.#state === 'finished') return;
    if (this.#configuration.policy.onReset === 'finish') {
      this.#finish('reset');
      return;
    }
    for (const vp of this.#child.vps) this.#child.suspend(vp);
    this.#then(async () => {
      await this.#quiesce();
      if (this.#state === 'finishing') return;
      this.board?.reset();
      this.#events.emit('reset', undefined);
      this.#boot();
    });
  }

  /** The guest's channels are gone and no device works on its memory any more. */
  async #quiesce(): Promise<void> {
    await this.#bus?.reset();
    await this.board?.quiesce();
    await Promise.all(this.storage.map(({ controller }) => controller.whenIdle()));
  }

  #finish(reason: FinishReason, details: Omit<MachineResult, 'reason'> = {}): void {
    if (this.#state === 'finishing' || this.#state === 'finished') return;
    this.#state = 'finishing';
    this.#events.emit('finishing', { reason, ...details });
    this.#lastReport = reportMachine(this.#partition, this.#bus);
    const isOrderly = reason !== 'killed';
    // Within a turn of the guest's own processor the partition cannot be unmade, only stopped.
    if (isOrderly) this.#partition.suspended = true;
    else this.#child.delete();
    this.#then(async () => {
      this.sockets?.close();
      await this.#quiesce();
      this.networks.end();
      if (isOrderly) {
        await flushDisks(this.storage, this.#configuration.board, this.#child.where);
        this.#child.delete();
      }
      this.#host.hypervisor.removeMemory(this.#bank.bank);
      this.#state = 'finished';
      const result: MachineResult = { reason, ...details };
      this.#events.emit('stopped', undefined);
      this.#events.emit('exit', result);
      this.#settleFinished(result);
    });
  }

  #then(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).catch((error: unknown) => {
      machineFailed.report(this.#child.where, 'a step failed', { error: String(error) });
    });
  }
}
