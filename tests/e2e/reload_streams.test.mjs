// Promise: who listens goes on listening when a reload puts another server in the place of one; a stream of what is gone ends and says why.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { connect } from './lib/clients.mjs';
import { completeList } from './lib/expect.mjs';
import { startGateway } from './lib/gateway.mjs';
import { SseStream } from './lib/http.mjs';
import { LegacySession, modernBody, modernHeaders, typedError } from './lib/mcp.mjs';
import { put, read, withServerLine } from './lib/reload.mjs';
import { everything, hostile, stdioFixture } from './lib/servers.mjs';
import { until, within } from './lib/wait.mjs';

const speaker = (t) => stdioFixture(t, 'speaker.mjs');
const isUpdate = ({ method }) => method === 'notifications/resources/updated';
const isListChanged = ({ method }) => method === 'notifications/tools/list_changed';
const subscribes = (recording) => recording.messages('resources/subscribe').length;
const listen = (url, filters, id = 'sub') =>
  SseStream.open(url, { method: 'POST', headers: modernHeaders('subscriptions/listen'), body: modernBody('subscriptions/listen', { notifications: filters }, id) });

for (const isolation of ['shared', 'session']) {
  it(`resource subscriptions go on with the successor: isolation ${isolation}`, async (t) => {
    const { server, recording } = speaker(t);
    const gateway = await startGateway(t, { servers: { one: { ...server, isolation } } });
    const base = read(gateway);
    const session = await LegacySession.open(gateway.url);
    const stream = await session.listen();
    assert.deepEqual((await session.request('resources/subscribe', { uri: 'demo://a' })).result, {});
    for (const directory of ['/tmp', '/']) {
      const [told, asked] = [stream.messages.filter(isUpdate).length, subscribes(recording)];
      await put(gateway, withServerLine(base, 'one', `    cwd: ${directory}`));
      await until('the successor is asked without a request of the client', () => subscribes(recording) > asked);
      await until('look again: nothing is replayed', () => stream.messages.filter(isUpdate).length > told);
      const before = stream.messages.filter(isUpdate).length;
      await session.call('one__touch', { uri: 'demo://a' });
      await until('the update of the successor', () => stream.messages.filter(isUpdate).length > before);
      assert.equal(await gateway.metric('sallyport_subscriptions'), 1);
    }
    await session.request('resources/unsubscribe', { uri: 'demo://a' });
    await until('it is the successor that is told of the end', () => recording.messages('resources/unsubscribe').length === 1);
    await session.end();
    if (isolation === 'session') await until('its instance ends with the session', async () => (await gateway.servers()).one.instances === 0);
  });
}

it('an official client with server-everything hears of updates of the successor', { timeout: 300_000 }, async (t) => {
  const gateway = await startGateway(t, { servers: { every: everything() } });
  await completeList(gateway.url);
  const peer = await connect(t, 'v1', { url: gateway.url });
  const updates = [];
  peer.client.fallbackNotificationHandler = async ({ method, params }) => method === 'notifications/resources/updated' && updates.push(params.uri);
  const { resources } = await within('resources', peer.client.listResources());
  await within('subscribe', peer.client.subscribeResource({ uri: resources[0].uri }));
  await put(gateway, withServerLine(read(gateway), 'every', '    cwd: /tmp'));
  await until('look again', () => updates.length > 0);
  updates.length = 0;
  await peer.call('every__toggle-subscriber-updates');
  await until('an update that the successor sent', () => updates.includes(resources[0].uri), { patience: 60_000 });
});

it('streams of a server that was removed end, the modern one with SYS_003; those of all servers hear of it', async (t) => {
  const gateway = await startGateway(t, { servers: { stays: hostile(t).server, goes: hostile(t).server } });
  const base = read(gateway);
  await completeList(gateway.url);
  const legacy = await LegacySession.open(gateway.serverUrl('goes'));
  const standing = await legacy.listen();
  const modern = await listen(gateway.serverUrl('goes'), { toolsListChanged: true }, 7);
  const all = await listen(gateway.url, { toolsListChanged: true });
  const other = await listen(gateway.serverUrl('stays'), { toolsListChanged: true });
  for (const stream of [modern, all, other]) await stream.next('the acknowledgement', ({ method }) => method === 'notifications/subscriptions/acknowledged');
  await put(gateway, base.slice(0, base.indexOf('  goes:')));
  await within('the legacy stream to end', standing.ended);
  await within('the modern stream to end', modern.ended);
  const last = modern.messages.at(-1);
  assert.equal(last.id, 7);
  assert.equal(typedError(last)?.code, 'SYS_003', JSON.stringify(last));
  await all.next('list_changed', isListChanged);
  assert.ok(!other.messages.some(isListChanged), 'nothing changed there');
  assert.equal((await legacy.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' })).status, 404);
  for (const stream of [all, other]) stream.close();
});
