import {
  FeatureEdx,
  HV_MESSAGE_MAX_PAYLOAD_BYTES,
  HvStatus,
  Msr,
  PORT_MESSAGE_BUFFERS,
  sintMsr,
} from '@viridian/protocols/tlfs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Machine, overlayAt, recordInterrupts, SIEF_GPN, SIM_GPN } from '../../test/vp/machine.ts';
import type { MessageSource } from './message-buffer.ts';

const VECTOR = 0xf3;
const SINT = 2;

function source(): MessageSource {
  return { queuedMessages: 0 };
}

/** A processor with SINT 2 open, interrupts enabled. */
function opened(config: { masked?: 0 | 1; autoEoi?: 0 | 1; polling?: 0 | 1 } = {}, features?: number) {
  const machine = new Machine(features === undefined ? {} : { offer: { features } });
  const { cpu } = machine;
  machine.openSynic(cpu, SINT, { vector: VECTOR, ...config });
  const taken = recordInterrupts(cpu, [VECTOR], config.autoEoi !== 1);
  cpu.sti();
  const { synic } = machine.vp();
  const post = (payload: readonly number[], port?: MessageSource, sint = SINT): HvStatus =>
    synic.postMessage(sint, 1, 0x1234_5678_9abcn, Uint8Array.from(payload), payload.length, port);
  return { machine, cpu, taken, synic, post, slot: machine.slot(cpu, SINT) };
}

describe('SynIC registers', () => {
  it('has the reset values of the specification', () => {
    const { cpu } = new Machine();
    expect(cpu.rdmsr(Msr.HV_X64_MSR_SCONTROL)).toBe(0n);
    expect(cpu.rdmsr(Msr.HV_X64_MSR_SVERSION)).toBe(1n);
    expect(cpu.rdmsr(Msr.HV_X64_MSR_SIEFP)).toBe(0n);
    expect(cpu.rdmsr(Msr.HV_X64_MSR_SIMP)).toBe(0n);
    expect(cpu.rdmsr(Msr.HV_X64_MSR_EOM)).toBe(0n);
    for (let sint = 0; sint < 16; sint += 1) expect(cpu.rdmsr(sintMsr(sint))).toBe(0x10000n);
  });

  it('keeps reserved bits as written', () => {
    const { cpu } = new Machine();
    const written = 0xdead_0000_0000_0ffcn;
    for (const msr of [Msr.HV_X64_MSR_SIMP, Msr.HV_X64_MSR_SIEFP, Msr.HV_X64_MSR_SCONTROL]) {
      cpu.wrmsr(msr, written);
      expect(cpu.rdmsr(msr)).toBe(written);
    }
    cpu.wrmsr(sintMsr(5), 0x8000_0000_fff0_0040n);
    expect(cpu.rdmsr(sintMsr(5))).toBe(0x8000_0000_fff0_0040n);
  });

  it('raises #GP for a reserved vector unless the SINT is masked', () => {
    const { cpu } = new Machine();
    for (let vector = 0n; vector < 16n; vector += 1n) {
      expect(() => cpu.wrmsr(sintMsr(3), vector)).toThrow('exception 13');
      cpu.wrmsr(sintMsr(3), vector | 0x10000n);
    }
    expect(cpu.rdmsr(sintMsr(3))).toBe(0x1000fn);
    cpu.wrmsr(sintMsr(3), 16n);
    expect(() => cpu.wrmsr(Msr.HV_X64_MSR_SVERSION, 1n)).toThrow('exception 13');
  });

  it('shows the pages where the guest wants them, over RAM that comes back', () => {
    const { cpu } = new Machine();
    cpu.memory.write32(SIM_GPN * 4096, 0x1111);
    cpu.wrmsr(Msr.HV_X64_MSR_SIMP, overlayAt(SIM_GPN));
    expect(cpu.memory.read32(SIM_GPN * 4096)).toBe(0);
    expect(cpu.memory.locate(SIM_GPN * 4096)).toBeUndefined();
    cpu.memory.write32(SIM_GPN * 4096 + 8, 0x2222);
    cpu.wrmsr(Msr.HV_X64_MSR_SIMP, overlayAt(9));
    expect(cpu.memory.read32(SIM_GPN * 4096)).toBe(0x1111);
    expect(cpu.memory.read32(9 * 4096 + 8)).toBe(0x2222);
    cpu.wrmsr(Msr.HV_X64_MSR_SIMP, 0n);
    expect(cpu.memory.read32(9 * 4096 + 8)).toBe(0);
  });

  it('takes a page beyond the address space without showing it anywhere', () => {
    const { machine, cpu, post } = opened();
    cpu.wrmsr(Msr.HV_X64_MSR_SIMP, 0xffff_ffff_ffff_f001n);
    expect(machine.vp().synic.registers.simp.shownAt).toBe(-1);
    expect(post([1])).toBe(HvStatus.SUCCESS);
    cpu.wrmsr(Msr.HV_X64_MSR_SIMP, overlayAt(SIM_GPN));
    expect(machine.slot(cpu, SINT).type).toBe(1);
  });
});

