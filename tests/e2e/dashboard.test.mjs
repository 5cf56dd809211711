// Promise: the dashboard shows exactly what was called, in a real browser, by keyboard, in light and dark, asking nobody else.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { openBrowser, Page } from './lib/browser.mjs';
import { cleanUp, fileScope } from './lib/cleanup.mjs';
import { completeList } from './lib/expect.mjs';
import { startGateway } from './lib/gateway.mjs';
import { request, SseStream } from './lib/http.mjs';
import { modernCall } from './lib/mcp.mjs';
import { put, read } from './lib/reload.mjs';
import { everything, filesystem } from './lib/servers.mjs';
import { temporaryDirectory } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

const CANARY = 'canary-7f31c0de';
const HOSTILE = '<img src="http://evil.example/x" onerror="document.title=1"><b>bold</b> \u202egnp.exe\u202c \u0007end';
const scope = fileScope();
let gateway;
let browser;
let files;

const rows = (page) => page.texts('table.calls tbody tr td.what');
const cells = (page) => page.page.$$eval('table.calls tbody tr', (all) => all.map((row) => [row.cells[1], row.cells[2], row.cells[3]].map((cell) => cell.innerText.trim()).join(' ')));

async function openPage(t, hash, options) {
  const page = await Page.open(browser, gateway.adminUrl, hash, options);
  cleanUp(t, () => page.page.close());
  await page.untilText('up ', 'header');
  return page;
}

before(async () => {
  files = join(temporaryDirectory(scope), 'files');
  mkdirSync(files);
  writeFileSync(join(files, 'hello.txt'), 'Hello from behind the gate.');
  gateway = await startGateway(scope, {
    servers: {
      everything: { ...everything(), tools: { describe: { 'get-sum': HOSTILE } } },
      files: { ...filesystem(files), tools: { deny: ['write_file', 'edit_file'] } },
      absent: { command: '/nonexistent/mcp-server' },
    },
  });
  browser = await openBrowser(scope);
});

it('before the first call: what to paste into an agent', async (t) => {
  const page = await openPage(t, '');
  await page.untilText('No calls yet');
  assert.ok((await page.text('main')).includes(`claude mcp add --transport http sallyport ${gateway.url}`));
  await page.expectAccessible('the overview without calls');
  await page.screenshot('overview-empty-light');
  page.expectClean();
});

it('the calls that were made, and no others, as they end', async (t) => {
  const page = await openPage(t, '#/calls');
  const url = gateway.url;
  await modernCall(url, 'everything__echo', { message: CANARY });
  await modernCall(url, 'files__read_text_file', { path: join(files, 'hello.txt') });
  await modernCall(url, 'files__write_file', { path: join(files, CANARY), content: CANARY });
  await modernCall(url, 'files__read_text_file', { path: `/etc/${CANARY}` });
  await page.until('four calls', () => document.querySelectorAll('table.calls tbody tr').length >= 4);
  assert.deepEqual((await cells(page)).slice(0, 3), ['files read_text_file TOOL_001', '– files__write_file POLICY_001', 'files read_text_file ok']);
  for (const row of (await cells(page)).slice(3)) assert.equal(row, 'everything echo ok');

  const { pid } = (await gateway.servers()).files;
  process.kill(pid, 'SIGKILL');
  await until('it is started again', async () => {
    await modernCall(url, 'files__list_directory', { path: files });
    const { pid: now, state } = (await gateway.servers()).files;
    return state === 'up' && now !== pid;
  });
  await page.until('the call after it', () => document.querySelector('table.calls tbody tr td.what')?.innerText.includes('list_directory'));
  const known = (await gateway.admin('/api/calls?limit=1000')).json.calls;
  await page.until('all of them', (count) => document.querySelectorAll('table.calls tbody tr').length === count, known.length);
  assert.deepEqual(await rows(page), known.map((call) => call.target ?? call.requested));
  await page.screenshot('calls-light');
  page.expectClean();
});

