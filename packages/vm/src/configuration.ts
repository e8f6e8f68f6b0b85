/** What a machine is made of: plain data, and the objects that drive its devices and processors. */

import type { BlockDevice, Framebuffer, Keyboard, NetworkPort, Pointer, ScreenSize } from '@viridian/drivers';
import type { BootImage } from '@viridian/emulation/loader';
import type { ProcessorFactory } from '@viridian/hypervisor';
import type { EngineOptions } from '@viridian/x86';
import type { BootState } from './boot-state.ts';
import type { MachineWatch } from './debug/watched-processor.ts';

/** One disk of a storage controller. */
export interface DiskConfiguration {
  /** Stays its owner's: `stop` flushes it, and nobody closes it. */
  readonly device: BlockDevice;
  /** Logical unit, 0 to 63; by default the place in the list. */
  readonly lun?: number;
}

/** A DVD drive of a storage controller. */
export interface DvdConfiguration {
  readonly isDvd: true;
  /** The disc in it, of whole blocks of 2048 bytes; empty unless given. Stays its owner's. */
  readonly device?: BlockDevice;
  /** As for disks. */
  readonly lun?: number;
}

/** A SCSI controller on the bus. */
export interface StorageConfiguration {
  /** Instance GUID; made from the machine's own numbering unless given. */
  readonly instanceId?: string;
  /** Most sub-channels that the guest may ask for; one less than there are processors unless given. */
  readonly subchannels?: number;
  readonly disks: readonly (DiskConfiguration | DvdConfiguration)[];
}

/** A network adapter on the bus. */
export interface NetworkConfiguration {
  /** Where it is plugged in until the machine ends, e.g. `new Switch().port()`. Stays its owner's. */
  readonly port: NetworkPort;
  /** The adapter's address; made from the machine's name and the place in the list unless given. */
  readonly mac?: string;
  /** Instance GUID; made from the machine's own numbering unless given. */
  readonly instanceId?: string;
}

/** A synthetic keyboard and mouse; what is left out is not there. Each belongs to one machine at a time. */
export interface InputConfiguration {
  readonly keyboard?: Keyboard;
  readonly pointer?: Pointer;
}