describe('messages', () => {
  it('lie in the slot byte for byte: type, size, flags, origin, payload', () => {
    const { slot, post, taken, machine } = opened();
    expect(post([1, 2, 3, 4, 5])).toBe(HvStatus.SUCCESS);
    expect([...slot.bytes.slice(0, 24)]).toEqual([
      1, 0, 0, 0, 5, 0, 0, 0, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0,
    ]);
    machine.executor.runAll();
    expect(taken).toEqual([VECTOR]);
  });

  it('are refused while SCONTROL or SIMP is off, or too long', () => {
    const { cpu, post, synic } = opened();
    cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, 0n);
    expect(post([1])).toBe(HvStatus.INVALID_SYNIC_STATE);
    cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, 1n);
    cpu.wrmsr(Msr.HV_X64_MSR_SIMP, 0n);
    expect(post([1])).toBe(HvStatus.INVALID_SYNIC_STATE);
    cpu.wrmsr(Msr.HV_X64_MSR_SIMP, overlayAt(SIM_GPN));
    const long = new Uint8Array(HV_MESSAGE_MAX_PAYLOAD_BYTES + 1);
    expect(synic.postMessage(SINT, 1, 0, long, long.length)).toBe(HvStatus.INVALID_PARAMETER);
    expect(synic.postMessage(16, 1, 0, long, 1)).toBe(HvStatus.INVALID_PARAMETER);
    expect(synic.postMessage(SINT, 1, 0, long, HV_MESSAGE_MAX_PAYLOAD_BYTES)).toBe(HvStatus.SUCCESS);
  });

  it('wait for a busy slot, announce it, and come by EOM', () => {
    const { cpu, post, slot, taken, machine } = opened();
    post([1]);
    machine.executor.runAll();
    expect(slot.pending).toBe(false);
    post([2]);
    post([3]);
    expect([slot.payload[0], slot.pending, taken.length]).toEqual([1, true, 1]);
    expect(slot.free()).toBe(true);
    cpu.wrmsr(Msr.HV_X64_MSR_EOM, 0n);
    expect([slot.payload[0], slot.pending, taken.length]).toEqual([2, true, 2]);
    slot.free();
    cpu.wrmsr(Msr.HV_X64_MSR_EOM, 0n);
    expect([slot.payload[0], slot.pending, taken.length]).toEqual([3, false, 3]);
  });

  it('come by an EOI too, and by a new message', () => {
    const { cpu, post, slot, machine } = opened();
    post([1]);
    post([2]);
    slot.free();
    // The handler writes EOI.
    machine.executor.runAll();
    expect(slot.payload[0]).toBe(2);
    slot.free();
    post([3]);
    expect(slot.payload[0]).toBe(3);
    slot.free();
    expect(cpu.rdmsr(Msr.HV_X64_MSR_EOM)).toBe(0n);
  });

  it('come some milliseconds late to a guest that forgets EOM, at no cost while nothing waits', () => {
    const { post, slot, machine } = opened();
    expect(machine.clock.waiting).toBe(0);
    post([1]);
    machine.executor.runAll();
    expect(machine.clock.waiting).toBe(0);
    post([2]);
    slot.free();
    machine.pass(10_000);
    expect(slot.payload[0]).toBe(2);
    expect(machine.clock.waiting).toBe(0);
    // While nothing moves, it is looked after less and less often.
    post([3]);
    let looks = 0;
    while (machine.clock.now() < 200_000_000 && machine.clock.nextAt < 200_000_000) {
      machine.clock.advanceTo(machine.clock.nextAt);
      looks += 1;
    }
    expect(looks).toBeLessThan(200);
  });

  it('stay when the SINT is masked or polled, without an interrupt', () => {
    const masked = opened({ masked: 1 });
    expect(masked.post([7])).toBe(HvStatus.SUCCESS);
    masked.machine.executor.runAll();
    expect([masked.slot.type, masked.taken]).toEqual([1, []]);
    const polled = opened({ polling: 1 }, FeatureEdx.SINT_POLLING);
    polled.post([7]);
    polled.machine.executor.runAll();
    expect([polled.slot.type, polled.taken]).toEqual([1, []]);
    // Without the feature the bit means nothing.
    const plain = opened({ polling: 1 }, 0);
    plain.post([7]);
    plain.machine.executor.runAll();
    expect(plain.taken).toEqual([VECTOR]);
  });

  it('need no EOI with AutoEOI', () => {
    const { post, slot, taken, machine, cpu } = opened({ autoEoi: 1 });
    for (let count = 1; count <= 3; count += 1) {
      post([count]);
      machine.executor.runAll();
      expect(taken).toHaveLength(count);
      slot.free();
    }
    cpu.wrmsr(sintMsr(SINT), 0x10000n);
    expect(machine.vp().apic.autoEoi.highest()).toBe(-1);
  });

  it('lose their interrupt while the local APIC is disabled', () => {
    const { post, slot, taken, machine, cpu } = opened();
    cpu.memory.write32(0xfee000f0, 0xff);
    post([1]);
    machine.executor.runAll();
    expect([slot.type, taken]).toEqual([1, []]);
  });

  it('has 16 buffers a port, and more for other ports', () => {
    const { post } = opened();
    const port = source();
    expect(post([0], port)).toBe(HvStatus.SUCCESS);
    expect(port.queuedMessages).toBe(0);
    for (let count = 1; count <= PORT_MESSAGE_BUFFERS; count += 1) {
      expect(post([count], port)).toBe(HvStatus.SUCCESS);
      expect(port.queuedMessages).toBe(count);
    }
    expect(post([99], port)).toBe(HvStatus.INSUFFICIENT_BUFFERS);
    expect(post([99], source())).toBe(HvStatus.SUCCESS);
    expect(post([99], port, 5)).toBe(HvStatus.INSUFFICIENT_BUFFERS);
  });

  it('of a deleted port are dropped, those of others stay', () => {
    const { post, slot, cpu, synic } = opened();
    const gone = source();
    const kept = source();
    post([1], gone);
    for (const value of [2, 3, 4]) {
      post([value], gone);
      post([value + 10], kept);
    }
    synic.dropPort(gone);
    expect([gone.queuedMessages, kept.queuedMessages, synic.waiting]).toEqual([0, 3, 3]);
    const seen = [];
    do {
      seen.push(slot.payload[0]);
      slot.free();
      cpu.wrmsr(Msr.HV_X64_MSR_EOM, 0n);
    } while (slot.type !== 0);
    expect(seen).toEqual([1, 12, 13, 14]);
  });

  it('wait while the controller is off and come when it is on again; a reset drops them', () => {
    const { post, slot, cpu, machine } = opened();
    const port = source();
    post([1], port);
    post([2], port);
    cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, 0n);
    slot.free();
    cpu.wrmsr(Msr.HV_X64_MSR_EOM, 0n);
    expect(slot.type).toBe(0);
    cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, 1n);
    expect(slot.payload[0]).toBe(2);
    post([3], port);
    machine.partition.reset();
    expect([port.queuedMessages, machine.clock.waiting, slot.type]).toEqual([0, 0, 0]);
  });

  it('are never lost, doubled or reordered within a port, whatever guest and posters do', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('post' as const), port: fc.nat(2) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const), eom: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('control' as const), on: fc.boolean() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { machine, cpu, post, slot, synic } = opened();
        const ports = [source(), source(), source()];
        const posted: number[][] = [[], [], []];
        const received: number[][] = [[], [], []];
        let next = 0;
        const take = (eom: boolean): void => {
          if (slot.type === 0) return;
          const [port, value] = slot.payload;
          received[port!]!.push(value!);
          if (slot.free() && eom) cpu.wrmsr(Msr.HV_X64_MSR_EOM, 0n);
        };
        for (const action of steps) {
          if (action.kind === 'post') {
            next = (next + 1) & 0xff;
            const status = post([action.port, next], ports[action.port]);
            if (status === HvStatus.SUCCESS) posted[action.port]!.push(next);
            const full = ports[action.port]!.queuedMessages === PORT_MESSAGE_BUFFERS;
            if (status === HvStatus.INSUFFICIENT_BUFFERS) expect(full).toBe(true);
          } else if (action.kind === 'take') take(action.eom);
          else if (action.kind === 'wait') machine.pass(2_000_000);
          else cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, action.on ? 1n : 0n);
        }
        cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, 1n);
        while (slot.type !== 0 || synic.waiting > 0) {
          take(true);
          machine.pass(2_000_000);
        }
        expect(received).toEqual(posted);
        expect(ports.map(({ queuedMessages }) => queuedMessages)).toEqual([0, 0, 0]);
      }),
      { numRuns: 40 },
    );
  });
});

