/** The network adapter's driver: frames over VMBus, seen from the child. */

export { NetworkError, type NetworkErrorKind } from './errors.ts';
export { type HostFrame, NO_VLAN } from './host-frames.ts';
export { DEFAULT_VERSIONS } from './negotiate.ts';
export { Netvsc, type NetvscOptions, openNetvsc, STATION_FILTER } from './netvsc.ts';
export { type NetworkMemory, networkMemory, type PageSource } from './network-memory.ts';
