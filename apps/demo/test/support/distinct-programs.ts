/**
 * Small Linux programs that differ in each block of their code: every process that runs one gives the compiler of the
 * processor something new. Each computes a number in a loop and ends with its low byte, which the host knows too.
 * ELF-64, Program Header; System V ABI.
 */

const CODE_ADDRESS = 0x40_0000;
const HEADERS_BYTES = 64 + 56;
const PAGE_BYTES = 4096;
const BLOCKS = 24;
/** Times that the loop runs: enough to be compiled. */
const TURNS = 12_000;

/** A program and what it ends with. */
export interface DistinctProgram {
  readonly bytes: Uint8Array;
  /** Its exit code: 0 to 255. */
  readonly result: number;
}

/** One block: eax = rotate(eax × factor + term); when bit 0 is set, eax ^= mask. */
interface Step {
  readonly factor: number;
  readonly term: number;
  readonly turn: number;
  readonly mask: number;
}

/** Numbers from a seed (xorshift). */
function* numbers(seed: number): Generator<number, never> {
  let state = (Math.imul(seed + 1, 0x9e3779b1) | 1) >>> 0;
  for (;;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

/** The program of a number. */
export function distinctProgram(number: number): DistinctProgram {
  const random = numbers(number);
  const next = (): number => random.next().value;
  const steps = Array.from({ length: BLOCKS }, () => ({
    factor: next() | 1,
    term: next(),
    turn: 1 + (next() % 31),
    mask: next(),
  }));
  return { bytes: elf(codeOf(steps, next)), result: resultOf(steps) };
}

function resultOf(steps: readonly Step[]): number {
  let value = 1;
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const step of steps) {
      value = (Math.imul(value, step.factor) + step.term) | 0;
      value = (value << step.turn) | (value >>> (32 - step.turn));
      if ((value & 1) !== 0) value ^= step.mask;
    }
  }
  return value & 255;
}

const dword = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);

/** Blocks lie at random distances from each other, over several pages. */
function codeOf(steps: readonly Step[], next: () => number): number[] {
  const code = [0xb8, ...dword(1), 0xbb, ...dword(TURNS)]; // mov eax, 1; mov ebx, TURNS
  const start = code.length;
  for (const { factor, term, turn, mask } of steps) {
    code.push(0x69, 0xc0, ...dword(factor), 0x05, ...dword(term), 0xc1, 0xc0, turn); // imul, add, rol
    code.push(0xa8, 1, 0x74, 5, 0x35, ...dword(mask)); // test al, 1; jz behind; xor eax, mask
    const gap = next() % 1000;
    code.push(0xe9, ...dword(gap), ...new Array<number>(gap).fill(0xcc)); // jmp over int3
  }
  code.push(0xff, 0xcb, 0x0f, 0x85, ...dword(start - (code.length + 8))); // dec ebx; jnz start
  code.push(0x0f, 0xb6, 0xf8, 0xb8, ...dword(60), 0x0f, 0x05); // movzx edi, al; exit(edi)
  return code;
}

function elf(code: readonly number[]): Uint8Array {
  const file = new Uint8Array(HEADERS_BYTES + code.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint32(16, 0x003e_0002, true); // an executable for x86-64
  view.setUint32(20, 1, true);
  view.setUint32(24, CODE_ADDRESS + HEADERS_BYTES, true);
  view.setUint32(32, 64, true);
  view.setUint32(52, 0x0038_0040, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true); // to be loaded
  view.setUint32(68, 5, true); // readable and executable
  view.setUint32(80, CODE_ADDRESS, true);
  view.setUint32(88, CODE_ADDRESS, true);
  view.setUint32(96, file.length, true);
  view.setUint32(104, file.length, true);
  view.setUint32(112, PAGE_BYTES, true);
  file.set(code, HEADERS_BYTES);
  return file;
}

/** A script that runs program 0 to `count` - 1 of `/p`, each from a copy in tmpfs, and says what each ended with. */
export function processScript(count: number): string {
  return `
mount -t tmpfs tmpfs /tmp
i=0
while [ $i -lt ${count} ]; do
  cp /p/$i /tmp/program
  chmod 755 /tmp/program
  /tmp/program
  echo "process $i: $?"
  rm /tmp/program
  i=$((i + 1))
done
dmesg | grep -E 'BUG:|Oops|WARNING:|Call Trace|segfault|traps:' | sed 's/^/kernel: /'
echo "processes end"
`;
}

/** What is wrong with the console of a guest that ran {@link processScript}; empty when nothing is. */
export function processProblems(console: string, results: readonly number[]): string[] {
  const problems = console.split('\n').filter((line) => line.startsWith('kernel: '));
  if (!console.includes('processes end')) problems.push('the guest did not come to its end');
  const found = new Map(
    Array.from(console.matchAll(/process (\d+): (\d+)/g), ([, number, code]) => [
      Number(number),
      Number(code),
    ]),
  );
  results.forEach((result, number) => {
    const code = found.get(number);
    if (code !== result) problems.push(`process ${number} ended with ${code}, not with ${result}`);
  });
  return problems;
}
