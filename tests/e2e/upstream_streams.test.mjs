// Promise: an answer whose server ended its stream first is fetched where the server keeps it, and a call waits for that no longer
// than it may.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ComesBack } from './fixtures/comes-back.mjs';
import { startGateway } from './lib/gateway.mjs';
import { assertTypedError, LegacySession, modernCall, modernRequest, textOf } from './lib/mcp.mjs';
import { until } from './lib/wait.mjs';

async function start(t, config = {}) {
  const upstream = await ComesBack.start(t);
  const gateway = await startGateway(t, { servers: { one: { url: upstream.url } }, ...config });
  return { upstream, gateway };
}

it('a stream that the server ends is taken up after the time that it named; the call ran once', async (t) => {
  const { upstream, gateway } = await start(t);
  assert.equal(textOf(await modernCall(gateway.url, 'one__polls', { said: 'a' })), 'polls: a');
  assert.equal(upstream.returns.length, 1);
  assert.ok(upstream.returns[0].at - upstream.ended >= 195, 'not before');
  const session = await LegacySession.open(gateway.url);
  assert.equal(textOf(await session.call('one__polls_often', { said: 'b' })), 'polls_often: b');
  assert.equal(upstream.returns.length, 4);
  assert.equal(new Set(upstream.returns.map(({ lastEvent }) => lastEvent)).size, 2, 'nothing came in between');
  assert.equal(upstream.calls, 2);
});

it('what the server says meanwhile reaches the caller', async (t) => {
  const { gateway } = await start(t);
  const params = { name: 'one__polls_often', arguments: { said: 'c' }, _meta: { progressToken: 'p' } };
  const { messages } = await modernRequest(gateway.url, 'tools/call', params);
  const progress = messages.filter(({ method }) => method === 'notifications/progress').map(({ params: { progress } }) => progress);
  assert.deepEqual(progress, [3, 2, 1]);
  assert.equal(textOf(messages.at(-1)), 'polls_often: c');
});

it('many calls at a time each find their own', async (t) => {
  const { upstream, gateway } = await start(t);
  const said = Array.from({ length: 12 }, (_, i) => `n${i}`);
  const replies = await Promise.all(said.map((each) => modernCall(gateway.url, 'one__polls', { said: each })));
  assert.deepEqual(replies.map(textOf), said.map((each) => `polls: ${each}`));
  assert.equal(upstream.calls, 12);
});

it('a server that forgot the session meanwhile: TOOL_006, may have run, not repeated', async (t) => {
  const { upstream, gateway } = await start(t);
  const calling = modernCall(gateway.url, 'one__polls', { said: 'd' });
  await until('the call is there', () => upstream.calls === 1);
  upstream.sessions.clear();
  assertTypedError(await calling, { code: 'TOOL_006', executed: 'maybe', canRetry: false });
  assert.equal(upstream.calls, 1);
  assert.equal(textOf(await modernCall(gateway.url, 'one__works', { said: 'again' })), 'works: again', 'in a new session');
});

it('a server that is gone meanwhile: NET_002 after a few tries', async (t) => {
  const { upstream, gateway } = await start(t);
  const calling = modernCall(gateway.url, 'one__polls', { said: 'e' });
  await until('the call is there', () => upstream.calls === 1);
  upstream.stop();
  assertTypedError(await calling, { code: ['NET_002', 'TOOL_006'], executed: 'maybe', canRetry: false });
});

it('a call whose time is over between two streams is cancelled at the server', async (t) => {
  const { upstream, gateway } = await start(t, { timeouts: { tool: '1s' } });
  assertTypedError(await modernCall(gateway.url, 'one__never', { said: 'f' }), { code: 'TOOL_004', executed: 'maybe', canRetry: false });
  await until('the server was told', () => upstream.cancelled === 1);
  assert.equal(textOf(await modernCall(gateway.url, 'one__works', { said: 'g' })), 'works: g');
});
