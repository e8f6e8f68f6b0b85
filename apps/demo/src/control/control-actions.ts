/** What can be asked of a running machine by its control socket. */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, posix } from 'node:path';
import type { Machine } from '@viridian/vm';
import type { IntegrationServices } from '@viridian/vsp/integration';
import type { RunStorage } from '../run/run-storage.ts';
import { actOnStorage, type StorageRequest } from './storage-actions.ts';

/** A request, one line of JSON. */
export type ControlRequest =
  | { readonly do: 'shutdown'; readonly reboot?: boolean }
  | { readonly do: 'address' }
  | { readonly do: 'facts' }
  | { readonly do: 'copy'; readonly file: string; readonly to: string; readonly overwrite?: boolean }
  | { readonly do: 'freeze' }
  | { readonly do: 'thaw' }
  | { readonly do: 'memory'; readonly mebibytes?: number }
  | StorageRequest;

/** Its answer: what came of it, as lines for people, or why nothing did. */
export type ControlAnswer = { readonly done: readonly string[] } | { readonly error: string };

const MIB = 2 ** 20;

/** Does what a line asks for. Never rejects. */
export async function carryOut(line: string, machine: Machine, storage?: RunStorage): Promise<ControlAnswer> {
  try {
    return { done: await act(readRequest(line), machine, storage) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function readRequest(line: string): ControlRequest {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    throw new Error('the request is neither CONNECT nor JSON');
  }
  if (typeof request !== 'object' || request === null || !('do' in request)) {
    throw new Error('the request says not what to do');
  }
  return request as ControlRequest;
}

async function act(
  request: ControlRequest,
  machine: Machine,
  storage: RunStorage | undefined,
): Promise<string[]> {
  switch (request.do) {
    case 'shutdown': {
      const reboot = request.reboot === true;
      await machine.shutdown({ reboot });
      return [`the guest ${reboot ? 'starts again' : 'shuts down'}`];
    }
    case 'address':
      return await addresses(services(machine));
    case 'facts': {
      const facts = await services(machine).keyValues.entries('facts');
      return Array.from(facts, ([key, value]) => `${key}: ${value}`);
    }
    case 'copy':
      return await copyFile(request, services(machine));
    case 'freeze':
      await services(machine).backup.freeze();
      return ['the file systems of the guest are at rest'];
    case 'thaw':
      await services(machine).backup.thaw();
      return ['the file systems of the guest go on'];
    case 'memory':
      return await setMemory(machine, request.mebibytes);
    case 'disk':
      if (storage === undefined) throw new Error(`${machine.name} has no disks on the bus`);
      return await actOnStorage(request, storage);
    default:
      throw new Error(`nobody knows how to do '${String((request as { do: unknown }).do)}'`);
  }
}

function services({ name, integration }: Machine): IntegrationServices {
  if (integration === undefined) throw new Error(`${name} has no integration services`);
  return integration;
}

/** IPv4 first, one a line, as the guest's daemon tells them. */
async function addresses({ keyValues }: IntegrationServices): Promise<string[]> {
  const facts = await keyValues.entries('facts');
  const found = ['NetworkAddressIPv4', 'NetworkAddressIPv6'].flatMap(
    (key) => facts.get(key)?.split(';') ?? [],
  );
  const all = found.map((address) => address.trim()).filter((address) => address !== '');
  if (all.length === 0) throw new Error('the guest has no address');
  return all;
}

async function copyFile(
  { file, to, overwrite = false }: ControlRequest & { do: 'copy' },
  { fileCopy }: IntegrationServices,
): Promise<string[]> {
  if (typeof file !== 'string' || typeof to !== 'string') throw new Error('copy needs a file and a place');
  if (!to.startsWith('/')) throw new Error(`'${to}' is no absolute path of the guest`);
  const fileName = to.endsWith('/') ? basename(file) : posix.basename(to);
  const directory = to.endsWith('/') ? to : posix.dirname(to);
  const { size } = await stat(file);
  const content = createReadStream(file);
  await fileCopy.copy({ directory, fileName, content, fileBytes: size, overwrite, createPath: true });
  return [`${size} bytes are in ${posix.join(directory, fileName)}`];
}

async function setMemory({ name, balloon }: Machine, mebibytes: number | undefined): Promise<string[]> {
  if (balloon === undefined) throw new Error(`${name} has no balloon`);
  if (mebibytes !== undefined) {
    if (!balloon.isReady) throw new Error('the guest has no driver for the balloon');
    await balloon.setTarget(mebibytes * MIB);
  }
  const mib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;
  const { status } = balloon;
  const needs = status === undefined ? [] : [`its programs need ${mib(status.committedBytes)}`];
  return [`the guest has ${mib(balloon.memoryBytes)}`, ...needs];
}
