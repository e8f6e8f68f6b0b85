/** A thread that samples a core until it is told to stop, and posts the profile. It counts its samples in the second word. */

import { parentPort, workerData } from 'node:worker_threads';
import { ProcessorProfile, ProcessorSampler } from '../../src/index.ts';

const { memory, stop } = workerData as { memory: SharedArrayBuffer; stop: Int32Array };
const sampler = new ProcessorSampler(memory);
const profile = new ProcessorProfile();
parentPort?.postMessage('ready');
while (Atomics.load(stop, 0) === 0) {
  Atomics.wait(stop, 0, 0, 1);
  profile.add(sampler.sample());
  Atomics.add(stop, 1, 1);
}
parentPort?.postMessage(profile.data());
