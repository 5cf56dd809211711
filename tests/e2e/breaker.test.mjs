// Promise: a server that fails is left alone, for as long as callers are told, and called again when it has answered a question of
// the gateway's own; what a server says about a call, or one caller does to it, opens nothing for others.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { HostileHttp } from './fixtures/hostile-http.mjs';
import { startGateway } from './lib/gateway.mjs';
import { assertTypedError, LegacySession, modernCall, textOf } from './lib/mcp.mjs';
import { everything, hostile } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const quick = { failures: 4, window: '60s', open: '6s' }; // longer than what a retry waits for
const patient = { failures: 4, window: '60s', open: '1h' };

const failing = async (url, tool, times, code) => {
  for (let i = 0; i < times; ++i) assertTypedError(await modernCall(url, tool), { code });
};
const refusal = async (url, tool) => assertTypedError(await modernCall(url, tool), { code: 'TOOL_006', executed: 'no', canRetry: true });
const breakerOf = async (gateway, server = 'up') => (await gateway.servers())[server].breaker;

it('an HTTP server that answers 503 is left alone: its counter stands still, callers are told when, a ping closes the breaker', async (t) => {
  const upstream = await HostileHttp.start(t);
  const gateway = await startGateway(t, { servers: { up: { url: upstream.url } }, breaker: quick });
  await failing(gateway.url, 'up__status_503', 4, 'TOOL_006');
  assert.equal(upstream.executions.status_503, 4);

  const error = await refusal(gateway.url, 'up__status_503');
  assert.ok(error.retryAfterMs > 0 && error.retryAfterMs <= 6000, `the time to the next probe: ${error.retryAfterMs}`);
  assert.equal(upstream.executions.status_503, 4, 'no call reached the server');
  assert.equal((await breakerOf(gateway)).parts[0].scope, 'caller', 'all failures are of one caller, and so is the refusal');
  assert.ok((await gateway.metric('sallyport_breaker_transitions_total')) >= 1);
  await until('the log says so', () => gateway.stderr.includes('a breaker is open'));

  await until('a ping has closed it', async () => (await breakerOf(gateway)).parts.length === 0);
  assert.ok(upstream.requests.some(({ body }) => body?.method === 'ping'), 'the probe is a question of ours, no call');
  assert.equal(upstream.executions.status_503, 4);
  assert.match(textOf(await modernCall(gateway.url, 'up__echo', { say: 'again' })), /again/);
});

it('what a server says about a call opens nothing: 4xx, 429, isError, JSON-RPC errors, 500', async (t) => {
  const upstream = await HostileHttp.start(t);
  const { server } = hostile(t);
  const gateway = await startGateway(t, { servers: { up: { url: upstream.url }, child: server }, breaker: patient });
  for (let round = 0; round < 6; ++round) {
    for (const tool of ['up__status_429', 'up__status_401', 'up__status_500_html', 'child__is_error', 'child__rpc_error'])
      await modernCall(gateway.url, tool, { code: -32000 });
  }
  for (const name of ['up', 'child']) assert.deepEqual(await breakerOf(gateway, name), { state: 'closed', parts: [] });
  assert.equal(upstream.executions.status_429, 6, 'each of them was asked');
});

it('malformed answers and connections that break count', async (t) => {
  const upstream = await HostileHttp.start(t);
  const gateway = await startGateway(t, { servers: { up: { url: upstream.url } }, breaker: patient });
  for (const tool of ['garbage_200', 'truncated', 'reset', 'not_http']) await modernCall(gateway.url, `up__${tool}`);
  const error = await refusal(gateway.url, 'up__echo');
  assert.ok(error.retryAfterMs > 3_500_000, `an hour: ${error.retryAfterMs}`);
  assert.equal(upstream.executions.echo, undefined);
});

