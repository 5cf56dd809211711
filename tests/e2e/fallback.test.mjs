// Promise: a server that fails is stood in for by the one that its operator named, as itself, marked, and never so that a call runs twice.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { HostileHttp } from './fixtures/hostile-http.mjs';
import { startGateway } from './lib/gateway.mjs';
import { assertTypedError, DEGRADED_KEY, LegacySession, modernCall, textOf } from './lib/mcp.mjs';
import { freePort } from './lib/ports.mjs';
import { everything, hostile } from './lib/servers.mjs';

const degraded = (reply) => reply.result?._meta?.[DEGRADED_KEY];

it('a call of a server that is gone is answered by the one that stands in, and says so (npm server)', async (t) => {
  const gateway = await startGateway(t, {
    servers: { first: { url: `http://127.0.0.1:${await freePort()}/mcp`, fallback: 'second' }, second: everything() },
  });
  for (const call of [(name, args) => modernCall(gateway.url, name, args), async (name, args) => (await LegacySession.open(gateway.url)).call(name, args)]) {
    const reply = await call('first__echo', { message: 'hello' });
    assert.match(textOf(reply), /hello/);
    assert.deepEqual(degraded(reply).map(({ code }) => code), ['RECOVERY_002']);
  }
  assert.equal(degraded(await modernCall(gateway.url, 'second__echo', { message: 'x' })), undefined, 'its own calls are not degraded');
  assert.equal(await gateway.metric('sallyport_recovery_total'), 2);
});

it('a call that may have run stays where it was', async (t) => {
  const upstream = await HostileHttp.start(t);
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { first: { url: upstream.url, fallback: 'second' }, second: server } });
  const reply = await modernCall(gateway.url, 'first__reset', { nonce: 'cut' });
  assertTypedError(reply, { code: 'NET_002', executed: 'maybe', canRetry: false });
  assert.equal(degraded(reply), undefined);
  assert.equal(upstream.executions.reset, 1);
  assert.equal(recording.executions('cut'), 0);
});

it('what stands in obeys its own rules, and the first failure is told when it cannot help', async (t) => {
  const { server, recording } = hostile(t);
  server.tools = { deny: ['echo'] };
  const gateway = await startGateway(t, {
    servers: { first: { url: `http://127.0.0.1:${await freePort()}/mcp`, fallback: 'second' }, second: server },
  });
  assertTypedError(await modernCall(gateway.url, 'first__echo', { nonce: 'denied' }), { code: 'TOOL_006', executed: 'no' });
  assert.equal(recording.executions('denied'), 0, 'a denied tool is no way around');
  assert.match(textOf(await modernCall(gateway.url, 'first__who')), /\d+/);
});

it('a server that its operator switched off, or that has no room, is stood in for', async (t) => {
  const first = hostile(t);
  const second = hostile(t);
  const gateway = await startGateway(t, { servers: { first: { ...first.server, fallback: 'second' }, second: second.server }, limits: { concurrency: 1 } });
  const busy = modernCall(gateway.url, 'first__slow', { ms: 1500 });
  while ((await gateway.servers()).first.inFlight === 0);
  const reply = await modernCall(gateway.url, 'first__echo', { nonce: 'elsewhere' });
  assert.equal(degraded(reply)?.[0].code, 'RECOVERY_002', JSON.stringify(reply));
  assert.equal(second.recording.executions('elsewhere'), 1);
  assert.equal(first.recording.executions('elsewhere'), 0);
  await busy;
});
