/** A profile of a core: samples added up by place, by task, by exit and by opcode. */

import { ACTIVITIES, type ActivityName, type ProcessorSample } from './sampler.ts';

/** Samples of one place, by activity in the order of {@link ACTIVITIES}. */
export interface ProfilePlace {
  readonly rip: bigint;
  /** The user program that ran, empty in the kernel; see {@link ProcessorProfile.add}. */
  readonly task: string;
  readonly samples: readonly number[];
}

/** All samples: plain data that can be posted between threads. */
export interface ProfileData {
  readonly samples: number;
  readonly activities: Readonly<Record<ActivityName, number>>;
  readonly places: readonly ProfilePlace[];
  /** By what they are about. */
  readonly exits: ReadonlyMap<string, number>;
  /** Instructions that compiled code leaves to the interpreter, by opcode. */
  readonly handlers: ReadonlyMap<number, number>;
}

/** Adds samples up. */
export class ProcessorProfile {
  readonly #places = new Map<string, { rip: bigint; task: string; samples: number[] }>();
  readonly #exits = new Map<string, number>();
  readonly #handlers = new Map<number, number>();
  readonly #activities = ACTIVITIES.map(() => 0);
  #samples = 0;

  /** `task` names the program of a sample at privilege level 3. */
  add(sample: ProcessorSample, task = ''): void {
    const activity = ACTIVITIES.indexOf(sample.activity);
    this.#samples += 1;
    this.#activities[activity]! += 1;
    if (sample.activity === 'outside') return;
    const key = `${sample.rip} ${task}`;
    let place = this.#places.get(key);
    if (place === undefined) {
      place = { rip: sample.rip, task, samples: ACTIVITIES.map(() => 0) };
      this.#places.set(key, place);
    }
    place.samples[activity]! += 1;
    if (sample.exit !== '') this.#exits.set(sample.exit, (this.#exits.get(sample.exit) ?? 0) + 1);
    if (sample.opcode >= 0) {
      this.#handlers.set(sample.opcode, (this.#handlers.get(sample.opcode) ?? 0) + 1);
    }
  }

  /** What was added so far. */
  data(): ProfileData {
    return {
      samples: this.#samples,
      activities: Object.fromEntries(
        ACTIVITIES.map((name, index) => [name, this.#activities[index]!]),
      ) as Record<ActivityName, number>,
      places: [...this.#places.values()].map((place) => ({ ...place, samples: [...place.samples] })),
      exits: new Map(this.#exits),
      handlers: new Map(this.#handlers),
    };
  }
}
