/** `@viridian/vm/profile`: where a guest's time goes. Small, as it is loaded by the thread that takes the samples, too. */

export { ProcessorProfile, ProcessorSampler, type ProfileData } from '@viridian/x86';
export { formatProfile, type ProfileContext } from './format-profile.ts';
export { type LinuxPlaces, LinuxTasks, linuxPlaces } from './linux-tasks.ts';
