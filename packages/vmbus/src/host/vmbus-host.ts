/** The parent's end of VMBus for one child partition. VMBus, Channel Management Protocol. */

import {
  ChannelMessageType,
  MAX_REL_ID,
  VMBUS_SINT,
  VMBUS_VERSIONS,
  VmbusVersion,
} from '@viridian/protocols/vmbus';
import { counters, type InspectNode } from '@viridian/trace';
import { guid, parseGuid, formatGuid } from '@viridian/wire';
import type { BusClock } from '../ring/bus-clock.ts';
import type { GuestMemory } from '../ring/guest-memory.ts';
import { messageTrace, protocolWarning } from '../ring/trace-points.ts';
import { type ConnectionEvent, type ConnectionState, type Contact, type Session, stepConnection } from './connection-state.ts';
import { GpadlTable } from './gpadl-table.ts';
import { GuestMessages } from './guest-messages.ts';
import { guestPage } from './guest-page.ts';
import { emptyMessage, versionAcceptedMessage, versionRefusedMessage } from './host-messages.ts';
import type { HostTransport, SignalConnection } from './host-transport.ts';
import { InterruptPage } from './interrupt-page.ts';
import { MessageQueue } from './message-queue.ts';
import { MonitorPoller } from './monitor-poller.ts';
import { type ChannelBus, OfferedChannel } from './offered-channel.ts';
import type { Offer, OfferedDevice } from './offered-device.ts';
