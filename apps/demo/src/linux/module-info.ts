/** What a kernel module says about itself (Linux, include/linux/module.h: the section .modinfo; System V ABI, Section Header). */

/** The parts of the information that decide the load order. */
export interface ModuleInfo {
  /** Modules whose symbols it uses. */
  readonly depends: readonly string[];
  /** Modules that it likes to find loaded. */
  readonly softBefore: readonly string[];
  readonly license: string | undefined;
}

/** Dashes and underscores are the same in module names. */
export function moduleName(text: string): string {
  return text.replaceAll('-', '_');
}

/** Reads a module file; undefined for a file that is none. */
export function readModuleInfo(bytes: Uint8Array): ModuleInfo | undefined {
  const section = findModinfo(bytes);
  if (section === undefined) return undefined;
  const entries = new TextDecoder('latin1')
    .decode(section)
    .split('\0')
    .map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] as const);
  const values = (key: string): string[] =>
    entries.filter(([name]) => name === key).map(([, value]) => value);
  return {
    depends: values('depends').flatMap((value) => value.split(',').filter(Boolean).map(moduleName)),
    softBefore: values('softdep').flatMap(softBefore),
    license: values('license')[0],
  };
}

/** "pre: a b post: c" → a, b. */
function softBefore(value: string): string[] {
  const before: string[] = [];
  let isBefore = false;
  for (const word of value.split(/\s+/).filter(Boolean)) {
    if (word.endsWith(':')) isBefore = word === 'pre:';
    else if (isBefore) before.push(moduleName(word));
  }
  return before;
}

/** The section's bytes, found through the section headers; every offset is checked. */
function findModinfo(bytes: Uint8Array): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = 0x464c_457f;
  if (bytes.length < 64 || view.getUint32(0, true) !== magic) return undefined;
  const is64 = bytes[4] === 2;
  const word = (at: number): number =>
    is64 ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true);
  const tableAt = word(is64 ? 40 : 32);
  const [entryBytes, count, namesIndex] = [0, 2, 4].map((i) => view.getUint16((is64 ? 58 : 46) + i, true));
  if (entryBytes! < (is64 ? 64 : 40) || tableAt + entryBytes! * count! > bytes.length) return undefined;
  const section = (index: number): Uint8Array => {
    const at = tableAt + index * entryBytes!;
    const offset = word(at + (is64 ? 24 : 16));
    return bytes.subarray(offset, offset + word(at + (is64 ? 32 : 20)));
  };
  if (namesIndex! >= count!) return undefined;
  const names = new TextDecoder('latin1').decode(section(namesIndex!));
  for (let index = 0; index < count!; index += 1) {
    const nameAt = view.getUint32(tableAt + index * entryBytes!, true);
    if (names.startsWith('.modinfo\0', nameAt)) return section(index);
  }
  return undefined;
}
