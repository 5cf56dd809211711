// Promise: HTTP+SSE, the transport of 2024-11-05, towards clients and towards servers: what the official SDK speaks there works, sessions end with their
// stream, and what breaks the rules is a typed error.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HostileSse } from './fixtures/hostile-sse.mjs';
import { connect } from './lib/clients.mjs';
import { startGateway } from './lib/gateway.mjs';
import { parseSse, request, SseStream } from './lib/http.mjs';
import { assertTypedError, LegacySession, modernBody, modernCall, modernHeaders, textOf, typedError } from './lib/mcp.mjs';
import { everything, everythingOverHttp, hostile } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const listen = { legacy_sse: true };
const said = (reply) => reply.result?.content?.[0]?.text;
const json = { 'content-type': 'application/json' };

// A client by hand: its stream, and where it posts to.
async function open(url) {
  const stream = await SseStream.open(url);
  const [first] = await until('the endpoint event', () => stream.text.includes('\n\n') && parseSse(stream.text));
  assert.equal(first.event, 'endpoint');
  const endpoint = new URL(first.data, url).href;
  const heard = () => parseSse(stream.text).slice(1).map(({ data }) => JSON.parse(data));
  const post = (body, headers = json) => request(endpoint, { method: 'POST', headers, body });
  const ask = async (id, method, params = {}) => {
    assert.equal((await post({ jsonrpc: '2.0', id, method, params })).status, 202);
    return until(`the answer to ${method}`, () => heard().find((message) => message.id === id && message.method === undefined));
  };
  const begin = async () => {
    const { result } = await ask('i', 'initialize', { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'hand', version: '1' } });
    await post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return result;
  };
  return { stream, endpoint, heard, post, ask, begin };
}

