// The whole check, as CI runs it: style, layers, types, tests, README examples, packed packages. Every test counts, and
// every other step counts as one test; the last line is the sum. With arguments, only vitest runs, and gets them.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './lib/run.mjs';
import { countTests } from './lib/test-report.mjs';
import { repository } from './lib/workspace.mjs';

const report = join(repository, 'reports', 'test.json');
const node = process.execPath;

/** Steps beside the tests: each is shown only when it fails. */
const STEPS = [
  ['style and lint', 'biome', ['check', '--error-on-warnings', '.']],
  ['layers', node, ['scripts/check-layers.mjs']],
  ['types', 'turbo', ['run', 'typecheck', '--output-logs=errors-only']],
  ['unused code', 'knip', []],
  ['README examples', node, ['scripts/check-examples.mjs']],
  ['packages, built and packed', node, ['scripts/check-packages.mjs']],
];

process.on('SIGINT', () => process.exit(130));
const vitestArguments = process.argv.slice(2);
const failedSteps = vitestArguments.length > 0 ? [] : await runSteps();
const tests = await runTests();
const steps = vitestArguments.length > 0 ? 0 : STEPS.length;

const passed = tests.passed + steps - failedSteps.length;
const failed = tests.failed + failedSteps.length;
console.log(
  `\n${tests.passed} tests passed, ${tests.failed} did not; ${steps - failedSteps.length} of ${steps} other steps passed`,
);
if (failedSteps.length > 0) console.log(`steps that failed (see above): ${failedSteps.join('; ')}`);
if (tests.skipped > 0) console.log(`${tests.skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Runs the steps and gives the names of those that failed. */
async function runSteps() {
  const failures = [];
  for (const [name, command, args] of STEPS) {
    const start = performance.now();
    const { code, output } = await run(command, args);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${code === 0 ? '✓' : '✗'} ${name} (${seconds} s)`);
    if (code === 0) continue;
    console.log(output);
    failures.push(name);
  }
  return failures;
}

async function runTests() {
  rmSync(report, { force: true }); // never count an old report
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const vitest = join(repository, 'node_modules', 'vitest', 'vitest.mjs');
  const { code } = await run(node, [vitest, 'run', ...reporters, ...vitestArguments], { live: true });
  try {
    return countTests(JSON.parse(readFileSync(report, 'utf8')), code);
  } catch (error) {
    console.error(`vitest (exit ${code}) left no report: ${error.message}`);
    return countTests({ testResults: [] }, code);
  }
}
