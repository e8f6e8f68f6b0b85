/** The tables by which a guest finds processors, interrupts and power (ACPI Specification, Software Programming Model). */

import { type DsdtOptions, dsdtBody } from './dsdt.ts';

/** What the tables say about a machine. */
export interface AcpiOptions extends DsdtOptions {
  /** Where the tables go: a multiple of 64 in E0000h–FFFFFh, where a guest without EFI searches. */
  readonly gpa: number;
  /** Local APIC ids, the first processor first; each below 255. */
  readonly apicIds: readonly number[];
  /** Ports of `AcpiPm`. */
  readonly pmBase: number;
}

const HEADER_BYTES = 36;
const SCI = 9;
const LOCAL_APIC_GPA = 0xfee0_0000;
const IO_APIC_GPA = 0xfec0_0000;
const LEVEL_HIGH = 0x0d;
/** WBINVD, C1, no sleep button, reset register; and the power button is a fixed one, as its bit is clear. */
const FADT_FLAGS = 0x0000_0425;

/**
 * All tables as one block of bytes for `options.gpa`; the RSDP is its first 36. Throws RangeError for what the tables
 * cannot say: another address, too many processors.
 */
export function acpiTables(options: AcpiOptions): Uint8Array {
  const { gpa, apicIds } = options;
  if (gpa % 64 !== 0 || gpa < 0xe_0000 || gpa > 0xf_ffff)
    throw new RangeError(`no tables at ${gpa.toString(16)}h`);
  if (apicIds.length === 0 || apicIds.some((id) => !(id >= 0 && id < 255)))
    throw new RangeError('APIC ids are 0–254');
  const facs = 64;
  const dsdt = sdt('DSDT', 2, Uint8Array.from(dsdtBody(options)));
  const dsdtAt = facs + 64;
  const fadtAt = align(dsdtAt + dsdt.length);
  const fadt = fixedDescription(gpa + facs, gpa + dsdtAt, options.pmBase);
  const madtAt = align(fadtAt + fadt.length);
  const madt = sdt('APIC', 3, interrupts(apicIds, pciInterrupts(options)));
  const xsdtAt = align(madtAt + madt.length);
  const xsdt = sdt('XSDT', 1, pointers([gpa + fadtAt, gpa + madtAt]));
  const block = new Uint8Array(xsdtAt + xsdt.length);
  if (gpa + block.length > 0x10_0000) throw new RangeError('the tables do not fit below 1 MiB');
  block.set(rootPointer(gpa + xsdtAt));
  block.set(firmwareControl(), facs);
  block.set(dsdt, dsdtAt);
  block.set(fadt, fadtAt);
  block.set(madt, madtAt);
  block.set(xsdt, xsdtAt);
  return block;
}

const align = (offset: number) => (offset + 15) & ~15;

function put(bytes: Uint8Array, at: number, letters: string): void {
  for (let i = 0; i < letters.length; i += 1) bytes[at + i] = letters.charCodeAt(i);
}

/** Makes the sum of the first `length` bytes 0 by the byte at `at`. */
function checksum(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = 0;
  bytes[at] = -bytes.subarray(0, length).reduce((sum, byte) => sum + byte, 0);
}

function sdt(signature: string, revision: number, body: Uint8Array): Uint8Array {
  const table = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(table.buffer);
  put(table, 0, signature);
  view.setUint32(4, table.length, true);
  table[8] = revision;
  put(table, 10, 'VIRIDN');
  put(table, 16, 'VIRIDIAN');
  view.setUint32(24, 1, true);
  put(table, 28, 'VIRI');
  view.setUint32(32, 1, true);
  table.set(body, HEADER_BYTES);
  checksum(table, 9, table.length);
  return table;
}

function rootPointer(xsdtGpa: number): Uint8Array {
  const rsdp = new Uint8Array(36);
  const view = new DataView(rsdp.buffer);
  put(rsdp, 0, 'RSD PTR ');
  put(rsdp, 9, 'VIRIDN');
  rsdp[15] = 2;
  view.setUint32(20, 36, true);
  view.setUint32(24, xsdtGpa, true);
  checksum(rsdp, 8, 20);
  checksum(rsdp, 32, 36);
  return rsdp;
}

function firmwareControl(): Uint8Array {
  const facs = new Uint8Array(64);
  put(facs, 0, 'FACS');
  facs[4] = 64;
  facs[32] = 2;
  return facs;
}

function pointers(gpas: readonly number[]): Uint8Array {
  const body = new Uint8Array(8 * gpas.length);
  const view = new DataView(body.buffer);
  for (const [index, gpa] of gpas.entries()) view.setUint32(8 * index, gpa, true);
  return body;
}

/** FADT, revision 3 with 32-bit addresses. No SMI command: the board is in ACPI mode from the start. */
function fixedDescription(facsGpa: number, dsdtGpa: number, pmBase: number): Uint8Array {
  const body = new Uint8Array(244 - HEADER_BYTES);
  const view = new DataView(body.buffer);
  const u8 = (offset: number, value: number) => view.setUint8(offset - HEADER_BYTES, value);
  const u16 = (offset: number, value: number) => view.setUint16(offset - HEADER_BYTES, value, true);
  const u32 = (offset: number, value: number) => view.setUint32(offset - HEADER_BYTES, value, true);
  u32(36, facsGpa);
  u32(40, dsdtGpa);
  u16(46, SCI);
  u32(56, pmBase); // PM1a events
  u32(64, pmBase + 4); // PM1a control
  u32(76, pmBase + 8); // PM timer
  u8(88, 4);
  u8(89, 2);
  u8(91, 4);
  u16(96, 0xfff); // C2 and C3 do not exist
  u16(98, 0xfff);
  u8(108, 0x32); // century
  u16(109, 0x0003); // legacy devices, 8042
  u32(112, FADT_FLAGS);
  u8(116, 1); // reset register: a port of 8 bits
  u8(117, 8);
  u8(119, 1);
  u32(120, 0xcf9);
  u8(128, 0x06);
  return sdt('FACP', 3, body);
}

/** The ISA interrupts that PCI devices share, in order. */
function pciInterrupts(options: DsdtOptions): number[] {
  const used = new Set<number>();
  for (let slot = 1; slot < 32; slot += 1) {
    for (let pin = 0; pin < 4; pin += 1) used.add(options.pciGsi(slot, pin));
  }
  return [...used].filter((gsi) => gsi < 16 && gsi !== SCI).sort((a, b) => a - b);
}

/** MADT: local APICs, one I/O APIC, the timer at its pin 2, levels for SCI and PCI, NMI at LINT1. */
function interrupts(apicIds: readonly number[], pciIrqs: readonly number[]): Uint8Array {
  const u32 = (value: number) => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
  const override = (irq: number, gsi: number, flags: number) => [2, 10, 0, irq, ...u32(gsi), flags, 0];
  const ioApicId = apicIds.length < 255 ? (Math.max(...apicIds) + 1) & 0xff : 0;
  return Uint8Array.from([
    ...u32(LOCAL_APIC_GPA),
    ...u32(1), // there are 8259s
    ...apicIds.flatMap((id, uid) => [0, 8, uid, id, ...u32(1)]),
    ...[1, 12, ioApicId, 0, ...u32(IO_APIC_GPA), ...u32(0)],
    ...override(0, 2, 0),
    ...[SCI, ...pciIrqs].flatMap((irq) => override(irq, irq, LEVEL_HIGH)),
    ...[4, 6, 0xff, 0, 0, 1],
  ]);
}