it('no argument, path or content is in anything that the port says', async () => {
  for (const path of ['/api/calls?requests=all&limit=2000', '/api/overview', '/api/servers', '/api/tools', '/metrics']) {
    assert.ok(!(await gateway.admin(path)).text.includes(CANARY), path);
  }
});

it('the details of a call, by a link and by the keyboard', async (t) => {
  const page = await openPage(t, '#/calls?code=POLICY_001');
  await page.until('the refused call alone', () => document.querySelectorAll('table.calls tbody tr').length === 1);
  await page.press('ArrowDown');
  assert.equal((await page.focused()).text, 'files__write_file');
  await page.press('Enter');
  await page.untilText('Correlation id', '.details');
  const details = await page.text('.details');
  for (const said of ['POLICY_001', 'no: it did not run', 'What to do']) assert.ok(details.includes(said), said);
  const [call] = (await gateway.admin('/api/calls?code=POLICY_001')).json.calls;
  assert.ok(details.includes(call.correlationId));
  await page.expectAccessible('the details of a call');
  await page.screenshot('call-details-light');
  await page.press('Escape');
  await page.until('closed', () => !document.querySelector('.details'));
  await page.press('/');
  assert.ok((await page.focused()).filter);
  await page.page.keyboard.type(call.correlationId.slice(0, 8));
  await page.until('found by its ref', () => location.hash.includes('text=') && document.querySelectorAll('table.calls tbody tr').length === 1);
  page.expectClean();
});

it('every view is accessible, in light and dark, and on a small screen', async (t) => {
  for (const dark of [false, true]) {
    const page = await openPage(t, '', { dark });
    const name = dark ? 'dark' : 'light';
    const views = [
      ['', 'By tool', 'overview'],
      ['#/servers/absent', 'CONFIG_001', 'servers'],
      ['#/calls', 'list_directory', 'calls'],
      ['#/tools/everything__get-sum', 'Arguments', 'tools'],
      ['#/errors/TOOL_004', 'What to do', 'errors'],
    ];
    for (const [hash, text, view] of views) {
      await page.go(hash || '#/');
      await page.untilText(text, 'main');
      await page.expectAccessible(`${view}, ${name}`);
      await page.screenshot(`${view}-${name}`);
    }
    page.expectClean();
  }
  const small = await openPage(t, '', { width: 390, height: 844 });
  await small.untilText('By tool', 'main');
  const wide = await small.page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `the page is ${wide} wide`);
  await small.screenshot('overview-small');
});

it('a hostile description is text, with what is invisible made visible', async (t) => {
  const page = await openPage(t, '#/tools/everything__get-sum');
  await page.untilText('<img src="http://evil.example/x"', '.details');
  const shown = await page.text('.details');
  assert.ok(shown.includes('\\u{202e}gnp.exe\\u{202c} \\u{7}end'), shown);
  assert.equal(await page.page.$('main b, main img'), null);
  assert.ok((await page.text('main')).includes('write_file'), 'what is denied is named to the operator');
  page.expectClean();
});

it('prompts, resources and templates stand below the tools', async (t) => {
  const page = await openPage(t, '#/tools');
  for (const title of ['Prompts', 'Resources', 'Resource templates']) await page.untilText(title, `section[aria-label="${title}"] h2`);
  const { json } = await gateway.admin('/api/catalogue');
  const names = (section) => page.page.$$eval(`section[aria-label="${section}"] tbody tr`, (all) => all.map((row) => row.cells[0].innerText.trim()));
  for (const [section, key] of [['Prompts', 'prompts'], ['Resources', 'resources'], ['Resource templates', 'templates']]) {
    assert.ok(json[key].total > 0, section);
    assert.deepEqual(await names(section), json[key].entries.map(({ name }) => name));
    assert.ok(json[key].entries.every(({ server }) => server === 'everything'), JSON.stringify(json[key]));
  }
  page.expectClean();
});

