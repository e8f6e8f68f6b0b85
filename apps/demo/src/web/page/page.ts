/** The page: a terminal on the guest's first serial port, and what became of the guest. */

import '@xterm/xterm/css/xterm.css';
import './page.css';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import type { ToPage, ToWorker, WebGuest } from '../messages.ts';

const status = element('status');
const shutdown = element('shutdown') as HTMLButtonElement;
const terminal = new Terminal({ scrollback: 10_000, theme: { background: '#0d1512' } });
const fit = new FitAddon();
terminal.loadAddon(fit);
terminal.open(element('terminal'));
fit.fit();
addEventListener('resize', () => fit.fit());

if (crossOriginIsolated) void run();
else show('failed', 'this page needs shared memory: the server has to send COOP and COEP headers');

async function run(): Promise<void> {
  const guest = (await (await fetch('/guest.json')).json()) as WebGuest;
  const worker = new Worker(new URL('../guest-worker.ts', import.meta.url), { type: 'module' });
  const send = (message: ToWorker): void => worker.postMessage(message);
  worker.addEventListener('message', ({ data }: MessageEvent<ToPage>) => hear(guest, data));
  worker.addEventListener('error', ({ message }) => show('failed', message));
  const encoder = new TextEncoder();
  terminal.onData((text) => send({ kind: 'input', bytes: encoder.encode(text) }));
  shutdown.addEventListener('click', () => send({ kind: 'shutdown' }));
  show('loading', `loading ${guest.name}`);
  send({ kind: 'start', guest });
  terminal.focus();
}

function hear(guest: WebGuest, message: ToPage): void {
  switch (message.kind) {
    case 'started':
      shutdown.disabled = false;
      show('running', `${guest.name} runs; its files took ${seconds(message.loadMs)}`);
      break;
    case 'output':
      terminal.write(message.bytes);
      break;
    case 'userspace':
      document.body.dataset.userspaceMs = String(Math.round(message.milliseconds));
      show('running', `${guest.name} came to user space after ${seconds(message.milliseconds)}`);
      break;
    case 'ended':
      shutdown.disabled = true;
      show('ended', `${guest.name} ended: ${message.reason}`);
      break;
    case 'failed':
      show('failed', message.message);
  }
}

/** `state` is for programs that watch the page. */
function show(state: string, text: string): void {
  document.body.dataset.state = state;
  status.textContent = text;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function element(id: string): HTMLElement {
  return document.getElementById(id)!;
}
