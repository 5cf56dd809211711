// Promise: log messages reach the call that they belong to, at the level that its client asked for, and nobody else; updates of
// resources reach exactly those who subscribed, between all eras, also after the server was restarted.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { it } from 'node:test';
import { cleanUp } from './lib/cleanup.mjs';
import { connect } from './lib/clients.mjs';
import { startGateway, stdioGateway } from './lib/gateway.mjs';
import { request, SseStream } from './lib/http.mjs';
import { LegacySession, modernBody, modernHeaders, modernRequest, typedError } from './lib/mcp.mjs';
import { fixture, npmServer } from './lib/paths.mjs';
import { freePort } from './lib/ports.mjs';
import { everything, stdioFixture } from './lib/servers.mjs';
import { until, within } from './lib/wait.mjs';

const META = 'io.modelcontextprotocol/';
const speaker = (t, env) => stdioFixture(t, 'speaker.mjs', { env });
const post = (session, body) => SseStream.open(session.url, { method: 'POST', headers: session.headers, body });
const call = (id, name, args = {}) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } });
const levels = (messages) => messages.filter(({ method }) => method === 'notifications/message').map(({ params }) => params.level);
const ALL = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];
const listen = (url, filters, id = 'sub') =>
  SseStream.open(url, { method: 'POST', headers: modernHeaders('subscriptions/listen'), body: modernBody('subscriptions/listen', { notifications: filters }, id) });
const isUpdate = (uri) => ({ method, params }) => method === 'notifications/resources/updated' && params.uri === uri;

it('a session gets the log messages of its call from the level that it set', async (t) => {
  const { server, recording } = speaker(t);
  const gateway = await startGateway(t, { servers: { one: server } });
  const session = await LegacySession.open(gateway.url);
  assert.deepEqual(session.initialized.capabilities.logging, {});
  const say = async (who, id) => {
    const stream = await post(who, call(id, 'one__say'));
    await stream.ended;
    return stream.messages;
  };
  const first = await say(session, 1);
  assert.deepEqual(levels(first), ALL, 'who never asked gets what the server sends');
  assert.deepEqual(first[0].params, { level: 'debug', logger: 'speaker', data: { text: 'debug', 'dev.sallyport/x': 1 } }, 'of _meta nothing passes, data is not touched');
  assert.deepEqual(await session.request('logging/setLevel', { level: 'error' }).then(({ result }) => result), {});
  assert.deepEqual(levels(await say(session, 2)), ALL.slice(4));
  assert.deepEqual(recording.messages('logging/setLevel').map(({ params }) => params.level), ['error']);
  const other = await LegacySession.open(gateway.url);
  await other.request('logging/setLevel', { level: 'info' });
  assert.deepEqual(levels(await say(other, 3)), ALL.slice(1));
  assert.deepEqual(levels(await say(session, 4)), ALL.slice(4), 'each its own');
  assert.deepEqual(recording.messages('logging/setLevel').map(({ params }) => params.level), ['error', 'info'], 'the lowest that anyone wants');
  const wrong = await session.request('logging/setLevel', { level: 'loud' });
  assert.equal(typedError(wrong)?.code, 'PROTO_004');
});

it('a modern request gets log messages if it says so, and only then', async (t) => {
  const { server } = speaker(t);
  const gateway = await startGateway(t, { servers: { one: server } });
  const silent = await modernRequest(gateway.url, 'tools/call', { name: 'one__say', arguments: {} });
  assert.equal(levels(silent.messages).length, 0);
  const spoken = await modernRequest(gateway.url, 'tools/call', { name: 'one__say', arguments: {}, _meta: { [`${META}logLevel`]: 'warning' } });
  assert.deepEqual(levels(spoken.messages), ALL.slice(3));
  const wrong = await modernRequest(gateway.url, 'tools/call', { name: 'one__say', arguments: {}, _meta: { [`${META}logLevel`]: 'loud' } });
  assert.equal(wrong.status, 200);
  assert.equal(wrong.reply.error.code, -32602, wrong.text);
});

