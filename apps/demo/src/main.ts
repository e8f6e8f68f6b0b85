#!/usr/bin/env node
/** The command `viridian`. */

import { enableCompileCache } from 'node:module';
import { defineCommand, runMain } from 'citty';
import { controlCommands } from './control/commands.ts';
import { checkDemoOptions, OptionError } from './demo/options.ts';
import { checkNewImage, type GivenImageOptions } from './disk-image/image-options.ts';
import { GuestFilesError } from './linux/guest-files-error.ts';
import { checkRunOptions, type GivenOptions, repeatedOption } from './run/run-options.ts';
import { Terminal } from './terminal/terminal.ts';
import { checkWebOptions } from './web/web-options.ts';

// Most of a short run's start is compiling the same modules again; so what a command needs is imported by it, behind this.
enableCompileCache();

/** What a shell gives for a command that Ctrl-C ended. */
const INTERRUPTED = 130;

const demo = defineCommand({
  meta: { name: 'demo', description: 'Run a guest in a child partition on a disk image made for it' },
  args: {
    guest: {
      type: 'string',
      description: "'linux', Debian's kernel on our processor, or 'typescript', a program",
      default: 'linux',
    },
    memory: {
      type: 'string',
      description: "the child's memory in MiB (256, or 32 for 'typescript')",
      valueHint: 'MIB',
    },
    cpus: { type: 'string', description: "virtual processors (1, or 2 for 'typescript')", valueHint: 'N' },
    'fs-size': {
      type: 'string',
      description: "size of the disk's file system in MiB (47)",
      valueHint: 'MIB',
    },
    'scratch-size': {
      type: 'string',
      description: 'size of the partition for writes in MiB (16)',
      valueHint: 'MIB',
    },
    trace: {
      type: 'string',
      description: "trace points to show, e.g. 'vmbus.message,hypervisor.*'; 'list' names them",
      valueHint: 'LIST',
    },
    summary: { type: 'string', description: 'write all counters to a JSON file', valueHint: 'FILE' },
    screenshot: {
      type: 'string',
      description: "write what is on the guest's screen to a PNG file",
      valueHint: 'FILE',
    },
    keep: {
      type: 'string',
      description: 'make the disk image in this folder and leave it there',
      valueHint: 'FOLDER',
    },
  },
  run: async ({ args }) => {
    await main(new Terminal(), async (terminal, interrupted) => {
      // First: it brings the trace points that options may name.
      const { runDemo } = await import('./demo/run-demo.ts');
      return await runDemo(checkDemoOptions(args as Record<string, string>), terminal, interrupted);
    });
  },
});

