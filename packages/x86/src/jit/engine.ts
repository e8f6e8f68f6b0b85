/** The choice between interpreting and compiling. */

export interface EngineOptions {
  /**
   * `jit`, the usual one, compiles code that runs often to WebAssembly; `interpreter` executes each instruction by itself;
   * `lock-step` does both, compares, and throws `LockStepDifference` where they differ.
   */
  readonly engine?: 'interpreter' | 'jit' | 'lock-step';
  /** Entries of a block after which it is compiled: 0 compiles everything at once. */
  readonly threshold?: number;
}

const DEFAULT_THRESHOLD = 8000;

let usual: EngineOptions = { engine: 'jit' };

/** Sets what machines use that were given no options: tests run the same programs on each engine. */
export function setUsualEngine(options: EngineOptions): void {
  usual = options;
}

function chosen(options: EngineOptions = usual): EngineOptions {
  return options.engine === undefined ? { ...usual, ...options } : options;
}

/** What `setJitThreshold` of the core takes: entries of a block until it is compiled, -1 for never. */
export function coreThreshold(options?: EngineOptions): number {
  const { engine, threshold } = chosen(options);
  return engine === 'interpreter' ? -1 : (threshold ?? DEFAULT_THRESHOLD);
}

/** Whether both engines run, and are compared. */
export function isLockStep(options?: EngineOptions): boolean {
  return chosen(options).engine === 'lock-step';
}
