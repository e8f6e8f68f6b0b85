/** Registers and commands of IDE (ATA/ATAPI-6, Interface register definitions, Command descriptions; 82371AB PIIX4, IDE). */

/** Offsets in the command block: 1F0h–1F7h, 170h–177h on a PC. 1 reads the error, writes the feature; 7 status, command. */
export const Reg = {
  DATA: 0,
  ERROR_FEATURE: 1,
  COUNT: 2,
  LBA_LOW: 3,
  LBA_MID: 4,
  LBA_HIGH: 5,
  DEVICE: 6,
  STATUS_COMMAND: 7,
} as const;

export const Status = { ERR: 0x01, DRQ: 0x08, DSC: 0x10, DF: 0x20, DRDY: 0x40, BSY: 0x80 } as const;

/** Error register of a disk; a packet device has its sense key in the upper nibble. */
export const ErrorBit = { ABRT: 0x04, IDNF: 0x10, UNC: 0x40 } as const;

/** In the error register after a reset or EXECUTE DEVICE DIAGNOSTIC. */
export const DIAGNOSTIC_PASSED = 0x01;

export const Device = { HEAD: 0x0f, SLAVE: 0x10, LBA: 0x40, OBSOLETE: 0xa0 } as const;

/** Device control, 3F6h and 376h on a PC; a read there gives the status and acknowledges nothing. */
export const Control = { NIEN: 0x02, SRST: 0x04, HOB: 0x80 } as const;

/** What a packet device asks for, in the count register. */
export const InterruptReason = { COD: 0x01, IO: 0x02 } as const;

/** Low bits of the feature register of PACKET. */
export const PacketFeature = { DMA: 0x01, OVERLAPPED: 0x02 } as const;

/** What disks and packet devices show in the registers after a reset. */
export const DISK_SIGNATURE = { count: 1, lbaLow: 1, lbaMid: 0, lbaHigh: 0, device: 0 } as const;
export const PACKET_SIGNATURE = { ...DISK_SIGNATURE, lbaMid: 0x14, lbaHigh: 0xeb } as const;

export const Command = {
  NOP: 0x00,
  DEVICE_RESET: 0x08,
  RECALIBRATE: 0x10,
  READ_SECTORS: 0x20,
  READ_SECTORS_NO_RETRY: 0x21,
  READ_SECTORS_EXT: 0x24,
  READ_DMA_EXT: 0x25,
  READ_MULTIPLE_EXT: 0x29,
  WRITE_SECTORS: 0x30,
  WRITE_SECTORS_NO_RETRY: 0x31,
  WRITE_SECTORS_EXT: 0x34,
  WRITE_DMA_EXT: 0x35,
  WRITE_MULTIPLE_EXT: 0x39,
  READ_VERIFY: 0x40,
  READ_VERIFY_NO_RETRY: 0x41,
  READ_VERIFY_EXT: 0x42,
  SEEK: 0x70,
  DEVICE_DIAGNOSTIC: 0x90,
  INITIALIZE_PARAMETERS: 0x91,
  PACKET: 0xa0,
  IDENTIFY_PACKET_DEVICE: 0xa1,
  READ_MULTIPLE: 0xc4,
  WRITE_MULTIPLE: 0xc5,
  SET_MULTIPLE: 0xc6,
  READ_DMA: 0xc8,
  READ_DMA_NO_RETRY: 0xc9,
  WRITE_DMA: 0xca,
  WRITE_DMA_NO_RETRY: 0xcb,
  STANDBY_IMMEDIATE: 0xe0,
  IDLE_IMMEDIATE: 0xe1,
  STANDBY: 0xe2,
  IDLE: 0xe3,
  CHECK_POWER_MODE: 0xe5,
  SLEEP: 0xe6,
  FLUSH_CACHE: 0xe7,
  FLUSH_CACHE_EXT: 0xea,
  IDENTIFY_DEVICE: 0xec,
  SET_FEATURES: 0xef,
} as const;

/** Codes that ATA-1 gave the power commands, in the order of E0h–E3h, E5h and E6h. */
export const OLD_POWER_COMMANDS = {
  STANDBY_IMMEDIATE: 0x94,
  IDLE_IMMEDIATE: 0x95,
  STANDBY: 0x96,
  IDLE: 0x97,
  CHECK_POWER_MODE: 0x98,
  SLEEP: 0x99,
} as const;

/** Feature register of SET FEATURES. */
export const Feature = {
  WRITE_CACHE_ON: 0x02,
  TRANSFER_MODE: 0x03,
  READ_AHEAD_OFF: 0x55,
  KEEP_SETTINGS: 0x66,
  WRITE_CACHE_OFF: 0x82,
  READ_AHEAD_ON: 0xaa,
  REVERT_SETTINGS: 0xcc,
} as const;

/** Transfer modes, in the count register of SET FEATURES: kind in 7:3, number in 2:0. */
export const TransferMode = { PIO_DEFAULT: 0x00, PIO: 0x08, MULTIWORD_DMA: 0x20, ULTRA_DMA: 0x40 } as const;

/** The highest mode of each kind. */
export const MOST_PIO_MODE = 4;
export const MOST_MULTIWORD_MODE = 2;
export const MOST_ULTRA_MODE = 5;

/** What CHECK POWER MODE answers. */
export const PowerMode = { STANDBY: 0x00, IDLE: 0x80, ACTIVE: 0xff } as const;

/** Offsets of one channel's bus-master registers; the secondary channel's are 8 further. */
export const BusMasterReg = { COMMAND: 0, STATUS: 2, PRD: 4, BYTES: 8 } as const;

export const BusMasterCommand = { START: 0x01, TO_MEMORY: 0x08 } as const;

/** 5 and 6 are the software's notes on which drives can do DMA. */
export const BusMasterStatus = { ACTIVE: 0x01, ERROR: 0x02, INTERRUPT: 0x04, DRIVE_NOTES: 0x60 } as const;

/** Physical region descriptor: u32 address, u16 count (0 is 64 Ki), u16 with the mark of the last one. Bits 0 are ignored. */
export const Prd = { BYTES: 8, COUNT: 4, FLAGS: 6, LAST: 0x8000, MOST_BYTES: 0x1_0000 } as const;

/** Descriptors that fit in the 64 KiB that a table may have. */
export const MOST_PRDS = 8192;

export const SECTOR_BYTES = 512;

/** Sectors that one interrupt may stand for, and that a disk starts with. */
export const MOST_MULTIPLE = 16;
