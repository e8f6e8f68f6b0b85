/** `viridian run` as a person runs it, with kernels of a few bytes. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-run-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function viridian(args: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(process.execPath, ['--conditions=viridian:source', MAIN, 'run', ...args], {
    env: { ...process.env, NO_COLOR: '1' },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString('latin1');
  });
  child.stderr.on('data', (data: Buffer) => {
    err += data.toString();
  });
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code: code as number | null, out, err };
}

/** A multiboot kernel at 2 MiB that is nothing but 32-bit code. */
async function kernel(name: string, ...code: readonly (number | readonly number[])[]): Promise<string> {
  const [magic, flags, start] = [0x1bad_b002, 0x1_0000, 0x20_0000];
  const header = [magic, flags, -(magic + flags), start, start, 0, 0, start + 32].flatMap((value) => [
    value & 0xff,
    (value >>> 8) & 0xff,
    (value >>> 16) & 0xff,
    value >>> 24,
  ]);
  const path = join(folder, name);
  await writeFile(path, Uint8Array.from([...header, ...code.flat()]));
  return path;
}

const text = (words: string) => [...words].map((letter) => letter.charCodeAt(0));
/** mov dx, port; then for each letter: mov al, letter; out dx, al */
const print = (port: number, words: string) => [
  ...[0x66, 0xba, port & 0xff, port >> 8],
  ...text(words).flatMap((letter) => [0xb0, letter, 0xee]),
];
/** mov al, value; out F4h, al */
const debugExit = (value: number) => [0xb0, value, 0xe6, 0xf4];
/** cli; hlt */
const HALT = [0xfa, 0xf4];

