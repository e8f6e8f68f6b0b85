/** All commands of an adapter: spread over its channels, waiting when there is no room, sent again when that helps. */

import { ScsiStatus, SenseKey } from '@viridian/protocols/scsi';
import { SrbStatusFlag } from '@viridian/protocols/storvsp';
import { counters, warning } from '@viridian/trace';
import type { BusClock } from '@viridian/vmbus/ring';
import type { CommandChannel } from './command-channel.ts';
import { commandError, StorageError } from './errors.ts';
import type { StorageCommand } from './storage-command.ts';

/** What a queue needs of its adapter. */
export interface CommandQueueSettings {
  readonly where: string;
  readonly clock: BusClock | undefined;
  readonly timeoutMilliseconds: number;
  /** A unit reported this condition (ASC << 8 | ASCQ). */
  readonly attention: (command: StorageCommand, code: number) => void;
}

const TICKS_PER_MILLISECOND = 10_000;
const MOST_RETRIES = 5;
const BUSY_WAIT_MILLISECONDS = 10;
/** A command is overdue when it has been out for more than this many of the watchdog's rounds. */
const ROUNDS_PER_TIMEOUT = 2;

const late = warning('vsc.storage.timeout');

/** First in, first out, but for commands that are sent again. */
export class CommandQueue {
  readonly counters = counters({ submitted: 0, completed: 0, failed: 0, waited: 0, retried: 0, overdue: 0 });
  readonly #settings: CommandQueueSettings;
  readonly #channels: CommandChannel[] = [];
  #first: StorageCommand | undefined;
  #last: StorageCommand | undefined;
  #outstanding = 0;
  #closed: Error | undefined;
  #round = 0;
  #watch: { readonly handle: unknown } | undefined;
  #idle: (() => void)[] = [];

  constructor(settings: CommandQueueSettings) {
    this.#settings = settings;
  }

  get channels(): readonly CommandChannel[] {
    return this.#channels;
  }

  /** Commands submitted and not done. */
  get outstanding(): number {
    return this.#outstanding;
  }

  addChannel(channel: CommandChannel): void {
    this.#channels.push(channel);
    this.flush();
  }

  /** A channel is gone; the commands that were on it fail, the others go on. */
  removeChannel(channel: CommandChannel, reason: Error): void {
    const index = this.#channels.indexOf(channel);
    if (index >= 0) this.#channels.splice(index, 1);
    for (const command of channel.abandon()) this.#fail(command, reason);
  }

