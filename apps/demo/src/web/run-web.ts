/** `viridian web`: a page that runs a guest in the browser, served until Ctrl-C. */

import { access } from 'node:fs/promises';
import { OptionError } from '../demo/options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { prepareWebGuest } from './web-guest.ts';
import type { WebOptions } from './web-options.ts';
import { serveWeb, type WebServer } from './web-server.ts';

/** Settles with the exit code when `interrupted` ends it. Throws {@link OptionError} for what cannot be served. */
export async function runWeb(
  options: WebOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<number> {
  await checkFile('kernel', options.kernel);
  await checkFile('initrd', options.initrd);
  const served = await prepareWebGuest(options, {
    step: (text) => terminal.line(terminal.style('dim', `${text} …`)),
    fraction: (label, fraction) => terminal.progress(label, fraction),
  });
  const server = await serve(options, () => serveWeb(served, options.port));
  terminal.line(`${served.guest.name} runs in the browser at ${server.url}   (Ctrl-C ends the server)`);
  if (!interrupted.aborted) {
    await new Promise((resolve) => interrupted.addEventListener('abort', resolve, { once: true }));
  }
  await server.close();
  return 0;
}

async function serve({ port }: WebOptions, start: () => Promise<WebServer>): Promise<WebServer> {
  try {
    return await start();
  } catch (error) {
    if (!/port .* in use/i.test((error as Error).message)) throw error;
    throw new OptionError(`--port ${port}: another program has it`, { cause: error });
  }
}

async function checkFile(name: string, path: string | undefined): Promise<void> {
  if (path === undefined) return;
  await access(path).catch((error: unknown) => {
    throw new OptionError(`--${name} ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  });
}
