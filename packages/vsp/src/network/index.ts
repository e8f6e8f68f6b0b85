/** A network adapter for a guest: NVSP and RNDIS over VMBus, on a port of a network. */

export type { AdapterCounters } from './adapter-facts.ts';
export { NetworkAdapter, type NetworkAdapterOptions } from './network-adapter.ts';
export {
  ALL_NVSP_VERSIONS,
  AT_BEGIN,
  type NvspLimits,
  type NvspMessage,
  type NvspState,
  type NvspStep,
  stepNvsp,
} from './nvsp-state.ts';