  /** No command is taken any more; those that wait or are on their way fail with `reason`. */
  close(reason: Error): void {
    this.#closed ??= reason;
    if (this.#watch !== undefined) this.#settings.clock?.cancel(this.#watch.handle as never);
    this.#watch = undefined;
    for (const channel of [...this.#channels]) this.removeChannel(channel, reason);
    let waiting = this.#first;
    this.#first = undefined;
    this.#last = undefined;
    while (waiting !== undefined) {
      const { next } = waiting;
      this.#fail(waiting, reason);
      waiting = next;
    }
  }

  /** Sends a command now, or when there is room. `command.done` is never called before this returns. */
  submit(command: StorageCommand): void {
    this.counters.submitted += 1;
    this.#outstanding += 1;
    if (this.#watch === undefined) this.#startWatch();
    if (this.#closed !== undefined) {
      const reason = this.#closed;
      queueMicrotask(() => this.#fail(command, reason));
    } else if (this.#first !== undefined || !this.#send(command)) {
      this.counters.waited += 1;
      this.#append(command);
    }
  }

  /** Settles when no command is outstanding. */
  whenIdle(): Promise<void> {
    if (this.#outstanding === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** The host has answered. */
  answered(command: StorageCommand): void {
    if (command.scsiStatus !== ScsiStatus.GOOD && this.#sendsAgain(command)) return;
    this.#finish(command);
  }

  /** Sends what waits, as long as there is room. */
  flush(): void {
    while (this.#first !== undefined && this.#closed === undefined) {
      const command = this.#first;
      if (!this.#send(command)) return;
      this.#first = command.next;
      if (this.#first === undefined) this.#last = undefined;
      command.next = undefined;
    }
  }

  /** To the channel with the fewest commands that has room. */
  #send(command: StorageCommand): boolean {
    let best: CommandChannel | undefined;
    for (let i = 0; i < this.#channels.length; i += 1) {
      const channel = this.#channels[i]!;
      if (!channel.blocked && (best === undefined || channel.inFlight < best.inFlight)) best = channel;
    }
    if (best === undefined) return false;
    command.sentAt = this.#round;
    if (best.send(command)) return true;
    // It has just found out that it is full; another one may not be.
    return best.blocked && this.#send(command);
  }

  #append(command: StorageCommand): void {
    command.next = undefined;
    if (this.#last === undefined) this.#first = command;
    else this.#last.next = command;
    this.#last = command;
  }

  /** Unit attention says that something changed, not that the command failed; busy says later. */
  #sendsAgain(command: StorageCommand): boolean {
    if ((command.srbStatus & SrbStatusFlag.AUTOSENSE_VALID) !== 0) {
      if ((command.sense[2]! & 0xf) !== SenseKey.UNIT_ATTENTION) return false;
      this.#settings.attention(command, (command.sense[12]! << 8) | command.sense[13]!);
      if (command.reportsAttention || command.retries >= MOST_RETRIES) return false;
      this.#again(command);
      return true;
    }
    const isBusy = command.scsiStatus === ScsiStatus.BUSY || command.scsiStatus === ScsiStatus.TASK_SET_FULL;
    const { clock } = this.#settings;
    if (!isBusy || clock === undefined || command.retries >= MOST_RETRIES) return false;
    const wait = BUSY_WAIT_MILLISECONDS * TICKS_PER_MILLISECOND;
    clock.schedule(clock.now() + wait, () => {
      this.#again(command);
      this.flush();
    });
    return true;
  }

  #again(command: StorageCommand): void {
    command.retries += 1;
    this.counters.retried += 1;
    if (this.#closed === undefined) this.#append(command);
    else this.#fail(command, this.#closed);
  }

  #fail(command: StorageCommand, reason: Error): void {
    command.failure = reason;
    this.#finish(command);
  }

  #finish(command: StorageCommand): void {
    this.#outstanding -= 1;
    this.counters.completed += 1;
    if (command.failure !== undefined || command.scsiStatus !== ScsiStatus.GOOD) this.counters.failed += 1;
    command.done(command);
    if (this.#outstanding > 0 || this.#idle.length === 0) return;
    const waiters = this.#idle;
    this.#idle = [];
    for (const wake of waiters) wake();
  }

  /** Looks at all commands now and then. One that is overdue is reported and kept: the host still owns its pages. */
  #startWatch(): void {
    const { clock, timeoutMilliseconds } = this.#settings;
    if (clock === undefined || this.#closed !== undefined) return;
    const wait = (timeoutMilliseconds * TICKS_PER_MILLISECOND) / ROUNDS_PER_TIMEOUT;
    const handle = clock.schedule(clock.now() + wait, () => {
      this.#watch = undefined;
      this.#round += 1;
      if (this.#outstanding === 0) return;
      this.#reportOverdue();
      this.#startWatch();
    });
    this.#watch = { handle };
  }

  #reportOverdue(): void {
    for (const channel of this.#channels) {
      for (const command of channel.commands()) {
        if (this.#round - command.sentAt !== ROUNDS_PER_TIMEOUT + 1) continue;
        this.counters.overdue += 1;
        const { path, target, lun, cdb } = command;
        late.report(this.#settings.where, 'command is overdue', { path, target, lun, opcode: cdb[0]! });
      }
    }
  }
}

/** The error of a command that is done, whatever the reason; `undefined` when it succeeded. */
export function outcome(command: StorageCommand): Error | undefined {
  return command.failure ?? commandError(command);
}

/** The error for commands on a channel that is gone. */
export function closedError(reason: string): StorageError {
  return new StorageError('closed', `the storage channel is closed: ${reason}`);
}
