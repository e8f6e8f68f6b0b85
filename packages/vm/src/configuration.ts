/** What a machine is made of: plain data, and the objects that drive its devices and processors. */

import type { BlockDevice } from '@viridian/drivers';
import type { ProcessorFactory } from '@viridian/hypervisor';
import type { BootState } from './boot-state.ts';

/** One disk of a storage controller. */
export interface DiskConfiguration {
  /** Stays its owner's: `stop` flushes it, and nobody closes it. */
  readonly device: BlockDevice;
  /** Logical unit, 0 to 63; by default the place in the list. */
  readonly lun?: number;
}

/** A SCSI controller on the bus. */
export interface StorageConfiguration {
  /** Instance GUID; made from the machine's own numbering unless given. */
  readonly instanceId?: string;
  /** Most sub-channels that the guest may ask for; one less than there are processors unless given. */
  readonly subchannels?: number;
  readonly disks: readonly DiskConfiguration[];
}

/** What happens after an event of the guest that need not be the end. */
export interface MachinePolicy {
  /** After the RESET MSR: 'restart' boots again, 'finish' ends the machine with reason 'reset'. */
  readonly onReset?: 'restart' | 'finish';
  /** After the guest reported a crash: 'finish' ends it with 'crashed', 'continue' leaves it to the guest. */
  readonly onCrash?: 'finish' | 'continue';
  /** After a triple fault: 'finish' ends it with 'triple-fault', 'restart' resets it as a PC does. */
  readonly onTripleFault?: 'finish' | 'restart';
}

/** Version range of the bus that is offered to the guest, e.g. `VmbusVersion.V5_3`. */
export interface BusConfiguration {
  readonly oldest?: number;
  readonly newest?: number;
}

/** Everything about a machine. Only name, memory and processor have no default. */
export interface MachineConfiguration {
  /** For people: in traces, errors and inspection. */
  readonly name: string;
  /** Whole pages; from address 0 on, what does not fit below 0xF8000000 from 4 GiB on. */
  readonly memoryBytes: number;
  /** Virtual processors, 1 to 64; 1 unless given. */
  readonly processors?: number;
  /** Who executes them: `programProcessors(...)` of `@viridian/hypervisor/program`, or an x86 processor. */
  readonly processor: ProcessorFactory;
  /** Bits of `PrivilegeBit`; what suits an ordinary guest unless given. */
  readonly privileges?: bigint;
  /** Masks of `FeatureEdx`. */
  readonly features?: number;
  /** Masks of `Hint`. */
  readonly hints?: number;
  /** False for a machine without a bus. */
  readonly vmbus?: BusConfiguration | false;
  readonly storage?: readonly StorageConfiguration[];
  /** Short for one storage controller with these disks. */
  readonly disks?: readonly DiskConfiguration[];
  /** A port by which the guest switches the machine off: any OUT to it does. None unless given. */
  readonly powerOffPort?: number;
  /** Where the first processor starts; address 0 unless given. */
  readonly boot?: BootState;
  readonly policy?: MachinePolicy;
}

/** A configuration with every default filled in. */
export interface CheckedConfiguration {
  readonly name: string;
  readonly memoryBytes: number;
  readonly processors: number;
  readonly processor: ProcessorFactory;
  readonly offer: { readonly privileges?: bigint; readonly features?: number; readonly hints?: number };
  readonly vmbus: CheckedBus | undefined;
  readonly storage: readonly CheckedStorage[];
  readonly powerOffPort: number | undefined;
  readonly boot: BootState;
  readonly policy: Required<MachinePolicy>;
}

/** A bus with every default filled in. */
export type CheckedBus = Required<BusConfiguration>;

/** A controller with every default filled in. */
export interface CheckedStorage {
  readonly instanceId: string;
  readonly subchannels: number;
  readonly disks: readonly Required<DiskConfiguration>[];
}
