/** Between seconds since 1970 and the registers of the clock, in any of its number formats (Motorola MC146818, Time). */

import { PM, Reg, RegB } from './spec.ts';

const TIME_REGISTERS = [
  Reg.SECONDS,
  Reg.MINUTES,
  Reg.HOURS,
  Reg.WEEKDAY,
  Reg.DAY,
  Reg.MONTH,
  Reg.YEAR,
  Reg.CENTURY,
] as const;

/** Whether a register is part of the time, and so runs. */
export function isTimeRegister(index: number): boolean {
  return (TIME_REGISTERS as readonly number[]).includes(index);
}

/** A number as register B wants it. */
export function encode(value: number, regB: number): number {
  return (regB & RegB.BINARY) !== 0 ? value : (Math.floor(value / 10) << 4) | (value % 10);
}

function decode(value: number, regB: number): number {
  return (regB & RegB.BINARY) !== 0 ? value : (value >> 4) * 10 + (value & 0xf);
}

function encodeHours(hours: number, regB: number): number {
  if ((regB & RegB.HOURS_24) !== 0) return encode(hours, regB);
  return encode(hours % 12 === 0 ? 12 : hours % 12, regB) | (hours >= 12 ? PM : 0);
}

/** An hour register as 0–23, or more when the guest wrote nonsense. */
export function decodeHours(value: number, regB: number): number {
  if ((regB & RegB.HOURS_24) !== 0) return decode(value, regB);
  return (decode(value & ~PM, regB) % 12) + ((value & PM) !== 0 ? 12 : 0);
}

/** An alarm register of minutes or seconds as a number. */
export const decodeAlarm = decode;

/** Writes the time registers in `ram` for a time in seconds since 1970. */
export function storeTime(ram: number[], unixSeconds: number): void {
  const date = new Date(unixSeconds * 1000);
  const b = ram[Reg.B]!;
  const year = date.getUTCFullYear();
  ram[Reg.SECONDS] = encode(date.getUTCSeconds(), b);
  ram[Reg.MINUTES] = encode(date.getUTCMinutes(), b);
  ram[Reg.HOURS] = encodeHours(date.getUTCHours(), b);
  ram[Reg.WEEKDAY] = encode(date.getUTCDay() + 1, b);
  ram[Reg.DAY] = encode(date.getUTCDate(), b);
  ram[Reg.MONTH] = encode(date.getUTCMonth() + 1, b);
  ram[Reg.YEAR] = encode(((year % 100) + 100) % 100, b);
  ram[Reg.CENTURY] = encode(Math.floor(year / 100) & 0x7f, b);
}

/** Seconds since 1970 of the time registers in `ram`. Dates that do not exist roll over, as 31 April to 1 May. */
export function loadTime(ram: readonly number[]): number {
  const b = ram[Reg.B]!;
  const at = (index: number) => decode(ram[index]!, b);
  const date = new Date(0);
  date.setUTCFullYear(at(Reg.CENTURY) * 100 + at(Reg.YEAR), at(Reg.MONTH) - 1, at(Reg.DAY));
  date.setUTCHours(decodeHours(ram[Reg.HOURS]!, b), at(Reg.MINUTES), at(Reg.SECONDS));
  return date.getTime() / 1000;
}
