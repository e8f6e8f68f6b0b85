export {
  type BlockDevice,
  BlockError,
  type BlockErrorContext,
  type BlockErrorKind,
  type Buffers,
  type WriteOptions,
} from './block/block-device.ts';
export {
  type Fault,
  FaultDisk,
  type FaultPlan,
  type FaultRequest,
  injectedError,
} from './block/fault-disk.ts';
export { type FaultRule, faultPlan, parseFaultRules } from './block/fault-rules.ts';
export { MemoryDisk, type MemoryDiskOptions } from './block/memory-disk.ts';
export { OverlayDisk, type OverlayOptions } from './block/overlay-disk.ts';
export { RawDisk, type RawDiskOptions } from './block/raw-disk.ts';
export { ReadOnlyDisk } from './block/read-only-disk.ts';
export { DirtyRegion } from './display/dirty-region.ts';
export {
  Framebuffer,
  type FramebufferWatcher,
  type Picture,
  type PointerPosition,
  type PointerShape,
  type Scanout,
} from './display/framebuffer.ts';
export { encodePng } from './display/png.ts';
export type { Rectangle } from './display/rectangle.ts';
export { HttpStore, type HttpStoreOptions } from './http/http-store.ts';
export { type CopyOptions, copyDisk } from './image/copy-disk.ts';
export {
  detectFormat,
  IMAGE_FORMATS,
  type ImageFormat,
  imageFormat,
  type OpenFormatOptions,
} from './image/image-format.ts';
export type {
  OpenChainOptions,
  OpenParent,
  ParentDisk,
  ParentLocator,
  ParentReference,
} from './image/parent.ts';
export { InputError, type InputStage, playInput } from './input/input-player.ts';
export { type InputStep, parseInputScript, typeStep } from './input/input-script.ts';
export { SCAN_CODES, type ScanCode } from './input/key-codes.ts';
export { Keyboard, type KeyboardLights, type KeyEvent, type KeySink } from './input/keyboard.ts';
export {
  POINTER_MAX,
  Pointer,
  type PointerButton,
  type PointerReport,
  type PointerSink,
  type ScreenSize,
} from './input/pointer.ts';
export type { HostListener, HostSockets, UdpSocket } from './nat/host-sockets.ts';
export { NatGateway, type NatOptions, type PortForward } from './nat/nat-gateway.ts';
export { Frame, type FrameOptions, NO_VLAN } from './network/frame.ts';
export type { NetworkPort, NetworkStation } from './network/network-port.ts';
export { NullNetwork } from './network/null-network.ts';
export { type CaptureSink, PcapngTap, type PcapngTapOptions } from './network/pcapng-tap.ts';
export { SegmentCutter } from './network/segment-cutter.ts';
export { Switch, type SwitchOptions, SwitchPort, type SwitchPortCounters } from './network/switch.ts';
export { type RfbAddress, RfbServer, type RfbServerOptions } from './rfb/rfb-server.ts';
export type { ByteStore } from './store/byte-store.ts';
export { MemoryStore, type MemoryStoreOptions } from './store/memory-store.ts';
export type { ByteStream } from './stream/byte-stream.ts';
export { type CreateVhdOptions, createVhd } from './vhd/create-vhd.ts';
export { openVhd } from './vhd/open-vhd.ts';
export type { VhdDisk, VhdType } from './vhd/vhd-disk.ts';
export { type CreateVhdxOptions, createVhdx } from './vhdx/create-vhdx.ts';
export { openVhdx } from './vhdx/open-vhdx.ts';
export type { VhdxDisk, VhdxType } from './vhdx/vhdx-disk.ts';