/** A synthetic display. */
export interface DisplayConfiguration {
  /** What shows it. Dark while no driver of the guest shows anything. */
  readonly framebuffer: Framebuffer;
  /** What the guest may choose from, the default first; the usual sizes with 1024×768 first unless given. */
  readonly resolutions?: readonly ScreenSize[];
  /** Video memory in MiB, 1 to 64; 8 unless given, which holds 1920×1080. */
  readonly vramMebibytes?: number;
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

/** The world's side of a serial port. */
export interface SerialPort {
  /** A byte that the guest sent. */
  write(byte: number): void;
  /** The guest took input: there is room for more. */
  inputTaken?(): void;
}

/** A disk on an IDE cable, or a DVD drive with a disc in it. */
export interface IdeDisk {
  /** Of blocks of 512 bytes. Stays its owner's: `stop` flushes it, and nobody closes it. */
  readonly device: BlockDevice;
  /** The device is the disc of a DVD drive: a read-only one, of whole blocks of 2048 bytes. */
  readonly isDvd?: boolean;
}

/** An emulated 440BX board. */
export interface BoardConfiguration {
  /** Primary master and slave, secondary master and slave; undefined leaves a place empty. */
  readonly ide?: readonly (IdeDisk | undefined)[];
  /** COM1 to COM4; undefined leaves a port out. */
  readonly serial?: readonly (SerialPort | undefined)[];
  /** First of four ports of QEMU's `isa-debug-exit`: a write ends the machine with 'debug-exit'. None unless given. */
  readonly debugExit?: number;
  /** QEMU's `debugcon`. None unless given. */
  readonly debugConsole?: { readonly port: number; write(byte: number): void };
}

/** Everything about a machine. Only name and memory have no default. */
export interface MachineConfiguration {
  /** For people: in traces, errors and inspection. */
  readonly name: string;
  /** Whole pages; from address 0 on, what does not fit below 0xF8000000 from 4 GiB on. */
  readonly memoryBytes: number;
  /** Virtual processors, 1 to 64; 1 unless given. */
  readonly processors?: number;
  /**
   * Who executes them: our x86-64 processor unless given. `programProcessors(...)` of `@viridian/hypervisor/program`
   * runs TypeScript.
   */
  readonly processor?: ProcessorFactory;
  /** How our x86-64 processor executes; the JIT unless given. */
  readonly engine?: EngineOptions;
  /** Bits of `PrivilegeBit`; what suits an ordinary guest unless given. */
  readonly privileges?: bigint;
  /** Masks of `FeatureEdx`. */
  readonly features?: number;
  /** Masks of `Hint`. */
  readonly hints?: number;
  /** False hides the hypervisor: no CPUID leaves, no synthetic MSRs, no hypercalls, and no bus. */
  readonly enlightened?: boolean;
  /** False for a machine without a board; with an x86 processor there is one unless told otherwise. */
  readonly board?: BoardConfiguration | false;
  /** False for a machine without a bus. */
  readonly vmbus?: BusConfiguration | false;
  readonly storage?: readonly StorageConfiguration[];
  /** Short for one storage controller with these disks. */
  readonly disks?: readonly (DiskConfiguration | DvdConfiguration)[];
  readonly networks?: readonly NetworkConfiguration[];
  /**
   * Offer the integration services: shutdown, time, heartbeat, key-values, backup, file copy. With an x86 processor and a bus
   * they are offered unless told otherwise.
   */
  readonly integration?: boolean;
  /** Offer a balloon, by which memory is taken from the guest and given back; as `integration`. */
  readonly balloon?: boolean;
  /** Serve sockets between the parent and the guest, as `integration`. */
  readonly sockets?: boolean;
  readonly input?: InputConfiguration;
  readonly display?: DisplayConfiguration;
  /** A port by which the guest switches the machine off: any OUT to it does. None unless given. */
  readonly powerOffPort?: number;
  /** Where the first processor starts, or what a loader of `@viridian/emulation/loader` gave; address 0 unless given. */
  readonly boot?: BootState | BootImage;
  readonly policy?: MachinePolicy;
  /** Instructions to write down, or an address to stop at; with our x86-64 processor. */
  readonly watch?: MachineWatch;
}

/** A configuration with every default filled in. */
export interface CheckedConfiguration {
  readonly name: string;
  readonly memoryBytes: number;
  readonly processors: number;
  /** Undefined for our x86-64 processor. */
  readonly processor: ProcessorFactory | undefined;
  readonly engine: EngineOptions | undefined;
  readonly board: CheckedBoard | undefined;
  readonly offer: {
    readonly enlightened: boolean;
    readonly privileges?: bigint;
    readonly features?: number;
    readonly hints?: number;
  };
  readonly vmbus: CheckedBus | undefined;
  readonly storage: readonly CheckedStorage[];
  readonly networks: readonly CheckedNetwork[];
  readonly integration: boolean;
  readonly balloon: boolean;
  readonly sockets: boolean;
  readonly input: InputConfiguration;
  readonly display: DisplayConfiguration | undefined;
  readonly powerOffPort: number | undefined;
  readonly boot: BootState | BootImage;
  readonly policy: Required<MachinePolicy>;
  readonly watch: MachineWatch;
}

/** A board with every default filled in. */
export interface CheckedBoard {
  readonly ide: readonly (IdeDisk | undefined)[];
  readonly serial: readonly (SerialPort | undefined)[];
  readonly debugExit: number | undefined;
  readonly debugConsole: BoardConfiguration['debugConsole'];
}

/** A bus with every default filled in. */
export type CheckedBus = Required<BusConfiguration>;

/** A controller with every default filled in. */
export interface CheckedStorage {
  readonly instanceId: string;
  readonly subchannels: number;
  readonly disks: readonly CheckedDisk[];
}

/** A disk or a DVD drive with every default filled in. */
export type CheckedDisk =
  | { readonly isDvd: false; readonly device: BlockDevice; readonly lun: number }
  | { readonly isDvd: true; readonly device: BlockDevice | undefined; readonly lun: number };

/** A network with every default filled in. */
export type CheckedNetwork = Required<NetworkConfiguration>;
