/** The properties that a parent may read and set. TLFS, "Partition Management", partition properties. */

import {
  CPU_CAP_NONE,
  CPU_WEIGHT_DEFAULT,
  HvStatus,
  PartitionProperty,
  ProcessorVendor,
} from '@viridian/protocols/tlfs';
import { TimeHold } from '../timer/reference-counter.ts';
import type { Partition, PartitionState } from './partition.ts';

const MOST_WEIGHT = 10_000n;
/** Reference times stay safe integers for ages after a jump to this one. */
const MOST_REFERENCE_TIME = 1n << 52n;

/** What one property allows. */
interface Property {
  readonly get: (partition: Partition) => bigint;
  /** Absent for read-only ones. The value has been checked against `most`. */
  readonly set?: (partition: Partition, value: bigint) => void;
  readonly least?: bigint;
  readonly most?: bigint;
  /** Settable before the partition is initialized. */
  readonly early?: boolean;
  /** The caller needs CpuManagement. */
  readonly cpuManagement?: boolean;
}

/** Values that are told back as they were set. The shares have no other effect: processors are scheduled alike. */
interface Kept {
  reserve: bigint;
  cap: bigint;
  weight: bigint;
  timeFrozen: bigint;
}

/** The properties of one partition by their code. */
export class PartitionProperties {
  readonly #partition: Partition;
  readonly #kept: Kept = { reserve: 0n, cap: CPU_CAP_NONE, weight: CPU_WEIGHT_DEFAULT, timeFrozen: 0n };
  readonly #table: Readonly<Record<number, Property>>;

  constructor(partition: Partition) {
    this.#partition = partition;
    this.#table = properties(this.#kept);
  }

  /** The value, or the status that the caller gets. */
  get(code: number): bigint | HvStatus {
    const property = this.#table[code];
    return property === undefined ? HvStatus.UNKNOWN_PROPERTY : property.get(this.#partition);
  }

  /** Sets a property for a caller that has or has not CpuManagement. */
  set(code: number, value: bigint, callerManagesCpus: boolean): HvStatus {
    const property = this.#table[code];
    if (property === undefined) return HvStatus.UNKNOWN_PROPERTY;
    if (!isSettable(this.#partition.state, property)) return HvStatus.INVALID_PARTITION_STATE;
    if (property.set === undefined) return HvStatus.PROPERTY_VALUE_OUT_OF_RANGE;
    if (property.cpuManagement === true && !callerManagesCpus) return HvStatus.ACCESS_DENIED;
    if (value < (property.least ?? 0n)) return HvStatus.PROPERTY_VALUE_OUT_OF_RANGE;
    if (property.most !== undefined && value > property.most) return HvStatus.PROPERTY_VALUE_OUT_OF_RANGE;
    property.set(this.#partition, value);
    return HvStatus.SUCCESS;
  }
}

function isSettable(state: PartitionState, property: Property): boolean {
  return state === 'active' || (state === 'uninitialized' && property.early === true);
}

function properties(kept: Kept): Readonly<Record<number, Property>> {
  return {
    [PartitionProperty.PRIVILEGE_FLAGS]: {
      get: (partition) => partition.privileges,
      set: (partition, value) => {
        partition.privileges = value;
      },
      early: true,
    },
    [PartitionProperty.SUSPEND]: {
      get: (partition) => (partition.suspended ? 1n : 0n),
      set: (partition, value) => {
        partition.suspended = value === 1n;
      },
      most: 1n,
    },
    [PartitionProperty.CPU_RESERVE]: share(kept, 'reserve', 0n, CPU_CAP_NONE),
    [PartitionProperty.CPU_CAP]: share(kept, 'cap', 0n, CPU_CAP_NONE),
    [PartitionProperty.CPU_WEIGHT]: share(kept, 'weight', 1n, MOST_WEIGHT),
    [PartitionProperty.TIME_FREEZE]: {
      get: () => kept.timeFrozen,
      set: (partition, value) => {
        kept.timeFrozen = value;
        partition.msrState.reference.setHold(TimeHold.FROZEN, value === 1n);
      },
      most: 1n,
    },
    [PartitionProperty.REFERENCE_TIME]: {
      get: (partition) => BigInt(partition.msrState.reference.now()),
      set: (partition, value) => partition.msrState.reference.setTime(Number(value)),
      most: MOST_REFERENCE_TIME,
    },
    [PartitionProperty.PROCESSOR_VENDOR]: { get: () => ProcessorVendor.INTEL },
    [PartitionProperty.GUEST_OS_ID]: { get: (partition) => partition.msrState.guestOsId },
  };
}

function share(kept: Kept, name: keyof Kept, least: bigint, most: bigint): Property {
  return {
    get: () => kept[name],
    set: (_partition, value) => {
      kept[name] = value;
    },
    least,
    most,
    early: true,
    cpuManagement: true,
  };
}
