/** Trace points, counters and the inspection tree: how every part of Viridian can be watched. */

export { type Counters, counters, countersSince } from './counters.ts';
export type { Disposer } from './disposer.ts';
export { formatEvent } from './format-event.ts';
export { Histogram } from './histogram.ts';
export {
  formatInspection,
  type Inspectable,
  type Inspection,
  type InspectionValue,
  type InspectNode,
  type InspectValue,
} from './inspect.ts';
export { InspectTree } from './inspect-tree.ts';
export {
  type ListenOptions,
  listen,
  listTracePoints,
  type TraceEvent,
  type TraceLevel,
  type TraceListener,
  type TraceValue,
} from './registry.ts';
export { type FieldValues, type TracePoint, tracePoint } from './trace-point.ts';
export { forgetWarnings, recentWarnings, type Warning, type WarningRecord, warning } from './warning.ts';
