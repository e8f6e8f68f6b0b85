/** The devices of a 440BX board. */

export type { DsdtOptions } from './acpi/dsdt.ts';
export { type AcpiOptions, acpiTables } from './acpi/tables.ts';
export { Board, type BoardOptions, type SerialOptions } from './board/board.ts';
export { PCI_HOLE, Place, pciGsi } from './board/places.ts';
export { PortBus } from './bus/port-bus.ts';
export {
  allOnes,
  type ByteSink,
  type Clock,
  type InterruptLine,
  type RegisterBlock,
  type Timer,
  type Width,
} from './bus/ports.ts';
export { DebugConsole, DebugExit } from './debug/debug-ports.ts';
export { I8042, type I8042State } from './i8042/i8042.ts';
export type { MouseMovement } from './i8042/ps2-mouse.ts';
export { KEY_PAUSE, KEY_PRINT_SCREEN, type Key } from './i8042/scan-codes.ts';
export { AtaDisk } from './ide/ata-disk.ts';
export { DvdDrive } from './ide/atapi/dvd-drive.ts';
export { DvdUnit, type DvdUnitState, NO_SENSE, type Sense, unitAtReset } from './ide/atapi/dvd-unit.ts';
export type { PacketNames } from './ide/atapi/inquiry.ts';
export { BLOCK_BYTES as DISC_BLOCK_BYTES } from './ide/atapi/mmc-spec.ts';
export { PACKET_BYTES, runPacket } from './ide/atapi/packet-commands.ts';
export type { PacketResult } from './ide/atapi/packet-result.ts';
export type { DmaMemory } from './ide/dma-memory.ts';
export type { Drive } from './ide/drive.ts';
export type { ChannelDrives, IdeChannel, IdeChannelState } from './ide/ide-channel.ts';
export { type IdeDrives, IdePiix4, type IdePiix4State } from './ide/ide-piix4.ts';
export type { DriveNames } from './ide/identify.ts';
export { type InterruptMessages, IoApic, type IoApicState } from './io-apic/io-apic.ts';
export {
  hostBridge440bx,
  idePiix4,
  isaBridgePiix4,
  powerManagementPiix4,
  syntheticVideo,
} from './pci/board-functions.ts';
export { ConfigSpace, type ConfigState, type PciIdentity } from './pci/config-space.ts';
export { PciBus, type PciBusState } from './pci/pci-bus.ts';
export type { ChipState } from './pic/chip.ts';
export { Pic8259Pair, type PicState } from './pic/pic-8259-pair.ts';
export type { CounterState } from './pit/counter.ts';
export { Pit8254, type PitState } from './pit/pit-8254.ts';
export { AcpiPm, type AcpiPmState, type PowerSwitch } from './power/acpi-pm.ts';
export { RtcCmos, type RtcState } from './rtc/rtc-cmos.ts';
export { Uart16550, type UartState } from './uart/uart-16550.ts';
