/** The description of the 440BX board for ACPI: bridge, windows, interrupt routes, legacy devices, VMBus. */

import {
  type Aml,
  busRange,
  device,
  eisaId,
  integer,
  io,
  ioRange,
  irq,
  memoryRange,
  name,
  packageOf,
  resources,
  scope,
  text,
} from './aml.ts';

/** What differs between machines. */
export interface DsdtOptions {
  /** First and last byte of the memory that PCI devices may be placed in. */
  readonly pciHole: { readonly first: number; readonly last: number };
  /** Global interrupt of a pin (0–3) of a PCI device. */
  readonly pciGsi: (device: number, pin: number) => number;
  /** Describe the VMBus device, by which a guest with its drivers finds the bus. */
  readonly vmbus: boolean;
}

const PCI_DEVICES = 32;
const PINS = 4;

/** The AML of the table, without its header. */
export function dsdtBody(options: DsdtOptions): Aml {
  const { first, last } = options.pciHole;
  const bridge = device(
    'PCI0',
    name('_HID', eisaId('PNP0A03')),
    name('_ADR', integer(0)),
    name('_UID', integer(0)),
    name(
      '_CRS',
      resources(
        busRange(0, 0xff),
        io(0xcf8, 8),
        ioRange(0, 0xcf7),
        ioRange(0xd00, 0xffff),
        memoryRange(0xa_0000, 0xb_ffff),
        memoryRange(first, last),
      ),
    ),
    name('_PRT', routes(options.pciGsi)),
    ...(options.vmbus ? [vmbusDevice()] : []),
    isaDevices(),
  );
  // S5 with sleep type 0 is all that the board's PM1 control knows.
  return [...name('\\_S5', packageOf(integer(0), integer(0))), ...scope('\\_SB', bridge)];
}

/** The driver of Linux wants a `_CRS`, and looks for memory in that of the parent. The interrupt is not used on x86. */
function vmbusDevice(): Aml {
  return device(
    'VMBS',
    name('_HID', text('VMBus')),
    name('_UID', integer(0)),
    name('_CRS', resources(irq(5), irq(7))),
  );
}

function routes(pciGsi: DsdtOptions['pciGsi']): Aml {
  const entries: Aml[] = [];
  for (let slot = 1; slot < PCI_DEVICES; slot += 1) {
    for (let pin = 0; pin < PINS; pin += 1) {
      const address = slot * 0x1_0000 + 0xffff;
      entries.push(packageOf(integer(address), integer(pin), integer(0), integer(pciGsi(slot, pin))));
    }
  }
  return packageOf(...entries);
}

function isaDevices(): Aml {
  const legacy = (path: string, id: string, ...descriptors: readonly Aml[]) =>
    device(path, name('_HID', eisaId(id)), name('_CRS', resources(...descriptors)));
  return device(
    'ISA',
    name('_ADR', integer(0x0007_0000)),
    device(
      'COM1',
      name('_HID', eisaId('PNP0501')),
      name('_UID', integer(1)),
      name('_CRS', resources(io(0x3f8, 8), irq(4))),
    ),
    legacy('KBD', 'PNP0303', io(0x60, 1), io(0x64, 1), irq(1)),
    legacy('MOU', 'PNP0F13', irq(12)),
    legacy('RTC', 'PNP0B00', io(0x70, 2), irq(8)),
  );
}
