// Promise: what operators see of calls is right and safe: a real Prometheus scrapes every metric, no planted secret
// reaches a log line, a metric or an audit record, a stderr that nobody reads or a clock that jumps costs no call.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { cleanUp } from './lib/cleanup.mjs';
import { Gateway, prepare, startGateway } from './lib/gateway.mjs';
import { request } from './lib/http.mjs';
import { LegacySession, modernCall, modernRequest, textOf, typedError } from './lib/mcp.mjs';
import { binary, root } from './lib/paths.mjs';
import { freePort } from './lib/ports.mjs';
import { everything, hostile } from './lib/servers.mjs';
import { temporaryDirectory } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

const logOf = (gateway) => gateway.stderr.split('\n').filter(Boolean).map((line) => JSON.parse(line));
const calls = (gateway) => logOf(gateway).filter(({ message }) => message === 'call');

it('the access log has one line for every call, with what its caller was told', async (t) => {
  const gateway = await startGateway(t, { servers: { one: { ...everything(), tools: { deny: ['get-sum'] } } } });
  const session = await LegacySession.open(gateway.url);
  await session.call('one__echo', { message: 'a' });
  await modernCall(gateway.url, 'one__echo', { message: 'b' });
  const unknown = await modernCall(gateway.url, 'one__none', {});
  await session.call('one__get-sum', { a: 1, b: 2 });
  await until('four lines are written', () => calls(gateway).length === 4);
  const [first, second, third, fourth] = calls(gateway);
  assert.deepEqual([first.method, first.server, first.tool, first.code, first.executed], ['tools/call', 'one', 'echo', 'ok', 'yes']);
  assert.equal(first.principal, 'anonymous');
  assert.equal(first.source, '127.0.0.1');
  assert.match(first.session, /^[0-9a-f]{16}$/);
  assert.equal(second.session, undefined, 'the modern era has none');
  assert.ok(first.ms > 0 && first.in > 0 && first.out > 0);
  assert.equal(second.code, 'ok');
  assert.equal(third.code, 'TOOL_002');
  assert.equal(third.executed, 'no');
  assert.equal(third.correlation, typedError(unknown)?.correlationId);
  assert.equal(fourth.code, 'POLICY_001', 'operators see that it was denied');
  assert.equal(new Set(calls(gateway).map(({ correlation }) => correlation)).size, 4);
});

it('telemetry.log.level: warn writes none, debug also other requests', async (t) => {
  const quiet = await startGateway(t, { servers: { one: hostile(t).server }, telemetry: { log: { level: 'warn' } } });
  await modernCall(quiet.url, 'one__echo', { nonce: 'a' });
  await quiet.stop();
  assert.equal(calls(quiet).length, 0);
  const loud = await startGateway(t, { servers: { one: hostile(t).server }, telemetry: { log: { level: 'debug' } } });
  await modernRequest(loud.url, 'tools/list');
  await until('the list is in the log', () => calls(loud).some(({ method, level }) => method === 'tools/list' && level === 'debug'));
});

