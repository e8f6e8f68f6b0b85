// The layering rule: who may import whom. Each package.json states its place:
//
//   "viridian": { "layer": 40, "side": "both", "subpathSides": { "./host": "parent", "./guest": "child" } }
//
// An import leads to a lower layer, by a declared dependency and an exported subpath, and never from the parent's side to
// the child's or back. Code of side `both` runs on either, so it may lean on neither. Two exemptions, both by place:
//   - tests (`*.test.ts`, `*.bench.ts`, `test/`) and build scripts (`scripts/`) see any layer and both sides, through (dev)dependencies;
//   - compositions (`apps/*`, `bench`) see both sides.

import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { findImports } from './imports.mjs';
import { readWorkspace } from './workspace.mjs';

const SIDES = ['both', 'parent', 'child'];
const SOURCES = '**/*.{ts,mts,cts,tsx,js,mjs,cjs,jsx}';
/** `assembly` is AssemblyScript: another language, whose compiler sees nothing but its own folder. */
const NOT_OURS = ['node_modules', 'dist', 'build', 'coverage', 'generated', 'assembly'];
/** The one folder of a package that may use Node's own modules. */
const NODE_FOLDER = 'packages/drivers/src/node/';

/**
 * @typedef {object} Problem
 * @property {string} file from the root
 * @property {number} line 1 for what a package.json says as a whole
 * @property {string} message
 */

/**
 * Checks the workspace below `root`.
 * @returns {{ problems: Problem[], packages: number, files: number, imports: number }}
 */