it('a configuration that is wrong stands at the top until it is right', async (t) => {
  const page = await openPage(t, '#/overview');
  const base = read(gateway);
  await put(gateway, base.replace(/^servers:$/m, 'timeouts: {tool: soon}\nservers:'), 'failed');
  await page.untilText('The configuration was wrong when it was read', '.banners');
  assert.match(await page.text('.banners'), /timeouts\.tool/);
  await put(gateway, base, 'unchanged');
  await until('the banner is gone', async () => !(await page.text('.banners')).includes('configuration'));
  page.expectClean();
});

it('who is down says since when, why, what it means and what to do', async (t) => {
  const page = await openPage(t, '#/servers/absent');
  await page.untilText('CONFIG_001', '.details');
  await page.untilText('down for', '.details'); // not in the instant of another attempt
  const details = await page.text('.details');
  for (const said of ['Who acts', 'What to do']) assert.ok(details.includes(said), `${said} in ${details}`);
  const row = await page.page.$$eval('tbody tr', (all) => all.map((each) => each.innerText).find((text) => text.includes('files')));
  assert.match(row, /up/);
  page.expectClean();
});

it('by keyboard alone: skip link, views, help, pause, colours', async (t) => {
  const page = await openPage(t, '');
  await page.untilText('Overview', 'h1');
  await page.press('Tab');
  assert.match((await page.focused()).text, /Skip to the content/);
  await page.press('Enter');
  assert.equal((await page.focused()).tag, 'MAIN');
  for (const [key, title] of [['2', 'Servers'], ['3', 'Calls'], ['4', 'Tools'], ['5', 'Errors'], ['3', 'Calls']]) {
    await page.press(key);
    await page.untilText(title, 'h1');
  }
  await page.until('the calls so far', () => document.querySelector('table.calls [data-row]'));
  await page.press('p');
  await page.untilText('paused', '.head');
  await modernCall(gateway.url, 'everything__echo', { message: 'while paused' });
  await page.untilText('1 call since', '.head');
  await page.press('p');
  await page.untilText('live', '.head');
  await page.press('?');
  await page.until('help', () => document.querySelector('dialog')?.open === true);
  await page.expectAccessible('the help');
  await page.press('Escape');
  await page.until('no help', () => document.querySelector('dialog')?.open === false);
  const ground = () => page.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.press('t', 't');
  assert.notEqual(await ground(), light);
  page.expectClean();
});

it('names of other origins are refused, on the page as on the streams', async () => {
  for (const path of ['/', '/dashboard.js', '/api/calls/stream', '/api/overview']) {
    for (const headers of [{ host: 'evil.example' }, { origin: 'http://evil.example' }]) {
      assert.equal((await request(`${gateway.adminUrl}${path}`, { headers })).status, 403, `${path} ${JSON.stringify(headers)}`);
    }
  }
});

it('goes on by itself when the gateway comes back, and says that it was away', async (t) => {
  const config = { servers: { everything: everything() } };
  const first = await startGateway(t, config);
  await completeList(first.url);
  await modernCall(first.url, 'everything__echo', { message: 'one' });
  const page = await Page.open(browser, first.adminUrl, '#/calls');
  cleanUp(t, () => page.page.close());
  await page.untilText('echo', 'main');
  const stream = await SseStream.open(`${first.adminUrl}/api/calls/stream`);
  await first.stop();
  await stream.ended;
  assert.match(stream.text, /event: end\ndata: \{"why":"draining"\}/);
  await page.untilText('does not answer');
  const again = await startGateway(t, { ...config, ports: { port: first.port, adminPort: first.adminPort } });
  await page.untilText('was restarted at');
  await completeList(`http://127.0.0.1:${first.port}/mcp`);
  await modernCall(`http://127.0.0.1:${first.port}/mcp`, 'everything__get-sum', { a: 1, b: 2 });
  await page.untilText('get-sum', 'table.calls');
  assert.ok(again.isRunning());
});
