import {
  HvRegister,
  HvStatus,
  HypercallCode,
  InstallInterceptInput,
  InterceptType,
  Message,
} from '@viridian/protocols/tlfs';
import { listen } from '@viridian/trace';
import { AccessKind, type MemoryAccess, Outcome, PAGE_BYTES, type PortAccess, Reg, Seg } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { World } from '../../test/hypercall-caller.ts';

const INSTALL = HypercallCode.HvCallInstallIntercept;
const { X64_IO_PORT, X64_IO_PORT_RANGE, X64_MSR, X64_CPUID, EXCEPTION } = InterceptType;
const SIM = 20;

function setUp() {
  const world = new World();
  const { partition, callers } = world.child(2);
  const guest = callers[1]!;
  world.root.enableSynic(SIM, SIM + 1);
  const install = (interceptType: number, accessType: number, interceptParameter: number) =>
    world.root.slow(
      INSTALL,
      InstallInterceptInput.bytes({
        partitionId: partition.id,
        interceptType,
        accessType,
        interceptParameter,
      }),
    ).status;
  /** The message in the parent's slot 0, emptied. */
  const received = () => {
    const page = world.root.page(SIM);
    const { header, payload } = Message.read(new DataView(page.buffer, page.byteOffset, 256));
    page.fill(0, 0, 256);
    return { ...header, view: new DataView(payload.buffer, payload.byteOffset, header.payloadSize) };
  };
  guest.processor.registers.segments[Seg.CS] = {
    base: 0n,
    limit: 0xffffffff,
    selector: 0x10,
    attributes: 0xa09b,
  };
  for (let i = 0; i < 16; i++) guest.qwords[i] = BigInt(i) * 0x1111n;
  guest.qwords[Reg.RIP] = 0x2000n;
  guest.qwords[Reg.RFLAGS] = 0x246n;
  guest.qwords[Reg.CR8] = 5n;
  guest.page(2).fill(0x90);
  return { world, partition, guest, install, received };
}

const port = (init: Partial<PortAccess>): PortAccess => ({
  port: 0x3f8,
  size: 1,
  isWrite: true,
  isString: false,
  hasRepeatPrefix: false,
  instructionBytes: 2,
  value: 0x41,
  ...init,
});

const memory = (init: Partial<MemoryAccess>): MemoryAccess => ({
  gpa: 0xfed00000,
  gva: 0xffff800000000000n,
  gvaValid: true,
  size: 4,
  kind: AccessKind.READ,
  instructionBytes: 3,
  data: new Uint8Array(4),
  ...init,
});

/** The 40 bytes in front of most messages, of the guest above. Offsets: hypervisor reference, 5.6. */
function expectHeader(view: DataView, instructionBytes: number, access: number, rip = 0x2000n): void {
  expect(view.getUint32(0, true)).toBe(1);
  expect(view.getUint8(4)).toBe(instructionBytes | (5 << 4));
  expect(view.getUint8(5)).toBe(access);
  // CPL 0, CR0.PE, EFER.LMA.
  expect(view.getUint16(6, true)).toBe(0b10100);
  expect([view.getBigUint64(8, true), view.getUint32(16, true)]).toEqual([0n, 0xffffffff]);
  expect([view.getUint16(20, true), view.getUint16(22, true)]).toEqual([0x10, 0xa09b]);
  expect([view.getBigUint64(24, true), view.getBigUint64(32, true)]).toEqual([rip, 0x246n]);
}

