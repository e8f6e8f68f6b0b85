import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests run on source: the private condition leads every import to a .ts file.
const conditions = ['viridian:source', 'node', 'module-sync', 'module', 'import', 'development|production'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: globSync('{packages/*,apps/*,bench}/package.json')
      .map((file) => dirname(file))
      .map((root) => ({
        extends: true as const, // without it the settings above are not inherited
        root,
        test: {
          name: root,
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          execArgv: ['--conditions=viridian:source'],
        },
      })),
    coverage: { provider: 'v8', include: ['packages/*/src/**/*.ts'] },
    reporters: ['default', ['json', { outputFile: 'reports/vitest.json' }]],
  },
});
