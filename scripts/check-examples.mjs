// Checks the types of the first TypeScript block of each package's README and runs it, as it stands there, on source.
//
//   node scripts/check-examples.mjs [package folder …]

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inParallel, run } from './lib/run.mjs';
import { publicPackages } from './lib/workspace.mjs';

const TIME_LIMIT_MS = 60_000;
const wanted = process.argv.slice(2).map((folder) => folder.replace(/\/$/, ''));
const packages = publicPackages().filter(({ folder }) => wanted.length === 0 || wanted.includes(folder));

const failures = (await inParallel(packages, 2, check)).filter((failure) => failure !== undefined);
for (const failure of failures) console.error(failure);
console.log(`examples: ${packages.length - failures.length} of ${packages.length} READMEs hold`);
process.exitCode = failures.length === 0 && packages.length > 0 ? 0 : 1;

/** Says what is wrong with a package's example; `undefined` when it holds. */
async function check({ folder, directory }) {
  const code = firstExample(join(directory, 'README.md'));
  if (code === undefined) return `${folder}/README.md: there is no such file, or no \`\`\`ts block in it`;
  // In the package's own folder, so that its name and its dependencies resolve as they do for its source.
  const place = join(directory, `.example-${process.pid}`);
  const settings = { extends: '../tsconfig.json', include: ['*.ts'], compilerOptions: { types: ['node'] } };
  try {
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'example.ts'), code);
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify(settings));
    return (
      (await complaint(folder, 'types', 'tsc', ['-p', 'tsconfig.json'], place)) ??
      (await complaint(
        folder,
        'run',
        process.execPath,
        ['--conditions=viridian:source', 'example.ts'],
        place,
      ))
    );
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function complaint(folder, what, command, args, cwd) {
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  const { code, output } = await run(command, args, { cwd, signal });
  if (signal.aborted) return `${folder}/README.md: its example did not end within ${TIME_LIMIT_MS / 1000} s`;
  return code === 0 ? undefined : `${folder}/README.md: its example fails (${what}, exit ${code})\n${output}`;
}

function firstExample(readme) {
  try {
    return /^```ts\n(.*?)^```/ms.exec(readFileSync(readme, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
