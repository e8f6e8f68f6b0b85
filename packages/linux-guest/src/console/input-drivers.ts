/** Binds keyboards and mice of the bus to the input layer. */

import { InterfaceId } from '@viridian/protocols/vmbus';
import type { GuestBus, GuestChannel } from '@viridian/vmbus/guest';
import { openKeyboard } from '@viridian/vsc/keyboard';
import { openMouse } from '@viridian/vsc/mouse';
import type { BoundDevice, VmbusDevice, VmbusDriver } from '../vmbus/driver-model.ts';
import type { InputLayer } from './input-layer.ts';

/** Pages of each direction's ring, as Linux has them. */
const RING_PAGES = 9;

/** What the drivers need of their kernel. */
export interface InputKernel {
  readonly bus: GuestBus;
  readonly input: InputLayer;
  print(text: string): void;
}

/** The driver `hyperv_keyboard`. */
export function keyboardDriver(kernel: InputKernel): VmbusDriver {
  return {
    name: 'hyperv_keyboard',
    interfaceIds: [InterfaceId.KEYBOARD],
    probe: (device) =>
      bind(kernel, device, async (channel) => {
        const keyboard = await openKeyboard(channel);
        keyboard.onKey = (keystroke) => kernel.input.onKey?.(keystroke);
        return 'keyboard';
      }),
  };
}

/** The driver `hid_hyperv`. */
export function mouseDriver(kernel: InputKernel): VmbusDriver {
  return {
    name: 'hid_hyperv',
    interfaceIds: [InterfaceId.MOUSE],
    probe: (device) =>
      bind(kernel, device, async (channel) => {
        const mouse = await openMouse(channel);
        mouse.onMove = (move) => kernel.input.onPointer?.(move);
        return 'mouse';
      }),
  };
}

async function bind(
  kernel: InputKernel,
  { offer, name }: VmbusDevice,
  open: (channel: GuestChannel) => Promise<string>,
): Promise<BoundDevice> {
  const channel = await kernel.bus.open(offer, { ringPages: RING_PAGES, targetVp: 0 });
  try {
    const what = await open(channel);
    kernel.print(`input: ${what} on ${name}`);
    kernel.input.add(name);
  } catch (error) {
    await channel.close();
    throw error;
  }
  return {
    async remove() {
      kernel.input.remove(name);
      await channel.close();
    },
  };
}
