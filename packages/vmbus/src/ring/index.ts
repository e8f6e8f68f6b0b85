/** The VMBus ring buffer, both ends, and the channel that stands on two of them. */

export type { BusClock } from './bus-clock.ts';
export type { Channel, ChannelCounters } from './channel.ts';
export { type GuestMemory, PAGE_BYTES, type SharedPages } from './guest-memory.ts';
export { DESCRIPTOR_BYTES, IncomingPacket, TRAILER_BYTES } from './packet.ts';
