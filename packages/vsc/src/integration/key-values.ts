/** Key-value exchange in the guest: the pools that the host and the guest's programs write. Integration Services, Data Exchange. */

import {
  IcMessageType,
  IcServiceVersions,
  IcStatus,
  KVP_INTRINSIC_KEYS,
  KvpDelete,
  KvpEnumerate,
  KvpExchange,
  KvpHeader,
  KvpOperation,
  KvpPool,
  KvpValueType,
} from '@viridian/protocols/ic';
import type { Channel } from '@viridian/vmbus/ring';
import { IcResponder } from './ic-responder.ts';

/** The pools; the guest's own may change at any time. */
export interface KeyValuePools {
  /** Written by the host. */
  readonly host: Map<string, string>;
  /** For the host to read. */
  readonly guest: Map<string, string>;
  /** What the guest tells of itself, by the names of `KVP_INTRINSIC_KEYS`. */
  readonly facts: Map<string, string>;
}

const UNIT_BYTES = 2;
/** A host that writes without end must not fill the guest's memory. */
const MOST_PAIRS = 1024;

/** Serves the pools. */
export function serveKeyValues(channel: Channel, pools: KeyValuePools): IcResponder {
  const facts = { messageType: IcMessageType.KVP_EXCHANGE, versions: IcServiceVersions.KVP };
  return new IcResponder(channel, facts, (payload) => exchange(payload, pools));
}

function exchange(payload: Uint8Array, pools: KeyValuePools): number {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  if (!KvpHeader.fits(view)) return IcStatus.INVALID_ARGUMENT;
  const { operation, pool } = KvpHeader.read(view);
  const pairs = poolOf(pool, pools);
  if (pairs === undefined) return IcStatus.NOT_SUPPORTED;
  switch (operation) {
    case KvpOperation.GET:
      return get(view, pairs);
    case KvpOperation.SET:
      return pool === KvpPool.EXTERNAL ? set(view, pairs) : IcStatus.FAIL;
    case KvpOperation.DELETE:
      return remove(view, pairs);
    case KvpOperation.ENUMERATE:
      return enumerate(view, pairs, pool === KvpPool.AUTO);
    default:
      return IcStatus.NOT_SUPPORTED;
  }
}

function poolOf(pool: number, pools: KeyValuePools): Map<string, string> | undefined {
  if (pool === KvpPool.EXTERNAL) return pools.host;
  if (pool === KvpPool.GUEST) return pools.guest;
  return pool === KvpPool.AUTO ? pools.facts : undefined;
}

function get(view: DataView, pairs: Map<string, string>): number {
  if (!KvpExchange.fits(view)) return IcStatus.INVALID_ARGUMENT;
  const pair = KvpExchange.on(view);
  const key = decode(pair.key, pair.keyBytes);
  const value = key === undefined ? undefined : pairs.get(key);
  if (value === undefined) return IcStatus.NO_MORE_ITEMS;
  pair.valueType = KvpValueType.STRING;
  pair.valueBytes = encode(value, pair.value);
  return IcStatus.OK;
}

function set(view: DataView, pairs: Map<string, string>): number {
  if (!KvpExchange.fits(view)) return IcStatus.INVALID_ARGUMENT;
  const { key, keyBytes, value, valueBytes, valueType } = KvpExchange.read(view);
  const keyText = decode(key, keyBytes);
  const text = valueType === KvpValueType.STRING ? decode(value, valueBytes) : undefined;
  if (keyText === undefined || text === undefined) return IcStatus.INVALID_ARGUMENT;
  if (pairs.size >= MOST_PAIRS && !pairs.has(keyText)) return IcStatus.DISK_FULL;
  pairs.set(keyText, text);
  return IcStatus.OK;
}

function remove(view: DataView, pairs: Map<string, string>): number {
  if (!KvpDelete.fits(view)) return IcStatus.INVALID_ARGUMENT;
  const { key, keyBytes } = KvpDelete.read(view);
  const text = decode(key, keyBytes);
  return text !== undefined && pairs.delete(text) ? IcStatus.OK : IcStatus.NO_MORE_ITEMS;
}

function enumerate(view: DataView, pairs: Map<string, string>, isIntrinsic: boolean): number {
  if (!KvpEnumerate.fits(view)) return IcStatus.INVALID_ARGUMENT;
  const live = KvpEnumerate.on(view);
  const key = isIntrinsic ? KVP_INTRINSIC_KEYS[live.index] : [...pairs.keys()][live.index];
  if (key === undefined) return IcStatus.NO_MORE_ITEMS;
  live.valueType = KvpValueType.STRING;
  live.keyBytes = encode(key, live.key);
  live.valueBytes = encode(pairs.get(key) ?? '', live.value);
  return IcStatus.OK;
}

/** Writes as much of the text as there is room for; gives its bytes with the terminator. */
function encode(text: string, field: Uint8Array): number {
  const view = new DataView(field.buffer, field.byteOffset, field.length);
  const units = Math.min(text.length, field.length / UNIT_BYTES - 1);
  for (let i = 0; i < units; i += 1) view.setUint16(i * UNIT_BYTES, text.charCodeAt(i), true);
  view.setUint16(units * UNIT_BYTES, 0, true);
  return (units + 1) * UNIT_BYTES;
}

function decode(field: Uint8Array, byteCount: number): string | undefined {
  if (byteCount > field.length || byteCount % UNIT_BYTES !== 0) return undefined;
  const view = new DataView(field.buffer, field.byteOffset, byteCount);
  const units = Array.from({ length: byteCount / UNIT_BYTES }, (_, i) =>
    view.getUint16(i * UNIT_BYTES, true),
  );
  const end = units.indexOf(0);
  return String.fromCharCode(...(end < 0 ? units : units.slice(0, end)));
}
