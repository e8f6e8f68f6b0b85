import { expect, it } from 'vitest';
import { countTests } from './test-report.mjs';

const file = (status, ...tests) => ({ status, assertionResults: tests.map((test) => ({ status: test })) });

it.each([
  ['tests', [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed')], 1, [3, 1, 0]],
  ['what was left out', [file('passed', 'passed', 'pending', 'skipped', 'todo')], 0, [1, 0, 3]],
  ['a file that did not load', [file('failed'), file('passed', 'passed')], 1, [1, 1, 0]],
  ['a file that failed after its tests', [file('failed', 'passed')], 1, [1, 1, 0]],
  ['a crash that no test is to blame for', [file('passed', 'passed')], 1, [1, 1, 0]],
  ['a run without tests', [], 0, [0, 1, 0]],
  ['a run that only left out', [file('passed', 'skipped')], 0, [0, 1, 1]],
])('counts %s', (_what, testResults, exitCode, [passed, failed, skipped]) => {
  expect(countTests({ testResults }, exitCode)).toEqual({ passed, failed, skipped });
});
