/** The network adapters of a machine: from its configuration to devices on the bus. */

import type { NetworkPort } from '@viridian/drivers';
import { parseMac } from '@viridian/inet';
import { NetworkAdapter } from '@viridian/vsp/network';
import type { CheckedNetwork, MachineConfiguration, NetworkConfiguration } from './configuration.ts';
import { ConfigurationError } from './configuration-error.ts';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** First two bytes of addresses that are made here: locally administered, of a station. */
const MAC_PREFIX = '02:76';
const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;

/** Checks and completes the networks. Throws {@link ConfigurationError} at the first problem. */
export function checkNetworks(given: MachineConfiguration): CheckedNetwork[] {
  const networks = (given.networks ?? []).map((network, index) => checkNetwork(network, given.name, index));
  networks.forEach(({ mac, instanceId }, index) => {
    const earlier = networks.slice(0, index);
    if (earlier.some((other) => other.mac === mac)) {
      throw new ConfigurationError(`networks[${index}].mac`, `${mac} is taken: choose another`);
    }
    if (earlier.some((other) => other.instanceId === instanceId)) {
      throw new ConfigurationError(
        `networks[${index}].instanceId`,
        `${instanceId} is taken: each needs its own`,
      );
    }
  });
  return networks;
}

/** Plugs an adapter into each port. Throws when a port is in use; none is plugged in then. */
export function makeAdapters(networks: readonly CheckedNetwork[], where: string): NetworkAdapter[] {
  const adapters: NetworkAdapter[] = [];
  try {
    networks.forEach(({ port, mac, instanceId }, index) => {
      adapters.push(new NetworkAdapter({ port, mac, instanceId, where: `${where}/network/${index}` }));
    });
  } catch (error) {
    for (const adapter of adapters) adapter.disconnect();
    throw error;
  }
  return adapters;
}

function checkNetwork(network: NetworkConfiguration, machineName: string, index: number): CheckedNetwork {
  const path = `networks[${index}]`;
  const port = network.port as NetworkPort | undefined;
  if (typeof port?.connect !== 'function') {
    throw new ConfigurationError(`${path}.port`, 'give a NetworkPort, e.g. new Switch().port()');
  }
  const { mac = defaultMac(`${machineName}/${index}`), instanceId = networkInstanceId(index) } = network;
  const bytes = parseMac(mac);
  if (bytes === undefined || (bytes[0]! & 1) !== 0) {
    throw new ConfigurationError(
      `${path}.mac`,
      `'${mac}' is no address of a station like ${defaultMac('machine/0')}`,
    );
  }
  if (!GUID.test(instanceId)) {
    throw new ConfigurationError(
      `${path}.instanceId`,
      `'${instanceId}' is no GUID like ${networkInstanceId(0)}`,
    );
  }
  return { port, mac: mac.toLowerCase(), instanceId: instanceId.toLowerCase() };
}

/** The same for the same name in every run; machines of different names can meet on a switch. */
function defaultMac(name: string): string {
  let hash = FNV_OFFSET;
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), FNV_PRIME);
  const digits = (hash >>> 0).toString(16).padStart(8, '0');
  return `${MAC_PREFIX}:${digits.replaceAll(/(..)(?!$)/g, '$1:')}`;
}

/** Instance GUIDs of our own numbering: stable across runs, unique within a machine. */
function networkInstanceId(index: number): string {
  return `76726964-6961-6e00-8000-4e45${index.toString(16).padStart(8, '0')}`;
}
