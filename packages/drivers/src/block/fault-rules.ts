/** What befalls which request of a `FaultDisk`, as rules that people can write. */

import type { BlockErrorKind } from './block-device.ts';
import { type FaultPlan, type FaultRequest, injectedError } from './fault-disk.ts';

/** One rule. A request meets the first rule that it fits. */
export interface FaultRule {
  /** All kinds of requests when absent. */
  readonly operations?: readonly FaultRequest['operation'][];
  /** Bytes of the disk that the request must touch; all of it when absent. Flushes touch none. */
  readonly from?: number;
  readonly behind?: number;
  /** Only each so many-th request that fits; every one when absent. */
  readonly every?: number;
  /** At most so many times. */
  readonly times?: number;
  readonly delayMilliseconds?: number;
  readonly error?: BlockErrorKind;
}

const OPERATIONS = ['read', 'write', 'flush', 'discard'] as const;
const KINDS = ['io', 'medium', 'no-space', 'read-only', 'closed', 'corrupt'] as const;
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** The plan for a `FaultDisk`. `delay` settles after so many milliseconds: the host's timer unless given. */
export function faultPlan(
  rules: readonly FaultRule[],
  delay: (milliseconds: number) => Promise<void> = (ms) =>
    new Promise((resolve) => void setTimeout(resolve, ms)),
): FaultPlan {
  const seen = rules.map(() => ({ fits: 0, met: 0 }));
  return (request) => {
    for (const [index, rule] of rules.entries()) {
      if (!fits(rule, request)) continue;
      const count = seen[index]!;
      count.fits += 1;
      if (count.fits % (rule.every ?? 1) !== 0 || count.met >= (rule.times ?? Number.POSITIVE_INFINITY))
        continue;
      count.met += 1;
      return {
        ...(rule.delayMilliseconds !== undefined && { wait: delay(rule.delayMilliseconds) }),
        ...(rule.error !== undefined && { error: injectedError(rule.error, request.offset) }),
      };
    }
    return undefined;
  };
}

function fits(rule: FaultRule, { operation, offset, lengthBytes }: FaultRequest): boolean {
  if (rule.operations !== undefined && !rule.operations.includes(operation)) return false;
  if (rule.from === undefined && rule.behind === undefined) return true;
  if (operation === 'flush') return false;
  return offset < (rule.behind ?? Number.POSITIVE_INFINITY) && (rule.from ?? 0) < offset + lengthBytes;
}

/**
 * Reads rules such as `read,delay=20;write,at=1M-2M,error=no-space,every=10,times=3`: kinds of requests, then what they
 * meet. Throws Error that says what is wrong.
 */
export function parseFaultRules(text: string): FaultRule[] {
  return text
    .split(';')
    .map((rule) => rule.trim())
    .filter((rule) => rule !== '')
    .map(parseRule);
}

function parseRule(text: string): FaultRule {
  const operations: FaultRequest['operation'][] = [];
  let rule: FaultRule = {};
  for (const word of text.split(',')) {
    const [name, value] = word.trim().split('=', 2) as [string, string | undefined];
    const operation = OPERATIONS.find((known) => known === name);
    if (operation !== undefined && value === undefined) operations.push(operation);
    else rule = { ...rule, ...parseSetting(name, value ?? '', text) };
  }
  if (rule.delayMilliseconds === undefined && rule.error === undefined) {
    throw new Error(`'${text}' has neither delay=MILLISECONDS nor error=KIND`);
  }
  return operations.length > 0 ? { ...rule, operations } : rule;
}

function parseSetting(name: string, value: string, text: string): FaultRule {
  switch (name) {
    case 'delay':
      return { delayMilliseconds: count(value, 0, text) };
    case 'every':
      return { every: count(value, 1, text) };
    case 'times':
      return { times: count(value, 1, text) };
    case 'error': {
      const error = KINDS.find((kind) => kind === value);
      if (error === undefined) throw new Error(`'${text}': the errors are ${KINDS.join(', ')}`);
      return { error };
    }
    case 'at': {
      const match = /^(\d+)([kmgt]?)-(\d+)([kmgt]?)$/i.exec(value);
      if (match === null) throw new Error(`'${text}': at=FROM-TO, e.g. at=1M-2M, is needed`);
      const [from, behind] = [1, 3].map((at) => Number(match[at]) * UNITS[match[at + 1]!.toLowerCase()]!);
      return { from: from!, behind: behind! };
    }
    default:
      throw new Error(
        `'${text}': nobody knows '${name}'; there are ${OPERATIONS.join(', ')}, at, delay, error, every, times`,
      );
  }
}

function count(text: string, least: number, rule: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new Error(`'${rule}': '${text}' is no whole number from ${least}`);
}
