/** Accesses of one child to guest-physical addresses without memory. TLFS, "Intercepts", memory accesses. */

import { HvRegister, MemoryInterceptMessage, MemoryInterceptMessageLong } from '@viridian/protocols/tlfs';
import { warning } from '@viridian/trace';
import { safeFromHalves } from '@viridian/wire';
import { getVpRegisters } from './calls/processor-calls.ts';
import { type DecodedMove, decodeMove } from './instruction.ts';
import { emptyPoint, GENERAL_PROTECTION, type InterceptPoint, readPoint } from './intercept-completion.ts';
import type { InterceptDesk } from './intercept-desk.ts';
import type { MemoryHandler } from './intercept-handlers.ts';

const { offsets } = MemoryInterceptMessage;
const REGISTERS = MemoryInterceptMessageLong.offsets.registers;

const unsupported = warning('parent.memory-intercept');

/** Nobody answers the address: reads give all ones, writes vanish. */
const NOBODY: MemoryHandler = {
  read: (_gpa, data) => {
    data.fill(0xff);
  },
  write: () => {},
};

/** Finishes moves from and to device memory. */
export class MemoryIntercepts {
  handler: MemoryHandler = NOBODY;
  readonly #desk: InterceptDesk;
  readonly #point = emptyPoint();

  constructor(desk: InterceptDesk) {
    this.#desk = desk;
  }

  /** Goes back to nobody at any address. */
  clear(): void {
    this.handler = NOBODY;
  }

  received(view: DataView, payloadBytes: number): void {
    const desk = this.#desk;
    const point = readPoint(view, this.#point);
    const gpaHigh = view.getUint32(offsets.guestPhysicalAddress + 4, true);
    const gpa = safeFromHalves(view.getUint32(offsets.guestPhysicalAddress, true), gpaHigh);
    const byteCount = view.getUint8(offsets.instructionByteCount);
    const at = view.byteOffset + offsets.instructionBytes;
    const bytes = new Uint8Array(view.buffer, at, Math.min(byteCount, 16)).slice();
    const decoded = decodeMove(bytes, point.isLongMode);
    if (decoded === undefined || decoded.isWrite !== point.isWrite) {
      unsupported.report(desk.guard.where, 'an instruction that is no move touched device memory', { gpa });
      desk.done(desk.complete.begin(point).fault(GENERAL_PROTECTION, 0));
      return;
    }
    const isLong = payloadBytes >= MemoryInterceptMessageLong.size;
    const register = decoded.register < 0 ? 0n : this.#register(view, point, decoded.register, isLong);
    if (decoded.isWrite) this.#write(gpa, { ...point }, decoded, register);
    else this.#read(gpa, { ...point }, decoded, register);
  }

  #register(view: DataView, point: InterceptPoint, register: number, isLong: boolean): bigint {
    if (isLong) return view.getBigUint64(REGISTERS + 8 * register, true);
    const { gate, partitionId } = this.#desk;
    return getVpRegisters(gate, partitionId, point.vp, [HvRegister.Rax + register])[0]!.low;
  }

  #write(gpa: number, point: InterceptPoint, decoded: DecodedMove, register: bigint): void {
    const desk = this.#desk;
    const data = new DataView(new ArrayBuffer(8));
    const source = decoded.register < 0 ? decoded.constant : decoded.highByte ? register >> 8n : register;
    data.setBigUint64(0, BigInt.asUintN(64, source), true);
    const bytes = new Uint8Array(data.buffer, 0, decoded.memoryBytes);
    const answer = desk.ask('memory write handler threw', () => this.handler.write(gpa, bytes, point.vp));
    desk.whenAnswered(point, answer, () =>
      desk.done(desk.complete.begin(point).resumeBehind(point, decoded.instructionBytes)),
    );
  }

  #read(gpa: number, point: InterceptPoint, decoded: DecodedMove, register: bigint): void {
    const desk = this.#desk;
    const data = new DataView(new ArrayBuffer(8));
    const bytes = new Uint8Array(data.buffer, 0, decoded.memoryBytes).fill(0xff);
    const answer = desk.ask('memory read handler threw', () => this.handler.read(gpa, bytes, point.vp));
    desk.whenAnswered(point, answer, () => {
      const value = merge(decoded, data.getBigUint64(0, true), register);
      desk.done(
        desk.complete
          .begin(point)
          .put(HvRegister.Rax + decoded.register, Number(value & 0xffff_ffffn), Number(value >> 32n))
          .resumeBehind(point, decoded.instructionBytes),
      );
    });
  }
}

/** What the register holds after a load: short ones keep the rest, 32-bit ones clear the upper half. */
function merge(decoded: DecodedMove, loaded: bigint, before: bigint): bigint {
  const { memoryBytes, registerBytes, signExtend, highByte } = decoded;
  const bits = registerBytes * 8;
  const extended = signExtend ? BigInt.asIntN(memoryBytes * 8, loaded) : loaded;
  const value = BigInt.asUintN(bits, extended);
  if (registerBytes >= 4) return value;
  if (highByte) return (before & ~0xff00n) | (value << 8n);
  return (before & ~((1n << BigInt(bits)) - 1n)) | value;
}
