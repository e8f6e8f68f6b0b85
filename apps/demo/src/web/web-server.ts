/** Serves the page with its worker, bundled when the server starts, and the files of one guest. */

import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build, defaultClientConditions, type Plugin, preview } from 'vite';
import type { WebGuest } from './messages.ts';

const PAGE = fileURLToPath(new URL('./page', import.meta.url));

/** Pages get shared memory only when nothing of other origins is among them (HTML, "Cross-origin isolation"). */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** What the server has to offer: a guest, and its files by path on the server, as bytes or as a path on the host. */
export interface ServedGuest {
  readonly guest: WebGuest;
  readonly files: Readonly<Record<string, Uint8Array | string>>;
}

/** A server that runs. */
export interface WebServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Bundles and serves on the loopback interface; port 0 is any. Rejects when the port is taken. */
export async function serveWeb(served: ServedGuest, port: number): Promise<WebServer> {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-web-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true });
  try {
    const common = { root: PAGE, configFile: false, logLevel: 'error', appType: 'mpa' } as const;
    await build({
      ...common,
      resolve: { conditions: ['viridian:source', ...defaultClientConditions] },
      build: { outDir: folder, emptyOutDir: true, target: 'esnext', chunkSizeWarningLimit: 10_000 },
      worker: { format: 'es' },
    });
    const server = await preview({
      ...common,
      build: { outDir: folder },
      plugins: [guestFiles(served)],
      preview: { host: '127.0.0.1', port, strictPort: port !== 0, headers: ISOLATION },
    });
    const close = async (): Promise<void> => {
      await server.close();
      await remove();
    };
    return { url: server.resolvedUrls!.local[0]!, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

function guestFiles({ guest, files }: ServedGuest): Plugin {
  const description = new TextEncoder().encode(JSON.stringify(guest));
  const all = new Map<string, Uint8Array | string>([...Object.entries(files), ['/guest.json', description]]);
  return {
    name: 'viridian-guest',
    configurePreviewServer: ({ middlewares }) => {
      middlewares.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        const file = all.get(request.url ?? '');
        if (file === undefined) return next();
        const isJson = request.url!.endsWith('.json');
        response.writeHead(200, {
          ...ISOLATION,
          'Content-Type': isJson ? 'application/json' : 'application/octet-stream',
          'Cache-Control': 'no-store',
        });
        const body = typeof file === 'string' ? createReadStream(file) : Readable.from([file]);
        body.on('error', () => response.destroy()).pipe(response);
      });
    },
  };
}
