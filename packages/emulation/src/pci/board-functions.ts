/** The functions on a 440BX board without AGP (82443BX, Register Description; 82371AB PIIX4, PCI Configuration). */

import { ConfigSpace } from './config-space.ts';
import { Command, Header } from './spec.ts';

/** 0:0.0, the 82443BX. Its shadowing and SMRAM registers hold what firmware writes; no memory moves. */
export function hostBridge440bx(): ConfigSpace {
  return new ConfigSpace({ vendor: 0x8086, device: 0x7192, revision: 3, classCode: 0x06_00_00 })
    .allow(Header.COMMAND, 2, Command.MEMORY | Command.MASTER, 0x0100)
    .allow(Header.STATUS, 2, 0x0200, 0)
    .allow(0x59, 4, 0, 0x3333_3330) // PAM0–PAM3
    .allow(0x5d, 3, 0, 0x33_3333) // PAM4–PAM6
    .allow(0x72, 1, 0x02, 0x58); // SMRAM
}

/** 0:7.0, PIIX4 to ISA, with its interrupt routes off. */
export function isaBridgePiix4(): ConfigSpace {
  const identity = {
    vendor: 0x8086,
    device: 0x7110,
    revision: 2,
    classCode: 0x06_01_00,
    multifunction: true,
  };
  return new ConfigSpace(identity)
    .allow(Header.COMMAND, 2, Command.IO | Command.MEMORY | Command.MASTER, 0x0108)
    .allow(Header.STATUS, 2, 0x0280, 0)
    .allow(0x60, 4, 0x8080_8080, 0x8f8f_8f8f) // PIRQRC A–D
    .allow(0x76, 2, 0x0c0c, 0x0f0f) // type F DMA
    .allow(0xf8, 4, 0x0000_0f30, 0); // manufacturer's id
}

/** 0:7.1, PIIX4 IDE with both channels decoded. `changed` hears of new bus-master ports and of the command register. */
export function idePiix4(changed?: () => void): ConfigSpace {
  return new ConfigSpace({ vendor: 0x8086, device: 0x7111, revision: 1, classCode: 0x01_01_80 }, changed)
    .allow(Header.COMMAND, 2, 0, Command.IO | Command.MASTER)
    .allow(Header.STATUS, 2, 0x0280, 0)
    .bar(4, 'io', 16)
    .allow(0x40, 4, 0x8000_8000, 0xf3ff_f3ff) // timings; the two high bits switch the channels on
    .allow(0x44, 1, 0, 0xff)
    .allow(0x48, 1, 0, 0x0f) // UDMA
    .allow(0x4a, 2, 0, 0x3333);
}

/** 0:7.3, PIIX4 power management with its registers at port `base` (a multiple of 64), as firmware leaves it. */
export function powerManagementPiix4(base: number): ConfigSpace {
  // Linux takes revisions before 3 for the PM timer that must be read three times.
  return new ConfigSpace({
    vendor: 0x8086,
    device: 0x7113,
    revision: 3,
    classCode: 0x06_80_00,
    interruptPin: 1,
  })
    .allow(Header.COMMAND, 2, Command.IO, Command.IO)
    .allow(Header.STATUS, 2, 0x0280, 0)
    .allow(0x40, 4, base | 1, 0) // the board maps the block once; the guest reads where
    .allow(0x80, 1, 1, 0)
    .allow(0x90, 4, 1, 0); // no SMBus
}

/**
 * 0:8.0, the synthetic display's PCI side, by which Linux finds where video memory may be: a window of `bytes` (a power of two)
 * at `base`. It decodes nothing by itself: whoever plugs it in puts memory there, which stays if a guest moves the window.
 */
export function syntheticVideo(base: number, bytes: number): ConfigSpace {
  return new ConfigSpace({ vendor: 0x1414, device: 0x5353, revision: 0, classCode: 0x03_00_00 })
    .allow(Header.COMMAND, 2, Command.MEMORY, Command.MEMORY)
    .bar(0, 'memory', bytes, base);
}
