/** What a disk does for each command code, stated once (ATA/ATAPI-6, Command descriptions). */

import type { AtaDisk } from './ata-disk.ts';
import {
  Command,
  Feature,
  MOST_MULTIWORD_MODE,
  MOST_PIO_MODE,
  MOST_ULTRA_MODE,
  OLD_POWER_COMMANDS,
  PowerMode,
  TransferMode,
} from './spec.ts';

type Run = (disk: AtaDisk) => void;

const standby: Run = (disk) => disk.setPowerMode(PowerMode.STANDBY);
const idle: Run = (disk) => disk.setPowerMode(PowerMode.IDLE);
const tellPowerMode: Run = (disk) => disk.tellPowerMode();
const flush: Run = (disk) => disk.flush();

const COMMANDS: readonly (readonly [code: number, run: Run])[] = [
  [Command.RECALIBRATE, (disk) => disk.change({})],
  [Command.READ_SECTORS, (disk) => disk.readPio(false, false)],
  [Command.READ_SECTORS_NO_RETRY, (disk) => disk.readPio(false, false)],
  [Command.READ_SECTORS_EXT, (disk) => disk.readPio(true, false)],
  [Command.READ_MULTIPLE, (disk) => disk.readPio(false, true)],
  [Command.READ_MULTIPLE_EXT, (disk) => disk.readPio(true, true)],
  [Command.READ_DMA, (disk) => disk.readDma(false)],
  [Command.READ_DMA_NO_RETRY, (disk) => disk.readDma(false)],
  [Command.READ_DMA_EXT, (disk) => disk.readDma(true)],
  [Command.READ_VERIFY, (disk) => disk.verify(false)],
  [Command.READ_VERIFY_NO_RETRY, (disk) => disk.verify(false)],
  [Command.READ_VERIFY_EXT, (disk) => disk.verify(true)],
  [Command.WRITE_SECTORS, (disk) => disk.writePio(false, false)],
  [Command.WRITE_SECTORS_NO_RETRY, (disk) => disk.writePio(false, false)],
  [Command.WRITE_SECTORS_EXT, (disk) => disk.writePio(true, false)],
  [Command.WRITE_MULTIPLE, (disk) => disk.writePio(false, true)],
  [Command.WRITE_MULTIPLE_EXT, (disk) => disk.writePio(true, true)],
  [Command.WRITE_DMA, (disk) => disk.writeDma(false)],
  [Command.WRITE_DMA_NO_RETRY, (disk) => disk.writeDma(false)],
  [Command.WRITE_DMA_EXT, (disk) => disk.writeDma(true)],
  [Command.SEEK, (disk) => disk.seek()],
  [Command.INITIALIZE_PARAMETERS, (disk) => disk.initializeParameters()],
  [Command.SET_MULTIPLE, (disk) => disk.setMultiple()],
  [Command.SET_FEATURES, setFeatures],
  [Command.FLUSH_CACHE, flush],
  [Command.FLUSH_CACHE_EXT, flush],
  [Command.IDENTIFY_DEVICE, (disk) => disk.identify()],
  [Command.STANDBY_IMMEDIATE, standby],
  [Command.STANDBY, standby],
  [Command.SLEEP, standby],
  [Command.IDLE_IMMEDIATE, idle],
  [Command.IDLE, idle],
  [Command.CHECK_POWER_MODE, tellPowerMode],
  [OLD_POWER_COMMANDS.STANDBY_IMMEDIATE, standby],
  [OLD_POWER_COMMANDS.STANDBY, standby],
  [OLD_POWER_COMMANDS.SLEEP, standby],
  [OLD_POWER_COMMANDS.IDLE_IMMEDIATE, idle],
  [OLD_POWER_COMMANDS.IDLE, idle],
  [OLD_POWER_COMMANDS.CHECK_POWER_MODE, tellPowerMode],
];

const byCode = new Map(COMMANDS);

/** How a disk does a command; undefined for one that it aborts. NOP is one of these: it is there to be aborted. */
export function ataCommand(code: number): Run | undefined {
  return byCode.get(code);
}

function setFeatures(disk: AtaDisk): void {
  const { feature, count } = disk.parameters;
  switch (feature & 0xff) {
    case Feature.WRITE_CACHE_ON:
    case Feature.WRITE_CACHE_OFF:
      disk.change({ writeCache: (feature & 0xff) === Feature.WRITE_CACHE_ON });
      break;
    case Feature.KEEP_SETTINGS:
    case Feature.REVERT_SETTINGS:
      disk.change({ keepsSettings: (feature & 0xff) === Feature.KEEP_SETTINGS });
      break;
    case Feature.READ_AHEAD_ON:
    case Feature.READ_AHEAD_OFF:
      disk.change({}); // reading ahead is the host's business
      break;
    case Feature.TRANSFER_MODE:
      if (isTransferMode(count & 0xff)) disk.change(isDma(count & 0xff) ? { dmaMode: count & 0xff } : {});
      else disk.refuse();
      break;
    default:
      disk.refuse();
  }
}

const isDma = (mode: number): boolean => mode >= TransferMode.MULTIWORD_DMA;

/** Whether a drive here can be set to this mode, whose kind and number are as in SET FEATURES. */
export function isTransferMode(mode: number): boolean {
  const number = mode & 7;
  switch (mode & 0xf8) {
    case TransferMode.PIO_DEFAULT:
      return number <= 1;
    case TransferMode.PIO:
      return number <= MOST_PIO_MODE;
    case TransferMode.MULTIWORD_DMA:
      return number <= MOST_MULTIWORD_MODE;
    case TransferMode.ULTRA_DMA:
      return number <= MOST_ULTRA_MODE;
    default:
      return false;
  }
}
