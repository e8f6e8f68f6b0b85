/** A station for tests: has an IPv4 address, answers ARP and ICMP echo, and keeps what it heard. RFC 826, 792. */

import { Frame, type NetworkPort, type NetworkStation } from '@viridian/drivers';
import { fillIpv4Checksum } from '@viridian/inet';

const ARP = 0x0806;
const IPV4 = 0x0800;

export class NetworkPeer implements NetworkStation {
  readonly mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  readonly heard: Frame[] = [];
  echoes = 0;
  readonly #ip: Uint8Array;
  readonly #port: NetworkPort;

  constructor(port: NetworkPort, ip: readonly number[]) {
    this.#port = port;
    this.#ip = Uint8Array.from(ip);
    port.connect(this);
  }

  receive(frame: Frame): boolean {
    this.heard.push(frame);
    const { bytes } = frame;
    const type = (bytes[12]! << 8) | bytes[13]!;
    if (type === ARP && bytes[21] === 1 && this.#isOwn(bytes, 38)) this.#answerArp(bytes);
    if (type === IPV4 && bytes[23] === 1 && bytes[34] === 8 && this.#isOwn(bytes, 30))
      this.#answerEcho(bytes);
    return true;
  }

  #isOwn(bytes: Uint8Array, at: number): boolean {
    return this.#ip.every((byte, i) => bytes[at + i] === byte);
  }

  #answerArp(question: Uint8Array): void {
    const answer = question.slice(0, 60);
    answer.set(question.subarray(6, 12));
    answer.set(this.mac, 6);
    answer[21] = 2;
    answer.copyWithin(32, 22, 32);
    answer.set(this.mac, 22);
    answer.set(this.#ip, 28);
    this.#send(answer);
  }

  #answerEcho(question: Uint8Array): void {
    const answer = question.slice();
    answer.copyWithin(0, 6, 12);
    answer.set(this.mac, 6);
    answer.set(question.subarray(30, 34), 26);
    answer.set(question.subarray(26, 30), 30);
    fillIpv4Checksum(answer, 14);
    answer[34] = 0;
    // One word of the message changed by 0x0800: RFC 1624.
    const sum = ((question[36]! << 8) | question[37]!) + 0x0800;
    const folded = (sum & 0xffff) + (sum >>> 16);
    answer[36] = folded >>> 8;
    answer[37] = folded;
    this.echoes += 1;
    this.#send(answer);
  }

  /** In a turn of its own, as from a wire. */
  #send(bytes: Uint8Array): void {
    queueMicrotask(() => this.#port.send(new Frame(bytes)));
  }
}
