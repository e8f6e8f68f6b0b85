/** `@viridian/linux-guest`: a kernel for TypeScript programs that run as child partitions. */

export { BlockLayer } from './block/block-layer.ts';
export { Disk, type DiskDevice, type DmaBuffer } from './block/disk.ts';
export { type Partition, scanPartitions } from './block/partitions.ts';
export type { BlockOperation, DeviceRequest, DmaPages, QueueCounters } from './block/request-queue.ts';
export { GuestFramebuffer } from './console/framebuffer.ts';
export { InputLayer } from './console/input-layer.ts';
export type { Cpu, CpuidResult, CpuMemory, Program } from './cpu.ts';
export { detectPlatform, type Platform } from './hypervisor/detect.ts';
export { Kernel, type KernelOptions, UnsupportedPlatform } from './kernel/kernel.ts';
export { formatLogLine, KernelLog, type LogLine } from './kernel/log.ts';
export { OutOfMemory, PageAllocator } from './mm/page-allocator.ts';
export type { Lease } from './net/ip/dhcp-client.ts';
export { fetchHttp, type HttpRequest, type HttpResponse } from './net/ip/http.ts';
export { IpStack, type IpStackOptions, type ReceivedDatagram } from './net/ip/ip-stack.ts';
export { ConnectionError, TcpConnection } from './net/ip/tcp-connection.ts';
export {
  type EthernetDevice,
  NetworkInterface,
  NetworkLayer,
  type ReceivedFrame,
} from './net/network-layer.ts';
export { type LinuxGuestOptions, linuxGuest } from './program.ts';
export type { Clocksource } from './time/clocksource.ts';
export type { BoundDevice, VmbusDevice, VmbusDriver } from './vmbus/driver-model.ts';
