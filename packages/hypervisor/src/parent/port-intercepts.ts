/** Port intercepts of one child: IN, OUT and their string forms, one element at a time. TLFS, "Intercepts", I/O ports. */

import { HvRegister, IoPortInterceptMessage } from '@viridian/protocols/tlfs';
import { type Gva, moveGva, readGva, writeGva } from './guest-bytes.ts';
import { emptyPoint, GENERAL_PROTECTION, type InterceptPoint, readPoint } from './intercept-completion.ts';
import type { InterceptDesk } from './intercept-desk.ts';
import type { PortHandler } from './intercept-handlers.ts';

const { offsets } = IoPortInterceptMessage;
const INFO_SIZE = 7;
const INFO_STRING = 8;
const INFO_REPEAT = 0x10;
const DIRECTION_FLAG = 0x400;
/** CS attribute D: 32-bit code outside long mode. */
const CS_DEFAULT_BIT = 0x4000;

/** Nobody is at the port: reads give all ones, writes vanish. */
const NOBODY: PortHandler = { read: () => 0xffff_ffff, write: () => {} };

interface PortRange {
  readonly first: number;
  readonly last: number;
  readonly handler: PortHandler;
}

/** What has to be kept of a string instruction until its element is done. */
interface StringElement {
  readonly rep: boolean;
  readonly addressBits: 16 | 32 | 64;
  readonly pointer: Gva;
  readonly linear: Gva;
  readonly count: Gva;
}

/** Finishes port instructions by asking the handler of the port. */
export class PortIntercepts {
  readonly #desk: InterceptDesk;
  readonly #ranges: PortRange[] = [];
  readonly #point = emptyPoint();

  constructor(desk: InterceptDesk) {
    this.#desk = desk;
  }

  /** Adds a handler; the result takes it off. The newest of overlapping ranges is asked. */
  add(first: number, last: number, handler: PortHandler): () => void {
    const range = { first, last, handler };
    this.#ranges.unshift(range);
    return () => {
      const at = this.#ranges.indexOf(range);
      if (at >= 0) this.#ranges.splice(at, 1);
    };
  }

  /** True while any handler covers the port. */
  covers(port: number): boolean {
    return this.#ranges.some(({ first, last }) => port >= first && port <= last);
  }

  received(view: DataView): void {
    const point = readPoint(view, this.#point);
    const port = view.getUint16(offsets.portNumber, true);
    const info = view.getUint8(offsets.accessInfo);
    const size = info & INFO_SIZE;
    const handler = this.#handlerOf(port);
    if ((info & INFO_STRING) !== 0) this.#string(view, { ...point }, handler, port, size, info);
    else if (point.isWrite) this.#out(view, point, handler, port, size);
    else this.#in(view, point, handler, port, size);
  }

  #handlerOf(port: number): PortHandler {
    for (const range of this.#ranges) if (port >= range.first && port <= range.last) return range.handler;
    return NOBODY;
  }

  #out(view: DataView, point: InterceptPoint, handler: PortHandler, port: number, size: number): void {
    const desk = this.#desk;
    const value = maskTo(view.getUint32(offsets.rax, true), size);
    try {
      const answer = handler.write(port, size, value);
      if (answer instanceof Promise) {
        desk.later(point, answer, (held) => desk.done(desk.complete.begin(held).resumeBehind(held)));
        return;
      }
    } catch (error) {
      desk.guard.failed('port write handler threw', error);
    }
    desk.done(desk.complete.begin(point).resumeBehind(point));
  }

