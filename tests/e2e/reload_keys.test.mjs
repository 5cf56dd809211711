// Promise: what a configuration says takes effect when it is read again; what cannot is named; a mistake changes nothing and is seen.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { untilExecuting } from './lib/expect.mjs';
import { startGateway } from './lib/gateway.mjs';
import { LegacySession, modernCall, modernRequest, textOf, typedError } from './lib/mcp.mjs';
import { Collector } from './lib/otlp.mjs';
import { run } from './lib/program.mjs';
import { put, read } from './lib/reload.mjs';
import { hostile } from './lib/servers.mjs';
import { Gate, temporaryDirectory } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

// The file with these lines before its servers.
const adding = (gateway, base, ...lines) => put(gateway, base.replace(/^servers:$/m, `${lines.join('\n')}\nservers:`));
const echo = (gateway, nonce, options) => modernCall(gateway.url, 'one__echo', { nonce }, options);
const callsIn = (file) => readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter(({ event }) => event === 'call');

it('limits, streams, sessions and the log: from the next request on', async (t) => {
  const gateway = await startGateway(t, { servers: { one: hostile(t).server } });
  const base = read(gateway);
  const sessions = [await LegacySession.open(gateway.url), await LegacySession.open(gateway.url)];
  await adding(gateway, base, 'sessions: {total: 2}', 'limits: {request: 2KiB, streams: 1, keys: 16}', 'stream: {after: 10ms}', 'telemetry: {log: {level: warn}}', 'health: {http: "127.0.0.1:1"}');
  await assert.rejects(LegacySession.open(gateway.url), /LIMIT_007/);
  const large = await modernRequest(gateway.url, 'tools/call', { name: 'one__echo', arguments: { nonce: 'x'.repeat(3000) } });
  assert.equal(large.status, 413);
  assert.equal(typedError(large.reply).code, 'LIMIT_005');
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, index]));
  assert.equal((await modernRequest(gateway.url, 'tools/call', { name: 'one__echo', arguments: many })).status, 400);
  const slow = await modernRequest(gateway.url, 'tools/call', { name: 'one__slow', arguments: { nonce: 'slow', ms: 200 } });
  assert.ok(slow.isSse, 'an answer that takes longer than stream.after is an event stream');
  const stream = await sessions[0].listen();
  assert.deepEqual([stream.status, (await sessions[1].listen()).status], [200, 503], 'one stream is all there may be');
  stream.close();
  const lines = gateway.stderr.split('\n').length;
  textOf(await echo(gateway, 'unseen'));
  assert.ok(!gateway.stderr.split('\n').slice(lines).some((line) => line.includes('"message":"call"')), 'no line for a call');
  assert.match(gateway.stderr, /needs a restart of the gateway[^\n]*health\.http/);

  await put(gateway, base);
  assert.ok(await LegacySession.open(gateway.url));
  textOf(await echo(gateway, 'y'.repeat(3000)));
  await until('calls are in the log again', () => gateway.stderr.includes('"message":"call"'));
});

it('the audit record moves to another file with the calls that come; one under way ends in the former', async (t) => {
  const { server, recording } = hostile(t);
  const directory = temporaryDirectory(t);
  const [first, second] = [join(directory, 'first.jsonl'), join(directory, 'second.jsonl')];
  const gateway = await startGateway(t, { servers: { one: server } });
  const base = read(gateway);
  textOf(await echo(gateway, 'none'));
  await adding(gateway, base, `audit: {file: ${first}}`);
  const gate = new Gate(t);
  const held = modernCall(gateway.url, 'one__gate', { file: gate.file, nonce: 'held' });
  await untilExecuting(recording, 'held');
  await adding(gateway, base, `audit: {file: ${second}, on_failure: refuse}`);
  textOf(await echo(gateway, 'next'));
  gate.open();
  textOf(await held);
  await until('the former file has the call that was under way', () => callsIn(first).some(({ tool }) => tool === 'gate'));
  await until('the next one has the other', () => callsIn(second).some(({ tool }) => tool === 'echo'));
  await until('the former file is ended', () => readFileSync(first, 'utf8').includes('"event":"end"'));
  await adding(gateway, base, `audit: {file: ${first}}`);
  textOf(await echo(gateway, 'back'));
  await until('the first goes on', () => callsIn(first).some(({ tool }) => tool === 'echo'));
  await put(gateway, base);
  textOf(await echo(gateway, 'none again'));
  await gateway.stop();
  assert.deepEqual(callsIn(first).map(({ tool }) => tool), ['gate', 'echo']);
  for (const file of [first, second]) assert.equal((await run(['audit', 'verify', file])).code, 0, file);
});