export function checkLayers(root) {
  const packages = readWorkspace(root);
  const house = {
    byName: new Map(packages.map((entry) => [entry.manifest.name, entry])),
    rootDependencies: declared(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')), true),
  };
  const problems = packages.flatMap((entry) => checkManifest(entry, house));
  if (problems.length > 0) return { problems, packages: packages.length, files: 0, imports: 0 };
  let files = 0;
  let imports = 0;
  for (const owner of packages) {
    for (const path of sourcesOf(owner)) {
      const file = `${owner.folder}/${path}`;
      const found = findImports(file, readFileSync(join(root, file), 'utf8'));
      files += 1;
      imports += found.imports.length;
      for (const message of found.errors)
        problems.push({ file, line: 1, message: `cannot be parsed: ${message}` });
      for (const { specifier, line } of found.imports) {
        const message = refusal({ owner, path, specifier, isTest: isTest(path) }, house);
        if (message !== undefined) problems.push({ file, line, message });
      }
    }
  }
  return { problems, packages: packages.length, files, imports };
}

function sourcesOf(owner) {
  return globSync(SOURCES, {
    cwd: owner.directory,
    exclude: (path) => NOT_OURS.includes(posix.basename(path)),
  })
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
}

function checkManifest(owner, house) {
  const { layer, side, subpathSides = {} } = owner.manifest.viridian ?? {};
  const problems = [];
  const refuse = (message) => problems.push({ file: `${owner.folder}/package.json`, line: 1, message });
  if (!Number.isSafeInteger(layer) || layer < 0)
    refuse('states no layer: "viridian": { "layer": … } is missing or no number');
  for (const stated of [side, ...Object.values(subpathSides)]) {
    if (!SIDES.includes(stated)) refuse(`states the side '${stated}'; it is one of ${SIDES.join(', ')}`);
  }
  for (const subpath of Object.keys(subpathSides)) {
    if (owner.manifest.exports?.[subpath] === undefined)
      refuse(`states a side for '${subpath}', which it does not export`);
  }
  for (const name of Object.keys(owner.manifest.dependencies ?? {})) {
    const target = house.byName.get(name);
    if (target === undefined) continue;
    const message = layerRefusal(owner, target);
    if (message !== undefined) refuse(`depends on a package above: ${message}`);
  }
  return problems;
}

/** Says why an import is refused; `undefined` when it is allowed. */
function refusal(edge, house) {
  const { owner, path, specifier, isTest } = edge;
  if (specifier === undefined) {
    return isTest || isComposition(owner)
      ? undefined
      : 'loads a module by a computed name, which no check can follow';
  }
  if (specifier.startsWith('.')) return relativeRefusal(edge);
  if (specifier.startsWith('#')) return undefined;
  if (specifier === 'node' || isBuiltin(specifier)) {
    if (isTest || isComposition(owner) || `${owner.folder}/${path}`.startsWith(NODE_FOLDER)) return undefined;
    return `'${specifier}' is Node's own; only ${NODE_FOLDER}, apps/, bench/ and tests may use it`;
  }
  if (/^[a-z]+:|^\//.test(specifier)) return `'${specifier}' is neither a package nor a file of this package`;
  return packageRefusal(edge, house);
}

function relativeRefusal({ owner, path, specifier, isTest: fromTest }) {
  const target = posix.join(posix.dirname(path), specifier);
  if (target.startsWith('../')) return `'${specifier}' leaves its package; import the other package by name`;
  if (fromTest) return undefined;
  if (isTest(target)) return `'${specifier}' is a test; what ships may not need it`;
  return sideRefusal(owner, sideOfFile(owner, path), sideOfFile(owner, target), specifier);
}

function packageRefusal({ owner, path, specifier, isTest }, house) {
  const { name, subpath } = splitName(specifier);
  const target = house.byName.get(name);
  const isSelf = target === owner;
  if (
    !isSelf &&
    !declared(owner.manifest, isTest).has(name) &&
    !(isTest && house.rootDependencies.has(name))
  ) {
    return `'${name}' is not among its ${isTest ? 'dependencies or devDependencies' : 'dependencies'}`;
  }
  if (target === undefined) return undefined;
  if (target.manifest.exports?.[subpath] === undefined) {
    return `'${specifier}' reaches into ${name}; its exports are ${Object.keys(target.manifest.exports ?? {}).join(', ')}`;
  }
  if (isTest) return undefined;
  const layers = isSelf ? undefined : layerRefusal(owner, target);
  return layers ?? sideRefusal(owner, sideOfFile(owner, path), sideOfSubpath(target, subpath), specifier);
}

function layerRefusal(owner, target) {
  const from = owner.manifest.viridian.layer;
  const to = target.manifest.viridian?.layer;
  if (to < from) return undefined;
  return `${owner.manifest.name} (layer ${from}) may not see ${target.manifest.name} (layer ${to})`;
}

function sideRefusal(owner, from, to, specifier) {
  if (to === 'both' || to === from || isComposition(owner)) return undefined;
  if (from === 'both') return `code of both sides may not lean on the ${to}'s: '${specifier}'`;
  return `the ${from}'s side may not see the ${to}'s: '${specifier}'`;
}

function sideOfSubpath(target, subpath) {
  return target.manifest.viridian.subpathSides?.[subpath] ?? target.manifest.viridian.side;
}

/** A file belongs to the subpath whose entry file lies in its folder or above it; otherwise to the package. */
function sideOfFile(owner, path) {
  const { side, subpathSides = {} } = owner.manifest.viridian;
  let known = { folder: '', side };
  for (const [subpath, stated] of Object.entries(subpathSides)) {
    const entry = posix.normalize(owner.manifest.exports[subpath]['viridian:source']);
    const folder = entry.replace(/index\.ts$/, '');
    if (path.startsWith(folder) && folder.length > known.folder.length) known = { folder, side: stated };
  }
  return known.side;
}

/** Tests may see any layer and both sides, and so may a package's own build scripts: neither is shipped. */
function isTest(path) {
  return path.startsWith('test/') || path.startsWith('scripts/') || /\.(test|bench)\.\w+$/.test(path);
}

/** Compositions may see both sides. */
function isComposition(owner) {
  return owner.folder.startsWith('apps/') || owner.folder === 'bench';
}

function declared(manifest, withDev) {
  return new Set([
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
    ...(withDev ? Object.keys(manifest.devDependencies ?? {}) : []),
  ]);
}

/** `@scope/name/sub/path` as name `@scope/name` and subpath `./sub/path`. */
function splitName(specifier) {
  const words = specifier.split('/');
  const name = words.splice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  return { name, subpath: words.length === 0 ? '.' : `./${words.join('/')}` };
}
