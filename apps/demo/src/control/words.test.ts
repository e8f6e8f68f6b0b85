/** What the commands for a running guest make of their words. */

import { describe, expect, it } from 'vitest';
import { agentArchive } from '../agent/agent-files.ts';
import { shareAgent } from '../agent/share-agent.ts';
import { commandWords } from './commands.ts';
import { commandLine, escaped } from './exec-client.ts';
import { parseForwards } from './socket-forward.ts';

describe('the words of viridian exec', () => {
  it('begin behind our own options', () => {
    expect(commandWords(['--control', '/x', 'ls', '--control', 'y'])).toEqual(['ls', '--control', 'y']);
    expect(commandWords(['--control=/x', '--', '--help'])).toEqual(['--help']);
    expect(commandWords(['ls', '-l'])).toEqual(['ls', '-l']);
    expect(commandWords(['--control', '/x'])).toEqual([]);
  });

  it('are quoted, unless one line is meant, and become one line', () => {
    expect(commandLine(['echo $HOME'])).toBe('echo $HOME');
    expect(commandLine(['echo', "it's", '$x'])).toBe("'echo' 'it'\\''s' '$x'");
    expect(escaped('a\\n\nb')).toBe('a\\\\n\\nb');
  });
});

describe('--vsock', () => {
  it('names ports and sockets', () => {
    expect(parseForwards('1:/a,4294967294:b:c')).toEqual([
      { port: 1, path: '/a' },
      { port: 4294967294, path: 'b:c' },
    ]);
    for (const wrong of ['', '1', ':/a', '1:', '4294967295:/a', 'x:/a', '1:/a,']) {
      expect(() => parseForwards(wrong)).toThrow('PORT:PATH is needed');
    }
  });
});

describe('--share-agent', () => {
  it('adds an archive at a multiple of 512, and starts it', () => {
    const { initrd, append } = shareAgent({ initrd: new Uint8Array(700).fill(1), append: 'quiet' });
    expect(append).toBe('quiet rdinit=/viridian/init');
    expect(initrd?.length).toBe(1024 + agentArchive().length);
    expect(new TextDecoder().decode(initrd?.subarray(1024, 1030))).toBe('070701');
    expect(Array.from(initrd!.subarray(699, 702))).toEqual([1, 0, 0]);
  });

  it('needs an initial file system, and its start', () => {
    expect(() => shareAgent({ initrd: undefined, append: '' })).toThrow('needs an --initrd');
    expect(() => shareAgent({ initrd: new Uint8Array(1), append: 'a rdinit=/x' })).toThrow('rdinit=');
  });
});
