/** The Debian kernels that are known to run, and which of their modules a guest needs. */

/** Name of a kernel, as Debian's packages end. */
export type Flavour = 'cloud-amd64' | 'amd64' | '686';

/** What belongs to a kernel. */
export interface FlavourFacts {
  /** Debian's name of the architecture. */
  readonly architecture: 'amd64' | 'i386';
  /** Names of its packages; the newest with the first pattern is taken, else the newest with the next. */
  readonly packages: readonly RegExp[];
  /** Its driver for the synthetic display. */
  readonly displayModule: 'hyperv_fb' | 'hyperv_drm';
}

/** All flavours. Version 6.1 is what the processor and the board were measured with. */
export const FLAVOURS: Readonly<Record<Flavour, FlavourFacts>> = {
  'cloud-amd64': facts('amd64', 'cloud-amd64', 'hyperv_fb'),
  amd64: facts('amd64', 'amd64', 'hyperv_drm'),
  '686': facts('i386', '686', 'hyperv_drm'),
};

function facts(
  architecture: FlavourFacts['architecture'],
  suffix: string,
  displayModule: FlavourFacts['displayModule'],
): FlavourFacts {
  const packages = [`^linux-image-6\\.1\\.0-[0-9]+-${suffix}$`, `^linux-image-[0-9][-.+0-9deb]*-${suffix}$`];
  return { architecture, packages: packages.map((pattern) => new RegExp(pattern)), displayModule };
}

/**
 * Modules by what a guest is to use; what they need comes along. Names that are built into a kernel cost nothing.
 */
export const Modules = {
  /** VMBus, its SCSI disks, and the file system on them. */
  enlightened: ['hv_vmbus', 'hv_utils', 'hv_storvsc', 'sd_mod', 'ext4'],
  /** The IDE disks of the board. */
  emulated: ['ata_piix', 'sd_mod', 'ext4'],
  /** Network adapters on VMBus, and raw sockets for DHCP. */
  network: ['hv_vmbus', 'hv_netvsc', 'af_packet'],
  /** Keyboard and mouse on VMBus. */
  input: ['hv_vmbus', 'hyperv-keyboard', 'hid-hyperv', 'hid-generic', 'evdev'],
  /** Sockets between a guest and its host. */
  sockets: ['hv_vmbus', 'hv_sock'],
  /** DVDs, on either. */
  dvd: ['sr_mod', 'isofs'],
} as const;
