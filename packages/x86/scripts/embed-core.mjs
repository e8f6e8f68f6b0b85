// Compiles assembly/ to build/core.wasm and writes it as base64 into src/generated/core-wasm.ts, so that it is the same
// in Node, in browsers, in tests and in the packed package. Does nothing while the sources are unchanged.

import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = join(root, 'src', 'generated', 'core-wasm.ts');
const stamp = sourcesHash();

if (!existsSync(output) || !readFileSync(output, 'utf8').includes(stamp)) {
  await import('./generate-hot.mjs');
  const { default: asc } = await import('assemblyscript/asc');
  const config = join(root, 'asconfig.json');
  const { error, stderr } = await asc.main(['assembly/index.ts', '--config', config, '--baseDir', root]);
  if (error) {
    console.error(`${error.message}\n${stderr}`);
    process.exit(1);
  }
  const base64 = readFileSync(join(root, 'build', 'core.wasm')).toString('base64');
  mkdirSync(join(root, 'src', 'generated'), { recursive: true });
  writeFileSync(
    output,
    `// Made by scripts/embed-core.mjs from sources ${stamp}.\n/** The processor core as base64. */\nexport const CORE_WASM =\n  '${base64}';\n`,
  );
}

function sourcesHash() {
  const hash = createHash('sha256');
  const sources = globSync('assembly/**/*.ts', { cwd: root, exclude: ['assembly/generated/**'] }).sort();
  for (const file of ['asconfig.json', 'scripts/generate-hot.mjs', ...sources]) {
    hash.update(file).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}
