#!/usr/bin/env node
/** The command `viridian`. */

import { defineCommand, runMain } from 'citty';
import { checkDemoOptions, OptionError } from './demo/options.ts';
import { runDemo } from './demo/run-demo.ts';
import { Terminal } from './terminal/terminal.ts';

const demo = defineCommand({
  meta: { name: 'demo', description: 'Run a guest in a child partition on a disk image made for it' },
  args: {
    guest: { type: 'string', description: "which guest: 'typescript'", default: 'typescript' },
    memory: { type: 'string', description: "the child's memory in MiB (32)", valueHint: 'MIB' },
    cpus: { type: 'string', description: 'virtual processors (2)', valueHint: 'N' },
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
    keep: {
      type: 'string',
      description: 'make the disk image in this folder and leave it there',
      valueHint: 'FOLDER',
    },
  },
  run: async ({ args }) => {
    const terminal = new Terminal();
    const interrupted = new AbortController();
    process.once('SIGINT', () => interrupted.abort());
    process.once('SIGTERM', () => interrupted.abort());
    try {
      process.exitCode = await runDemo(
        checkDemoOptions(args as Record<string, string>),
        terminal,
        interrupted.signal,
      );
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      terminal.line(error.message);
      process.exitCode = 2;
    }
  },
});

await runMain(
  defineCommand({
    meta: {
      name: 'viridian',
      description: 'A hypervisor, its parent partition and its guests, in TypeScript',
    },
    subCommands: { demo },
  }),
);
