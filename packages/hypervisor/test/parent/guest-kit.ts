/** Small guests for the tests of the parent library: what a kernel does, in as few lines as possible. */

import {
  HypercallCode,
  hypercallInputLow,
  Msr,
  OverlayPageMsr,
  PostMessageInput,
  ScontrolMsr,
  SintMsr,
  sintMsr,
  sintSlot,
} from '@viridian/protocols/tlfs';
import { Hypervisor, type HypervisorOptions } from '../../src/index.ts';
import { type ChildPartition, ParentPartition, type PartitionOptions } from '../../src/parent/index.ts';
import { type GuestCpu, programProcessors } from '../../src/program/index.ts';

export const MEGABYTE = 1024 * 1024;
/** Where the guests keep their pages. */
export const INPUT_GPA = 0x1000;
const SIM_GPN = 2;
const SIEF_GPN = 3;

export interface Host {
  readonly hypervisor: Hypervisor;
  readonly parent: ParentPartition;
}

export function bootHost(options: HypervisorOptions = {}): Host {
  const hypervisor = new Hypervisor(options);
  return { hypervisor, parent: ParentPartition.boot(hypervisor) };
}

export interface Guest {
  readonly child: ChildPartition;
  /** Settles with what the guest's program settled with. */
  readonly done: Promise<void>;
  /** Deletes the partition and takes its memory out of the machine. */
  remove(): void;
}

export interface GuestSettings extends PartitionOptions {
  readonly vps?: number;
  readonly memoryBytes?: number;
  /** Called between the creation of the processors and their start. */
  readonly before?: (child: ChildPartition) => void;
}

/** A child partition that runs `program` on its first processor. */
export function startGuest(
  { hypervisor, parent }: Host,
  program: (cpu: GuestCpu) => void | Promise<void>,
  settings: GuestSettings = {},
): Guest {
  const { vps = 1, memoryBytes = MEGABYTE, before, ...options } = settings;
  const done = Promise.withResolvers<void>();
  done.promise.catch(() => {});
  const processor = programProcessors(() => ({
    name: 'test guest',
    async start(cpu: GuestCpu) {
      try {
        await program(cpu);
        done.resolve();
      } catch (error) {
        done.reject(error);
        throw error;
      }
    },
  }));
  const child = parent.createPartition({ processor, ...options });
  const bank = hypervisor.addMemory(memoryBytes);
  child.initialize();
  child.mapMemory({ gpa: 0, bank, sizeBytes: memoryBytes });
  for (let vp = 0; vp < vps; vp += 1) child.createVp(vp);
  before?.(child);
  for (let vp = 0; vp < vps; vp += 1) child.start(vp);
  return {
    child,
    done: done.promise,
    remove() {
      child.delete();
      hypervisor.removeMemory(bank);
    },
  };
}

/** HvPostMessage; returns the status. */
export function postMessage(cpu: GuestCpu, connectionId: number, type: number, payload: Uint8Array): number {
  const input = cpu.memory.view(INPUT_GPA, PostMessageInput.size);
  PostMessageInput.write(new DataView(input.buffer, input.byteOffset, input.length), 0, {
    connectionId,
    messageType: type,
    payloadSize: payload.length,
    payload,
  });
  const control = hypercallInputLow(HypercallCode.HvCallPostMessage);
  return cpu.vmcall(control, 0, INPUT_GPA, 0, 0, 0) & 0xffff;
}

/** HvSignalEvent; returns the status. */
export function signalEvent(cpu: GuestCpu, connectionId: number, flag = 0): number {
  const control = hypercallInputLow(HypercallCode.HvCallSignalEvent, true);
  return cpu.vmcall(control, 0, connectionId, flag, 0, 0) & 0xffff;
}

export interface GuestSynic {
  /** Messages of SINT 2 in order. */
  readonly messages: { type: number; payload: number[] }[];
  /** Event flags of SINT 2 in order. */
  readonly flags: number[];
}

/** Turns on the SynIC with SINT 2 at vector 0xF3, as the bus driver of a kernel does. */
export function openSynic(cpu: GuestCpu, sint = 2): GuestSynic {
  const synic: GuestSynic = { messages: [], flags: [] };
  cpu.wrmsr(Msr.HV_X64_MSR_SIMP, OverlayPageMsr.encode({ enable: 1, gpn: SIM_GPN }));
  cpu.wrmsr(Msr.HV_X64_MSR_SIEFP, OverlayPageMsr.encode({ enable: 1, gpn: SIEF_GPN }));
  const slot = cpu.memory.view(SIM_GPN * 4096 + sintSlot(sint), 256);
  const slotType = new Int32Array(slot.buffer, slot.byteOffset, 1);
  const flags = cpu.memory.view(SIEF_GPN * 4096 + sintSlot(sint), 256);
  const words = new Int32Array(flags.buffer, flags.byteOffset, 64);
  cpu.setInterruptHandler(0xf3, () => {
    for (let word = 0; word < 64; word += 1) {
      let bits = Atomics.exchange(words, word, 0);
      for (; bits !== 0; bits &= bits - 1) {
        synic.flags.push(word * 32 + 31 - Math.clz32(bits & -bits));
      }
    }
    while (slotType[0] !== 0) {
      synic.messages.push({ type: slotType[0]!, payload: [...slot.slice(16, 16 + slot[4]!)] });
      Atomics.store(slotType, 0, 0);
      if ((slot[5]! & 1) !== 0) cpu.wrmsr(Msr.HV_X64_MSR_EOM, 0n);
    }
  });
  cpu.wrmsr(sintMsr(sint), SintMsr.encode({ vector: 0xf3, autoEoi: 1 }));
  cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, ScontrolMsr.encode({ enable: 1 }));
  cpu.sti();
  return synic;
}

/** Halts until `condition` holds. */
export async function haltUntil(cpu: GuestCpu, condition: () => boolean): Promise<void> {
  while (!condition()) await cpu.hlt();
}

/** A turn of the host's event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/** Lets the host's event loop turn until `condition` holds. */
export async function waitFor(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns += 1) {
    if (turns > 1000) throw new Error('what was waited for did not come');
    await turn();
  }
}
