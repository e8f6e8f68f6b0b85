import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkLayers } from './layers.mjs';

/** A small house that keeps the rule: each test breaks it in one place. */
const HOUSE = {
  'package.json': { devDependencies: { vitest: '1' } },
  'packages/wire/package.json': manifest('wire', 0, 'both'),
  'packages/wire/src/index.ts': '',
  'packages/trace/package.json': manifest('trace', 0, 'both'),
  'packages/trace/src/index.ts': '',
  'packages/vmbus/package.json': {
    ...manifest('vmbus', 40, 'both', ['wire'], ['ring', 'host', 'guest']),
    viridian: {
      layer: 40,
      side: 'both',
      subpathSides: { './ring': 'both', './host': 'parent', './guest': 'child' },
    },
  },
  'packages/vmbus/src/ring/index.ts': "export { field } from '@viridian/wire';",
  'packages/vmbus/src/host/index.ts': "import { Ring } from '../ring/index.ts';",
  'packages/vmbus/src/guest/index.ts': "import { Ring } from '../ring/index.ts';",
  'packages/drivers/package.json': manifest('drivers', 40, 'parent', ['wire'], ['node']),
  'packages/drivers/src/node/file.ts': "import { open } from 'node:fs/promises';",
  'packages/vsp/package.json': manifest('vsp', 50, 'parent', ['vmbus', 'drivers'], [], ['vsc']),
  'packages/vsp/src/index.ts':
    "import type { Bus } from '@viridian/vmbus/host';\nimport '@viridian/vmbus/ring';",
  'packages/vsp/src/index.test.ts':
    "import { it } from 'vitest';\nimport '@viridian/vsc';\nimport 'node:fs';\nimport './index.ts';",
  'packages/vsc/package.json': manifest('vsc', 50, 'child', ['vmbus']),
  'packages/vsc/src/index.ts': "import { connect } from '@viridian/vmbus/guest';",
  'packages/vsc/node_modules/other/index.ts': "import 'node:fs';",
  'apps/demo/package.json': { ...manifest('demo', 90, 'both', ['vsp', 'vsc']), name: 'demo' },
  'apps/demo/src/main.ts': "import '@viridian/vsp';\nimport '@viridian/vsc';\nimport 'node:process';",
};

function manifest(name, layer, side, dependencies = [], subpaths = [], devDependencies = []) {
  const listed = (names) => Object.fromEntries(names.map((other) => [`@viridian/${other}`, 'workspace:*']));
  const exports = { '.': { 'viridian:source': './src/index.ts' } };
  for (const subpath of subpaths)
    exports[`./${subpath}`] = { 'viridian:source': `./src/${subpath}/index.ts` };
  return {
    name: `@viridian/${name}`,
    viridian: { layer, side },
    exports,
    dependencies: listed(dependencies),
    devDependencies: listed(devDependencies),
  };
}

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'viridian-layers-'));
  for (const [file, content] of Object.entries(HOUSE)) write(file, content);
});
afterEach(() => rmSync(root, { recursive: true }));

function write(file, content) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), typeof content === 'string' ? content : JSON.stringify(content));
}

/** What is refused after writing `content` into `file`. */
function refused(file, content) {
  write(file, content);
  return checkLayers(root).problems.map((problem) => `${problem.file}:${problem.line}: ${problem.message}`);
}