it('traces go to the collector that the configuration names now', async (t) => {
  const [first, second] = [await Collector.start(t), await Collector.start(t)];
  const gateway = await startGateway(t, { servers: { one: hostile(t).server } });
  const base = read(gateway);
  const spanIn = (collector, nonce) => collector.span(nonce, ({ name }) => name.startsWith('tools/call'));
  await adding(gateway, base, `telemetry: {otlp: ${first.url}}`);
  textOf(await echo(gateway, 'a'));
  await spanIn(first, 'of the first');
  await adding(gateway, base, `telemetry: {otlp: ${second.url}}`);
  textOf(await echo(gateway, 'b'));
  await spanIn(second, 'of the second');
  await put(gateway, base);
  textOf(await echo(gateway, 'c'));
  await gateway.stop();
  const requests = ({ spans }) => spans.filter(({ kind, name }) => kind === 2 && name.startsWith('tools/call')).length;
  assert.deepEqual([requests(first), requests(second)], [1, 1], 'each hears of the calls of its time');
});

it('a mistake changes nothing, and stands in the metrics, the admin API, doctor and the log', async (t) => {
  const gateway = await startGateway(t, { servers: { one: { ...hostile(t).server } }, admin: { token: 'planted-token-of-the-operator' } });
  const base = read(gateway);
  const config = async () => (await gateway.admin('/api/config')).json;
  const metric = (name) => gateway.metric(`sallyport_config_last_reload_${name}`);
  const doctor = async () => JSON.parse((await run(['doctor', '--json', '-c', gateway.config], { env: { ...process.env, XDG_STATE_HOME: join(dirname(gateway.config), 'state') } })).stdout);
  const finding = (answer) => [answer.findings ?? answer].flat().find(({ id }) => id === 'gateway.config');
  assert.equal(await metric('successful'), 1);
  const started = await metric('success_timestamp_seconds');
  assert.ok(Math.abs(started - Date.now() / 1000) < 600);
  const before = await config();
  assert.equal(before.config.timeouts.tool, '55s');
  assert.equal(before.config.admin.token, '[secret]');
  assert.ok(!JSON.stringify(before).includes('planted'));
  assert.equal(finding(await doctor()).health, 'ok');

  await put(gateway, base.replace(/^servers:$/m, 'timeouts: {tool: soon}\nservers:'), 'failed');
  assert.equal(await metric('successful'), 0);
  assert.equal(await metric('success_timestamp_seconds'), started);
  const wrong = await config();
  assert.equal(wrong.hash, before.hash);
  assert.equal(wrong.lastReload.ok, false);
  assert.equal(wrong.lastReload.mistakes[0].path, 'timeouts.tool');
  assert.equal((await gateway.admin('/api/overview')).json.reload.first.path, 'timeouts.tool');

  // Right as a file, but what it asks for cannot be had.
  await put(gateway, base.replace(/^servers:$/m, 'timeouts: {tool: 7s}\naudit: {file: /nonexistent/audit.jsonl}\nservers:'), 'failed');
  assert.equal((await config()).config.timeouts.tool, '55s', 'nothing of it is in force');
  assert.match((await config()).lastReload.mistakes[0].what, /audit\.file cannot be opened/);
  assert.match(gateway.stderr, /cannot be put in force: nothing was changed/);
  const told = finding(await doctor());
  assert.equal(told.health, 'problem');
  assert.match(told.what, /goes on with its configuration of/);
  textOf(await echo(gateway, 'serves on'));

  await put(gateway, base.replace(/^servers:$/m, 'timeouts: {tool: 7s}\nservers:'));
  const right = await config();
  assert.deepEqual([right.lastReload.ok, right.config.timeouts.tool], [true, '7s']);
  assert.notEqual(right.hash, before.hash);
  assert.equal(await metric('successful'), 1);
});
