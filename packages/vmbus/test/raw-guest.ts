/** A guest that posts whatever bytes a test wants: what a hostile kernel can do to the host end. */

import {
  ChannelMessageType,
  EmptyMessage,
  GpadlBody,
  GpadlHeader,
  GpadlTeardown,
  InitiateContact5,
  ModifyChannel,
  OpenChannel,
  RelIdMessage,
} from '@viridian/protocols/vmbus';
import type { VmbusHost, VmbusHostOptions } from '../src/host/index.ts';
import { RingMemory } from '../src/ring/index.ts';
import { type InProcessMachine, makeHost } from './in-process.ts';
import { nameOfMessage } from './messages.ts';

/** A host and the machine that it serves, connected or not. */
export class RawGuest {
  readonly machine: InProcessMachine;
  readonly host: VmbusHost;
  #nextGpadl = 100;

  constructor(host: Partial<VmbusHostOptions> = {}) {
    const made = makeHost({ host });
    this.machine = made.machine;
    this.host = made.host;
  }

  /** Posts and returns the names and numbers of the answers, e.g. `OPEN_CHANNEL_RESULT 1 1 c000000d`. */
  async say(...messages: Uint8Array[]): Promise<string[]> {
    return (await this.machine.exchange(...messages)).map(nameOfMessage);
  }

  async connect(version = 0x50003): Promise<this> {
    await this.machine.exchange(contact(version), empty('REQUEST_OFFERS'));
    return this;
  }

  /** Lends ring pages to the channel and opens it; returns the two rings as the guest sees them. */
  async open(relid: number, ringPages = 3): Promise<{ out: RingMemory; in: RingMemory; gpadl: number }> {
    const { gpns, pages } = this.machine.allocatePages(ringPages * 2);
    const gpadl = this.#nextGpadl;
    this.#nextGpadl += 1;
    const answers = await this.say(
      gpadlHeader(relid, gpadl, (1 + gpns.length) * 8, 1, range(gpns.length * 4096, 0, gpns)),
      openChannel({ relId: relid, openId: relid, ringGpadl: gpadl, downstreamPageOffset: ringPages }),
    );
    if (!answers.includes(`OPEN_CHANNEL_RESULT ${relid} ${relid} 0`)) throw new Error(answers.join(', '));
    const { buffer, offsets } = pages;
    return {
      gpadl,
      out: new RingMemory({ buffer, offsets: offsets.slice(0, ringPages) }),
      in: new RingMemory({ buffer, offsets: offsets.slice(ringPages) }),
    };
  }

  /** Signals a channel and waits. */
  async signal(relid: number): Promise<void> {
    this.machine.signal(relid | 0x2000);
    await this.machine.quiet();
  }
}

export function contact(
  version: number,
  fields: Partial<Parameters<typeof InitiateContact5.bytes>[0]> = {},
): Uint8Array {
  return InitiateContact5.bytes({
    type: ChannelMessageType.INITIATE_CONTACT,
    version,
    ...(version >= 0x50000 ? { targetSint: 2 } : {}),
    ...fields,
  });
}

export function empty(name: 'REQUEST_OFFERS' | 'UNLOAD' | 'PAUSE'): Uint8Array {
  return EmptyMessage.bytes({ type: ChannelMessageType[name] });
}

export function byRelid(name: 'CLOSE_CHANNEL' | 'REL_ID_RELEASED', relid: number): Uint8Array {
  return RelIdMessage.bytes({ type: ChannelMessageType[name], relId: relid });
}

export function openChannel(fields: {
  relId: number;
  openId: number;
  ringGpadl: number;
  downstreamPageOffset: number;
  targetVp?: number;
}): Uint8Array {
  return OpenChannel.bytes({ type: ChannelMessageType.OPEN_CHANNEL, ...fields });
}

export function modifyChannel(relId: number, targetVp: number): Uint8Array {
  return ModifyChannel.bytes({ type: ChannelMessageType.MODIFY_CHANNEL, relId, targetVp });
}

export function teardown(relId: number, gpadl: number): Uint8Array {
  return GpadlTeardown.bytes({ type: ChannelMessageType.GPADL_TEARDOWN, relId, gpadl });
}

export function gpadlHeader(
  relId: number,
  gpadl: number,
  rangeBytes: number,
  rangeCount: number,
  data: Uint8Array,
): Uint8Array {
  const type = ChannelMessageType.GPADL_HEADER;
  return joined(GpadlHeader.bytes({ type, relId, gpadl, rangeBytes, rangeCount }), data);
}

export function gpadlBody(gpadl: number, data: Uint8Array): Uint8Array {
  return joined(GpadlBody.bytes({ type: ChannelMessageType.GPADL_BODY, gpadl }), data);
}

/** A range as it stands in a GPADL message. */
export function range(byteCount: number, byteOffset: number, gpns: readonly number[]): Uint8Array {
  const data = new Uint8Array(8 + gpns.length * 8);
  const view = new DataView(data.buffer);
  view.setUint32(0, byteCount, true);
  view.setUint32(4, byteOffset, true);
  gpns.forEach((gpn, i) => {
    view.setBigUint64(8 + i * 8, BigInt(gpn), true);
  });
  return data;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