describe('towards clients', () => {
  it('the SDK client lists, calls, hears progress and isError, and gives up (npm server)', async (t) => {
    const { server, recording } = hostile(t);
    const gateway = await startGateway(t, { servers: { all: everything(), odd: server }, listen });
    const peer = await connect(t, 'v1-sse', { url: gateway.sseUrl });
    const { tools } = await peer.list();
    assert.ok(tools.some(({ name }) => name === 'all__echo'));
    assert.match(textOf({ result: await peer.call('all__echo', { message: 'hello' }) }), /hello/);
    const steps = [];
    await peer.call('all__trigger-long-running-operation', { duration: 1, steps: 3 }, { onprogress: ({ progress }) => steps.push(progress) });
    assert.ok(steps.length > 0, 'progress comes on the stream');
    const controller = new AbortController();
    const slow = peer.call('odd__slow', { ms: 60_000, nonce: 'given up' }, { signal: controller.signal });
    while ((await gateway.servers()).odd.inFlight === 0);
    controller.abort();
    await assert.rejects(slow);
    await until('the call ended at the server', async () => (await gateway.servers()).odd.inFlight === 0);
    assert.ok(recording);
  });

  it('/sse/{server} shows one server under its own names', async (t) => {
    const gateway = await startGateway(t, { servers: { all: everything(), odd: hostile(t).server }, listen });
    const peer = await connect(t, 'v1-sse', { url: `${gateway.sseUrl}/all` });
    const names = (await peer.list()).tools.map(({ name }) => name);
    assert.ok(names.includes('echo') && !names.some((name) => name.includes('__')), names.join());
  });

  it('is off unless it is asked for', async (t) => {
    const gateway = await startGateway(t, { servers: { odd: hostile(t).server } });
    assert.equal((await request(gateway.sseUrl, { headers: { accept: 'text/event-stream' } })).status, 404);
    assert.equal((await request(gateway.sseUrl.replace('/sse', '/messages?sessionId=x'), { method: 'POST', headers: json, body: {} })).status, 404);
  });

  it('a session is its stream: bound to its path, unknown elsewhere, and gone with it, and so are its calls', async (t) => {
    const { server } = hostile(t);
    const gateway = await startGateway(t, { servers: { odd: server }, listen });
    const client = await open(gateway.sseUrl);
    assert.equal((await client.begin()).protocolVersion, '2024-11-05');
    const id = new URL(client.endpoint).searchParams.get('sessionId');
    assert.ok(id.length >= 32);
    const elsewhere = client.endpoint.replace('/messages', '/messages/odd');
    assert.equal((await request(elsewhere, { method: 'POST', headers: json, body: { jsonrpc: '2.0', id: 1, method: 'ping' } })).status, 404);
    const streamable = await request(gateway.url, { method: 'POST', headers: { ...json, accept: 'application/json, text/event-stream', 'mcp-session-id': id }, body: { jsonrpc: '2.0', id: 1, method: 'ping' } });
    assert.equal(streamable.status, 404);
    await client.post({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'odd__slow', arguments: { ms: 60_000 } } });
    await until('the call is under way', async () => (await gateway.servers()).odd.inFlight === 1);
    client.stream.close();
    await until('the call was given up', async () => (await gateway.servers()).odd.inFlight === 0);
    await until('the session is gone', async () => (await client.post({ jsonrpc: '2.0', id: 3, method: 'ping' })).status === 404);
  });

  it('garbage in, typed error out', async (t) => {
    const gateway = await startGateway(t, { servers: { odd: hostile(t).server }, listen, limits: { request: '64KiB', streams: 2 } });
    const client = await open(gateway.sseUrl);
    const before = await client.ask(0, 'tools/list');
    assert.ok(before.error ?? before.result);
    await client.begin();
    assert.equal((await client.post('{"jsonrpc":"2.0",')).status, 400);
    assert.equal((await client.post('[]')).status, 400);
    assert.equal((await client.post({ jsonrpc: '2.0', id: 1, method: 'x'.repeat(100_000) })).status, 413);
    assert.equal((await client.post({ jsonrpc: '2.0', id: 1, method: 'ping' }, { 'content-type': 'text/plain' })).status, 415);
    assert.equal((await client.post({ jsonrpc: '2.0', id: 1, method: 'ping' }, { ...json, origin: 'https://evil.example' })).status, 403);
    assert.equal((await client.post({ jsonrpc: '2.0', id: 1, method: 'ping' }, { ...json, host: 'evil.example' })).status, 403);
    assert.equal((await request(client.endpoint, { headers: { accept: 'text/event-stream' } })).status, 405);
    assert.equal((await request(gateway.sseUrl, { method: 'POST', headers: json, body: {} })).status, 405);
    assert.equal((await request(gateway.sseUrl, { headers: { accept: 'application/json' } })).status, 406);
    assert.equal((await request(`${gateway.sseUrl}/nobody`, { headers: { accept: 'text/event-stream' } })).status, 404);
    assert.equal((await request(client.endpoint.replace(/sessionId=.*/, 'sessionId=made-up'), { method: 'POST', headers: json, body: { jsonrpc: '2.0', id: 1, method: 'ping' } })).status, 404);
    const unknown = await client.ask(2, 'no/such');
    assert.equal(unknown.error.code, -32601);
    const missing = await client.ask(3, 'tools/call', { name: 'odd__none' });
    assert.ok(missing.error ?? typedError(missing));
    const modern = modernBody('tools/list', {}, 4);
    assert.equal((await client.post(modern)).status, 202);
    const refused = await until('the refusal', () => client.heard().find(({ id }) => id === 4));
    assert.ok(refused.error);
    assert.deepEqual((await client.ask(5, 'ping')).result, {});
    const second = await open(gateway.sseUrl);
    assert.equal((await request(gateway.sseUrl, { headers: { accept: 'text/event-stream' } })).status, 503, 'limits.streams');
    second.stream.close();
    client.stream.close();
  });

  it('a drain lets the calls under way answer on the stream before it ends', async (t) => {
    const gateway = await startGateway(t, { servers: { odd: hostile(t).server }, listen, stops: false });
    const client = await open(gateway.sseUrl);
    await client.begin();
    await client.post({ jsonrpc: '2.0', id: 9, method: 'tools/call', params: { name: 'odd__slow', arguments: { ms: 1500 } } });
    await until('the call is under way', async () => (await gateway.servers()).odd.inFlight === 1);
    gateway.signal('SIGTERM');
    await client.stream.ended;
    const answer = client.heard().find(({ id }) => id === 9);
    assert.ok(answer?.result, JSON.stringify(client.heard()));
    await gateway.expectCleanExit();
  });
});