it('an HTTP server that is gone opens it for all; it closes when the server is back', async (t) => {
  const upstream = await HostileHttp.start(t);
  const { port } = upstream.listener.address();
  const gateway = await startGateway(t, { servers: { up: { url: upstream.url } }, breaker: quick });
  assert.match(textOf(await modernCall(gateway.url, 'up__echo', { say: 'hello' })), /hello/);
  upstream.listener.close();
  for (const socket of upstream.sockets) socket.destroy();
  await until('it is open for all calls', async () => {
    await modernCall(gateway.url, 'up__echo');
    return (await breakerOf(gateway)).state !== 'closed';
  });
  const error = await refusal(gateway.url, 'up__echo');
  assert.ok(error.retryAfterMs <= 6000, `${error.retryAfterMs}`);

  upstream.listener.listen(port, '127.0.0.1');
  await until('a call works again', async () => !(await modernCall(gateway.url, 'up__echo')).result.isError);
  assert.equal((await breakerOf(gateway)).state, 'closed');
});

it('a child that is killed again and again (npm server) is left alone, and started again as the probe', async (t) => {
  const gateway = await startGateway(t, { servers: { up: everything() }, breaker: { failures: 3, window: '120s', open: '2s' } });
  const session = await LegacySession.open(gateway.url);
  assert.match(textOf(await session.call('up__echo', { message: 'one' })), /one/);
  for (let kills = 0; kills < 3; ++kills) {
    const pid = await until('it is up', async () => {
      const { up } = await gateway.servers();
      return up.state === 'up' && up.pid;
    });
    const call = session.call('up__trigger-long-running-operation', { duration: 60, steps: 2 });
    await until('the call is under way', async () => (await gateway.servers()).up.inFlight === 1);
    process.kill(pid, 'SIGKILL');
    assertTypedError(await call, { code: 'TOOL_006' });
  }
  await until('the breaker is open for the one who was there each time', async () => (await breakerOf(gateway)).parts.some(({ scope }) => scope === 'caller'));
  await until('it works again', async () => !(await session.call('up__echo', { message: 'two' })).result.isError);
  assert.deepEqual((await breakerOf(gateway)).parts, []);
});

it('a tool that hangs while others answer opens for that tool alone', async (t) => {
  const { server, recording } = hostile(t);
  server.tools = { timeout: { never: '1s' } };
  const gateway = await startGateway(t, { servers: { up: server }, breaker: patient });
  const hung = Array.from({ length: 4 }, (_, index) => modernCall(gateway.url, 'up__never', { nonce: `n${index}` }));
  await until('they hang', () => [0, 1, 2, 3].every((index) => recording.executions(`n${index}`) > 0));
  assert.match(textOf(await modernCall(gateway.url, 'up__echo', { say: 'between' })), /between/);
  for (const reply of await Promise.all(hung)) assertTypedError(reply, { code: 'TOOL_004', executed: 'maybe' });

  await refusal(gateway.url, 'up__never');
  assert.match(textOf(await modernCall(gateway.url, 'up__echo', { say: 'after' })), /after/);
  const { state, parts } = await breakerOf(gateway);
  assert.equal(state, 'closed');
  assert.deepEqual(parts.map(({ scope, tool }) => ({ scope, tool })), [{ scope: 'caller_tool', tool: 'never' }]);
});

it('cancelled calls count for nothing', async (t) => {
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { up: server }, breaker: patient });
  const session = await LegacySession.open(gateway.url);
  for (let i = 0; i < 8; ++i) {
    const id = 100 + i;
    const call = session.post({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'up__never', arguments: { nonce: `c${i}` } } });
    await until('it hangs', () => recording.executions(`c${i}`) > 0);
    await session.notify('notifications/cancelled', { requestId: id });
    await call.catch(() => {});
  }
  assert.deepEqual(await breakerOf(gateway), { state: 'closed', parts: [] });
  assert.match(textOf(await session.call('up__echo', { say: 'fine' })), /fine/);
});
