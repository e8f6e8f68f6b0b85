/** Reads program listings: each line holds bytes in hexadecimal and, behind two blanks, what they mean. */

/** The bytes of a listing. Lines look like objdump's: `b8 05 00 00 00   mov eax, 5`; a line may hold bytes alone. */
export function listing(text: string): number[] {
  const bytes: number[] = [];
  for (const line of text.split('\n')) {
    const [code = ''] = line.trim().split(/ {2}|\t/);
    for (const byte of code.split(' ').filter((part) => part !== '')) {
      if (!/^[0-9a-f]{2}$/.test(byte)) throw new Error(`'${byte}' is no byte in '${line}'`);
      bytes.push(Number.parseInt(byte, 16));
    }
  }
  return bytes;
}

/** `value` as `count` bytes of a listing, lowest first. */
function bytesOf(value: number | bigint, count: number): string {
  const digits = BigInt.asUintN(count * 8, BigInt(value))
    .toString(16)
    .padStart(count * 2, '0');
  return (digits.match(/../g) ?? []).reverse().join(' ');
}

export const u16 = (value: number): string => bytesOf(value, 2);
export const u32 = (value: number): string => bytesOf(value, 4);