describe('viridian run', () => {
  it('shows the console and ends with the code of the debug exit', async () => {
    const path = await kernel('hello', print(0x3f8, 'Hello\n'), print(0xe9, 'debug'), debugExit(0x10), HALT);
    const summary = join(folder, 'summary.json');
    const log = join(folder, 'debug.log');
    const given = ['--kernel', path, '--memory', '16', '--debug-exit', '0xf4'];
    const ended = await viridian([...given, '--debugcon', `file:${log}`, '--summary', summary]);
    expect(ended).toMatchObject({
      code: 33,
      out: 'Hello\n',
      err: 'viridian: the guest ended with exit code 33\n',
    });
    expect(await readFile(log, 'utf8')).toBe('debug');
    const counters = JSON.parse(await readFile(summary, 'utf8'));
    expect(counters).toMatchObject({
      result: { reason: 'debug-exit', exitCode: 33 },
      exitCode: 33,
      intercepts: { portWrite: 12 },
      disks: [],
    });
    expect(counters.instructions).toBeGreaterThan(20);
    expect(counters.milliseconds.end).toBeGreaterThan(0);
  });

  it('gives the guest what is piped in', async () => {
    // wait: in al, LSR; test al, 1; jz wait; in al, RBR; out THR, al
    const echo = [0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb, 0x66, 0xba, 0xf8, 0x03, 0xec, 0xee];
    const path = await kernel('echo', echo, echo, echo, debugExit(0), HALT);
    const ended = await viridian(['--kernel', path, '--memory', '16', '--debug-exit', '0xf4'], 'abc');
    expect(ended).toMatchObject({ code: 1, out: 'abc' });
  });

  it('says how a guest ended', async () => {
    const halted = await kernel('halt', HALT);
    expect(await viridian(['--kernel', halted, '--memory', '16'])).toMatchObject({
      code: 6,
      err: expect.stringContaining('halted'),
    });
    const fault = await kernel('fault', [0x0f, 0x01, 0x1d, 0, 0, 0, 0], [0x0f, 0x0b]); // lidt [0]; ud2
    expect(await viridian(['--kernel', fault, '--memory', '16'])).toMatchObject({
      code: 10,
      err: expect.stringContaining('triple fault on processor 0'),
    });
    const reset = await kernel('reset', [0xb0, 0x06, 0x66, 0xba, 0xf9, 0x0c, 0xee], HALT);
    expect(await viridian(['--kernel', reset, '--memory', '16'])).toMatchObject({ code: 4 });
    const forever = await kernel('forever', [0xeb, 0xfe]);
    const ended = await viridian(['--kernel', forever, '--memory', '16', '--timeout', '1', '--no-report']);
    expect(ended).toMatchObject({ code: 124, err: 'viridian: the time was up\n' });
  });

  it('says when there was nothing on the screen', async () => {
    const path = await kernel('dark', debugExit(0), HALT);
    const given = ['--kernel', path, '--memory', '16', '--debug-exit', '0xf4'];
    const ended = await viridian([...given, '--display', `png:${join(folder, 'screen.png')}`]);
    expect(ended).toMatchObject({ code: 1, err: expect.stringContaining('the screen was dark: no ') });
  });

  it('tells where VNC clients find the guest, and sends them away at the end', async () => {
    const path = await kernel('watched', debugExit(0), HALT);
    const given = ['--kernel', path, '--memory', '16', '--debug-exit', '0xf4'];
    const password = join(folder, 'password');
    await writeFile(password, 'secret\n');
    const ended = await viridian([...given, '--display', `vnc:0,host=0.0.0.0,password-file=${password}`]);
    expect(ended.err).toMatch(
      /^viridian: VNC clients find the guest at 0\.0\.0\.0:\d+\nviridian: the guest ended/,
    );
    expect(ended.code).toBe(1);
    await writeFile(password, '');
    const empty = await viridian([...given, '--display', `vnc:0,password-file=${password}`]);
    expect(empty).toMatchObject({ code: 2, err: expect.stringContaining('its first line is empty') });
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const refused = await viridian([...given, '--display', `vnc:${port}`]);
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringContaining(`port ${port} of 127.0.0.1 cannot be had`),
    });
    taken.close();
  });

  it('tells with symbols what a guest was doing when it ended badly', async () => {
    const fault = await kernel('fault', [0x0f, 0x01, 0x1d, 0, 0, 0, 0], [0x0f, 0x0b]); // lidt [0]; ud2
    const map = join(folder, 'map');
    await writeFile(map, '00200020 T start\n00200027 t broken\n00200030 T end\n');
    const { err } = await viridian(['--kernel', fault, '--memory', '16', '--system-map', map]);
    expect(err).toContain('\n  eip 00200027 broken\n');
    expect(err).toContain('\n    #UD at 00200027 broken\n    #GP error');
    expect(err).toContain('\n  => 00200027  0f 0b                           ud2\n');
    const missing = await viridian(['--kernel', fault, '--system-map', join(folder, 'none')]);
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('none cannot be read') });
  });

  it('writes down instructions, and reports at a breakpoint', async () => {
    const path = await kernel('traced', [0x90, 0xb0, 0x10, 0x90], debugExit(0), HALT);
    const map = join(folder, 'traced.map');
    await writeFile(map, '00200020 T start\n00200023 t middle\n00200040 T end\n');
    const log = join(folder, 'instructions');
    const given = ['--kernel', path, '--memory', '16', '--debug-exit', '0xf4', '--system-map', map];
    const ended = await viridian([...given, '--instructions', `${log},from=1,count=2`, '--break', 'middle']);
    expect(ended.code).toBe(1);
    expect(ended.err).toContain('viridian: processor 0 came to middle\nprocessor 0: running');
    expect(ended.err).toContain('\n  eip 00200023 middle\n');
    expect((await readFile(log, 'utf8')).split('\n').map((line) => line.split(/\s{2,}/))).toEqual([
      ['', '1', 'start+0x1', '00200021', 'b0 10', 'mov al,0x10', 'rax=0x2badb010'],
      ['', '2', 'middle', '00200023', '90', 'nop'],
      [''],
    ]);
    const unknown = await viridian([...given, '--break', 'nowhere']);
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('no symbol has this name') });
  });

  it('says what cannot be run', async () => {
    const path = join(folder, 'text');
    await writeFile(path, 'not a kernel');
    expect(await viridian(['--kernel', path])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^\S*text: the kernel is no Linux image/),
    });
    expect(await viridian(['--kernel', join(folder, 'nothing')])).toMatchObject({
      code: 2,
      err: expect.stringContaining('cannot be read'),
    });
    const halted = await kernel('halt', HALT);
    const disk = await viridian(['--kernel', halted, '--disk', join(folder, 'nothing')]);
    expect(disk).toMatchObject({ code: 2, err: expect.stringContaining('cannot be opened as a disk') });
  });

  it('tells where the time went, by the names of a map', async () => {
    // busy: mov ecx, 4000000; again: dec ecx; jnz again; ret
    const busy = [0xb9, 0x00, 0x09, 0x3d, 0x00, 0x49, 0x75, 0xfd, 0xc3];
    // mov ebx, 20; next: call busy; dec ebx; jnz next
    const work = [0xbc, 0x00, 0x00, 0x30, 0x00, 0xbb, 20, 0, 0, 0, 0xe8, 7, 0, 0, 0, 0x4b, 0x75, 0xf8];
    const path = await kernel('busy', work, debugExit(0), busy);
    const map = join(folder, 'busy.map');
    const start = 0x20_0020;
    const at = (offset: number): string => (start + offset).toString(16).padStart(8, '0');
    await writeFile(map, `${at(0)} T start\n${at(work.length + 4)} T busy\n${at(work.length + 13)} T end\n`);
    for (const engine of ['jit', 'interpreter']) {
      const given = ['--kernel', path, '--memory', '16', '--debug-exit', '0xf4', '--system-map', map];
      const { code, err } = await viridian([...given, '--profile', '--engine', engine, '--serial', 'none']);
      expect([code, err]).toEqual([1, expect.stringMatching(/^profile of [\d.]+ s, \d+ samples/m)]);
      const [share = 0] = /^ *([\d.]+) % .* (?:busy|start)$/m.exec(err)?.slice(1).map(Number) ?? [];
      expect(share, err).toBeGreaterThan(20);
      expect(err).toContain(engine === 'jit' ? 'compiled code' : 'the interpreter');
    }
  });
});
