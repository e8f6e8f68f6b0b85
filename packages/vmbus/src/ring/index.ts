/** The VMBus ring buffer, both ends, and the channel that stands on two of them. */

export type { BusClock } from './bus-clock.ts';
export type { Channel, ChannelCounters } from './channel.ts';
export { type GuestMemory, PAGE_BYTES, type SharedPages } from './guest-memory.ts';
export { IncomingPacket } from './packet.ts';
export { RingChannel, type RingChannelSettings } from './ring-channel.ts';
export { RingMemory } from './ring-memory.ts';
export { RingReader } from './ring-reader.ts';
export { RingStatus } from './ring-status.ts';
export { RingWriter } from './ring-writer.ts';
