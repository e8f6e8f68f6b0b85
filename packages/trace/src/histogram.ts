/** Histograms with power-of-two buckets: sizes and waiting times at the cost of a few additions. */

import type { Inspectable, InspectNode } from './inspect.ts';

/** Bucket 0 counts zeros, bucket n counts 2^(n-1) up to but not including 2^n; safe integers need 54. */
const BUCKETS = 54;
const TWO_TO_32 = 2 ** 32;

/** Counts values from 0 to 2^53 - 1; recording allocates nothing. */
export class Histogram implements Inspectable {
  readonly #buckets = new Float64Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #min = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }
  get sum(): number {
    return this.#sum;
  }
  get min(): number {
    return this.#min;
  }
  get max(): number {
    return this.#max;
  }
  /** The exact mean; 0 when nothing was recorded. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /** Adds one value. Negative numbers and NaN count as 0, fractions fall into the bucket of their whole part. */
  record(value: number): void {
    const known = value > 0 ? Math.min(value, Number.MAX_SAFE_INTEGER) : 0;
    this.#buckets[bucketOf(known)]! += 1;
    if (this.#count === 0 || known < this.#min) this.#min = known;
    if (known > this.#max) this.#max = known;
    this.#count += 1;
    this.#sum += known;
  }

  /** An upper bound of the value below which the share `fraction` (0 to 1) lies: exact to a factor of two. */
  quantile(fraction: number): number {
    const wanted = Math.min(Math.max(fraction, 0), 1) * this.#count;
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      seen += this.#buckets[bucket]!;
      if (seen >= wanted && seen > 0) return Math.min(bucket === 0 ? 0 : 2 ** bucket - 1, this.#max);
    }
    return 0;
  }

  reset(): void {
    this.#buckets.fill(0);
    this.#count = 0;
    this.#sum = 0;
    this.#min = 0;
    this.#max = 0;
  }

  inspect(): InspectNode {
    const buckets: Record<string, number> = {};
    this.#buckets.forEach((entries, bucket) => {
      if (entries > 0) buckets[bucketName(bucket)] = entries;
    });
    return {
      count: this.#count,
      mean: this.mean,
      min: this.#min,
      max: this.#max,
      p50: this.quantile(0.5),
      p99: this.quantile(0.99),
      buckets,
    };
  }
}

function bucketOf(value: number): number {
  return value < TWO_TO_32 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / TWO_TO_32);
}

function bucketName(bucket: number): string {
  if (bucket < 2) return String(bucket);
  return `${2 ** (bucket - 1)}..${2 ** bucket - 1}`;
}
