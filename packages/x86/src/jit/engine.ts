/** The choice between interpreting and compiling. */

export interface EngineOptions {
  /** `interpreter`, the usual one, executes each instruction by itself; `jit` compiles code that runs often to WebAssembly. */
  readonly engine?: 'interpreter' | 'jit';
  /** Entries of a block after which it is compiled: 0 compiles everything at once. */
  readonly threshold?: number;
}

const DEFAULT_THRESHOLD = 8000;

// The JIT becomes the usual one when it has booted kernels as often as the interpreter has.
let usual: EngineOptions = { engine: 'interpreter' };

/** Sets what machines use that were given no options: tests run the same programs on each engine. */
export function setUsualEngine(options: EngineOptions): void {
  usual = options;
}

/** What `setJitThreshold` of the core takes: entries of a block until it is compiled, -1 for never. */
export function coreThreshold(options: EngineOptions = usual): number {
  const { engine, threshold } = options.engine === undefined ? { ...usual, ...options } : options;
  return engine === 'jit' ? (threshold ?? DEFAULT_THRESHOLD) : -1;
}
