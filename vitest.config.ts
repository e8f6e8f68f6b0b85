import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests run on source: the private condition leads every import to a .ts file.
const conditions = ['viridian:source', 'node', 'module-sync', 'module', 'import', 'development|production'];

const packages = globSync('{packages/*,apps/*,bench}/package.json').map((file) => dirname(file));

/** Sets the engine of x86 processors that are made without a choice: by VIRIDIAN_ENGINE. */
const engineSetup = `${import.meta.dirname}/packages/x86/test/jit/engine-setup.ts`;

/** What guests see of processors must be the same on every engine: tests that run once more on all but the usual one. */
const engineTests: Readonly<Record<string, string>> = {
  'packages/x86': 'test/{programs,core}/**/!(fast-paths).test.ts',
  'packages/hypervisor': 'test/**/*.test.ts',
  'packages/vm': 'test/**/*.test.ts',
};
const engineProjects = ['interpreter', 'jit:0', 'lock-step:0'].flatMap((engine) =>
  Object.entries(engineTests)
    // Where interrupts come from a clock, lock-step delivers them elsewhere than the tests expect.
    .filter(([root]) => root === 'packages/x86' || engine !== 'lock-step:0')
    .map(([root, include]) => ({
      extends: true as const,
      root,
      test: {
        name: `${root}, ${engine}`,
        include: [include],
        execArgv: ['--conditions=viridian:source'],
        setupFiles: [engineSetup],
        env: { VIRIDIAN_ENGINE: engine },
        isolate: false, // they leave nothing behind
        testTimeout: 90_000, // what compiles everything at once takes its time
      },
    })),
);

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      ...[...packages, 'scripts'].map((root) => ({
        extends: true as const, // without it the settings above are not inherited
        root,
        test: {
          name: root,
          include: ['{src,test,lib}/**/*.test.{ts,mjs}'],
          execArgv: ['--conditions=viridian:source'],
          // Commands run as processes of their own, with kernels in them: a guard against hanging, too, but a later one.
          ...(root.startsWith('apps') && { testTimeout: 90_000 }),
          setupFiles: root in engineTests ? [engineSetup] : [],
        },
      })),
      ...engineProjects,
    ],
    testTimeout: 20_000, // a guard against hanging, with room for two busy cores
    coverage: { provider: 'v8', include: ['src/**/*.ts'], exclude: ['**/*.test.ts'] },
  },
});
