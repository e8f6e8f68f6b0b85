/** What the core asks of TypeScript. Parameters and results go through the exit record of the VP block. */

/** Throws the one preallocated object that `run` catches; never returns. The fault record says why. */
// @ts-ignore: decorator
@external('env', 'raise')
export declare function raiseToHost(): void;

/** An exit to the hypervisor: EXIT_* of exits.ts. The result is an OUTCOME_*. */
// @ts-ignore: decorator
@external('env', 'exit')
export declare function exitToHost(vp: usize, kind: u32): u32;

/** Puts the time-stamp counter into EXIT_TSC. */
// @ts-ignore: decorator
@external('env', 'readTsc')
export declare function readTscFromHost(vp: usize): void;

/** Makes a region's module of bytes in memory and gives its place in the function table, 0 when that fails. */
// @ts-ignore: decorator
@external('env', 'install')
export declare function installRegion(region: u32, start: u32, bytes: u32): u32;

/** Host page `page` of guest memory is about to be written; by the processor itself when it is a table. */
// @ts-ignore: decorator
@external('env', 'journal')
export declare function journalToHost(page: u32, isTable: u32): void;

/** For debugging only: shows a number. */
// @ts-ignore: decorator
@external('env', 'log')
export declare function logToHost(tag: u32, value: u64): void;
