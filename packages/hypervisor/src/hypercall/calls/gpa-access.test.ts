import {
  AccessGpaResult,
  HvStatus,
  HypercallCode,
  ReadGpaInput,
  ReadGpaOutput,
  TRANSLATE_GVA_OVERLAY_PAGE,
  TranslateGvaFlag,
  TranslateGvaResult,
  TranslateVirtualAddressInput,
  TranslateVirtualAddressOutput,
  WriteGpaInput,
  WriteGpaOutput,
} from '@viridian/protocols/tlfs';
import { AccessKind, PAGE_BYTES, Seg } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { World } from '../../../test/hypercall-caller.ts';

const { VALIDATE_READ, VALIDATE_WRITE, VALIDATE_EXECUTE, PRIVILEGE_EXEMPT, TLB_FLUSH_INHIBIT } =
  TranslateGvaFlag;

function setUp() {
  const world = new World();
  const { partition, callers } = world.child();
  const base = { partitionId: partition.id };
  const translate = (init: object) => {
    const input = TranslateVirtualAddressInput.bytes({ ...base, controlFlagsLow: VALIDATE_READ, ...init });
    const { status, output } = world.root.slow(HypercallCode.HvCallTranslateVirtualAddress, input);
    return { status, ...TranslateVirtualAddressOutput.read(output) };
  };
  const read = (init: object) => {
    const { status, output } = world.root.slow(
      HypercallCode.HvCallReadGpa,
      ReadGpaInput.bytes({ ...base, ...init }),
    );
    return { status, ...ReadGpaOutput.read(output) };
  };
  const write = (init: object) => {
    const { status, output } = world.root.slow(
      HypercallCode.HvCallWriteGpa,
      WriteGpaInput.bytes({ ...base, ...init }),
    );
    return { status, ...WriteGpaOutput.read(output) };
  };
  return { world, partition, guest: callers[0]!, translate, read, write };
}

