/** Names for the messages that tests see. */

import { ChannelMessageType } from '@viridian/protocols/vmbus';
import { nameOf } from '@viridian/wire';

/** A message of the host in one line: its name and the words behind the header, the last (a status) in hex. */
export function nameOfMessage(message: Uint8Array): string {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const type = view.getUint32(0, true);
  const name = nameOf(ChannelMessageType, type);
  if (type === ChannelMessageType.OFFER_CHANNEL) {
    return `${name} ${view.getUint32(184, true)} ${view.getUint16(180, true)}`;
  }
  if (type === ChannelMessageType.VERSION_RESPONSE) {
    return `${name} ${view.getUint8(8)} ${view.getUint32(12, true).toString(16)}`;
  }
  const words = [];
  for (let at = 8; at + 4 <= message.length; at += 4) words.push(view.getUint32(at, true));
  return [name, ...words.map((word) => (word > 0xffffff ? word.toString(16) : String(word)))].join(' ');
}