const run = defineCommand({
  meta: { name: 'run', description: 'Run a kernel of your own in a child partition' },
  args: {
    kernel: {
      type: 'string',
      description: 'Linux (bzImage or vmlinux) or a multiboot kernel',
      valueHint: 'FILE',
    },
    initrd: {
      type: 'string',
      description: 'initial RAM disk; first module of a multiboot kernel',
      valueHint: 'FILE',
    },
    append: { type: 'string', description: "the kernel's command line (console=ttyS0)", valueHint: 'TEXT' },
    memory: { type: 'string', description: 'memory in MiB, or e.g. 1G (256)', valueHint: 'MIB' },
    cpus: { type: 'string', description: 'virtual processors (1)', valueHint: 'N' },
    disk: {
      type: 'string',
      description:
        'a disk image, raw, VHD or VHDX, in a file or on a web server; may be given several times. overlay: forget changes at the end',
      valueHint: 'FILE[,bus=scsi|ide][,ro][,overlay]',
    },
    cdrom: {
      type: 'string',
      description: 'a DVD drive with an ISO image in it, or empty',
      valueHint: 'FILE|none[,bus=scsi|ide]',
    },
    faults: {
      type: 'string',
      description:
        "what befalls requests of the disks, e.g. 'read,delay=20;write,at=1M-2M,error=io,every=10'",
      valueHint: 'RULE[;RULE…]',
    },
    serial: {
      type: 'string',
      description: 'COM1: the terminal (Ctrl-A x quits, s shuts down, b reports), a file, or nowhere',
      valueHint: 'stdio|file:PATH|none',
    },
    net: {
      type: 'string',
      description: 'a network adapter behind a gateway that gives addresses and leads out (none)',
      valueHint: 'nat|switch:NAME|none[,mac=MAC][,hostfwd=HOSTPORT:GUESTPORT][,pcap=FILE][,…]',
    },
    display: {
      type: 'string',
      description:
        'a synthetic display with keyboard and mouse: for VNC clients, or its last picture in a file (none)',
      valueHint: 'none|png:FILE|vnc[:PORT][,host=ADDRESS][,password-file=FILE]',
    },
    type: {
      type: 'string',
      description: 'text to type on the synthetic keyboard as soon as the guest listens; \\n is Enter',
      valueHint: 'TEXT',
    },
    input: {
      type: 'string',
      description: 'a script of keys, clicks and screenshots (docs/running-kernels.md)',
      valueHint: 'FILE',
    },
    enlightenments: {
      type: 'boolean',
      default: true,
      negativeDescription: 'hide the hypervisor: a PC with IDE disks',
    },
    engine: {
      type: 'string',
      description:
        "how the processor executes: 'jit', 'interpreter', or 'lock-step', which runs both and stops where they differ (jit)",
      valueHint: 'NAME[:THRESHOLD]',
    },
    'vmbus-version': {
      type: 'string',
      description: 'newest version of the bus to offer (5.3)',
      valueHint: 'X.Y',
    },
    trace: {
      type: 'string',
      description: "trace points to show on stderr, e.g. 'vmbus.message,hypervisor.*'; 'list' names them",
      valueHint: 'LIST',
    },
    summary: { type: 'string', description: 'write all counters to a JSON file', valueHint: 'FILE' },
    'system-map': {
      type: 'string',
      description: "the kernel's symbols for the report (read from the kernel itself where it has them)",
      valueHint: 'FILE',
    },
    break: {
      type: 'string',
      description: 'report what the processors are doing when one first comes to this instruction',
      valueHint: 'SYMBOL|ADDRESS',
    },
    instructions: {
      type: 'string',
      description:
        'write executed instructions to a file, from a number or an address on (0), so many (100000); slow',
      valueHint: 'FILE[,from=N|SYMBOL|ADDRESS][,count=N]',
    },
    profile: {
      type: 'boolean',
      default: false,
      description: 'sample where the time goes; printed at the end, and at Ctrl-A p',
    },
    report: {
      type: 'boolean',
      default: true,
      negativeDescription: 'when the guest ends badly, do not report what its processors were doing',
    },
    control: {
      type: 'string',
      description:
        'a Unix socket to be made, for viridian exec, shutdown, address, copy, freeze, thaw, memory',
      valueHint: 'PATH',
    },
    vsock: {
      type: 'string',
      description: "the guest's connections to this vsock port lead to a Unix socket",
      valueHint: 'PORT:PATH[,PORT:PATH…]',
    },
    'share-agent': {
      type: 'boolean',
      description: "put the agent of viridian exec into the guest's initrd",
    },
    timeout: { type: 'string', description: 'end the guest after so many seconds', valueHint: 'SECONDS' },
    unpack: {
      type: 'boolean',
      default: true,
      negativeDescription: 'let a compressed kernel unpack itself, instead of the host',
    },
    'debug-exit': {
      type: 'string',
      description: "a port like QEMU's isa-debug-exit, e.g. 0xf4: a write of N ends with exit code 2N + 1",
      valueHint: 'PORT',
    },
    debugcon: {
      type: 'string',
      description: "a port like QEMU's debugcon: bytes go to the terminal or a file (port 0xe9)",
      valueHint: 'stdio|file:PATH[,port=PORT]',
    },
  },
  run: async ({ args, rawArgs }) => {
    await main(new Terminal(process.stderr), async (terminal, interrupted) => {
      const { runGuest } = await import('./run/run-guest.ts');
      const options = checkRunOptions(args as GivenOptions, repeatedOption(rawArgs, 'disk'));
      return await runGuest(options, terminal, interrupted);
    });
  },
});

