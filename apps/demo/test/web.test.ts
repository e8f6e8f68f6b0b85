/** The whole machine in a browser: Debian's Linux in a worker of headless Chromium, with the JIT, used by its keyboard. */

import type { Page } from 'puppeteer-core';
import { describe, expect, it } from 'vitest';
import { prepareWebGuest } from '../src/web/web-guest.ts';
import { serveWeb } from '../src/web/web-server.ts';
import { findChromium, launchChromium } from './support/chromium.ts';
import { haveKernels } from './support/linux-guests.ts';

const chromium = await findChromium();
/** A guard against hanging: the boot takes 3 s on a machine that has nothing else to do. */
const PATIENCE = { timeout: 240_000 };

describe.skipIf(chromium === undefined || !haveKernels())('viridian web', () => {
  it("runs Debian's Linux in headless Chromium", { timeout: 600_000 }, async () => {
    const served = await prepareWebGuest({
      kernel: undefined,
      initrd: undefined,
      append: undefined,
      memoryMiB: 256,
      processors: 1,
      engine: 'jit',
    });
    const server = await serveWeb(served, 0);
    const browser = await launchChromium(chromium!);
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      await page.goto(server.url);
      await page.waitForSelector('body[data-userspace-ms], body[data-state=failed]', PATIENCE);
      const [state, milliseconds] = await page.$eval('body', ({ dataset }) => [
        dataset.state,
        dataset.userspaceMs,
      ]);
      expect([state, errors]).toEqual(['running', []]);
      console.log(
        `${served.guest.name} in ${await browser.version()}: user space after ${milliseconds} ms (jit)`,
      );
      await shows(page, '/root #');
      await page.keyboard.type('echo "six times seven: $((6 * 7))"; grep -c Hyper-V /proc/interrupts\n');
      await shows(page, 'six times seven: 42');
      await page.click('#shutdown');
      await page.waitForSelector('body[data-state=ended]', PATIENCE);
      expect(await page.$eval('#status', (status) => status.textContent)).toMatch('ended: powered-off');
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
      await server.close();
    }
  });
});

/** Waits until the terminal shows a line. */
async function shows(page: Page, text: string): Promise<void> {
  await page.waitForSelector(
    `::-p-xpath(//*[contains(@class, 'xterm-rows')]//*[contains(., '${text}')])`,
    PATIENCE,
  );
}
