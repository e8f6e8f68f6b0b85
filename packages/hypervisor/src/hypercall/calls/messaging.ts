/** Messages and events between partitions: 0x5C, 0x5D, 0xC0. TLFS, "Inter-Partition Communication". */

import {
  HV_EVENT_FLAGS_COUNT,
  HV_MESSAGE_MAX_PAYLOAD_BYTES,
  HV_MESSAGE_TYPE_HYPERVISOR,
  HvStatus,
  PostMessageInput,
  SINT_COUNT,
  SignalEventDirectInput,
  SignalEventDirectOutput,
  SignalEventInput,
} from '@viridian/protocols/tlfs';
import { postToPort, signalPort } from '../../synic/ports.ts';
import type { HandlerGroup } from '../hypercall-table.ts';
import { childVpOf } from '../targets.ts';

const post = PostMessageInput.on(new DataView(new ArrayBuffer(PostMessageInput.size)));
const signal = SignalEventInput.on(new DataView(new ArrayBuffer(SignalEventInput.size)));

/** Handlers of the messaging calls. */
export const MESSAGING_HANDLERS: HandlerGroup = {
  HvCallPostMessage(call) {
    post.view = call.input;
    const { connectionId, messageType, payloadSize } = post;
    if (messageType === 0 || messageType >= HV_MESSAGE_TYPE_HYPERVISOR) return HvStatus.INVALID_PARAMETER;
    if (payloadSize > HV_MESSAGE_MAX_PAYLOAD_BYTES || post.reserved !== 0) return HvStatus.INVALID_PARAMETER;
    const connection = call.partition.connections.get(connectionId);
    if (connection === undefined) return HvStatus.INVALID_CONNECTION_ID;
    const status = postToPort(connection.port, messageType, call.messagePayload, payloadSize);
    if (status === HvStatus.SUCCESS) call.partition.counters.messagesPosted += 1;
    return status;
  },
  HvCallSignalEvent(call) {
    signal.view = call.input;
    if (signal.reserved !== 0) return HvStatus.INVALID_PARAMETER;
    const connection = call.partition.connections.get(signal.connectionId);
    if (connection === undefined) return HvStatus.INVALID_CONNECTION_ID;
    const status = signalPort(connection.port, signal.flagNumber);
    if (status === HvStatus.SUCCESS) call.partition.counters.eventsSignaled += 1;
    return status;
  },
  HvCallSignalEventDirect(call) {
    const input = SignalEventDirectInput.read(call.input);
    const vp = childVpOf(call, input.partitionId, input.vpIndex);
    if (typeof vp === 'number') return vp;
    if (input.targetVtl !== 0 || input.sint >= SINT_COUNT || input.flagNumber >= HV_EVENT_FLAGS_COUNT) {
      return HvStatus.INVALID_PARAMETER;
    }
    const status = vp.synic.setEvent(input.sint, input.flagNumber);
    if (status !== HvStatus.SUCCESS) return status;
    call.partition.counters.eventsSignaled += 1;
    SignalEventDirectOutput.write(call.output, 0, { newlySignaled: vp.synic.newlySet ? 1 : 0 });
    return HvStatus.SUCCESS;
  },
};
