// Promise: a client of either era works with a server of either era: discover, list, call, progress, cancellation, list_changed.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { cleanUp } from './lib/cleanup.mjs';
import { connect } from './lib/clients.mjs';
import { completeList, listTools, untilExecuting } from './lib/expect.mjs';
import { startGateway, stdioGateway } from './lib/gateway.mjs';
import { SseStream } from './lib/http.mjs';
import { LEGACY, LegacySession, MODERN, modernBody, modernHeaders, modernRequest, textOf } from './lib/mcp.mjs';
import { freePort } from './lib/ports.mjs';
import { everything, hostile, stdioFixture } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

async function httpFixture(t, file) {
  const port = await freePort();
  const { server, recording } = stdioFixture(t, file, { args: ['http', String(port)] });
  const process = spawn(server.command, server.args, { env: { ...globalThis.process.env, ...server.env }, stdio: 'ignore' });
  cleanUp(t, async () => {
    process.kill('SIGKILL');
    if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
  });
  await until(`${file} listens`, () => recording.entries().some(({ event }) => event === 'listening'));
  return { server: { url: `http://127.0.0.1:${port}/mcp` }, recording };
}

const UPSTREAMS = {
  'legacy stdio': { era: LEGACY, make: (t) => hostile(t) },
  'modern-only stdio': { era: MODERN, make: (t) => stdioFixture(t, 'modern-only.mjs', { args: ['stdio'] }) },
  'modern-only HTTP': { era: MODERN, make: (t) => httpFixture(t, 'modern-only.mjs') },
  'dual stdio': { era: MODERN, make: (t) => stdioFixture(t, 'dual.mjs', { args: ['stdio'] }) },
  'dual HTTP': { era: MODERN, make: (t) => httpFixture(t, 'dual.mjs') },
};
const FAMILIES = ['v1', 'v2-legacy', 'v2-modern', 'v2-auto'];
const cancellable = (era) => (era === LEGACY ? 'never' : 'wait');

function untilCancelled({ recording, era }, nonce) {
  return until('the upstream is told of the cancellation', () => {
    if (era === MODERN) return recording.entries().some((entry) => entry.event === 'cancelled' && entry.nonce === nonce);
    const call = recording.messages('tools/call').find(({ params }) => params.arguments.nonce === nonce);
    return recording.messages('notifications/cancelled').some(({ params }) => params.requestId === call.id);
  });
}

for (const [name, { era, make }] of Object.entries(UPSTREAMS)) {
  describe(`upstream: ${name}`, () => {
    for (const family of FAMILIES) {
      it(`${family} over HTTP: list, call, progress, isError, cancel`, async (t) => {
        const upstream = await make(t);
        const gateway = await startGateway(t, { servers: { it: upstream.server } });
        const peer = await connect(t, family, { url: gateway.url });
        const { tools } = await peer.list();
        assert.ok(tools.some((tool) => tool.name === 'it__echo'), tools.map((tool) => tool.name).join());
        const { content } = await peer.call('it__echo', { say: 'né' });
        assert.deepEqual(JSON.parse(content[0].text), { say: 'né' });
        if (era === MODERN) {
          const { structuredContent } = await peer.call('it__structured');
          assert.deepEqual(structuredContent, { sum: 5 });
          assert.equal((await peer.call('it__fails')).isError, true);
        }
        const abort = new AbortController();
        const call = peer.call(`it__${cancellable(era)}`, { nonce: 'cancelled' }, { signal: abort.signal });
        call.catch(() => {});
        await untilExecuting(upstream.recording, 'cancelled');
        abort.abort();
        await assert.rejects(call);
        await untilCancelled({ ...upstream, era }, 'cancelled');
        assert.equal((await gateway.servers()).it.revision, era);
      });

      it(`${family} over stdio: list, call, cancel`, async (t) => {
        const upstream = await make(t);
        const peer = await connect(t, family, stdioGateway(t, { servers: { it: upstream.server } }));
        const { tools } = await peer.list();
        assert.ok(tools.some((tool) => tool.name === 'it__echo'));
        assert.deepEqual(JSON.parse((await peer.call('it__echo', { say: 'x' })).content[0].text), { say: 'x' });
        const abort = new AbortController();
        const call = peer.call(`it__${cancellable(era)}`, { nonce: 'cancelled' }, { signal: abort.signal });
        call.catch(() => {});
        await untilExecuting(upstream.recording, 'cancelled');
        abort.abort();
        await assert.rejects(call);
        await untilCancelled({ ...upstream, era }, 'cancelled');
      });
    }

    it('progress reaches a client of either era, with its own token', async (t) => {
      const upstream = await make(t);
      const gateway = await startGateway(t, { servers: { it: upstream.server } });
      const params = { name: 'it__progress', arguments: { steps: 3 }, _meta: { progressToken: 'mine' } };
      const session = await LegacySession.open(gateway.url);
      const legacy = await session.post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
      const modern = await modernRequest(gateway.url, 'tools/call', params);
      for (const { messages } of [legacy, modern]) {
        const progress = messages.filter(({ method }) => method === 'notifications/progress').map(({ params: seen }) => seen);
        assert.deepEqual(progress.map(({ progressToken, progress: value, total }) => [progressToken, value, total]), [['mine', 1, 3], ['mine', 2, 3], ['mine', 3, 3]]);
        assert.equal(textOf(messages.at(-1)), 'done', 'the answer is last');
      }
    });

    it('a changed list reaches legacy streams and modern listeners, and the next list has it', async (t) => {
      const upstream = await make(t);
      const gateway = await startGateway(t, { servers: { it: upstream.server } });
      const before = await completeList(gateway.url);
      const session = await LegacySession.open(gateway.url);
      assert.equal(session.initialized.capabilities.tools.listChanged, true);
      const stream = await session.listen();
      const listener = await SseStream.open(gateway.url, {
        method: 'POST',
        headers: { ...modernHeaders('subscriptions/listen'), accept: 'application/json, text/event-stream' },
        body: modernBody('subscriptions/listen', { notifications: { toolsListChanged: true } }, 'sub-1'),
      });
      const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
      const acknowledged = await listener.next('the acknowledgement', ({ method }) => method === 'notifications/subscriptions/acknowledged');
      assert.equal(acknowledged.params._meta[SUBSCRIPTION], 'sub-1');
      assert.deepEqual(acknowledged.params.notifications, { toolsListChanged: true });

      textOf(await session.call('it__add_tool', { name: 'added_later' }));
      const isChange = ({ method }) => method === 'notifications/tools/list_changed';
      await stream.next('list_changed on the legacy stream', isChange);
      const change = await listener.next('list_changed on the subscription', isChange);
      assert.equal(change.params._meta[SUBSCRIPTION], 'sub-1');
      const { tools } = await listTools(gateway.url);
      assert.deepEqual(tools.map((tool) => tool.name).filter((tool) => !before.tools.some((known) => known.name === tool)), ['it__added_later']);
      stream.close();
      listener.close();
    });
  });
}