it('a log message that could belong to two calls goes to neither', async (t) => {
  const { server } = speaker(t);
  const gateway = await startGateway(t, { servers: { one: server } });
  const [a, b] = await Promise.all([LegacySession.open(gateway.url), LegacySession.open(gateway.url)]);
  const first = await post(a, call(1, 'one__pair', { wait: 2 }));
  const second = await post(b, call(1, 'one__pair', { wait: 2 }));
  await Promise.all([first.ended, second.ended]);
  assert.deepEqual([levels(first.messages), levels(second.messages)], [[], []]);
});

it('updates reach exactly those who subscribed, with one subscription at the server', async (t) => {
  const { server, recording } = speaker(t);
  const gateway = await startGateway(t, { servers: { one: server }, limits: { subscriptions: 3 } });
  const sessions = await Promise.all([1, 2, 3].map(() => LegacySession.open(gateway.url)));
  assert.equal(sessions[0].initialized.capabilities.resources.subscribe, true);
  const streams = await Promise.all(sessions.map((session) => session.listen()));
  for (const session of sessions.slice(0, 2)) {
    assert.deepEqual((await session.request('resources/subscribe', { uri: 'demo://a' })).result, {});
    assert.deepEqual((await session.request('resources/subscribe', { uri: 'demo://a' })).result, {}, 'twice is once');
  }
  const modern = await listen(gateway.url, { resourceSubscriptions: ['demo://a', 'demo://b'], toolsListChanged: true }, 7);
  const ack = await modern.next('the acknowledgement', ({ method }) => method === 'notifications/subscriptions/acknowledged');
  assert.deepEqual(ack.params, { notifications: { toolsListChanged: true, resourceSubscriptions: ['demo://a', 'demo://b'] }, _meta: { [`${META}subscriptionId`]: 7 } });
  assert.deepEqual(modern.messages[0], ack, 'it is the first message');
  assert.equal(recording.messages('resources/subscribe').length, 2, 'one for demo://a, one for demo://b');
  await sessions[2].call('one__touch', { uri: 'demo://a' });
  await streams[0].next('the update', isUpdate('demo://a'));
  await streams[1].next('the update', isUpdate('demo://a'));
  const tagged = await modern.next('the update', isUpdate('demo://a'));
  assert.equal(tagged.params._meta[`${META}subscriptionId`], 7);
  await sessions[2].call('one__touch', { uri: 'demo://b' });
  await modern.next('the update', isUpdate('demo://b'));
  assert.ok(!streams[2].messages.some(({ method }) => method === 'notifications/resources/updated'));
  assert.ok(!streams[0].messages.some(isUpdate('demo://b')));
  assert.equal(await gateway.metric('sallyport_subscriptions'), 4);

  await sessions[0].request('resources/unsubscribe', { uri: 'demo://a' });
  await sessions[1].end();
  assert.equal(recording.messages('resources/unsubscribe').length, 0, 'somebody still listens');
  modern.close();
  await until('the last one went', () => recording.messages('resources/unsubscribe').length === 2);
  assert.equal(await gateway.metric('sallyport_subscriptions'), 0);

  for (const uri of ['demo://a', 'demo://b', 'demo://c']) await sessions[0].request('resources/subscribe', { uri });
  const over = await sessions[0].request('resources/subscribe', { uri: 'demo://d' });
  assert.equal(typedError(over)?.code, 'LIMIT_011');
  const refused = await listen(gateway.url, { resourceSubscriptions: ['demo://a', 'demo://b', 'demo://c', 'demo://d'] });
  await refused.ended;
  assert.equal(typedError(refused.messages[0])?.code, 'LIMIT_011');
  const wrong = await sessions[2].request('resources/subscribe', { uri: 'demo://nothing' });
  assert.ok(wrong.error, 'the server says no');
});

it('subscriptions outlive the death of their server', async (t) => {
  const { server, recording } = speaker(t);
  const gateway = await startGateway(t, { servers: { one: server } });
  const session = await LegacySession.open(gateway.url);
  const stream = await session.listen();
  await session.request('resources/subscribe', { uri: 'demo://a' });
  await session.call('one__die').catch(() => {});
  await stream.next('look again: nothing is replayed', isUpdate('demo://a'));
  await until('it is subscribed again', () => recording.messages('resources/subscribe').length === 2);
  const before = stream.messages.length;
  await until('the tool is back', async () => (await session.call('one__touch', { uri: 'demo://a' })).result?.isError !== true);
  await until('the update', () => stream.messages.slice(before).some(isUpdate('demo://a')));
});

