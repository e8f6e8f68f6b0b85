/** Integer kinds up to 32 bits, little-endian and big-endian. Writes wrap to the width, as DataView does. */

import type { Kind } from './kind.ts';

// Each kind has its own closures, so that no call site in an accessor ever sees more than one target.

/** Unsigned 8-bit integer. */
export const u8: Kind<number> = {
  size: 1,
  read: (view, at) => view.getUint8(at),
  write: (view, at, value) => view.setUint8(at, value),
  live: (view, at) => view.getUint8(at),
  accessor: (offset) => ({
    get() {
      return this.view.getUint8(this.at + offset);
    },
    set(value) {
      this.view.setUint8(this.at + offset, value);
    },
  }),
};

/** Unsigned 16-bit integer, little-endian. */
export const u16: Kind<number> = {
  size: 2,
  read: (view, at) => view.getUint16(at, true),
  write: (view, at, value) => view.setUint16(at, value, true),
  live: (view, at) => view.getUint16(at, true),
  accessor: (offset) => ({
    get() {
      return this.view.getUint16(this.at + offset, true);
    },
    set(value) {
      this.view.setUint16(this.at + offset, value, true);
    },
  }),
};

/** Unsigned 32-bit integer, little-endian. */
export const u32: Kind<number> = {
  size: 4,
  read: (view, at) => view.getUint32(at, true),
  write: (view, at, value) => view.setUint32(at, value, true),
  live: (view, at) => view.getUint32(at, true),
  accessor: (offset) => ({
    get() {
      return this.view.getUint32(this.at + offset, true);
    },
    set(value) {
      this.view.setUint32(this.at + offset, value, true);
    },
  }),
};

/** Signed 8-bit integer. */
export const i8: Kind<number> = {
  size: 1,
  read: (view, at) => view.getInt8(at),
  write: (view, at, value) => view.setInt8(at, value),
  live: (view, at) => view.getInt8(at),
  accessor: (offset) => ({
    get() {
      return this.view.getInt8(this.at + offset);
    },
    set(value) {
      this.view.setInt8(this.at + offset, value);
    },
  }),
};

/** Signed 16-bit integer, little-endian. */
export const i16: Kind<number> = {
  size: 2,
  read: (view, at) => view.getInt16(at, true),
  write: (view, at, value) => view.setInt16(at, value, true),
  live: (view, at) => view.getInt16(at, true),
  accessor: (offset) => ({
    get() {
      return this.view.getInt16(this.at + offset, true);
    },
    set(value) {
      this.view.setInt16(this.at + offset, value, true);
    },
  }),
};

/** Signed 32-bit integer, little-endian. */
export const i32: Kind<number> = {
  size: 4,
  read: (view, at) => view.getInt32(at, true),
  write: (view, at, value) => view.setInt32(at, value, true),
  live: (view, at) => view.getInt32(at, true),
  accessor: (offset) => ({
    get() {
      return this.view.getInt32(this.at + offset, true);
    },
    set(value) {
      this.view.setInt32(this.at + offset, value, true);
    },
  }),
};

/** Unsigned 16-bit integer, big-endian (SCSI, VHD). */
export const u16be: Kind<number> = {
  size: 2,
  read: (view, at) => view.getUint16(at, false),
  write: (view, at, value) => view.setUint16(at, value, false),
  live: (view, at) => view.getUint16(at, false),
  accessor: (offset) => ({
    get() {
      return this.view.getUint16(this.at + offset, false);
    },
    set(value) {
      this.view.setUint16(this.at + offset, value, false);
    },
  }),
};

/** Unsigned 32-bit integer, big-endian (SCSI, VHD). */
export const u32be: Kind<number> = {
  size: 4,
  read: (view, at) => view.getUint32(at, false),
  write: (view, at, value) => view.setUint32(at, value, false),
  live: (view, at) => view.getUint32(at, false),
  accessor: (offset) => ({
    get() {
      return this.view.getUint32(this.at + offset, false);
    },
    set(value) {
      this.view.setUint32(this.at + offset, value, false);
    },
  }),
};
