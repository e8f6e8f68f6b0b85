import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests run on source: the private condition leads every import to a .ts file.
const conditions = ['viridian:source', 'node', 'module-sync', 'module', 'import', 'development|production'];

const packages = globSync('{packages/*,apps/*,bench}/package.json').map((file) => dirname(file));

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [...packages, 'scripts'].map((root) => ({
      extends: true as const, // without it the settings above are not inherited
      root,
      test: {
        name: root,
        include: ['{src,test,lib}/**/*.test.{ts,mjs}'],
        execArgv: ['--conditions=viridian:source'],
        // Commands run as processes of their own, with kernels in them: a guard against hanging, too, but a later one.
        ...(root.startsWith('apps') && { testTimeout: 90_000 }),
        // The processor's tests choose their engine by the environment.
        setupFiles: root === 'packages/x86' ? ['test/jit/engine-setup.ts'] : [],
      },
    })),
    testTimeout: 20_000, // a guard against hanging, with room for two busy cores
    coverage: { provider: 'v8', include: ['src/**/*.ts'], exclude: ['**/*.test.ts'] },
  },
});