it('over HTTP, a server that was restarted is subscribed to again', async (t) => {
  const port = await freePort();
  let child;
  const start = async () => {
    child = spawn(process.execPath, [npmServer('everything'), 'streamableHttp'], { env: { ...process.env, PORT: String(port) }, stdio: 'ignore' });
    await until('the server listens', async () => (await request(`http://127.0.0.1:${port}/mcp`)).status > 0);
  };
  cleanUp(t, () => child.kill('SIGKILL'));
  await start();
  const gateway = await startGateway(t, { servers: { every: { url: `http://127.0.0.1:${port}/mcp` } } });
  const peer = await connect(t, 'v1', { url: gateway.url });
  const { resources } = await within('resources', peer.client.listResources());
  const updates = [];
  const { ResourceUpdatedNotificationSchema } = await import('@modelcontextprotocol/sdk/types.js');
  peer.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => updates.push(params.uri));
  await within('subscribe', peer.client.subscribeResource({ uri: resources[0].uri }));
  await peer.call('every__toggle-subscriber-updates');
  await until('an update', () => updates.includes(resources[0].uri), { patience: 60_000 });
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
  updates.length = 0;
  await start();
  await until('the subscription is restored', () => updates.includes(resources[0].uri), { patience: 90_000 });
});

for (const family of ['v1', 'v2-legacy']) {
  it(`${family} with server-everything: simulated log messages and updates, over HTTP and stdio`, async (t) => {
    const servers = { every: everything() };
    const gateway = await startGateway(t, { servers });
    for (const target of [{ url: gateway.url }, stdioGateway(t, { servers })]) {
      const peer = await connect(t, family, target);
      const logs = [];
      const updates = [];
      peer.client.fallbackNotificationHandler = async ({ method, params }) => {
        if (method === 'notifications/message') logs.push(params);
        if (method === 'notifications/resources/updated') updates.push(params.uri);
      };
      assert.deepEqual(peer.client.getServerCapabilities().logging, {});
      await within('setLevel', peer.client.setLoggingLevel('debug'));
      await peer.call('every__toggle-simulated-logging');
      await peer.call('every__trigger-long-running-operation', { duration: 7, steps: 1 });
      assert.ok(logs.length > 0, 'a message while the call ran');
      const { resources } = await within('resources', peer.client.listResources());
      await within('subscribe', peer.client.subscribeResource({ uri: resources[0].uri }));
      await peer.call('every__toggle-subscriber-updates');
      await until('an update', () => updates.includes(resources[0].uri), { patience: 60_000 });
      assert.ok(updates.every((uri) => uri === resources[0].uri));
    }
  });
}

it('a legacy session subscribes to and hears a modern server', async (t) => {
  const port = await freePort();
  const child = spawn(process.execPath, [fixture('modern-updates.mjs'), String(port)], { stdio: 'ignore' });
  cleanUp(t, () => child.kill('SIGKILL'));
  await until('the server listens', async () => (await request(`http://127.0.0.1:${port}/mcp`)).status > 0);
  const gateway = await startGateway(t, { servers: { one: { url: `http://127.0.0.1:${port}/mcp` } } });
  const session = await LegacySession.open(gateway.url);
  await session.request('tools/list');
  const stream = await session.listen();
  assert.deepEqual((await session.request('resources/subscribe', { uri: 'demo://a' })).result, {});
  await session.request('logging/setLevel', { level: 'debug' });
  const spoken = await post(session, call(9, 'one__touch'));
  await spoken.ended;
  assert.deepEqual(levels(spoken.messages), ['warning']);
  await until('the update', async () => {
    if (stream.messages.some(isUpdate('demo://a'))) return true;
    await session.call('one__touch'); // its subscription may have begun after the first
  });
});