  #in(view: DataView, point: InterceptPoint, handler: PortHandler, port: number, size: number): void {
    const desk = this.#desk;
    const raxLow = view.getUint32(offsets.rax, true);
    const raxHigh = view.getUint32(offsets.rax + 4, true);
    let value = 0xffff_ffff;
    try {
      const answer = handler.read(port, size);
      if (answer instanceof Promise) {
        desk.later(point, answer, (held, late) =>
          this.#finishIn(held, raxLow, raxHigh, size, late ?? 0xffff_ffff),
        );
        return;
      }
      value = answer;
    } catch (error) {
      desk.guard.failed('port read handler threw', error);
    }
    this.#finishIn(point, raxLow, raxHigh, size, value);
  }

  /** A 32-bit result clears the upper half of RAX, shorter ones leave it alone. */
  #finishIn(point: InterceptPoint, raxLow: number, raxHigh: number, size: number, value: number): void {
    const desk = this.#desk;
    const low = size === 4 ? value >>> 0 : ((raxLow & ~maskTo(-1, size)) | maskTo(value, size)) >>> 0;
    desk.done(
      desk.complete
        .begin(point)
        .put(HvRegister.Rax, low, size === 4 ? 0 : raxHigh)
        .resumeBehind(point),
    );
  }

  #string(
    view: DataView,
    point: InterceptPoint,
    handler: PortHandler,
    port: number,
    size: number,
    info: number,
  ): void {
    const desk = this.#desk;
    const element = stringElement(view, point, (info & INFO_REPEAT) !== 0);
    const data = new Uint8Array(4);
    const bytes = data.subarray(0, size);
    const number = new DataView(data.buffer);
    const { gate, partitionId } = desk;
    if (point.isWrite) {
      if (!readGva(gate, partitionId, point.vp, element.linear, bytes)) {
        desk.done(desk.complete.begin(point).fault(GENERAL_PROTECTION, 0));
        return;
      }
      const answer = desk.ask('port write handler threw', () =>
        handler.write(port, size, number.getUint32(0, true)),
      );
      desk.whenAnswered(point, answer, () => this.#finishString(point, element, size));
      return;
    }
    const answer = desk.ask('port read handler threw', () => handler.read(port, size));
    desk.whenAnswered(point, answer, (_, value) => {
      number.setUint32(0, value ?? 0xffff_ffff, true);
      const written = writeGva(gate, partitionId, point.vp, element.linear, bytes);
      if (written) this.#finishString(point, element, size);
      else desk.done(desk.complete.begin(point).fault(GENERAL_PROTECTION, 0));
    });
  }

  /** Moves the pointer, counts the element, and leaves the instruction only with the last one. */
  #finishString(point: InterceptPoint, element: StringElement, size: number): void {
    const { complete } = this.#desk;
    const step = (point.rflagsLow & DIRECTION_FLAG) !== 0 ? -size : size;
    const pointer = wrap(element.pointer, step, element.addressBits);
    complete.begin(point).put(point.isWrite ? HvRegister.Rsi : HvRegister.Rdi, pointer.low, pointer.high);
    const count = wrap(element.count, -1, element.addressBits);
    if (element.rep) complete.put(HvRegister.Rcx, count.low, count.high);
    const mask = element.addressBits === 16 ? 0xffff : 0xffff_ffff;
    const more =
      element.rep && ((count.low & mask) !== 0 || (element.addressBits === 64 && count.high !== 0));
    this.#desk.done(more ? complete.resumeAt() : complete.resumeBehind(point));
  }
}

function stringElement(view: DataView, point: InterceptPoint, rep: boolean): StringElement {
  const register = (at: number): Gva => ({
    low: view.getUint32(at, true),
    high: view.getUint32(at + 4, true),
  });
  const csAttributes = view.getUint16(offsets.header + 8 + 14, true);
  const addressBits = point.isLongMode ? 64 : (csAttributes & CS_DEFAULT_BIT) !== 0 ? 32 : 16;
  const pointer = register(point.isWrite ? offsets.rsi : offsets.rdi);
  const base = register(point.isWrite ? offsets.ds : offsets.es);
  const linear =
    addressBits === 64
      ? pointer
      : { low: (base.low + (addressBits === 16 ? pointer.low & 0xffff : pointer.low)) >>> 0, high: 0 };
  return { rep, addressBits, pointer, linear, count: register(offsets.rcx) };
}

/** A register moved by `distance` within the address size; bits above it stay, except that 32 bits clear the upper half. */
function wrap(register: Gva, distance: number, bits: 16 | 32 | 64): Gva {
  const moved = moveGva(register, distance);
  if (bits === 64) return moved;
  if (bits === 32) return { low: moved.low, high: 0 };
  return { low: ((register.low & 0xffff_0000) | (moved.low & 0xffff)) >>> 0, high: register.high };
}

function maskTo(value: number, size: number): number {
  return size === 4 ? value >>> 0 : value & (size === 2 ? 0xffff : 0xff);
}
