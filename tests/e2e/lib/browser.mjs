// Debian's Chromium on one page: what it asked for, what it complained of, what a person would read.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { cleanUp } from './cleanup.mjs';
import { root } from './paths.mjs';
import { temporaryDirectory } from './temp.mjs';
import { PATIENCE_MS } from './wait.mjs';

const require = createRequire(import.meta.url);
const screenshots = join(root, 'build/screenshots');

export async function openBrowser(scope) {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    userDataDir: temporaryDirectory(scope),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-extensions'],
    protocolTimeout: 4 * PATIENCE_MS,
    timeout: 4 * PATIENCE_MS,
  });
  cleanUp(scope, () => browser.close());
  return browser;
}

export class Page {
  static async open(browser, origin, hash = '', { dark = false, width = 1360, height = 900 } = {}) {
    const page = await browser.newPage();
    const opened = new Page(page, origin);
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' },
      { name: 'prefers-reduced-motion', value: 'reduce' }, // what is measured is not on its way between two colours
    ]);
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('request', (request) => opened.requests.push(request.url()));
    page.on('console', (message) => ['error', 'warning', 'warn'].includes(message.type()) && opened.complaints.push(message.text()));
    page.on('pageerror', (error) => opened.complaints.push(String(error)));
    await page.goto(`${origin}/${hash}`, { waitUntil: 'domcontentloaded' });
    return opened;
  }

  constructor(page, origin) {
    Object.assign(this, { page, origin, requests: [], complaints: [] });
  }

  async go(hash) {
    await this.page.evaluate((to) => {
      location.hash = to;
    }, hash);
  }

  text(selector = 'body') {
    return this.page.$eval(selector, (element) => element.innerText);
  }

  texts(selector) {
    return this.page.$$eval(selector, (elements) => elements.map((element) => element.innerText.trim()));
  }

  async until(what, condition, ...args) {
    try {
      await this.page.waitForFunction(condition, { timeout: PATIENCE_MS, polling: 100 }, ...args);
    } catch (error) {
      throw new Error(`waited for: ${what}\n${await this.text()}`, { cause: error });
    }
  }

  untilText(text, selector = 'body') {
    return this.until(`"${text}" in ${selector}`, (wanted, where) => document.querySelector(where)?.innerText.includes(wanted), text, selector);
  }

  press(...keys) {
    return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
  }

  focused() {
    return this.page.evaluate(() => ({ tag: document.activeElement?.tagName, text: document.activeElement?.innerText ?? '', filter: document.activeElement?.hasAttribute('data-filter') ?? false }));
  }

  async screenshot(name) {
    mkdirSync(screenshots, { recursive: true });
    await this.page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
  }

  // Everything that axe finds, WCAG 2.2 AA: contrast, names, roles, order.
  async expectAccessible(what) {
    if (!this.axe) this.axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
    const session = await this.page.createCDPSession();
    await session.send('Runtime.evaluate', { expression: this.axe });
    const { result } = await session.send('Runtime.evaluate', {
      expression: `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then((all) => JSON.stringify(all.violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => html.slice(0, 160) + ' ' + failureSummary) }))))`,
      awaitPromise: true,
      returnByValue: true,
    });
    await session.detach();
    assert.deepEqual(JSON.parse(result.value), [], `accessibility of ${what}`);
  }

  expectClean() {
    const foreign = this.requests.filter((url) => !url.startsWith(`${this.origin}/`));
    assert.deepEqual(foreign, [], 'nothing is asked of another origin');
    assert.deepEqual(this.complaints, [], 'the console is silent');
  }
}
