/** The system's Chromium, driven by a test. */

import puppeteer, { type Browser } from 'puppeteer-core';
import { findTool } from '../../src/image/system-tools.ts';

/** Where it is; undefined, with a line that says so, where the host has none. */
export async function findChromium(): Promise<string | undefined> {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const path = await findTool(name);
    if (path !== undefined) return path;
  }
  console.warn('no Chromium here (Debian package chromium): the test in a browser is skipped');
  return undefined;
}

/** Starts it without a window. It shows only our own pages, so it may run as root too, where its sandbox does not. */
export async function launchChromium(executablePath: string): Promise<Browser> {
  return await puppeteer.launch({
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    timeout: 120_000,
    protocolTimeout: 300_000,
  });
}
