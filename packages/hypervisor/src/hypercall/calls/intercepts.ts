/** Installing intercepts: 0x4D. TLFS, "Intercepts". */

import { InstallInterceptInput } from '@viridian/protocols/tlfs';
import type { HandlerGroup } from '../hypercall-table.ts';
import { activeChildOf } from '../targets.ts';

/** Handler of the intercept call. */
export const INTERCEPT_HANDLERS: HandlerGroup = {
  HvCallInstallIntercept(call) {
    const input = InstallInterceptInput.read(call.input);
    const child = activeChildOf(call, input.partitionId);
    if (typeof child === 'number') return child;
    return child.intercepts.install(input.interceptType, input.accessType, input.interceptParameter);
  },
};