describe('towards servers', () => {
  it('a server of the SDK is found out, and serves clients of every kind (npm server)', async (t) => {
    const url = await everythingOverHttp(t, 'sse', 'sse');
    const gateway = await startGateway(t, { servers: { all: { url } }, listen });
    for (const [family, target] of [['v1-sse', gateway.sseUrl], ['v1', gateway.url], ['v2-modern', gateway.url]]) {
      const peer = await connect(t, family, { url: target });
      assert.match((await peer.call('all__echo', { message: family })).content[0].text, new RegExp(family));
      const steps = [];
      await peer.call('all__trigger-long-running-operation', { duration: 1, steps: 2 }, { onprogress: ({ progress }) => steps.push(progress) });
      assert.ok(steps.length > 0);
    }
  });

  it('an answer may come before its POST is answered, twice, or between garbage', async (t) => {
    const server = await HostileSse.start(t);
    const gateway = await startGateway(t, { servers: { h: { url: server.url, headers: { authorization: 'Bearer CANARY' }, isolation: 'shared' } } });
    assert.equal(textOf(await modernCall(gateway.url, 'h__echo')), 'echo');
    assert.equal(textOf(await modernCall(gateway.url, 'h__late')), 'late');
    assert.equal(textOf(await modernCall(gateway.url, 'h__garbage')), 'after the garbage');
    assert.ok((await gateway.metric('sallyport_upstream_garbage_total')) >= 4);
    assert.ok((await gateway.metric('sallyport_upstream_late_answers_total')) >= 2);
    assert.equal(textOf(await modernCall(gateway.url, 'h__echo')), 'echo', 'the first endpoint event stands');
    assert.ok(server.posts.every(({ authorization }) => authorization === 'Bearer CANARY'));
    assert.equal(server.opened, 1);
    assert.doesNotMatch(gateway.stderr, /CANARY/);
  });

  it('a stream that is cut ends its calls with `maybe`, and is opened again', async (t) => {
    const server = await HostileSse.start(t);
    const gateway = await startGateway(t, { servers: { h: { url: server.url, isolation: 'shared' } } });
    assertTypedError(await modernCall(gateway.url, 'h__cut'), { code: 'NET_002', executed: 'maybe', canRetry: false });
    await until('it is back', async () => said(await modernCall(gateway.url, 'h__echo')) === 'echo');
    assert.equal(server.opened, 2);
  });

  it('a POST that is refused fails its call alone; a session that is forgotten is replaced', async (t) => {
    const server = await HostileSse.start(t);
    const gateway = await startGateway(t, { servers: { h: { url: server.url, isolation: 'shared' } }, recovery: [{ match: { code: '*' }, strategy: 'fail_closed' }] });
    const session = await LegacySession.open(gateway.url);
    assert.ok(typedError(await session.call('h__refuse')));
    assert.ok(typedError(await session.call('h__redirect')));
    assert.equal(textOf(await session.call('h__echo')), 'echo');
    assert.equal(server.opened, 1);
    assert.equal(typedError(await session.call('h__forget')).executed, 'no');
    await until('it is back', async () => said(await session.call('h__echo')) === 'echo');
    assert.equal(server.opened, 2);
  });

  for (const [what, endpoint] of [
    ['another host', () => 'http://169.254.169.254/messages'],
    ['another port', () => 'http://127.0.0.1:1/messages'],
    ['another scheme', () => 'https://127.0.0.1/messages'],
    ['no http', () => 'file:///etc/passwd'],
    ['user information', (id) => `http://user:pass@127.0.0.1/messages?s=${id}`],
    ['nothing that is a URL', () => 'http://[::1'],
  ]) {
    it(`an endpoint event that leads to ${what} is refused, and nothing is posted there`, async (t) => {
      const server = await HostileSse.start(t, { endpoint });
      const gateway = await startGateway(t, { servers: { h: { url: server.url } } });
      assertTypedError(await modernCall(gateway.url, 'h__echo'), { code: 'TOOL_006', executed: 'no' });
      assert.equal(server.posts.length, 0);
    });
  }

  it('a stream without an endpoint event is given up', async (t) => {
    const server = await HostileSse.start(t, { endpoint: () => undefined });
    const gateway = await startGateway(t, { servers: { h: { url: server.url } }, timeouts: { discovery: '1s' } });
    assertTypedError(await modernCall(gateway.url, 'h__echo'), { code: 'TOOL_006', executed: 'no' });
  });
});
