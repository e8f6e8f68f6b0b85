// Checks the packages as their users get them: builds and packs each one, has its manifest and types judged, then
// installs it alone (with nothing but its own dependencies) into an empty project, imports every entry on each Node of
// this machine, and has a stranger's compiler resolve its types.
//
//   node scripts/check-packages.mjs [package folder …]

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { inParallel, run } from './lib/run.mjs';
import { publicPackages, repository } from './lib/workspace.mjs';

const IMPORT_ENTRY = `
  const names = Object.keys(await import(entry));
  if (names.length === 0) throw new Error(entry + ' exports nothing');
`;

const everyPackage = publicPackages();
const byName = new Map(everyPackage.map((entry) => [entry.manifest.name, entry]));
const named = process.argv.slice(2).map((folder) => folder.replace(/\/$/, ''));
const wanted = everyPackage.filter(({ folder }) => named.length === 0 || named.includes(folder));
/** What they are built from and installed with. */
const needed = everyPackage.filter(
  (entry) =>
    wanted.includes(entry) || wanted.some((other) => closure(other).ours.includes(entry.manifest.name)),
);
const nodes = findNodes();
const workshop = mkdtempSync(join(tmpdir(), 'viridian-packages-'));

try {
  await build();
  const tarballs = await pack();
  const failures = (await inParallel(wanted, 2, (entry) => check(entry, tarballs))).flat();
  for (const failure of failures) console.error(failure);
  const entries = wanted.flatMap(({ manifest }) => Object.keys(manifest.exports)).length;
  if (failures.length > 0 || wanted.length === 0) {
    console.error(`\npackages: ${failures.length} checks of ${wanted.length} packages failed`);
    process.exitCode = 1;
  } else {
    console.log(
      `packages: ${wanted.length} packed, each one alone imports: ${entries} entries on ${nodes.size} Nodes`,
    );
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(workshop, { recursive: true, force: true });
}

async function build() {
  // What an older build left behind must not ship. Unchanged packages come back from turbo's cache.
  for (const { directory } of needed) rmSync(join(directory, 'dist'), { recursive: true, force: true });
  const filters = needed.map(({ manifest }) => `--filter=${manifest.name}`);
  const { code, output } = await run('turbo', ['run', 'build', '--output-logs=errors-only', ...filters]);
  if (code !== 0) throw new Error(`the build fails\n${output}`);
}

/** Packs the packages and gives the tarballs by package name. */
async function pack() {
  const tarballs = new Map();
  await inParallel(needed, 2, async ({ directory, manifest }) => {
    const place = join(workshop, 'tarballs', manifest.name.replace('/', '-'));
    mkdirSync(place, { recursive: true });
    const { code, output } = await run('pnpm', ['pack', '--pack-destination', place], { cwd: directory });
    const [tarball] = readdirSync(place);
    if (code !== 0 || tarball === undefined) throw new Error(`${manifest.name} cannot be packed\n${output}`);
    tarballs.set(manifest.name, join(place, tarball));
  });
  return tarballs;
}

/** Gives what is wrong with one package, one text per failed check. */
async function check(entry, tarballs) {
  const { name } = entry.manifest;
  const tarball = tarballs.get(name);
  const project = await emptyProject(entry, tarballs);
  const results = [
    ['publint', await run('publint', ['run', tarball, '--strict', '--level', 'warning'])],
    ['attw', await run('attw', [tarball, '--profile', 'esm-only', '--no-color', '--no-definitely-typed'])],
    ['npm install', project.installed],
  ];
  if (project.installed.code === 0) {
    for (const [version, node] of nodes) {
      results.push([`import on Node ${version}`, await run(node, ['import.mjs'], { cwd: project.place })]);
    }
    results.push(['types', await run('tsc', ['-p', 'tsconfig.json'], { cwd: project.place })]);
  }
  return results
    .filter(([, { code }]) => code !== 0)
    .map(([what, { code, output }]) => `\n${name}: ${what} fails (exit ${code})\n${output}`);
}

/** Makes a project that has nothing but the package, and in its scripts nothing but imports of its entries. */
async function emptyProject(entry, tarballs) {
  const { name, exports } = entry.manifest;
  const place = join(workshop, 'projects', name.replace('/', '-'));
  mkdirSync(place, { recursive: true });
  const { ours, foreign } = closure(entry);
  const overrides = Object.fromEntries(ours.map((other) => [other, `file:${tarballs.get(other)}`]));
  const write = (file, content) => writeFileSync(join(place, file), content);
  write(
    'package.json',
    JSON.stringify({
      private: true,
      type: 'module',
      dependencies: { [name]: `file:${tarballs.get(name)}` },
      overrides,
    }),
  );
  const entries = Object.keys(exports).map((subpath) => name + subpath.slice(1));
  write('import.mjs', `for (const entry of ${JSON.stringify(entries)}) {${IMPORT_ENTRY}}`);
  write('import.ts', entries.map((specifier, at) => `export * as m${at} from '${specifier}';\n`).join(''));
  write(
    'tsconfig.json',
    JSON.stringify({ files: ['import.ts'], compilerOptions: strangersOptions(entries) }),
  );
  // Without foreign dependencies the registry has nothing to say, and must not be asked for a package of our name.
  const reach = foreign ? '--prefer-offline' : '--offline';
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  return { place, installed: await run('npm', ['install', reach, ...quiet], { cwd: place }) };
}

/** A strict user's settings; `skipLibCheck` is off, so that our own declarations are checked too. */
function strangersOptions(entries) {
  const usesNode = entries.some((specifier) => specifier.endsWith('/node'));
  return {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable', 'dom'],
    module: 'nodenext',
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types: usesNode ? ['node'] : [],
    typeRoots: [join(repository, 'node_modules', '@types')],
  };
}

/** The names of our packages that a package needs, and whether it or one of them needs anything foreign. */
function closure(entry) {
  const ours = new Set();
  let foreign = false;
  const add = ({ manifest }) => {
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      const dependency = byName.get(name);
      if (dependency === undefined) foreign = true;
      else if (!ours.has(name)) {
        ours.add(name);
        add(dependency);
      }
    }
  };
  add(entry);
  return { ours: [...ours], foreign };
}

/** The project's own Node and whichever other the machine has, by version. */
function findNodes() {
  const found = new Map([[process.versions.node, process.execPath]]);
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const node = join(folder, 'node');
    if (folder.includes('node_modules') || !existsSync(node)) continue;
    found.set('of this machine', node);
    break;
  }
  return found;
}
