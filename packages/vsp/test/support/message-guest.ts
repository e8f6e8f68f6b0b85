/** A guest that talks to a device in messages, right or wrong. */

import type { OfferedDevice } from '@viridian/vmbus/host';
import { TestMachine } from './machine.ts';
import { RawGuest } from './raw-guest.ts';

/** Size in bytes, and value. */
export type Field = readonly [1 | 2 | 4 | 8, number | bigint];

/** Little-endian fields one behind the other. */
export function fields(...list: readonly Field[]): Uint8Array {
  const bytes = new Uint8Array(list.reduce((sum, [size]) => sum + size, 0));
  let at = 0;
  for (const [size, value] of list) {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (let i = 0; i < size; i += 1, rest >>= 8n) bytes[at + i] = Number(rest & 0xffn);
    at += size;
  }
  return bytes;
}

/** Puts a pipe header in front. */
export function piped(message: Uint8Array, dataBytes = message.length, type = 1): Uint8Array {
  return new Uint8Array([...fields([4, type], [4, dataBytes]), ...message]);
}

/** A guest with a device whose channel is open. */
export class MessageGuest {
  readonly machine: TestMachine<OfferedDevice>;
  readonly raw: RawGuest;
  readonly #isPiped: boolean;

  private constructor(machine: TestMachine<OfferedDevice>, raw: RawGuest, isPiped: boolean) {
    this.machine = machine;
    this.raw = raw;
    this.#isPiped = isPiped;
  }

  static async open(device: OfferedDevice, ringPages = 8): Promise<MessageGuest> {
    const machine = new TestMachine(device, { mute: true, delivery: 'direct', ringPages });
    return new MessageGuest(machine, new RawGuest(await machine.open()), device.userDefined !== undefined);
  }

  /** Sends a message whole. */
  say(message: Uint8Array): void {
    this.raw.send(this.#isPiped ? piped(message) : message);
  }

  /** What the device has said since, without pipe headers and padding. */
  async hear(): Promise<Uint8Array[]> {
    return (await this.raw.answers()).map(({ bytes }) => {
      if (!this.#isPiped) return bytes;
      const view = new DataView(bytes.buffer);
      if (view.getUint32(0, true) !== 1) throw new Error('pipe packet of another type');
      return bytes.slice(8, 8 + view.getUint32(4, true));
    });
  }

  /** Says and hears, in hex. */
  async ask(message: Uint8Array): Promise<string[]> {
    this.say(message);
    return (await this.hear()).map(hex);
  }

  /** Why the channel ended; undefined while it is open. */
  async ended(): Promise<string | undefined> {
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    return this.raw.pair.ended;
  }
}

/** Bytes as hexadecimal text. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