const web = defineCommand({
  meta: { name: 'web', description: 'Serve a page that runs a guest in the browser' },
  args: {
    port: { type: 'string', description: 'on 127.0.0.1 (8080); 0 is any that is free', valueHint: 'PORT' },
    kernel: { type: 'string', description: "a kernel of yours instead of Debian's", valueHint: 'FILE' },
    initrd: { type: 'string', description: 'initial RAM disk of that kernel', valueHint: 'FILE' },
    append: { type: 'string', description: "the kernel's command line", valueHint: 'TEXT' },
    memory: { type: 'string', description: 'memory in MiB (256)', valueHint: 'MIB' },
    cpus: { type: 'string', description: 'virtual processors (1)', valueHint: 'N' },
    engine: {
      type: 'string',
      description: "how the processor executes: 'interpreter' or 'jit' (jit)",
      valueHint: 'NAME',
    },
  },
  run: async ({ args }) => {
    await main(new Terminal(), async (terminal, interrupted) => {
      const options = checkWebOptions(args as Record<string, string>);
      // The bundler comes with it: other commands start without.
      const { runWeb } = await import('./web/run-web.ts');
      return await runWeb(options, terminal, interrupted);
    });
  },
});

const newImageArgs = {
  format: { type: 'string', description: "by the file's ending unless told", valueHint: 'raw|vhd|vhdx' },
  type: {
    type: 'string',
    description: 'dynamic unless told; raw images are fixed, those with a parent differencing',
    valueHint: 'fixed|dynamic|differencing',
  },
  size: { type: 'string', description: 'size of the disk, e.g. 8G', valueHint: 'SIZE' },
  'block-size': { type: 'string', description: 'unit in which it grows (2M)', valueHint: 'SIZE' },
  'sector-size': { type: 'string', description: 'of a VHDX (512)', valueHint: '512|4096' },
} as const;
const existing = { type: 'positional', description: 'a disk image', required: true } as const;
const made = {
  type: 'positional',
  description: 'the file to make, which must not exist',
  required: true,
} as const;

const image = defineCommand({
  meta: { name: 'image', description: 'Make, show, convert and check disk images: raw, VHD, VHDX' },
  subCommands: {
    create: defineCommand({
      meta: { name: 'create', description: 'Make an empty image' },
      args: {
        file: made,
        ...newImageArgs,
        parent: {
          type: 'string',
          description: 'the image that a differencing one stands on, and that must not change any more',
          valueHint: 'FILE',
        },
      },
      run: ({ args }) =>
        main(new Terminal(), async (terminal) => {
          const { createImage } = await import('./disk-image/image-commands.ts');
          return await createImage(checkNewImage(args.file, args as GivenImageOptions), terminal);
        }),
    }),
    info: defineCommand({
      meta: { name: 'info', description: 'Show what an image is' },
      args: { file: existing, json: { type: 'boolean', description: 'all of it, as JSON', default: false } },
      run: ({ args }) =>
        main(new Terminal(), async (terminal) => {
          const { imageInfo } = await import('./disk-image/image-commands.ts');
          return await imageInfo(args.file, args.json, terminal);
        }),
    }),
    convert: defineCommand({
      meta: { name: 'convert', description: 'Copy an image into a new one of any format' },
      args: { source: existing, target: made, ...newImageArgs },
      run: ({ args }) =>
        main(new Terminal(), async (terminal, interrupted) => {
          const { convertImage } = await import('./disk-image/image-commands.ts');
          const target = checkNewImage(args.target, args as GivenImageOptions);
          return await convertImage(args.source, target, terminal, interrupted);
        }),
    }),
    check: defineCommand({
      meta: {
        name: 'check',
        description: 'Check the structure of an image and its parents, and read all of it',
      },
      args: { file: existing },
      run: ({ args }) =>
        main(new Terminal(), async (terminal, interrupted) => {
          const { checkImage } = await import('./disk-image/image-commands.ts');
          return await checkImage(args.file, terminal, interrupted);
        }),
    }),
  },
});

/** Runs a command until it ends or a signal does; its exit code becomes the process's. */
async function main(
  terminal: Terminal,
  command: (terminal: Terminal, interrupted: AbortSignal) => Promise<number>,
): Promise<void> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  process.once('SIGTERM', () => interrupted.abort());
  try {
    process.exitCode = await command(terminal, interrupted.signal);
  } catch (error) {
    if (interrupted.signal.aborted) {
      process.exitCode = INTERRUPTED;
      return;
    }
    if (!(error instanceof OptionError || error instanceof GuestFilesError)) throw error;
    terminal.line(error.message);
    process.exitCode = error instanceof OptionError ? 2 : 1;
  }
}

await runMain(
  defineCommand({
    meta: {
      name: 'viridian',
      description: 'A hypervisor, its parent partition and its guests, in TypeScript',
    },
    subCommands: { demo, run, web, ...controlCommands(main), image },
  }),
);
