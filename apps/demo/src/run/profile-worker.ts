/** The thread that takes samples of a guest's processors, about every millisecond. */

import { parentPort, workerData } from 'node:worker_threads';
import { LinuxTasks, ProcessorProfile, ProcessorSampler } from '@viridian/vm/profile';
import { Order, type ProfileWork } from './profile-work.ts';

const INTERVAL_MS = 1;

function work({ memory, places, order }: ProfileWork): void {
  const sampler = new ProcessorSampler(memory);
  const profile = new ProcessorProfile();
  const tasks = places && new LinuxTasks(places);
  for (;;) {
    Atomics.wait(order, 0, Order.SAMPLE, INTERVAL_MS);
    const sample = sampler.sample();
    profile.add(sample, sample.isUser ? tasks?.nameOf(sampler) || 'a program' : '');
    const wanted = Atomics.load(order, 0);
    if (wanted === Order.SAMPLE) continue;
    parentPort?.postMessage(profile.data());
    if (wanted === Order.END) return;
    Atomics.compareExchange(order, 0, Order.REPORT, Order.SAMPLE);
  }
}

work(workerData as ProfileWork);
