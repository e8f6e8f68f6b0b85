// Refuses every import that the layering rule does not allow; the rule itself is in lib/layers.mjs.

import { checkLayers } from './lib/layers.mjs';
import { repository } from './lib/workspace.mjs';

const { problems, packages, files, imports } = checkLayers(repository);
for (const { file, line, message } of problems) console.error(`${file}:${line}: ${message}`);
if (problems.length > 0) {
  console.error(`\nlayers: ${problems.length} refused (the rule: CONTRIBUTING.md, "Layers")`);
  process.exitCode = 1;
} else {
  console.log(`layers: ${imports} imports in ${files} files of ${packages} packages keep the rule`);
}