describe('HvCallTranslateVirtualAddress', () => {
  it('gives the page of the guest’s own walk', () => {
    const { translate, guest } = setUp();
    guest.processor.walk = (gva) => ({ code: 0, gpa: Number(gva & 0xffffn) });
    expect(translate({ gvaPage: 0xfffffffff8007 })).toEqual({
      status: 0,
      resultCode: 0,
      attributes: 6,
      gpn: 7,
    });
  });

  it('walks for each access asked for, as supervisor where it should', () => {
    const { translate, guest } = setUp();
    const walks: [AccessKind, boolean][] = [];
    guest.processor.walk = (gva, kind, supervisor) => {
      walks.push([kind, supervisor]);
      return { code: 0, gpa: Number(gva) };
    };
    guest.processor.registers.segments[Seg.SS]!.attributes = 0xf3;
    translate({ controlFlagsLow: VALIDATE_READ | VALIDATE_WRITE | VALIDATE_EXECUTE });
    translate({ controlFlagsLow: VALIDATE_EXECUTE | PRIVILEGE_EXEMPT });
    expect(walks).toEqual([
      [AccessKind.READ, false],
      [AccessKind.WRITE, false],
      [AccessKind.EXECUTE, false],
      [AccessKind.EXECUTE, true],
    ]);
  });

  it('tells what stopped it', () => {
    const { translate, guest, partition, world } = setUp();
    for (const code of [1, 2, 3]) {
      guest.processor.walk = () => ({ code, gpa: 0 });
      expect(translate({ gvaPage: 1 })).toMatchObject({ status: 0, resultCode: code, gpn: 0 });
    }
    guest.processor.walk = undefined;
    const [page] = world.take(1) as [number];
    partition.gpa.map(100, page, 1);
    partition.gpa.map(101, page, 0);
    partition.gpa.setOverlay(102, page, 5);
    const result = (gvaPage: number, controlFlagsLow: number) =>
      translate({ gvaPage, controlFlagsLow }).resultCode;
    expect(result(5000, VALIDATE_READ)).toBe(TranslateGvaResult.GPA_UNMAPPED);
    expect(result(100, VALIDATE_READ)).toBe(TranslateGvaResult.SUCCESS);
    expect(result(100, VALIDATE_WRITE)).toBe(TranslateGvaResult.GPA_NO_WRITE_ACCESS);
    expect(result(101, VALIDATE_READ)).toBe(TranslateGvaResult.GPA_NO_READ_ACCESS);
    expect(result(102, VALIDATE_WRITE)).toBe(TranslateGvaResult.GPA_ILLEGAL_OVERLAY_ACCESS);
    expect(translate({ gvaPage: 102 }).attributes).toBe(6 | TRANSLATE_GVA_OVERLAY_PAGE);
  });

  it('can hold flushes back, when it succeeds', () => {
    const { translate, partition } = setUp();
    translate({ gvaPage: 5000, controlFlagsLow: VALIDATE_READ | TLB_FLUSH_INHIBIT });
    expect(partition.vps[0]!.tlbFlushInhibit).toBe(false);
    translate({ gvaPage: 1, controlFlagsLow: VALIDATE_READ | TLB_FLUSH_INHIBIT });
    expect(partition.vps[0]!.tlbFlushInhibit).toBe(true);
  });

  it('refuses other control flags, wide page numbers, and VPs that do not exist', () => {
    const { translate } = setUp();
    for (const controlFlagsLow of [0, PRIVILEGE_EXEMPT, VALIDATE_READ | 0x40]) {
      expect(translate({ controlFlagsLow }).status).toBe(HvStatus.INVALID_PARAMETER);
    }
    expect(translate({ controlFlagsHigh: 1 }).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(translate({ gvaPage: 2 ** 52 }).status).toBe(HvStatus.INVALID_PARAMETER);
    expect(translate({ vpIndex: 1 }).status).toBe(HvStatus.INVALID_VP_INDEX);
    expect(translate({ partitionId: 1n }).status).toBe(HvStatus.ACCESS_DENIED);
  });
});

describe('HvCallReadGpa and HvCallWriteGpa', () => {
  it('move 1 to 16 bytes', () => {
    const { read, write, guest } = setUp();
    const data = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
    expect(write({ baseGpa: 0x3ff0, byteCount: 16, data })).toEqual({ status: 0, resultCode: 0 });
    expect([...guest.page(3).subarray(0xff0)]).toEqual([...data]);
    expect(write({ baseGpa: 0x3ff0, byteCount: 1, data: Uint8Array.of(99, 98) })).toMatchObject({
      status: 0,
    });
    const seen = read({ baseGpa: 0x3ff0, byteCount: 3 });
    expect([seen.resultCode, [...seen.data]]).toEqual([0, [99, 2, 3, ...new Array(13).fill(0)]]);
  });

  it('see overlays', () => {
    const { read, write, guest, partition, world } = setUp();
    guest.enableSynic(20, 21);
    expect(write({ baseGpa: 20 * PAGE_BYTES + 8, byteCount: 1, data: Uint8Array.of(7) }).resultCode).toBe(0);
    expect(read({ baseGpa: 20 * PAGE_BYTES + 8, byteCount: 1 }).data[0]).toBe(7);
    partition.gpa.setOverlay(30, world.take(1)[0]!, 5);
    expect(write({ baseGpa: 30 * PAGE_BYTES, byteCount: 1 }).resultCode).toBe(
      AccessGpaResult.GPA_ILLEGAL_OVERLAY_ACCESS,
    );
  });

  it('tell what the rights forbid', () => {
    const { read, write, partition, world } = setUp();
    const [page] = world.take(1) as [number];
    partition.gpa.map(100, page, 1);
    partition.gpa.map(101, page, 0);
    expect(read({ baseGpa: 0x5000000, byteCount: 1 }).resultCode).toBe(AccessGpaResult.GPA_UNMAPPED);
    expect(write({ baseGpa: 0x5000000, byteCount: 1 }).resultCode).toBe(AccessGpaResult.GPA_UNMAPPED);
    expect(read({ baseGpa: 101 * PAGE_BYTES, byteCount: 1 }).resultCode).toBe(
      AccessGpaResult.GPA_READ_INTERCEPT,
    );
    expect(write({ baseGpa: 100 * PAGE_BYTES, byteCount: 1 }).resultCode).toBe(
      AccessGpaResult.GPA_WRITE_INTERCEPT,
    );
  });

  it('refuse counts, page crossings, addresses past the end, control bits and strange VPs', () => {
    const { read, write } = setUp();
    const bad = [
      { baseGpa: 0, byteCount: 0 },
      { baseGpa: 0, byteCount: 17 },
      { baseGpa: 0xff1, byteCount: 16 },
      { baseGpa: 2 ** 40, byteCount: 1 },
      { baseGpa: 2 ** 53, byteCount: 1 },
      { baseGpa: 0, byteCount: 1, controlLow: 0x100 },
      { baseGpa: 0, byteCount: 1, controlHigh: 1 },
    ];
    for (const init of bad) {
      expect([read(init).status, write(init).status]).toEqual([
        HvStatus.INVALID_PARAMETER,
        HvStatus.INVALID_PARAMETER,
      ]);
    }
    expect(read({ baseGpa: 0, byteCount: 1, controlLow: 6 }).status).toBe(HvStatus.SUCCESS);
    expect(read({ baseGpa: 0, byteCount: 1, vpIndex: 9 }).status).toBe(HvStatus.INVALID_VP_INDEX);
    expect(write({ baseGpa: 0, byteCount: 1, partitionId: 9n }).status).toBe(HvStatus.INVALID_PARTITION_ID);
  });
});
