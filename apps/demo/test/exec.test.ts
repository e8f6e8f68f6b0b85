/** The commands for a running guest: `viridian exec` by its agent, and what the integration services are asked by. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlRequest } from '../src/control/control-actions.ts';
import { ask } from '../src/control/control-client.ts';
import { execInGuest } from '../src/control/exec-client.ts';
import { pseudoRandom } from '../src/image/sample-files.ts';
import { Modules } from '../src/linux/flavours.ts';
import { buildInitramfs } from '../src/linux/initramfs.ts';
import { prepareLinuxGuest } from '../src/linux/prepare-linux-guest.ts';
import { daemonFiles } from './support/linux-daemons.ts';
import { haveKernels } from './support/linux-guests.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const LONG = { timeout: 600_000 };

const SCRIPT = `
busybox chmod 755 /bin/hv_* /lib64/* /lib/*/*
mkdir -p /var/lib/hyperv
ip link set lo up
/bin/hv_kvp_daemon -n & /bin/hv_vss_daemon -n & /bin/hv_fcopy_daemon -n &
sleep 1000
`;

interface Ended {
  readonly code: number | null;
  readonly out: Buffer;
  readonly errors: string;
}

function start(...args: string[]): ChildProcess {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawn(process.execPath, ['--conditions=viridian:source', MAIN, ...args], { env });
}

/** Runs the command with some input to its end. */
async function viridian(args: readonly string[], input: string | Uint8Array = ''): Promise<Ended> {
  const child = start(...args);
  const out: Buffer[] = [];
  let errors = '';
  child.stdout!.on('data', (data: Buffer) => out.push(data));
  child.stderr!.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  // A command that ends without reading its input closes the pipe.
  child.stdin!.on('error', () => {});
  child.stdin!.end(input);
  const [code] = await once(child, 'close');
  return { code: code as number | null, out: Buffer.concat(out), errors };
}

describe.skipIf(!haveKernels())('a running guest', () => {
  let folder = '';
  let control = '';
  let run: ChildProcess;
  let runEnded: Promise<unknown[]>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'viridian-exec-'));
    control = join(folder, 'control');
    const modules = [...Modules.enlightened, ...Modules.sockets];
    const guest = await prepareLinuxGuest({ flavour: 'cloud-amd64', modules });
    const initrd = join(folder, 'initrd');
    await writeFile(initrd, await buildInitramfs({ guest, script: SCRIPT, files: await daemonFiles() }));
    const append = ['--append', 'console=ttyS0 panic=-1 quiet cryptomgr.notests'];
    const options = ['--kernel', guest.kernelPath, '--initrd', initrd, ...append, '--timeout', '900'];
    const sharing = ['--control', control, '--share-agent', '--vsock', `7000:${join(folder, 'host')}`];
    run = start('run', ...options, ...sharing, '--serial', 'none');
    runEnded = once(run, 'close');
    for (;;) {
      if ((await exec(['true']).catch(() => undefined))?.code === 0) break;
      if (run.exitCode !== null) throw new Error(`the guest ended with ${run.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }, 600_000);

  afterAll(async () => {
    run.kill('SIGTERM');
    await runEnded;
    await rm(folder, { recursive: true, force: true });
  });

  /** As the command does, without a process for each. */
  const exec = async (words: readonly string[], input: string | Uint8Array = ''): Promise<Ended> => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const [out, errors] = [buffer(stdout), text(stderr)];
    const code = await execInGuest(control, words, {
      stdin: Readable.from([Buffer.from(input)]),
      stdout,
      stderr,
    });
    stdout.end();
    stderr.end();
    return { code, out: await out, errors: await errors };
  };

  it('runs commands: words, shell lines, both outputs, exit codes', LONG, async () => {
    expect(await exec(['echo', "it's", 'a  guest', '$HOME', 'two\nlines\\n'])).toMatchObject({
      code: 0,
      out: Buffer.from("it's a  guest $HOME two\nlines\\n\n"),
      errors: '',
    });
    const line = 'echo $((6 * 7)); echo wrong >&2; exit 3';
    expect(await exec([line])).toEqual({ code: 3, out: Buffer.from('42\n'), errors: 'wrong\n' });
    expect(await exec(['--', 'no-such-command'])).toMatchObject({ code: 127 });
    expect(await exec(['kill -9 $$'])).toMatchObject({ code: 137 });
  });

  it('takes input and gives output of any length, byte by byte the same', LONG, async () => {
    const content = pseudoRandom(5, 3_000_000);
    const { code, out } = await exec(['cat'], content);
    expect([code, out.equals(content)]).toEqual([0, true]);
    expect(await exec(['sha256sum'], '')).toMatchObject({
      out: Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  -\n'),
    });
    expect(await exec(['true'], content)).toMatchObject({ code: 0 });
  });

  it('reaches a Unix socket of the host', LONG, async () => {
    const heard: Buffer[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('data', (data: Buffer) => {
        heard.push(data);
        socket.end('heard you');
      });
    }).listen(join(folder, 'host'));
    await once(server, 'listening');
    // The program's input and output are the connection: its other output tells.
    const echo = '/viridian/vsock c 7000 /bin/sh -c "echo hello host; exec >&2; cat"';
    expect(await exec([echo])).toMatchObject({ code: 0, errors: 'heard you' });
    expect(Buffer.concat(heard).toString()).toBe('hello host\n');
    server.close();
    expect(await exec(['/viridian/vsock c 7001 /bin/true'])).toMatchObject({ code: 110 });
  });

  it('runs several at a time', LONG, async () => {
    const all = await Promise.all([1, 2, 3, 4].map((n) => exec([`sleep 1; echo ${n}`])));
    expect(all.map(({ out }) => out.toString())).toEqual(['1\n', '2\n', '3\n', '4\n']);
  });

  it('is asked by the integration services', LONG, async () => {
    const asked = (request: ControlRequest) =>
      ask(control, request).then(
        (lines) => lines.join('; '),
        (error: Error) => `error: ${error.message}`,
      );
    while (!(await asked({ do: 'facts' })).includes('OSVersion'))
      await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await asked({ do: 'facts' })).toMatch(/OSVersion: 6\./);
    // The daemon tells of no loopback, and the guest has no other adapter.
    expect(await asked({ do: 'address' })).toBe('error: the guest has no address');
    const file = join(folder, 'file');
    await writeFile(file, pseudoRandom(4, 20_000));
    const copy = { do: 'copy', file, to: '/tmp/in/here' } as const;
    expect(await asked(copy)).toBe('20000 bytes are in /tmp/in/here');
    const { out } = await exec(['cat', '/tmp/in/here']);
    expect(out.equals(pseudoRandom(4, 20_000))).toBe(true);
    expect(await asked(copy)).toMatch(/^error: .*refused/);
    expect(await asked({ ...copy, overwrite: true })).toMatch(/^20000 bytes/);
    expect(await asked({ ...copy, file: join(folder, 'none') })).toMatch(/^error: ENOENT/);
    expect(await asked({ ...copy, to: 'relative' })).toMatch(/^error: 'relative' is no absolute path/);
    expect(await asked({ do: 'freeze' })).toBe('the file systems of the guest are at rest');
    expect(await asked({ do: 'thaw' })).toBe('the file systems of the guest go on');
    expect(await asked({ do: 'memory' })).toBe('the guest has 256 MiB');
    expect(await asked({ do: 'memory', mebibytes: 128 })).toBe(
      'error: the guest has no driver for the balloon',
    );
  });

  it('says what it cannot do, whatever it is asked', LONG, async () => {
    const say = async (line: string): Promise<string> => {
      const socket = createConnection(control);
      let heard = '';
      socket.on('data', (data: Buffer) => {
        heard += data.toString();
      });
      socket.on('error', () => {});
      socket.write(line);
      await once(socket, 'close');
      return heard;
    };
    expect(await say('CONNECT 9\n')).toBe('ERROR port 9: nobody in the guest takes the connection\n');
    expect(await say('CONNECT 4294967295\n')).toMatch(/^ERROR 4294967295 is no vsock port/);
    expect(JSON.parse(await say('hello\n'))).toEqual({ error: 'the request is neither CONNECT nor JSON' });
    expect(JSON.parse(await say('[]\n'))).toEqual({ error: 'the request says not what to do' });
    expect(JSON.parse(await say('{"do": "dance"}\n'))).toEqual({ error: "nobody knows how to do 'dance'" });
    expect(await say(`${'x'.repeat(100_000)}`)).toBe('');
  });

  it('is reached by the command', LONG, async () => {
    const command = ['exec', '--control', control, 'cat; echo wrong >&2; exit 3'];
    expect(await viridian(command, 'input')).toEqual({
      code: 3,
      out: Buffer.from('input'),
      errors: 'wrong\n',
    });
    expect(await viridian(['memory', '--control', control])).toMatchObject({
      code: 0,
      out: Buffer.from('the guest has 256 MiB\n'),
    });
    expect(await viridian(['memory', '--control', control, 'much'])).toMatchObject({ code: 2 });
    const elsewhere = await viridian(['exec', '--control', join(folder, 'nothing'), 'true']);
    expect(elsewhere).toMatchObject({ code: 255, errors: expect.stringContaining('no guest runs') });
    expect(await viridian(['exec', '--control', control])).toMatchObject({ code: 2 });
    expect(await viridian(['thaw'])).toMatchObject({ code: 2 });
  });

  it('shuts down when it is asked to', LONG, async () => {
    const { out } = await viridian(['shutdown', '--control', control]);
    expect(out.toString()).toBe('the guest shuts down\n');
    await runEnded;
    expect(run.exitCode).toBe(0);
  });
});
