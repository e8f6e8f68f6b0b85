/** What tests use of vnc-rfb-client, which brings no types. */
declare module 'vnc-rfb-client' {
  import { EventEmitter } from 'node:events';

  export default class VncClient extends EventEmitter {
    static readonly consts: { readonly encodings: Readonly<Record<string, number>> };
    readonly clientName: string;
    readonly clientWidth: number;
    readonly clientHeight: number;
    /** Four bytes a pixel. */
    readonly fb: Buffer;
    constructor(options?: { readonly encodings?: readonly (number | undefined)[]; readonly fps?: number });
    connect(options: { readonly host: string; readonly port: number; readonly password?: string }): void;
    disconnect(): void;
    /** Writes to the console, whatever its options say. */
    _log(text: string): void;
    sendKeyEvent(keysym: number, isDown: boolean): void;
    sendPointerEvent(x: number, y: number, ...buttons: boolean[]): void;
  }
}
