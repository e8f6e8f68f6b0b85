/** Synthetic CPUID leaves. TLFS, "Feature and Interface Discovery". */

/** Leaf numbers. Leaves between `MAXIMUM_LEAF` and `LEAF_RANGE_END` read as zero. */
export const CpuidLeaf = {
  VENDOR_AND_MAX_FUNCTION: 0x4000_0000,
  INTERFACE: 0x4000_0001,
  VERSION: 0x4000_0002,
  FEATURES: 0x4000_0003,
  ENLIGHTENMENT_INFO: 0x4000_0004,
  IMPLEMENTATION_LIMITS: 0x4000_0005,
  IMPLEMENTATION_HARDWARE: 0x4000_0006,
  CPU_MANAGEMENT: 0x4000_0007,
  SVM_FEATURES: 0x4000_0008,
  NESTED_FEATURES: 0x4000_0009,
  NESTED_OPTIMIZATIONS: 0x4000_000a,
  ISOLATION: 0x4000_000c,
  VIRT_STACK_INTERFACE: 0x4000_0080,
  VIRT_STACK_VERSION: 0x4000_0081,
  VIRT_STACK_PROPERTIES: 0x4000_0082,
} as const;

/** EAX of leaf 0x40000000 as advertised; Linux wants at least 0x40000005 and at most 0x4000FFFF. */
export const MAXIMUM_LEAF = 0x4000_0006;

/** Last leaf of the hypervisor's range. */
export const LEAF_RANGE_END = 0x4000_ffff;

/** CPUID.1:ECX bit that says a hypervisor is present. */
export const HYPERVISOR_PRESENT_BIT = 31;

/** "Microsoft Hv" in EBX, ECX, EDX of leaf 0x40000000. */
export const VENDOR_SIGNATURE = { ebx: 0x7263_694d, ecx: 0x666f_736f, edx: 0x7648_2074 } as const;

/** "Hv#1" in EAX of leaf 0x40000001: the interface of this specification. */
export const INTERFACE_SIGNATURE = 0x3123_7648;

/** "VS#1" in EAX of leaf 0x40000081. */
export const VIRT_STACK_SIGNATURE = 0x3123_5356;

/** Masks in EDX of the features leaf. EAX and EBX of it are the privilege mask. */
export const FeatureEdx = {
  GUEST_DEBUGGING: 1 << 1,
  XMM_HYPERCALL_INPUT: 1 << 4,
  GUEST_IDLE_STATE: 1 << 5,
  FREQUENCY_REGISTERS: 1 << 8,
  CRASH_REGISTERS: 1 << 10,
  DEBUG_REGISTERS: 1 << 11,
  EXTENDED_GVA_RANGES: 1 << 14,
  XMM_HYPERCALL_OUTPUT: 1 << 15,
  SINT_POLLING: 1 << 17,
  HYPERCALL_MSR_LOCK: 1 << 18,
  DIRECT_SYNTHETIC_TIMERS: 1 << 19,
  TIME_UNHALTED_TIMER: 1 << 23,
} as const;

/** Masks in EAX of the enlightenment (hints) leaf. */
export const Hint = {
  ADDRESS_SPACE_SWITCH: 1 << 0,
  LOCAL_FLUSH: 1 << 1,
  REMOTE_TLB_FLUSH: 1 << 2,
  APIC_MSRS: 1 << 3,
  RESET_MSR: 1 << 4,
  RELAXED_TIMING: 1 << 5,
  DEPRECATE_AUTO_EOI: 1 << 9,
  CLUSTER_IPI: 1 << 10,
  EX_PROCESSOR_MASKS: 1 << 11,
  NESTED: 1 << 12,
  ENLIGHTENED_VMCS: 1 << 14,
} as const;

/** EBX of the hints leaf when a guest should never report a long spin. */
export const SPIN_RETRIES_NEVER = 0xffff_ffff;

/** Masks in EAX of the hardware leaf. */
export const HardwareFeature = {
  MSR_BITMAPS: 1 << 1,
  SECOND_LEVEL_ADDRESS_TRANSLATION: 1 << 3,
} as const;
