// Promise: sessions are bounded, bound to their path, and reclaimed; a thousand abandoned ones leave nothing.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { untilExecuting } from './lib/expect.mjs';
import { startGateway } from './lib/gateway.mjs';
import { request } from './lib/http.mjs';
import { LEGACY, legacyHeaders, LegacySession, modernRequest, textOf, typedError } from './lib/mcp.mjs';
import { hostile } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const PING = { jsonrpc: '2.0', id: 5, method: 'ping' };
const GAUGE = 'sallyport_sessions';

const ping = (url, session) => request(url, { method: 'POST', headers: legacyHeaders(session), body: PING });
const initialize = (url, headers = {}) =>
  request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: LEGACY, capabilities: {}, clientInfo: { name: 'e2e', version: '1' } } },
  });

function assertUnknown(answer) {
  assert.equal(answer.status, 404, answer.text);
  assert.equal(typedError(answer.json)?.code, 'PROTO_008', answer.text);
}

it('1,000 sessions opened and abandoned are reclaimed', async (t) => {
  const TOTAL = 1000;
  const { server } = hostile(t);
  const gateway = await startGateway(t, { servers: { one: server }, sessions: { idle: '2s', total: 5000, per_principal: 5000 } });
  const ids = [];
  await Promise.all(Array.from({ length: 20 }, async () => {
    while (ids.length < TOTAL) {
      const place = ids.push(undefined) - 1;
      const answer = await initialize(gateway.url);
      assert.equal(answer.status, 200, answer.text);
      ids[place] = answer.headers['mcp-session-id'];
    }
  }));
  assert.equal(new Set(ids).size, TOTAL, 'every id is its own');
  await until('the gauge is back at 0', async () => (await gateway.metric(GAUGE)) === 0);
  for (const id of [ids[0], ids[500], ids[TOTAL - 1]]) assertUnknown(await ping(gateway.url, id));
  assert.ok(textOf(await (await LegacySession.open(gateway.url)).call('one__echo', { a: 1 })), 'a new session works');
});

it('the gauge counts what is open', async (t) => {
  const gateway = await startGateway(t, { servers: { one: hostile(t).server } });
  const sessions = await Promise.all([1, 2, 3].map(() => LegacySession.open(gateway.url)));
  assert.equal(await gateway.metric(GAUGE), 3);
  await sessions[0].end();
  assert.equal(await gateway.metric(GAUGE), 2);
  await modernRequest(gateway.url, 'tools/list');
  assert.equal(await gateway.metric(GAUGE), 2, 'the modern era allocates no session');
});

it('a session with a call in flight, or with an open stream, is not idle', async (t) => {
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { one: server }, sessions: { idle: '1s' } });
  const busy = await LegacySession.open(gateway.url);
  const listening = await LegacySession.open(gateway.url);
  const stream = await listening.listen();
  assert.equal(stream.status, 200);
  const call = busy.call('one__slow', { ms: 4000, nonce: 'long' });
  await untilExecuting(recording, 'long');
  assert.match(textOf(await call), /long/);
  assert.deepEqual((await busy.request('ping')).result, {});
  assert.deepEqual((await listening.request('ping')).result, {});
  stream.close();
});

it('DELETE ends a session: 2xx once, 404 afterwards, and its stream is closed', async (t) => {
  const gateway = await startGateway(t, { servers: { one: hostile(t).server } });
  const session = await LegacySession.open(gateway.url);
  const stream = await session.listen();
  const ended = await session.end();
  assert.ok(ended.status >= 200 && ended.status < 300, `${ended.status} ${ended.text}`);
  await stream.ended;
  assertUnknown(await ping(gateway.url, session.id));
  assertUnknown(await session.end());
});

it('a session is bound to the path it was opened on', async (t) => {
  const gateway = await startGateway(t, { servers: { one: hostile(t).server, two: hostile(t).server } });
  const all = await LegacySession.open(gateway.url);
  const one = await LegacySession.open(gateway.serverUrl('one'));
  for (const url of [gateway.serverUrl('one'), gateway.serverUrl('two')]) assertUnknown(await ping(url, all.id));
  for (const url of [gateway.url, gateway.serverUrl('two')]) {
    assertUnknown(await ping(url, one.id));
    assertUnknown(await request(url, { method: 'DELETE', headers: legacyHeaders(one.id) }));
  }
  assert.deepEqual((await all.request('ping')).result, {});
  assert.deepEqual((await one.request('ping')).result, {}, 'a refused DELETE ended nothing');
});

it('initialize never adopts an id that the client sent', async (t) => {
  const gateway = await startGateway(t, { servers: { one: hostile(t).server } });
  const first = await LegacySession.open(gateway.url);
  for (const wanted of ['my-own-session', first.id]) {
    const answer = await initialize(gateway.url, { 'mcp-session-id': wanted });
    if (answer.status === 200) assert.notEqual(answer.headers['mcp-session-id'], wanted);
    else assert.equal(answer.status, 404, answer.text);
  }
  assertUnknown(await ping(gateway.url, 'my-own-session'));
});

it('sessions.total and sessions.per_principal are enforced: 503, LIMIT_007, Retry-After', async (t) => {
  for (const sessions of [{ total: 3 }, { per_principal: 3 }]) {
    const gateway = await startGateway(t, { servers: { one: hostile(t).server }, sessions });
    const open = await Promise.all([1, 2, 3].map(() => LegacySession.open(gateway.url)));
    const refused = await initialize(gateway.url);
    assert.equal(refused.status, 503, refused.text);
    const error = typedError(refused.json);
    assert.equal(error?.code, 'LIMIT_007', refused.text);
    assert.ok(Number(refused.headers['retry-after']) >= 1, JSON.stringify(refused.headers));
    assert.equal(Number(refused.headers['retry-after']), Math.ceil(error.retryAfterMs / 1000));
    await open[1].end();
    assert.equal((await initialize(gateway.url)).status, 200, 'room again');
  }
});
