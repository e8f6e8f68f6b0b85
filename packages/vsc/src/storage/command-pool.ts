/** Commands with a promise or a callback at the end, over one queue. */

import { SrbDataIn, SrbStatus } from '@viridian/protocols/storvsp';
import { type CommandQueue, outcome } from './command-queue.ts';
import { StorageError } from './errors.ts';
import type { GuestPages } from './guest-pages.ts';
import type { LunAddress } from './lun-address.ts';
import { StorageCommand } from './storage-command.ts';

/** What is done when a command is: `error` is undefined when it succeeded. */
export type CommandDone = (error: Error | undefined, movedBytes: number) => void;

/** A command of the pool. */
export class PooledCommand extends StorageCommand {
  callback: CommandDone | undefined;
  /** Bytes that must have been moved for the command to count as done; 0 for any. */
  leastBytes = 0;
}

/** Which way the data of a command go. */
export type Direction = 'none' | 'in' | 'out';

/** Hands out command objects and takes them back when they are done. */
export class CommandPool {
  readonly #queue: CommandQueue;
  readonly #free: PooledCommand[] = [];
  /** Bound once: submitting makes no closure. */
  readonly #done = (command: StorageCommand): void => this.#finish(command as PooledCommand);

  constructor(queue: CommandQueue) {
    this.#queue = queue;
  }

  /** A command for this unit, cleared. Give it to `submit`. */
  take(address: LunAddress): PooledCommand {
    const command = this.#free.pop() ?? new PooledCommand();
    command.begin();
    command.path = address.path;
    command.target = address.target;
    command.lun = address.lun;
    command.leastBytes = 0;
    command.done = this.#done;
    return command;
  }

  /** Sends it; `callback` is called later, never from inside. */
  submit(command: PooledCommand, callback: CommandDone): void {
    command.callback = callback;
    this.#queue.submit(command);
  }

  /** Runs a command given by its descriptor block. Settles with the number of bytes moved. */
  execute(
    address: LunAddress,
    cdb: Uint8Array,
    direction: Direction,
    pages: GuestPages,
    options: { readonly reportsAttention?: boolean } = {},
  ): Promise<number> {
    const command = this.take(address);
    command.cdb.set(cdb);
    command.cdbBytes = cdb.length;
    command.reportsAttention = options.reportsAttention ?? false;
    if (direction !== 'none') {
      command.dataIn = direction === 'in' ? SrbDataIn.READ : SrbDataIn.WRITE;
      command.gpns = pages.gpns;
      command.byteOffset = pages.byteOffset;
      command.byteCount = pages.byteCount;
    }
    return new Promise((resolve, reject) => {
      this.submit(command, (error, movedBytes) => {
        if (error === undefined) resolve(movedBytes);
        else reject(error);
      });
    });
  }

  #finish(command: PooledCommand): void {
    const { callback, movedBytes, leastBytes } = command;
    let error =
      command.srbStatus === SrbStatus.SUCCESS && command.scsiStatus === 0
        ? command.failure
        : outcome(command);
    if (error === undefined && movedBytes < leastBytes) {
      error = new StorageError('short', `${movedBytes} bytes moved of ${leastBytes}`);
    }
    command.callback = undefined;
    this.#free.push(command);
    callback?.(error, movedBytes);
  }
}