describe('the layering check', () => {
  it('lets a house pass that keeps the rule, tests and compositions with their exemptions', () => {
    expect(checkLayers(root)).toEqual({ problems: [], packages: 7, files: 10, imports: 14 });
  });

  describe('refuses an import', () => {
    it.each([
      ['of a higher layer', "import '@viridian/vsp';", 'is not among its dependencies'],
      ['of an undeclared package', "import '@viridian/trace';", "'@viridian/trace' is not among"],
      ['of an undeclared outside package', "import 'left-pad/index.js';", "'left-pad' is not among"],
      ['of a test tool', "import 'vitest';", "'vitest' is not among its dependencies"],
      ['past the exports', "import '@viridian/wire/src/index.ts';", 'its exports are .'],
      ['by a path into another package', "import '../../../wire/src/index.ts';", 'leaves its package'],
      ['of a file by its address', "import 'file:///etc/passwd';", 'neither a package nor a file'],
      ["of Node's modules", "import 'node:fs';", "Node's own"],
      ["of Node's modules by their bare names", "import 'fs';", "Node's own"],
      ['that is dynamic', "await import('node:fs');", "Node's own"],
      ['that is computed', 'await import(name);', 'computed name'],
      ['of a type only', "import type { A } from '@viridian/trace';", 'is not among'],
      ['inside a type', "type A = import('@viridian/trace').A;", 'is not among'],
      ['in a re-export', "export { a } from '@viridian/trace';", 'is not among'],
      ['in a reference comment', '/// <reference types="node" />', "Node's own"],
      ['of a test', "import './a.test.ts';", 'is a test'],
    ])('%s', (_kind, code, message) => {
      expect(refused('packages/vmbus/src/ring/bad.ts', `\n${code}`)).toEqual([
        expect.stringMatching(/^packages\/vmbus\/src\/ring\/bad\.ts:2: /),
      ]);
      expect(refused('packages/vmbus/src/ring/bad.ts', code)[0]).toContain(message);
    });

    it.each([
      ["the child's from the parent's", 'vsp/src/bad.ts', '@viridian/vmbus/guest', "parent's side may not"],
      ["the parent's from the child's", 'vsc/src/bad.ts', '@viridian/vmbus/host', "child's side may not"],
      ['the guest half from the host half', 'vmbus/src/host/bad.ts', '../guest/index.ts', "parent's side"],
      ['the host half from the guest half', 'vmbus/src/guest/bad.ts', '../host/index.ts', "child's side"],
      ['a half by name', 'vmbus/src/host/bad.ts', '@viridian/vmbus/guest', "parent's side may not"],
      ['a half from shared code', 'vmbus/src/ring/bad.ts', '../host/index.ts', 'code of both sides'],
      ['a half from the package', 'vmbus/src/bad.ts', './guest/index.ts', 'code of both sides'],
    ])('across the sides: %s', (_kind, file, specifier, message) => {
      expect(refused(`packages/${file}`, `import '${specifier}';`)).toEqual([
        expect.stringContaining(message),
      ]);
    });

    it("of Node's modules outside drivers' node folder", () => {
      expect(refused('packages/drivers/src/bad.ts', "import 'node:fs';")).toHaveLength(1);
      expect(refused('packages/drivers/src/node.ts', "import 'node:fs';")).toHaveLength(2);
    });

    it('in a file that nobody can parse', () => {
      expect(refused('packages/wire/src/bad.ts', 'import {')[0]).toContain('cannot be parsed');
    });
  });

  describe('refuses a package', () => {
    it.each([
      ['that depends on a higher layer', manifest('wire', 0, 'both', ['vmbus']), 'layer 0) may not see'],
      ['that depends on its own layer', manifest('wire', 0, 'both', ['trace']), 'layer 0) may not see'],
      ['without a layer', { ...manifest('wire', 0, 'both'), viridian: { side: 'both' } }, 'states no layer'],
      ['without a side', { ...manifest('wire', 0, 'both'), viridian: { layer: 0 } }, "side 'undefined'"],
      ['with an unknown side', manifest('wire', 0, 'host'), "side 'host'"],
      [
        'with a side for what it does not export',
        {
          ...manifest('wire', 0, 'both'),
          viridian: { layer: 0, side: 'both', subpathSides: { './x': 'child' } },
        },
        "side for './x'",
      ],
    ])('%s', (_kind, content, message) => {
      expect(refused('packages/wire/package.json', content)).toContainEqual(expect.stringContaining(message));
    });
  });

  describe('holds tests to what they declare', () => {
    it.each([
      ['an undeclared package', "import '@viridian/trace';", 'dependencies or devDependencies'],
      ['a deep import', "import '@viridian/vsc/src/index.ts';", 'its exports are'],
      ['a path into another package', "import '../../vsc/src/index.ts';", 'leaves its package'],
    ])('%s', (_kind, code, message) => {
      expect(refused('packages/vsp/test/bad.ts', code)).toEqual([expect.stringContaining(message)]);
    });
  });
});
