// Promise: with `isolation: session` no session sees another one's state; abandoned sessions leave no process.
import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { connect } from './lib/clients.mjs';
import { untilExecuting } from './lib/expect.mjs';
import { startGateway, stdioGateway } from './lib/gateway.mjs';
import { assertTypedError, LegacySession, modernCall, textOf } from './lib/mcp.mjs';
import { everything, everythingOverHttp, hostile, stdioFixture } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const isolated = (fixture, isolation = 'session') => ({ ...fixture.server, isolation });
const alive = (pid) => {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
};
const isUpdate = ({ method, params }) => method === 'notifications/resources/updated' && params.uri === 'demo://a';
const whoIn = async (session, server = 'one') => textOf(await session.call(`${server}__who`));
const instancesOf = async (gateway, server = 'one') => (await gateway.servers())[server].instances;

it('server-everything keeps a state for each session, and one for all where it is shared', async (t) => {
  const gateway = await startGateway(t, { servers: { own: { ...everything(), isolation: 'session' }, all: everything() } });
  const [a, b] = [await connect(t, 'v1', { url: gateway.url }), await connect(t, 'v2-legacy', { url: gateway.url })];
  const toggle = async (client, server) => (await client.call(`${server}__toggle-simulated-logging`)).content[0].text.split(' ')[0];
  assert.deepEqual([await toggle(a, 'own'), await toggle(b, 'own'), await toggle(a, 'own')], ['Started', 'Started', 'Stopped']);
  assert.deepEqual([await toggle(a, 'all'), await toggle(b, 'all')], ['Started', 'Stopped']);
  assert.equal(await instancesOf(gateway, 'own'), 2);
  assert.equal(await instancesOf(gateway, 'all'), 0);
});

it('a session keeps its process, modern callers share that of their principal', async (t) => {
  const gateway = await startGateway(t, { servers: { one: isolated(hostile(t)), two: isolated(hostile(t), 'principal') } });
  const [a, b] = [await LegacySession.open(gateway.url), await LegacySession.open(gateway.url)];
  const first = await whoIn(a);
  assert.equal(await whoIn(a), first);
  assert.notEqual(await whoIn(b), first);
  const modern = textOf(await modernCall(gateway.url, 'one__who'));
  assert.equal(textOf(await modernCall(gateway.serverUrl('one'), 'who')), modern);
  assert.notEqual(modern, first);
  assert.equal(await whoIn(a, 'two'), await whoIn(b, 'two'));
  assert.equal(textOf(await modernCall(gateway.url, 'two__who')), await whoIn(a, 'two'));
  assert.equal(await gateway.metric('sallyport_upstream_instances'), 4);
});

it('DELETE ends the process of its session and no other', async (t) => {
  const gateway = await startGateway(t, { servers: { one: isolated(hostile(t)) } });
  const [a, b] = [await LegacySession.open(gateway.url), await LegacySession.open(gateway.url)];
  const [first, second] = [await whoIn(a), await whoIn(b)];
  await a.end();
  await until('its process is gone', () => !alive(first));
  assert.equal(await whoIn(b), second);
  assert.equal(await instancesOf(gateway), 1);
});

it('100 abandoned sessions leave no process', { timeout: 300_000 }, async (t) => {
  const gateway = await startGateway(t, {
    servers: { one: isolated(hostile(t)) },
    sessions: { idle: '2s' },
    limits: { children: 200, instances: 200 },
  });
  const pids = new Set();
  let opened = 0;
  await Promise.all(Array.from({ length: 10 }, async () => {
    while (opened++ < 100) pids.add(await whoIn(await LegacySession.open(gateway.url)));
  }));
  assert.equal(pids.size, 100);
  await until('all of them are gone', async () => ![...pids].some(alive) && (await instancesOf(gateway)) === 0);
  assert.equal(await gateway.metric('sallyport_upstream_instances'), 0);
  assert.equal((await gateway.servers()).one.state, 'up');
  assert.ok(!pids.has(await whoIn(await LegacySession.open(gateway.url))), 'a new session has a new one');
});

it('kill -9 of one harms no other, and its session has another afterwards', async (t) => {
  const fixture = hostile(t);
  const gateway = await startGateway(t, { servers: { one: isolated(fixture) } });
  const [a, b] = [await LegacySession.open(gateway.url), await LegacySession.open(gateway.url)];
  const [first, second] = [await whoIn(a), await whoIn(b)];
  const calls = [a.call('one__slow', { ms: 60_000, nonce: 'dies' }), b.call('one__slow', { ms: 2000, nonce: 'lives' })];
  await untilExecuting(fixture.recording, 'dies');
  await untilExecuting(fixture.recording, 'lives');
  process.kill(Number(first), 'SIGKILL');
  assertTypedError(await calls[0], { code: ['TOOL_006', 'TOOL_001', 'TOOL_007'], executed: 'maybe' });
  assert.match(textOf(await calls[1]), /lives/);
  assert.equal(await whoIn(b), second);
  await until('its session is served again', async () => {
    const reply = await a.call('one__who');
    return reply.result && !reply.result.isError && textOf(reply) !== first;
  });
});

it('a session beyond the limit is refused with LIMIT_012, and there is room when another one ends', async (t) => {
  const gateway = await startGateway(t, { servers: { one: isolated(hostile(t)) }, limits: { children: 3 } });
  const sessions = await Promise.all([1, 2, 3].map(() => LegacySession.open(gateway.url)));
  await whoIn(sessions[0]);
  await whoIn(sessions[1]);
  const refused = assertTypedError(await sessions[2].call('one__who'), { code: 'LIMIT_012', executed: 'no', canRetry: true });
  assert.ok(refused.retryAfterMs > 0, JSON.stringify(refused));
  await sessions[0].end();
  await until('there is room', async () => !(await sessions[2].call('one__who')).result.isError);
});

