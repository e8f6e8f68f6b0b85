/** The part of the ACPI Machine Language that describes a board without methods (ACPI Specification, AML Encoding). */

/** Encoded AML: one object, or some in a row. */
export type Aml = readonly number[];

const little = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);

/** A length that counts its own bytes. Throws from 256 MiB on. */
export function pkgLength(contentBytes: number): Aml {
  if (contentBytes + 1 <= 0x3f) return [contentBytes + 1];
  for (let extra = 1; extra <= 3; extra += 1) {
    const total = contentBytes + 1 + extra;
    if (total < 2 ** (4 + 8 * extra))
      return [(extra << 6) | (total & 0xf), ...little(Math.floor(total / 16), extra)];
  }
  throw new RangeError(`AML cannot hold ${contentBytes} bytes in one object`);
}

/** A path such as `\_SB` or `PCI0`: segments of up to four characters, with dots between. Throws for others. */
export function namePath(path: string): Aml {
  const root = path.startsWith('\\');
  const segments = (root ? path.slice(1) : path).split('.');
  const encoded = segments.flatMap((segment) => {
    if (!/^[A-Z_][A-Z0-9_]{0,3}$/.test(segment)) throw new RangeError(`"${segment}" is no ACPI name`);
    return Array.from(segment.padEnd(4, '_'), (letter) => letter.charCodeAt(0));
  });
  const prefix = segments.length === 1 ? [] : segments.length === 2 ? [0x2e] : [0x2f, segments.length];
  return [...(root ? [0x5c] : []), ...prefix, ...encoded];
}

/** An unsigned integer up to 32 bits in its shortest form. */
export function integer(value: number): Aml {
  if (value === 0 || value === 1) return [value];
  if (value <= 0xff) return [0x0a, value];
  return value <= 0xffff ? [0x0b, ...little(value, 2)] : [0x0c, ...little(value, 4)];
}

/** An ASCII string. */
export function text(value: string): Aml {
  return [0x0d, ...Array.from(value, (letter) => letter.charCodeAt(0) & 0x7f), 0];
}

/** A compressed identifier such as `PNP0A03`. Throws for another form. */
export function eisaId(id: string): Aml {
  if (!/^[A-Z]{3}[0-9A-F]{4}$/.test(id)) throw new RangeError(`"${id}" is no EISA identifier`);
  const [a, b, c] = Array.from(id.slice(0, 3), (letter) => letter.charCodeAt(0) - 0x40);
  const vendor = (a! << 10) | (b! << 5) | c!;
  const product = Number.parseInt(id.slice(3), 16);
  return [0x0c, vendor >> 8, vendor & 0xff, product >> 8, product & 0xff];
}

export const name = (path: string, object: Aml): Aml => [0x08, ...namePath(path), ...object];

export function scope(path: string, ...objects: readonly Aml[]): Aml {
  const content = [...namePath(path), ...objects.flat()];
  return [0x10, ...pkgLength(content.length), ...content];
}

export function device(path: string, ...objects: readonly Aml[]): Aml {
  const content = [...namePath(path), ...objects.flat()];
  return [0x5b, 0x82, ...pkgLength(content.length), ...content];
}

/** Up to 255 elements. */
export function packageOf(...elements: readonly Aml[]): Aml {
  if (elements.length > 0xff) throw new RangeError('a package has at most 255 elements');
  const content = [elements.length, ...elements.flat()];
  return [0x12, ...pkgLength(content.length), ...content];
}

/** A buffer of resource descriptors, with the end tag that they need. */
export function resources(...descriptors: readonly Aml[]): Aml {
  const bytes = [...descriptors.flat(), 0x79, 0];
  const content = [...integer(bytes.length), ...bytes];
  return [0x11, ...pkgLength(content.length), ...content];
}

/** Fixed ports. */
export const io = (first: number, count: number): Aml => [
  0x47,
  1,
  ...little(first, 2),
  ...little(first, 2),
  1,
  count,
];

/** An edge-triggered ISA interrupt. */
export const irq = (number: number): Aml => [0x22, ...little(1 << number, 2)];

/** A window that a bridge passes down: bus numbers, ports or memory, first to last. */
export function busRange(first: number, last: number): Aml {
  return [0x88, 0x0d, 0, 2, 0x0c, 0, ...addressRange(first, last, 2)];
}

export function ioRange(first: number, last: number): Aml {
  return [0x88, 0x0d, 0, 1, 0x0c, 3, ...addressRange(first, last, 2)];
}

export function memoryRange(first: number, last: number): Aml {
  return [0x87, 0x17, 0, 0, 0x0c, 1, ...addressRange(first, last, 4)];
}

/** Granularity, first, last, translation, length. */
function addressRange(first: number, last: number, bytes: 2 | 4): number[] {
  return [0, first, last, 0, last - first + 1].flatMap((field) => little(field, bytes));
}
