import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Browser, LaunchOptions } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

const onPath = (): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(existsSync);

/** On Linux the npm package's own binary, elsewhere the Chrome that is installed. */
const notOnPath = async (): Promise<LaunchOptions> => {
  if (process.platform !== 'linux') return { channel: 'chrome' };
  const { default: chromium } = await import('@sparticuz/chromium');
  return { executablePath: await chromium.executablePath() };
};

/**
 * A headless Chromium, Chrome or Edge: of the PATH, else the one of npm's `@sparticuz/chromium`, which needs the system's
 * `libnss3`. The sandbox is off, because it refuses to run as root; open only pages of our own.
 */
export const launchBrowser = async (): Promise<Browser> => {
  const { chromium } = await import('playwright-core'); // half a second, which other specs need not wait for
  const executablePath = onPath();
  const options = executablePath ? { executablePath } : await notOnPath();
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
  return chromium.launch({ ...options, args }).catch((cause) => {
    throw new Error('No browser starts here. Debian, Ubuntu: apt install chromium', { cause });
  });
};