it('a drain answers what is under way in every process, and leaves none', async (t) => {
  const fixture = hostile(t);
  const gateway = await startGateway(t, { servers: { one: isolated(fixture) }, stops: false });
  const sessions = await Promise.all([1, 2, 3].map(() => LegacySession.open(gateway.url)));
  const calls = sessions.map((session, index) => session.call('one__slow', { ms: 1500, nonce: `drain-${index}` }));
  for (const index of [0, 1, 2]) await untilExecuting(fixture.recording, `drain-${index}`);
  gateway.signal('SIGTERM');
  for (const [index, call] of calls.entries()) assert.match(textOf(await call), new RegExp(`drain-${index}`));
  await gateway.expectCleanExit();
});

it('a reload of another definition replaces them, of other rules does not', async (t) => {
  const gateway = await startGateway(t, { servers: { one: isolated(hostile(t)) } });
  const session = await LegacySession.open(gateway.url);
  const first = await whoIn(session);
  const put = async (line, text) => {
    writeFileSync(`${gateway.config}.new`, readFileSync(gateway.config, 'utf8').replace(/^  one:$/m, `  one:\n${line}`));
    renameSync(`${gateway.config}.new`, gateway.config);
    await until(text, () => gateway.stderr.includes(text));
  };
  await put('    trusted: true', 'rules of a server changed');
  assert.equal(await whoIn(session), first);
  await put('    cwd: /tmp', 'a new one takes its place');
  assert.notEqual(await whoIn(session), first);
  await until('the former one is gone', () => !alive(first));
});

it('a stdio connection has one of its own, gone with it', async (t) => {
  const client = await connect(t, 'v1', stdioGateway(t, { servers: { one: isolated(hostile(t)) } }));
  const first = (await client.call('one__who')).content[0].text;
  assert.equal((await client.call('one__who')).content[0].text, first);
  await client.close();
  await until('it is gone', () => !alive(first));
});

it('updates of an instance reach its owner only, also after its death', async (t) => {
  const gateway = await startGateway(t, { servers: { one: isolated(stdioFixture(t, 'speaker.mjs')) } });
  const sessions = await Promise.all([1, 2].map(() => LegacySession.open(gateway.url)));
  const streams = await Promise.all(sessions.map((session) => session.listen()));
  for (const session of sessions) assert.deepEqual((await session.request('resources/subscribe', { uri: 'demo://a' })).result, {});
  await sessions[0].call('one__touch', { uri: 'demo://a' });
  await streams[0].next('the update', isUpdate);
  await sessions[1].call('one__touch', { uri: 'demo://b' });
  assert.ok(!streams[1].messages.some(isUpdate), 'the other one changed nothing');
  const before = streams[0].messages.length;
  await sessions[0].call('one__die').catch(() => {});
  await until('look again: nothing is replayed', () => streams[0].messages.slice(before).some(isUpdate));
  assert.ok(!streams[1].messages.some(isUpdate));
  for (const session of sessions) await session.end();
  await until('nobody subscribes', async () => (await gateway.metric('sallyport_subscriptions')) === 0);
});

it('over HTTP, each session has a session of its own at the server', async (t) => {
  const url = await everythingOverHttp(t, 'isolated');
  const gateway = await startGateway(t, { servers: { own: { url }, all: { url, isolation: 'shared' } }, limits: { instances: 2 } });
  const sessions = await Promise.all([1, 2, 3].map(() => LegacySession.open(gateway.url)));
  const toggle = async (session, server) => textOf(await session.call(`${server}__toggle-simulated-logging`)).split(' ')[0];
  assert.deepEqual([await toggle(sessions[0], 'own'), await toggle(sessions[1], 'own'), await toggle(sessions[0], 'own')], ['Started', 'Started', 'Stopped']);
  assert.deepEqual([await toggle(sessions[0], 'all'), await toggle(sessions[1], 'all')], ['Started', 'Stopped']);
  assertTypedError(await sessions[2].call('own__echo', { message: 'x' }), { code: 'LIMIT_012', executed: 'no' });
  await sessions[1].end();
  await until('there is room', async () => !(await sessions[2].call('own__echo', { message: 'x' })).result.isError);
  assert.equal(await instancesOf(gateway, 'own'), 2);
});

it('a tool that only the own instance has can be called, by its session alone and unless it is denied', async (t) => {
  const gateway = await startGateway(t, { servers: { one: { ...isolated(hostile(t)), tools: { deny: ['secret'] } }, two: hostile(t).server } });
  const [a, b] = [await LegacySession.open(gateway.url), await LegacySession.open(gateway.url)];
  for (const name of ['extra', 'secret']) await a.call('one__add_tool', { name });
  assert.equal(textOf(await a.call('one__extra', { x: 1 })), '{"x":1}');
  const foreign = await b.call('one__extra');
  assert.ok(foreign.error || foreign.result.isError, JSON.stringify(foreign));
  assertTypedError(await a.call('one__secret'), { code: 'TOOL_002', executed: 'no', surface: 'json-rpc' });
  const { result } = await a.request('tools/list');
  assert.ok(!result.tools.some(({ name }) => name === 'one__extra'), 'lists are those of all');
});