it('a stderr that nobody reads, or that is closed, costs lines and no call', async (t) => {
  for (const stderr of ['pipe', 'closed']) {
    const port = await freePort();
    const adminPort = await freePort();
    const { file, env, mark } = prepare(t, {
      listen: { http: `127.0.0.1:${port}` }, admin: { http: `127.0.0.1:${adminPort}` }, servers: { one: hostile(t).server },
    });
    const command = stderr === 'closed' ? ['-c', 'exec "$0" serve -c "$1" 2>&-', binary, file] : ['-c', 'exec "$0" serve -c "$1"', binary, file];
    const child = spawn('sh', command, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    cleanUp(t, () => child.kill('SIGKILL'));
    child.stderr.pause();
    child.stdout.resume();
    const admin = (path) => request(`http://127.0.0.1:${adminPort}${path}`);
    await until('the gateway is ready', async () => (await admin('/readyz')).status === 200);
    const url = `http://127.0.0.1:${port}/mcp`;
    for (let round = 0; round < 100; ++round) {
      const replies = await Promise.all(Array.from({ length: 50 }, (_, i) => modernCall(url, 'one__echo', { nonce: `${round}.${i}` })));
      assert.ok(replies.every((reply) => !typedError(reply)));
      const dropped = [...(await admin('/metrics')).text.matchAll(/^sallyport_(?:access|log)_lines_dropped_total (\d+)/gm)];
      if (dropped.some(([, count]) => Number(count) > 0)) break;
      assert.ok(round < 99, `nothing was dropped: ${stderr}`);
    }
    const exited = new Promise((done) => child.once('exit', (code) => done(code)));
    child.kill('SIGTERM');
    child.stderr.resume();
    assert.equal(await exited, 0, mark);
  }
});

it('no planted secret reaches a log line, a metric or an audit record', async (t) => {
  const file = join(temporaryDirectory(t), 'audit.jsonl');
  const gateway = await startGateway(t, {
    audit: { file },
    servers: {
      one: hostile(t).server,
      far: { url: 'http://127.0.0.1:9/CANARY_PATH?q=CANARY_QUERY', headers: { authorization: 'Bearer CANARY_TOKEN' } },
    },
  });
  const session = await LegacySession.open(gateway.url);
  const headers = { 'x-note': 'CANARY_HEADER', authorization: 'Bearer CANARY_CLIENT' };
  await session.call('one__echo', { nonce: 'n', text: 'CANARY_ARGUMENT' });
  await modernCall(gateway.url, 'one__echo', { nonce: 'm', CANARY_KEY: 'CANARY_ARGUMENT' }, { headers });
  await modernCall(gateway.url, 'far__anything', { secret: 'CANARY_ARGUMENT' }, { headers });
  await modernCall(gateway.url, 'not a name: CANARY NAME', { secret: 'CANARY_ARGUMENT' }, { headers });
  await modernRequest(gateway.url, 'resources/read', { uri: 'file:///CANARY_URI?x=CANARY_URI' }, { headers });
  await request(`${gateway.url}/CANARY_ENDPOINT`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{"CANARY":' });
  await request(gateway.url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{"CANARY_BODY":' });
  await until('the calls are in the log', () => calls(gateway).length >= 4);
  const { text: metrics } = await gateway.admin('/metrics');
  await gateway.stop();
  for (const [where, text] of Object.entries({ log: gateway.stderr, metrics, audit: readFileSync(file, 'utf8') })) {
    assert.ok(!text.includes('CANARY'), `${where}: ${text.split('\n').find((line) => line.includes('CANARY'))}`);
  }
  assert.ok(!gateway.stderr.includes(session.id ?? 'no id'), 'the session id is a credential');
});

const promtool = spawnSync('promtool', ['--version']).status === 0;

it('a real Prometheus scrapes it, promtool finds nothing, and the page lists what is there', async (t) => {
  if (!promtool) return t.skip('the Debian package prometheus is not installed');
  const gateway = await startGateway(t, { servers: { one: hostile(t).server } });
  await modernCall(gateway.url, 'one__echo', { nonce: 'a' });
  await modernCall(gateway.url, 'one__none', {});
  const { text } = await gateway.admin('/metrics');
  const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  assert.equal(checked.status, 0, checked.stdout + checked.stderr);
  const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8');
  for (const [, name] of text.matchAll(/^# TYPE (\S+)/gm)) assert.ok(page.includes(`| \`${name}\` |`), `${name} is not on the page`);

  const directory = temporaryDirectory(t);
  const port = await freePort();
  const config = join(directory, 'prometheus.yml');
  writeFileSync(config, JSON.stringify({
    global: { scrape_interval: '1s' },
    scrape_configs: [{ job_name: 'sallyport', static_configs: [{ targets: [`127.0.0.1:${gateway.adminPort}`] }] }],
  }));
  const prometheus = spawn('prometheus', [`--config.file=${config}`, `--storage.tsdb.path=${join(directory, 'data')}`, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  const gone = new Promise((done) => prometheus.once('exit', done));
  cleanUp(t, async () => {
    prometheus.kill('SIGKILL');
    await gone;
  });
  const query = async (expression) => {
    const { status, json } = await request(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`).catch(() => ({}));
    return status === 200 ? json.data.result : [];
  };
  await until('Prometheus has scraped', async () => (await query('up{job="sallyport"} == 1')).length === 1);
  await until('the call is counted', async () => {
    const [sample] = await query('sallyport_calls_total{server="one",tool="echo",code="ok"}');
    return sample?.value[1] === '1';
  });
  const [quantile] = await query('histogram_quantile(0.9, sallyport_call_duration_seconds_bucket{server="one"})');
  assert.ok(Number(quantile.value[1]) > 0);
});

const faketime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

it('a clock that jumps hours in both directions: sessions, deadlines and rates go on, dates are what the clock says', async (t) => {
  if (!existsSync(faketime)) return t.skip('the Debian package faketime is not installed');
  const directory = temporaryDirectory(t);
  const clock = join(directory, 'clock');
  const jump = (offset) => writeFileSync(clock, `${offset}\n`);
  jump('+0h');
  const port = await freePort();
  const adminPort = await freePort();
  const { file, env, mark } = prepare(t, {
    listen: { http: `127.0.0.1:${port}` }, admin: { http: `127.0.0.1:${adminPort}` },
    servers: { one: hostile(t).server },
    audit: { file: join(directory, 'audit.jsonl'), on_failure: 'refuse' },
    sessions: { idle: '10m' }, timeouts: { tool: '20s' }, limits: { rate: '1000/s' },
  });
  const child = spawn(binary, ['serve', '-c', file], {
    // The steady clock stays what it is, as with a real jump: that is what the gateway relies on.
    env: { ...env, LD_PRELOAD: faketime, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: '1', DONT_FAKE_MONOTONIC: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gateway = new Gateway({ process: child, mark, port, adminPort });
  cleanUp(t, () => child.kill('SIGKILL'));
  await until('the gateway is ready', async () => (await gateway.admin('/readyz')).status === 200);
  const session = await LegacySession.open(gateway.url);
  for (const offset of ['+0h', '+7h', '-9h', '+30h', '-48h', '+0h']) {
    jump(offset);
    assert.equal(typedError(await session.call('one__echo', { nonce: offset })), undefined, offset);
    assert.equal(typedError(await modernCall(gateway.url, 'one__echo', { nonce: offset })), undefined, offset);
    assert.equal((await gateway.admin('/readyz')).status, 200);
  }
  await until('all calls are in the log', () => calls(gateway).length === 12);
  const now = Date.now();
  const hours = calls(gateway).map(({ time }) => Math.round((Date.parse(time) - now) / 3_600_000) + 0);
  assert.deepEqual(hours, [0, 0, 7, 7, -9, -9, 30, 30, -48, -48, 0, 0]);
  for (const { ms } of calls(gateway)) assert.ok(ms >= 0 && ms < 30_000, `${ms} ms`);
  child.kill('SIGTERM');
  assert.deepEqual(await gateway.exited, { code: 0, signal: null });
  const verdict = JSON.parse(execFileSync(binary, ['audit', 'verify', '--json', join(directory, 'audit.jsonl')], { encoding: 'utf8' }));
  assert.equal(verdict.sound, true);
});