it('server/discover: versions, capabilities, caching, who answers', async (t) => {
  const gateway = await startGateway(t, { servers: { it: hostile(t).server } });
  const { status, reply } = await modernRequest(gateway.url, 'server/discover');
  assert.equal(status, 200);
  const { result } = reply;
  assert.equal(result.resultType, 'complete');
  assert.ok(result.supportedVersions.includes(MODERN), JSON.stringify(result));
  assert.equal(result.capabilities.tools.listChanged, true);
  assert.ok(Number.isInteger(result.ttlMs) && result.ttlMs >= 0);
  assert.ok(['private', 'public'].includes(result.cacheScope));
  assert.equal(result._meta['io.modelcontextprotocol/serverInfo'].name, 'sallyport');
});

it('modern results say what kind they are; lists say how long they hold; legacy ones need neither', async (t) => {
  const gateway = await startGateway(t, { servers: { it: everything() } });
  const list = await completeList(gateway.url);
  assert.equal(list.resultType, 'complete');
  assert.ok(Number.isInteger(list.ttlMs) && list.ttlMs >= 0 && ['private', 'public'].includes(list.cacheScope), JSON.stringify(list).slice(0, 300));
  const { reply } = await modernRequest(gateway.url, 'tools/call', { name: 'it__get-sum', arguments: { a: 1, b: 2 } });
  assert.equal(reply.result.resultType, 'complete');
  const twice = await listTools(gateway.url);
  assert.deepEqual(twice.tools, list.tools, 'the order is the same every time');
});

it('every legacy revision is negotiated; an unknown one is answered with one that is known', async (t) => {
  const gateway = await startGateway(t, { servers: { it: hostile(t).server } });
  for (const version of ['2025-03-26', '2025-06-18', '2025-11-25']) {
    const session = await LegacySession.open(gateway.url, { version });
    assert.equal(session.initialized.protocolVersion, version);
    assert.equal(session.initialized.serverInfo.name, 'sallyport');
    assert.ok((await session.request('tools/list')).result.tools.some(({ name }) => name === 'it__echo'), version);
    assert.deepEqual(JSON.parse(textOf(await session.call('it__echo', { version }))), { version });
  }
  const session = await LegacySession.open(gateway.url, { version: '1999-01-01' });
  assert.equal(session.initialized.protocolVersion, LEGACY);
});

it('a list of 500 tools over many pages of the upstream is complete, in both eras, in the upstream’s order', async (t) => {
  const { server } = hostile(t, { TOOLS: '500', PAGE: '7' });
  const gateway = await startGateway(t, { servers: { it: server } });
  const plain = (tools) => tools.map(({ name }) => name).filter((name) => name.startsWith('it__plain_'));
  const expected = Array.from({ length: 500 }, (_, index) => `it__plain_${String(index).padStart(4, '0')}`);
  await completeList(gateway.url);
  for (const family of ['v1', 'v2-modern']) {
    const peer = await connect(t, family, { url: gateway.url });
    assert.deepEqual(plain((await peer.list()).tools), expected, family);
  }
  assert.match(textOf((await modernRequest(gateway.url, 'tools/call', { name: 'it__plain_0499', arguments: { nonce: 'last' } })).reply), /last/);
  const session = await LegacySession.open(gateway.url);
  const { error } = await session.request('tools/list', { cursor: 'no such cursor' });
  assert.equal(error?.code, -32602);
});

it('tools.deny and tools.allow: what is denied is neither listed nor callable, and looks like what never was', async (t) => {
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { it: { ...server, tools: { allow: ['e*', 'who', 'slow'], deny: ['slow', 'env*'] } } } });
  const { tools } = await completeList(gateway.url);
  assert.deepEqual(tools.map(({ name }) => name).sort(), ['it__echo', 'it__exit_mid_call', 'it__who']);
  const errors = [];
  for (const name of ['it__slow', 'it__environment', 'it__never', 'it__nothing']) {
    const answer = await modernRequest(gateway.url, 'tools/call', { name, arguments: {} });
    assert.equal(answer.status, 200);
    const error = answer.reply.error;
    assert.equal(error?.code, -32602, answer.text);
    const typed = error.data['dev.sallyport/error'];
    assert.equal(typed.code, 'TOOL_002');
    errors.push(JSON.stringify({ ...typed, tool: '', correlationId: '' }));
  }
  assert.equal(new Set(errors).size, 1, `told apart: ${errors.join('\n')}`);
  assert.equal(recording.executions(), 0);
});
