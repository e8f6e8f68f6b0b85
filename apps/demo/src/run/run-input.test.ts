import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OptionError } from '../demo/options.ts';
import { RunInput, readInput } from './run-input.ts';
import { RunScreen } from './screen.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-input-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('readInput', () => {
  it('reads a file, and text to type after it', async () => {
    const file = join(folder, 'script');
    await writeFile(file, 'wait 1\n');
    expect(await readInput(file, 'a\\n')).toMatchObject([{ verb: 'wait' }, { verb: 'type', text: 'a\n' }]);
    expect(await readInput(undefined, undefined)).toEqual([]);
    await writeFile(file, 'wait 1\nwait long\n');
    await expect(readInput(file, undefined)).rejects.toThrow(OptionError);
    await expect(readInput(file, undefined)).rejects.toThrow('script: line 2: a number');
    await expect(readInput(join(folder, 'none'), undefined)).rejects.toThrow(OptionError);
    await expect(readInput(undefined, 'ä')).rejects.toThrow("--type: no US keyboard types 'ä'");
  });
});

describe('RunInput', () => {
  it('waits for words of the guest, types, and keeps pictures', async () => {
    const screen = await RunScreen.open({ png: '' }, 'a test', () => {});
    const codes: number[] = [];
    screen.keyboard.connect({ key: ({ makeCode, isBreak }) => isBreak || codes.push(makeCode) > 0 });
    screen.framebuffer.show({ widthPixels: 1, heightPixels: 1, read: () => true });
    const file = join(folder, 'script');
    const picture = join(folder, 'picture.png');
    await writeFile(
      file,
      `until login:\ntype ab\nuntil login:\ntype c\nscreenshot ${picture}\nscreenshot /\n`,
    );
    const said: string[] = [];
    using input = new RunInput(await readInput(file, undefined), screen, (text) => said.push(text));
    input.start();
    input.hear(new TextEncoder().encode('a guest\nlog'));
    expect(codes).toEqual([]);
    input.hear(new TextEncoder().encode('in:'));
    await expect.poll(() => codes).toEqual([0x1e, 0x30]);
    // The words that were waited for are over.
    input.hear(new TextEncoder().encode('login:'));
    await expect.poll(() => said).toHaveLength(2);
    expect(codes).toEqual([0x1e, 0x30, 0x2e]);
    expect(said).toEqual([`the screen is in ${picture}`, expect.stringMatching(/^the input ends: EISDIR/)]);
    expect((await readFile(picture)).subarray(1, 4).toString()).toBe('PNG');
  });
});
