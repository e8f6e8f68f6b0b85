/** What is typed for a guest's serial port, kept until the port has room. */

/** A serial port's receiving end, as `Uart16550` is. */
export interface SerialInput {
  readonly roomBytes: number;
  receive(byte: number): boolean;
}

/** Keeps what is typed faster than the guest takes it. */
export class SerialQueue {
  readonly #waiting: number[] = [];
  #port: SerialInput | undefined;

  /** The port exists only once the machine does. */
  connect(port: SerialInput | undefined): void {
    this.#port = port;
    this.pump();
  }

  send(byte: number): void {
    this.#waiting.push(byte);
    this.pump();
  }

  /** Gives the port what it has room for; called when the guest took something. */
  pump(): void {
    const port = this.#port;
    while (port !== undefined && this.#waiting.length > 0 && port.roomBytes > 0) {
      if (!port.receive(this.#waiting[0]!)) return;
      this.#waiting.shift();
    }
  }
}
