/** `viridian exec`: a command in the guest, by its agent: input, both outputs, exit code. */

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { AGENT_PORT } from '../agent/agent-files.ts';
import { ControlError, connectPort } from './control-client.ts';

/** Where a command's streams lead. */
export interface ExecStreams {
  /** Undefined for no input. */
  readonly stdin: Readable | undefined;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Gives up; what runs in the guest hears that nobody listens any more. */
  readonly signal?: AbortSignal;
}

const ID_BYTES = 8;

/** Runs a command and settles with its exit code. Rejects with {@link ControlError}. */
export async function execInGuest(
  path: string,
  words: readonly string[],
  { stdin, stdout, stderr, signal }: ExecStreams,
): Promise<number> {
  const id = randomBytes(ID_BYTES).toString('hex');
  const sockets: Socket[] = [];
  const connect = async (line: string): Promise<Socket> => {
    const socket = await connectPort(path, AGENT_PORT).catch((error: Error) => {
      const hint = 'is it there? (viridian run --share-agent)';
      throw new ControlError(`the guest's agent cannot be reached, ${hint}: ${error.message}`);
    });
    sockets.push(socket);
    socket.write(`${line}\n`);
    return socket;
  };
  const giveUp = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  signal?.addEventListener('abort', giveUp);
  try {
    const status = await connect(`status ${id}`);
    const errors = await connect(`errors ${id}`);
    const run = await connect(`run ${id}\n${escaped(commandLine(words))}`);
    for (const socket of [status, errors]) socket.end();
    if (stdin === undefined) run.end();
    else stdin.pipe(run);
    let code = '';
    status.on('data', (bytes: Buffer) => {
      code += bytes.toString();
    });
    run.on('data', (bytes: Buffer) => void stdout.write(bytes));
    errors.on('data', (bytes: Buffer) => void stderr.write(bytes));
    await Promise.all([status, errors, run].map(ended));
    if (!/^\d+\n$/.test(code)) throw new ControlError('the guest went away before the command ended');
    return Number(code);
  } finally {
    if (stdin !== undefined) {
      stdin.unpipe();
      stdin.destroy();
    }
    signal?.removeEventListener('abort', giveUp);
    giveUp();
  }
}

/** Words as a shell reads them: one goes to the guest's shell as it is, several are quoted. */
export function commandLine(words: readonly string[]): string {
  if (words.length === 1) return words[0]!;
  return words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
}

/** One line that `printf %b` turns back. */
export function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('end', resolve);
    socket.once('close', () => resolve());
  });
}
