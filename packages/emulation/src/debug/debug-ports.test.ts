import { expect, it } from 'vitest';
import { PortBus } from '../bus/port-bus.ts';
import { DebugConsole, DebugExit } from './debug-ports.ts';

it('ends with the code that QEMU would end with', () => {
  const codes: number[] = [];
  const bus = new PortBus();
  bus.map('debug exit', 0x501, 4, new DebugExit((code) => codes.push(code)));
  bus.write(0x501, 1, 0);
  bus.write(0x501, 4, 0x10);
  bus.write(0x501, 4, 0xffff_ffff);
  expect(codes).toEqual([1, 33, 255]);
  expect(bus.read(0x501, 4)).toBe(0);
});

it('takes text byte by byte, and is found by its signature', () => {
  const bytes: number[] = [];
  const bus = new PortBus();
  bus.map('debugcon', 0xe9, 1, new DebugConsole({ write: (byte) => bytes.push(byte) }));
  for (const letter of 'ok') bus.write(0xe9, 1, letter.charCodeAt(0));
  expect(String.fromCharCode(...bytes)).toBe('ok');
  expect(bus.read(0xe9, 1)).toBe(0xe9);
});
