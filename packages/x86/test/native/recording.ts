/** Keeps the host's answers in a folder, so that hosts with another processor can replay them. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Backend } from './host-processor.ts';

function fileOf(folder: string, batch: Uint8Array): string {
  return join(folder, `${createHash('sha256').update(batch).digest('hex').slice(0, 32)}.gz`);
}

/** Writes down what `backend` answers to each batch. */
export function recording(backend: Backend, folder: string): Backend {
  mkdirSync(folder, { recursive: true });
  return (batch) => {
    const answer = backend(batch);
    writeFileSync(fileOf(folder, batch), gzipSync(answer));
    return answer;
  };
}

/** Answers from what was written down. Throws for a batch that was not: the generator has changed since. */
export function replaying(folder: string): Backend {
  return (batch) => {
    const file = fileOf(folder, batch);
    if (!existsSync(file)) throw new Error(`${folder} has no answer to this batch: record it anew`);
    return gunzipSync(readFileSync(file));
  };
}
