/** What a guest of the demo has besides its disk: a network that leads to a server of the host, keyboard, screen, services. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  encodePng,
  Framebuffer,
  Keyboard,
  NatGateway,
  type Picture,
  Pointer,
  Switch,
} from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import type { Machine, MachineConfiguration } from '@viridian/vm';
import { pseudoRandom } from '../image/sample-files.ts';

/** What the guest told of its devices, by the words of its report. */
export interface ToldByGuest {
  /** Its address, by DHCP. */
  readonly lease: string;
  /** SHA-256 of what it fetched. */
  readonly fetched: string;
  /** What was typed. */
  readonly typed: string;
}

/** What came of the devices. */
export interface DeviceCheck {
  readonly agreed: readonly string[];
  readonly problems: readonly string[];
}

const LOOPBACK = '127.0.0.1';
const FILE_BYTES = 2 ** 20;
const TYPED = 'viridian';
const SECONDS = 1000;
/** A heart beats every two seconds. */
const MOST_WAIT_MS = 30 * SECONDS;

/** The host's side of these devices, until the demo ends. */
export class DemoDevices implements Disposable {
  readonly #keyboard = new Keyboard();
  readonly #framebuffer = new Framebuffer();
  readonly #network = new Switch({ mtuBytes: 1500 });
  readonly #file = pseudoRandom(7, FILE_BYTES);
  readonly #server: Server;
  readonly #gateway: NatGateway;
  readonly #problems: string[] = [];
  #picture: Picture | undefined;
  #beats = 0;
  /** Whether it was asked to end, and said that it will. */
  #ending: 'not asked' | 'asked' | 'agreed' = 'not asked';

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (_, response) => response.end(this.#file));
    this.#gateway = new NatGateway({
      port: this.#network.port('gateway'),
      sockets: hostSockets(),
      hostPorts: [this.port],
    });
  }

  /** Starts the server. */
  static async open(): Promise<DemoDevices> {
    const server = createServer();
    server.listen(0, LOOPBACK);
    await once(server, 'listening');
    return new DemoDevices(server);
  }

  /** Of the server, at the gateway's address for the guest. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The part of the machine's configuration that this is. */
  get configuration(): Pick<MachineConfiguration, 'networks' | 'input' | 'display'> {
    return {
      networks: [{ port: this.#network.port('guest') }],
      input: { keyboard: this.#keyboard, pointer: new Pointer() },
      display: { framebuffer: this.#framebuffer },
    };
  }

  /** Does what the guest's report asks for: types when it waits for it, looks when it has drawn, asks for its end. */
  hear(word: string, machine: Machine): void {
    if (word === 'asks' && !this.#keyboard.type(`${TYPED}\n`))
      this.#problems.push('the guest has no keyboard');
    if (word === 'drawn') this.#picture = this.#framebuffer.picture();
    if (word === 'done') void this.#end(machine);
  }

  /** The screen as it was, as a PNG file; undefined when it was dark. */
  async screenshot(): Promise<Uint8Array | undefined> {
    return this.#picture && (await encodePng(this.#picture));
  }

  /** Compares what the guest told with what there was. */
  check(told: ToldByGuest): DeviceCheck {
    const agreed: string[] = [];
    const problems = [...this.#problems];
    const expect = (isRight: boolean, good: string, bad: string): void => {
      if (isRight) agreed.push(good);
      else problems.push(bad);
    };
    const sha256 = createHash('sha256').update(this.#file).digest('hex');
    expect(told.lease !== '', `the guest has ${told.lease} by DHCP`, 'the guest got no address');
    expect(
      told.fetched === sha256,
      `fetches ${FILE_BYTES / 2 ** 20} MiB from the host by HTTP`,
      'the guest fetched something else by HTTP',
    );
    expect(told.typed === TYPED, `hears '${TYPED}' typed`, `the guest heard '${told.typed}' typed`);
    const { widthPixels, heightPixels } = this.#picture ?? { widthPixels: 0, heightPixels: 0 };
    expect(
      this.#picture?.pixels.some((byte) => byte !== 0) === true,
      `draws on ${widthPixels}×${heightPixels} pixels`,
      'the screen was dark',
    );
    if (this.#ending === 'not asked') return { agreed, problems };
    expect(this.#beats > 0, `its heart beat ${this.#beats} times`, 'its heart did not beat');
    expect(
      this.#ending === 'agreed',
      'it switches itself off when asked',
      'it did not end when it was asked to',
    );
    return { agreed, problems };
  }

  [Symbol.dispose](): void {
    this.#gateway.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Waits for the first beat of its heart, and then asks the guest to switch itself off. */
  async #end(machine: Machine): Promise<void> {
    this.#ending = 'asked';
    const heartbeat = machine.integration!.heartbeat;
    if (heartbeat.beats === 0) {
      await Promise.race([
        new Promise<void>((resolve) => machine.on('heartbeat', () => resolve())),
        new Promise<void>((resolve) => setTimeout(resolve, MOST_WAIT_MS).unref()),
        machine.finished,
      ]);
    }
    this.#beats = heartbeat.beats;
    try {
      await machine.shutdown();
      this.#ending = 'agreed';
    } catch (error) {
      this.#problems.push(`the guest cannot be asked to end: ${(error as Error).message}`);
    }
  }
}
