/** Entry of the WebAssembly module that the tests of `assembly/system` build: the folder alone, without decoder. */

export { materializeFlags } from '../flags';
export { updateMode } from '../mode';
export { deliverException, hasEvent, serviceEvents } from './events';
export { executeSystem } from './execute';
export { initialize, reset, startUp } from './processor-reset';
export { loadSegment } from './segment-load';
export { raisePF } from '../exception';