describe('event flags', () => {
  it('set one bit and interrupt on its first setting only', () => {
    const { machine, cpu, taken, synic } = opened();
    const flags = cpu.memory.view(SIEF_GPN * 4096, 4096);
    for (const [flag, isNew] of [
      [0, true],
      [0, false],
      [77, true],
      [2047, true],
    ] as const) {
      expect(synic.setEvent(SINT, flag)).toBe(HvStatus.SUCCESS);
      expect(synic.newlySet).toBe(isNew);
      machine.executor.runAll();
    }
    expect(taken).toHaveLength(3);
    expect(flags[512]).toBe(1);
    expect(flags[512 + 9]).toBe(1 << 5);
    expect(flags[512 + 255]).toBe(0x80);
    expect(flags.reduce((sum, byte) => sum + byte, 0)).toBe(1 + 32 + 128);
    expect(synic.setEvent(SINT, 2048)).toBe(HvStatus.INVALID_PARAMETER);
  });

  it('are refused while the SINT is masked or SIEFP or SCONTROL is off', () => {
    const { cpu, synic } = opened();
    cpu.wrmsr(sintMsr(SINT), 0x100f3n);
    expect(synic.setEvent(SINT, 1)).toBe(HvStatus.INVALID_SYNIC_STATE);
    cpu.wrmsr(sintMsr(SINT), 0xf3n);
    cpu.wrmsr(Msr.HV_X64_MSR_SIEFP, 0n);
    expect(synic.setEvent(SINT, 1)).toBe(HvStatus.INVALID_SYNIC_STATE);
    cpu.wrmsr(Msr.HV_X64_MSR_SIEFP, overlayAt(SIEF_GPN));
    cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, 0n);
    expect(synic.setEvent(SINT, 1)).toBe(HvStatus.INVALID_SYNIC_STATE);
    cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, 1n);
    expect(synic.setEvent(SINT, 1)).toBe(HvStatus.SUCCESS);
  });

  it('of a polled SINT are set without an interrupt', () => {
    const { machine, synic, taken } = opened({ polling: 1 }, FeatureEdx.SINT_POLLING);
    synic.setEvent(SINT, 3);
    machine.executor.runAll();
    expect([synic.newlySet, taken]).toEqual([true, []]);
  });
});
