export {
  type BlockDevice,
  BlockError,
  type BlockErrorContext,
  type BlockErrorKind,
  type Buffers,
  type WriteOptions,
} from './block/block-device.ts';
