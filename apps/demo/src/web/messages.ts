/** What the page and the worker that runs the guest tell each other. */

/** A guest as the server describes it (`/guest.json`). Files are paths on the server. */
export interface WebGuest {
  readonly name: string;
  readonly kernel: string;
  readonly initrd: string | undefined;
  readonly commandLine: string;
  readonly memoryMiB: number;
  readonly processors: number;
  readonly engine: 'interpreter' | 'jit';
}

/** From the page to the worker. */
export type ToWorker =
  | { readonly kind: 'start'; readonly guest: WebGuest }
  /** What was typed, for the guest's first serial port. */
  | { readonly kind: 'input'; readonly bytes: Uint8Array }
  /** Ask the guest to switch itself off. */
  | { readonly kind: 'shutdown' };

/** From the worker to the page. */
export type ToPage =
  /** The machine runs; files took so long to load and unpack. */
  | { readonly kind: 'started'; readonly loadMs: number }
  /** What the guest wrote to its first serial port. */
  | { readonly kind: 'output'; readonly bytes: Uint8Array }
  /** The console showed the first program, so long after the start. */
  | { readonly kind: 'userspace'; readonly milliseconds: number }
  | { readonly kind: 'ended'; readonly reason: string; readonly instructions: number }
  /** The guest cannot be started or asked. */
  | { readonly kind: 'failed'; readonly message: string };
