/** Runs before test files: VIRIDIAN_ENGINE chooses the engine of machines that ask for none (`jit`, `jit:0`, `interpreter`, `lock-step:0`). */

import { setUsualEngine } from '../../src/jit/engine.ts';

const [engine, threshold] = (process.env.VIRIDIAN_ENGINE ?? '').split(':');
if (engine === 'jit' || engine === 'interpreter' || engine === 'lock-step') {
  setUsualEngine(threshold === undefined ? { engine } : { engine, threshold: Number(threshold) });
}
