/** Key-value exchange with the guest, in both directions. Integration Services, Data Exchange. */

import {
  IcMessageType,
  IcServiceVersions,
  IcStatus,
  KVP_KEY_BYTES,
  KvpDelete,
  KvpEnumerate,
  KvpExchange,
  KvpOperation,
  KvpPool,
} from '@viridian/protocols/ic';
import { InstanceId, InterfaceId, LinuxMaxPacketBytes } from '@viridian/protocols/vmbus';
import type { IcAnswer } from './frame.ts';
import { IntegrationError } from './integration-error.ts';
import { IntegrationService, type ServiceSettings } from './integration-service.ts';
import {
  type AdapterAddresses,
  encodeText,
  ipInfoPayload,
  keyText,
  pairOf,
  parseIpInfo,
  type RawPair,
  valueText,
} from './key-value-codec.ts';
import { answerWarning } from './trace-points.ts';

/** `host`: written by us. `guest`: written by the guest's programs. `facts`: what the guest tells of itself. */
export type KeyValuePool = 'host' | 'guest' | 'facts';

const POOLS: Readonly<Record<KeyValuePool, number>> = {
  host: KvpPool.EXTERNAL,
  guest: KvpPool.GUEST,
  facts: KvpPool.AUTO,
};
/** Linux gives its daemon 30 s. */
const ANSWER_SECONDS = 35;
/** A guest that never ends its list is not followed further. */
const MOST_PAIRS = 4096;

/** The key-value exchange service. */
export class KeyValueService extends IntegrationService {
  constructor(settings: ServiceSettings) {
    super(
      {
        name: 'key-values',
        interfaceId: InterfaceId.KVP,
        instanceId: InstanceId.KVP,
        messageType: IcMessageType.KVP_EXCHANGE,
        versions: IcServiceVersions.KVP,
        maxPacketBytes: LinuxMaxPacketBytes.KVP,
      },
      settings,
    );
  }

  /**
   * The value of a key; undefined when the pool has none. Looks through the list: the protocol's own GET comes back empty from
   * Linux, whose driver tells its daemon of no room for the value. Rejects with IntegrationError.
   */
  async get(key: string, pool: KeyValuePool = 'guest'): Promise<string | undefined> {
    for await (const [name, value] of this.#pairs(pool)) if (name === key) return value;
    return undefined;
  }

  /** Writes a pair where the guest's programs find it. Rejects with IntegrationError; throws RangeError for too long a text. */
  async set(key: string, value: string, pool: KeyValuePool = 'host'): Promise<void> {
    const payload = new Uint8Array(KvpEnumerate.size);
    const fields = { operation: KvpOperation.SET, pool: POOLS[pool], ...pairOf(key, value) };
    KvpExchange.write(new DataView(payload.buffer), 0, fields);
    await this.demand(payload, 'set', ANSWER_SECONDS);
  }

  /** Takes a pair away; false when there was none. */
  async delete(key: string, pool: KeyValuePool = 'host'): Promise<boolean> {
    const bytes = encodeText(key, KVP_KEY_BYTES, 'key');
    const fields = { operation: KvpOperation.DELETE, pool: POOLS[pool], keyBytes: bytes.length, key: bytes };
    // All exchanges have the size of the largest: Linux answers in the same buffer.
    const payload = new Uint8Array(KvpEnumerate.size);
    KvpDelete.write(new DataView(payload.buffer), 0, fields);
    const answer = await this.request(payload, ANSWER_SECONDS);
    // Linux says that it failed when there is no such key.
    if (isMissing(answer) || answer.status === IcStatus.FAIL) return false;
    this.#demandSuccess(answer, 'delete');
    return true;
  }

  /** All pairs of a pool, in the guest's order; up to 4096. Rejects with IntegrationError. */
  async entries(pool: KeyValuePool = 'guest'): Promise<Map<string, string>> {
    const pairs = new Map<string, string>();
    for await (const [key, value] of this.#pairs(pool)) pairs.set(key, value);
    return pairs;
  }

  /** Addresses of the adapter with this id, which Linux takes for a MAC address; undefined when there is none. */
  async addresses(adapterId: string): Promise<AdapterAddresses | undefined> {
    const answer = await this.request(ipInfoPayload(adapterId), ANSWER_SECONDS);
    if (isMissing(answer) || answer.status === IcStatus.FAIL) return undefined;
    this.#demandSuccess(answer, 'get addresses');
    return parseIpInfo(answer.payload) ?? this.#fail('addresses cut short');
  }

  /** Gives the adapter with this id addresses. */
  async setAddresses(adapterId: string, addresses: AdapterAddresses): Promise<void> {
    await this.demand(ipInfoPayload(adapterId, addresses), 'set addresses', ANSWER_SECONDS);
  }

  async *#pairs(pool: KeyValuePool): AsyncGenerator<[key: string, value: string]> {
    for (let index = 0; index < MOST_PAIRS; index += 1) {
      const payload = KvpEnumerate.bytes({ operation: KvpOperation.ENUMERATE, pool: POOLS[pool], index });
      const answer = await this.request(payload, ANSWER_SECONDS);
      if (isMissing(answer)) return;
      this.#demandSuccess(answer, 'enumerate');
      const pair = this.#read(answer);
      const key = keyText(pair) ?? this.#fail('key of an impossible size');
      yield [key, valueText(pair) ?? this.#fail('value of an impossible type or size')];
    }
  }

  #demandSuccess({ status }: IcAnswer, what: string): void {
    if (status === IcStatus.OK) return;
    throw new IntegrationError('refused', this.where, `the guest refused ${what}`, status);
  }

  #read({ payload }: IcAnswer): RawPair {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    return KvpEnumerate.fits(view) ? KvpEnumerate.read(view) : this.#fail('pair cut short');
  }

  #fail(reason: string): never {
    answerWarning.report(this.where, reason);
    throw new IntegrationError('malformed', this.where, reason);
  }
}

function isMissing({ status }: IcAnswer): boolean {
  return status === IcStatus.NO_MORE_ITEMS || status === IcStatus.NOT_FOUND;
}