describe('HvCallInstallIntercept', () => {
  it('installs and removes', () => {
    const { partition, install } = setUp();
    const { intercepts } = partition;
    expect(install(X64_IO_PORT, 1, 0x60)).toBe(HvStatus.SUCCESS);
    expect([
      intercepts.hasPort(0x60, false),
      intercepts.hasPort(0x60, true),
      intercepts.hasPort(0x61, false),
    ]).toEqual([true, false, false]);
    expect(install(X64_IO_PORT_RANGE, 3, 0xffff_0000)).toBe(HvStatus.SUCCESS);
    expect([intercepts.hasPort(0, true), intercepts.hasPort(0xffff, false)]).toEqual([true, true]);
    expect(install(X64_IO_PORT_RANGE, 0, 0x0064_0060)).toBe(HvStatus.SUCCESS);
    expect([
      intercepts.hasPort(0x5f, true),
      intercepts.hasPort(0x60, true),
      intercepts.hasPort(0x65, true),
    ]).toEqual([true, false, true]);
    expect([install(X64_MSR, 3, 0), intercepts.msr(true), intercepts.msr(false)]).toEqual([0, true, true]);
    expect([install(X64_MSR, 1, 0), intercepts.msr(true), intercepts.msr(false)]).toEqual([0, false, true]);
    expect([install(X64_CPUID, 4, 0xc0000000), intercepts.cpuid(0xc0000000), intercepts.cpuid(1)]).toEqual([
      0,
      true,
      false,
    ]);
    expect([install(X64_CPUID, 0, 0xc0000000), intercepts.cpuid(0xc0000000)]).toEqual([0, false]);
    expect([install(EXCEPTION, 4, 31), install(EXCEPTION, 4, 14), install(EXCEPTION, 0, 31)]).toEqual([
      0, 0, 0,
    ]);
    expect([intercepts.exception(14), intercepts.exception(31), intercepts.exception(3)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(partition.vps[0]!.processor.exceptionFilter).toBe(1 << 14);
  });

  it.each([
    ['execution of a port', X64_IO_PORT, 4, 0x60],
    ['a port above 65535', X64_IO_PORT, 3, 0x10000],
    ['a range that runs backwards', X64_IO_PORT_RANGE, 3, 0x0001_0002],
    ['a range of more than 32 bits', X64_IO_PORT_RANGE, 3, 0x1_0000_0000],
    ['execution of an MSR', X64_MSR, 4, 0],
    ['a single MSR', X64_MSR, 3, 0x174],
    ['reading CPUID', X64_CPUID, 1, 0],
    ['a wide CPUID leaf', X64_CPUID, 4, 0x1_0000_0000],
    ['reading an exception', EXCEPTION, 1, 3],
    ['exception 32', EXCEPTION, 4, 32],
    ['an unknown type', 4, 3, 0],
    ['an unknown access', X64_IO_PORT, 8, 0],
  ])('refuses %s', (_, type, access, parameter) => {
    const { install, partition } = setUp();
    expect(install(type, access, parameter)).toBe(HvStatus.INVALID_PARAMETER);
    expect(partition.intercepts.inspect()).toEqual({
      interceptedPorts: 0,
      msrAccess: 0,
      cpuidLeaves: 0,
      exceptions: 0,
    });
  });

  it('is the parent’s', () => {
    const { world, guest } = setUp();
    const input = InstallInterceptInput.bytes({ partitionId: 0xffffffffffffffffn, accessType: 3 });
    expect(guest.slow(INSTALL, input).status).toBe(HvStatus.ACCESS_DENIED);
    expect(world.root.slow(INSTALL, input).status).toBe(HvStatus.ACCESS_DENIED);
    const sleeping = InstallInterceptInput.bytes({ partitionId: world.create().id, accessType: 3 });
    expect(world.root.slow(INSTALL, sleeping).status).toBe(HvStatus.INVALID_PARTITION_STATE);
  });

  it('filters exceptions of processors created later too', () => {
    const { world, install, partition } = setUp();
    install(EXCEPTION, 4, 6);
    world.deposit(partition, 3);
    partition.createVp(5);
    expect(partition.vps[5]!.processor.exceptionFilter).toBe(1 << 6);
  });
});

describe('port intercepts', () => {
  it('suspend the VP with a message in the parent’s first slot', () => {
    const { guest, install, received, partition, world } = setUp();
    install(X64_IO_PORT, 2, 0x3f8);
    expect(guest.processor.handler.port(port({ size: 2 }))).toBe(Outcome.SUSPEND);
    expect(guest.vp.interceptSuspend).toBe(true);
    expect(world.root.vp.apic.irr.highest()).toBe(0x40);
    const { messageType, origin, view } = received();
    expect([messageType, origin, view.byteLength]).toEqual([0x80010000, partition.id, 128]);
    expectHeader(view, 2, 1);
    expect([view.getUint16(40, true), view.getUint8(42), view.getUint8(43)]).toEqual([0x3f8, 2, 0]);
    expect(view.getBigUint64(48, true)).toBe(0n);
    expect(view.getBigUint64(104, true)).toBe(0n);
    expect(guest.vp.setRegister(HvRegister.InterceptSuspend, 0n)).toBe(HvStatus.SUCCESS);
    expect(guest.vp.interceptSuspend).toBe(false);
  });

  it('bring what string forms need', () => {
    const { guest, install, received } = setUp();
    install(X64_IO_PORT, 3, 0x1f0);
    const { segments } = guest.processor.registers;
    segments[Seg.DS] = { base: 0x100n, limit: 1, selector: 2, attributes: 3 };
    segments[Seg.ES] = { base: 0x200n, limit: 4, selector: 5, attributes: 6 };
    guest.processor.handler.port(
      port({ port: 0x1f0, size: 4, isWrite: false, isString: true, hasRepeatPrefix: true }),
    );
    const { view } = received();
    expectHeader(view, 2, 0);
    expect([view.getUint8(42), view.getUint8(43), view.getUint8(56), view.getUint8(71)]).toEqual([
      0b11100, 16, 0x90, 0x90,
    ]);
    expect([view.getBigUint64(72, true), view.getUint16(86, true)]).toEqual([0x100n, 3]);
    expect([view.getBigUint64(88, true), view.getUint16(100, true)]).toEqual([0x200n, 5]);
    expect([104, 112, 120].map((at) => view.getBigUint64(at, true))).toEqual([0x1111n, 0x6666n, 0x7777n]);
  });

  it('of nobody drop writes and read all ones', () => {
    const { guest, partition } = setUp();
    for (const [size, value] of [
      [1, 0xff],
      [2, 0xffff],
      [4, 0xffffffff],
    ] as const) {
      const access = port({ size, isWrite: false });
      expect(guest.processor.handler.port(access)).toBe(Outcome.DONE);
      expect(access.value).toBe(value);
    }
    expect(guest.processor.handler.port(port({}))).toBe(Outcome.DONE);
    expect(partition.counters).toMatchObject({ portIntercepts: 0, unclaimedPortAccesses: 4 });
  });

  it('are answered at once by a direct handler, and counted all the same', () => {
    const { guest, partition, install } = setUp();
    install(X64_IO_PORT, 3, 0x3f8);
    partition.intercepts.setDirectHandler({
      kind: 'port',
      first: 0x3f8,
      last: 0x3f8,
      handler: (access, vp) => {
        access.value = vp.index + 0x20;
        return Outcome.DONE;
      },
    });
    const access = port({ isWrite: false });
    expect([guest.processor.handler.port(access), access.value]).toEqual([Outcome.DONE, 0x21]);
    expect(partition.counters).toMatchObject({ portIntercepts: 1, directIntercepts: 1 });
    partition.intercepts.setDirectHandler({ kind: 'port', first: 0x3f8, last: 0x3f8 });
    expect(guest.processor.handler.port(access)).toBe(Outcome.SUSPEND);
  });
});

describe('memory intercepts', () => {
  it('tell unmapped pages, in the long form', () => {
    const { guest, received } = setUp();
    const { segments } = guest.processor.registers;
    segments[Seg.DS] = { base: 0x100n, limit: 1, selector: 2, attributes: 3 };
    segments[Seg.SS] = { base: 0x300n, limit: 1, selector: 9, attributes: 0x93 };
    expect(guest.processor.handler.memory(memory({}))).toBe(Outcome.SUSPEND);
    const { messageType, view } = received();
    expect([messageType, view.byteLength]).toEqual([0x80000000, 240]);
    expectHeader(view, 3, 0);
    expect([view.getUint32(40, true), view.getUint8(44), view.getUint8(45)]).toEqual([6, 16, 1]);
    expect([view.getBigUint64(48, true), view.getBigUint64(56, true)]).toEqual([
      0xffff800000000000n,
      0xfed00000n,
    ]);
    expect(view.getUint8(64)).toBe(0x90);
    expect([view.getUint16(92, true), view.getUint16(108, true)]).toEqual([2, 9]);
    for (let i = 0; i < 16; i++) expect(view.getBigUint64(112 + i * 8, true)).toBe(BigInt(i) * 0x1111n);
  });

  it('tell access violations, with as many instruction bytes as the page has', () => {
    const { guest, received, partition, world } = setUp();
    partition.gpa.map(100, world.take(1)[0]!, 1);
    guest.qwords[Reg.RIP] = 0x2ffdn;
    const access = memory({ gpa: 100 * PAGE_BYTES + 8, kind: AccessKind.WRITE, gvaValid: false });
    expect(guest.processor.handler.memory(access)).toBe(Outcome.SUSPEND);
    const { messageType, view } = received();
    expect(messageType).toBe(0x80000001);
    expectHeader(view, 3, 1, 0x2ffdn);
    expect([view.getUint8(44), view.getUint8(45)]).toEqual([3, 0]);
  });

  it('have no bytes of an instruction that could not be fetched', () => {
    const { guest, received } = setUp();
    guest.processor.handler.memory(memory({ kind: AccessKind.EXECUTE }));
    const { view } = received();
    expect([view.getUint8(5), view.getUint8(44)]).toEqual([2, 0]);
  });

  it('are #GP where an overlay forbids the access', () => {
    const { guest, partition, world } = setUp();
    partition.gpa.setOverlay(30, world.take(1)[0]!, 5);
    const access = memory({ gpa: 30 * PAGE_BYTES, kind: AccessKind.WRITE });
    expect(guest.processor.handler.memory(access)).toBe(Outcome.GENERAL_PROTECTION);
    expect(
      partition.intercepts.memory(guest.vp, memory({ gpa: 30 * PAGE_BYTES, kind: AccessKind.EXECUTE })),
    ).toBe(Outcome.GENERAL_PROTECTION);
    expect(partition.counters.memoryIntercepts).toBe(0);
  });

  it('are answered at once by a direct handler', () => {
    const { guest, partition } = setUp();
    partition.intercepts.setDirectHandler({
      kind: 'memory',
      gpa: 0xfed00000,
      sizeBytes: 0x400,
      handler: (access) => {
        access.data.fill(7);
        return Outcome.DONE;
      },
    });
    const access = memory({});
    expect(guest.processor.handler.memory(access)).toBe(Outcome.DONE);
    expect([...access.data]).toEqual([7, 7, 7, 7]);
    expect(partition.counters).toMatchObject({ memoryIntercepts: 1, directIntercepts: 1 });
    expect(guest.processor.handler.memory(memory({ gpa: 0xfed00400 }))).toBe(Outcome.SUSPEND);
  });

  it('of the root read all ones', () => {
    const { world } = setUp();
    const access = memory({ gpa: 0x7_0000_0000 });
    expect(world.root.processor.handler.memory(access)).toBe(Outcome.DONE);
    expect([...access.data]).toEqual([255, 255, 255, 255]);
    expect(world.root.vp.interceptSuspend).toBe(false);
  });
});

describe('other intercepts', () => {
  it('of CPUID bring the inputs and the default results', () => {
    const { guest, partition, received } = setUp();
    guest.qwords[Reg.RAX] = 0x40000000n;
    expect(partition.intercepts.deliverCpuid(guest.vp, 2, 0xaaaaaaaa, 0xbb, 0xcc, 0xdd)).toBe(
      Outcome.SUSPEND,
    );
    const { messageType, view } = received();
    expect([messageType, view.byteLength]).toEqual([0x80010002, 104]);
    expectHeader(view, 2, 2);
    expect([40, 48, 56, 64].map((at) => view.getBigUint64(at, true))).toEqual([
      0x40000000n,
      0x1111n,
      0x2222n,
      0x3333n,
    ]);
    expect([72, 80, 88, 96].map((at) => view.getBigUint64(at, true))).toEqual([
      0xaaaaaaaan,
      0xccn,
      0xddn,
      0xbbn,
    ]);
  });

  it('of MSRs bring index and value', () => {
    const { guest, partition, received } = setUp();
    guest.qwords[Reg.RCX] = 0xc0010117n;
    expect(partition.intercepts.deliverMsr(guest.vp, true, 2)).toBe(Outcome.SUSPEND);
    const { messageType, view } = received();
    expect([messageType, view.byteLength]).toEqual([0x80010001, 64]);
    expectHeader(view, 2, 1);
    expect([view.getUint32(40, true), view.getBigUint64(48, true), view.getBigUint64(56, true)]).toEqual([
      0xc0010117,
      0x2222n,
      0n,
    ]);
  });

  it('of exceptions bring error code and parameter', () => {
    const { guest, install, received } = setUp();
    install(EXCEPTION, 4, 14);
    guest.qwords[Reg.CR2] = 0xdeadbeefn;
    expect(guest.processor.handler.exception(14, 0x6, true)).toBe(Outcome.SUSPEND);
    const { messageType, view } = received();
    expect([messageType, view.byteLength]).toEqual([0x80010003, 240]);
    expectHeader(view, 0, 2);
    expect([
      view.getUint16(40, true),
      view.getUint8(42),
      view.getUint8(43),
      view.getUint32(44, true),
    ]).toEqual([14, 1, 16, 6]);
    expect([view.getBigUint64(48, true), view.getUint8(64)]).toEqual([0xdeadbeefn, 0x90]);
    expect(view.getBigUint64(112 + 15 * 8, true)).toBe(0xffffn);
  });

  it('of a triple fault reach parent and observer', () => {
    const { guest, world, partition, received } = setUp();
    const seen: number[] = [];
    world.hypervisor.observe(partition.id, { unrecoverable: (vp) => seen.push(vp) });
    partition.intercepts.deliverUnrecoverable(guest.vp);
    const { messageType, view } = received();
    expect([messageType, view.byteLength, seen]).toEqual([0x80000021, 40, [1]]);
    expectHeader(view, 0, 2);
    expect(guest.vp.interceptSuspend).toBe(true);
  });

  it('of the end of a level-triggered interrupt do not stop the VP', () => {
    const { guest, received } = setUp();
    guest.vp.apic.setSpurious(0x1ff);
    guest.vp.apic.fixed(0xd0, true);
    guest.vp.apic.fixed(0xd8);
    // CR8 is 5, far below both vectors.
    expect(guest.processor.handler.acknowledgeInterrupt()).toBe(0xd8);
    guest.vp.apic.eoi();
    expect(received().messageType).toBe(0);
    expect(guest.processor.handler.acknowledgeInterrupt()).toBe(0xd0);
    guest.vp.apic.eoi();
    const { messageType, view } = received();
    expect([messageType, view.byteLength]).toEqual([0x80010004, 8]);
    expect([view.getUint32(0, true), view.getUint32(4, true)]).toEqual([1, 0xd0]);
    expect(guest.vp.interceptSuspend).toBe(false);
  });
});

describe('a parent that cannot be told', () => {
  it('finds the VP suspended and the loss counted', () => {
    const { guest, world, partition } = setUp();
    world.root.vp.setRegister(HvRegister.Scontrol, 0n);
    const seen: unknown[] = [];
    using _ = listen('hypervisor.intercept-lost', (event) => seen.push(event.values));
    expect(guest.processor.handler.memory(memory({}))).toBe(Outcome.SUSPEND);
    expect(guest.vp.interceptSuspend).toBe(true);
    expect(partition.counters.lostInterceptMessages).toBe(1);
    expect(seen).toHaveLength(1);
  });

  it('hears of several VPs one after the other', () => {
    const { guest, partition, received, world } = setUp();
    const first = partition.vps[0]!;
    partition.intercepts.memory(first, memory({}));
    partition.intercepts.memory(guest.vp, memory({}));
    expect(received().view.getUint32(0, true)).toBe(0);
    world.root.vp.setRegister(HvRegister.Eom, 0n);
    expect(received().view.getUint32(0, true)).toBe(1);
  });
});

describe('the trace', () => {
  it('names each intercept', () => {
    const { guest } = setUp();
    const seen: unknown[] = [];
    using _ = listen('hypervisor.intercept', (event) => seen.push(event.values));
    guest.processor.handler.memory(memory({}));
    expect(seen).toEqual([{ vp: 1, kind: 'UNMAPPED_GPA', rip: 0x2000n, detail: 0xfed00000 }]);
  });
});
