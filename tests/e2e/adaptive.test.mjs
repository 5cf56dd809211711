// Promise: where it is asked for, fewer calls at a time go to a server that says that it is overloaded, and more again when it does not.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { HostileHttp } from './fixtures/hostile-http.mjs';
import { startGateway } from './lib/gateway.mjs';
import { assertTypedError, modernCall, textOf, typedError } from './lib/mcp.mjs';
import { until } from './lib/wait.mjs';

const limitOf = async (gateway) => (await gateway.servers()).far.concurrencyLimit;
const config = { recovery: [{ match: { family: 'LIMIT' }, strategy: 'fail_closed' }] };

it('a 429 lowers the limit, LIMIT_003 says when to come back, and answers raise it again', async (t) => {
  const upstream = await HostileHttp.start(t);
  const gateway = await startGateway(t, { ...config, servers: { far: { url: upstream.url } }, limits: { concurrency: 8, adaptive_concurrency: true } });
  textOf(await modernCall(gateway.url, 'far__echo', { nonce: 'up' }));
  assert.equal(await limitOf(gateway), 8);
  assertTypedError(await modernCall(gateway.url, 'far__status_429'), { code: 'LIMIT_002' });
  assert.equal(await limitOf(gateway), 4, 'as low as it goes');
  assert.equal(await gateway.metric('sallyport_concurrency_limit'), 4);
  assert.match(gateway.stderr, /a server is overloaded: fewer calls at a time go to it/);

  const hung = Array.from({ length: 4 }, () => modernCall(gateway.url, 'far__slow', { ms: 1500 }));
  await until('they are under way', async () => (await gateway.servers()).far.inFlight === 4);
  const refused = await modernCall(gateway.url, 'far__echo', { nonce: 'more' });
  assertTypedError(refused, { code: 'LIMIT_003', executed: 'no', canRetry: true });
  assert.ok(typedError(refused).retryAfterMs >= 1000, JSON.stringify(refused));
  await Promise.all(hung);

  await until('answers have raised it to what the operator allows', async () => {
    const replies = await Promise.all(Array.from({ length: 4 }, () => modernCall(gateway.url, 'far__slow', { ms: 20 })));
    assert.ok(replies.length === 4);
    return (await limitOf(gateway)) > 4;
  });
});

it('without the key a 429 changes nothing', async (t) => {
  const upstream = await HostileHttp.start(t);
  const gateway = await startGateway(t, { ...config, servers: { far: { url: upstream.url } }, limits: { concurrency: 8 } });
  textOf(await modernCall(gateway.url, 'far__echo', { nonce: 'up' }));
  assertTypedError(await modernCall(gateway.url, 'far__status_429'), { code: 'LIMIT_002' });
  assert.equal(await limitOf(gateway), 8);
});
