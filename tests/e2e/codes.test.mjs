// Promise: what is wrong with a server has the code that docs/errors.md explains, where an operator looks, and in the answer of a
// call. tests/reached.txt names for each code the test that reaches it; here are those that no other file comes by.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { cleanUp } from './lib/cleanup.mjs';
import { listTools } from './lib/expect.mjs';
import { startGateway } from './lib/gateway.mjs';
import { assertTypedError, LegacySession, modernCall, modernRequest, textOf, typedError } from './lib/mcp.mjs';
import { freePort } from './lib/ports.mjs';
import { hostile } from './lib/servers.mjs';
import { temporaryDirectory } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

async function listening(scope, server, scheme = 'http') {
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp(scope, () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { url: `${scheme}://127.0.0.1:${server.address().port}/mcp` };
}

// An MCP server over HTTP that answers each method by `answers[method]`: a result, {error}, {status}, or null: never.
function scripted(scope, answers) {
  const standard = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'scripted', version: '1' } },
    'tools/list': { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: 'ok' }] },
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { id, method } = body ? JSON.parse(body) : {};
    if (method === undefined || id === undefined) return response.writeHead(request.method === 'GET' ? 405 : 202).end();
    const given = method in answers ? answers[method] : standard[method];
    if (given === null) return undefined;
    if (given?.status) return response.writeHead(given.status).end();
    const reply = given === undefined ? { error: { code: -32601, message: 'no such method' } } : given.error ? given : { result: given };
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...reply }));
  });
  return listening(scope, server);
}

// A server whose certificate nobody vouches for.
function untrusted(scope) {
  const directory = temporaryDirectory(scope);
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(directory, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return listening(scope, createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }), 'https');
}

it('a server that cannot be used says by its code why, and by the cause below it', async (t) => {
  const expected = {
    fails: ['DISC_001', undefined],
    refused: ['DISC_006', 'NET_002'],
    nameless: ['DISC_006', 'NET_004'],
    nowhere: ['DISC_006', 'NET_005'],
    shapeless: ['DISC_003', undefined],
    untrusted: ['DISC_006', 'NET_003'],
    stranger: ['DISC_007', undefined],
    silent: ['DISC_005', undefined],
  };
  const gateway = await startGateway(t, {
    servers: {
      fails: await scripted(t, { 'tools/list': { error: { code: -32603, message: 'broken' } } }),
      refused: { url: `http://127.0.0.1:${await freePort()}/mcp` },
      nameless: { url: 'http://no-such-host.invalid/mcp' },
      nowhere: { url: 'http://255.255.255.255:9/mcp' }, // nobody has a route for TCP to everybody
      shapeless: await scripted(t, { 'tools/list': { tools: 'many' } }),
      untrusted: await untrusted(t),
      stranger: await scripted(t, { initialize: { status: 401 } }),
      silent: await scripted(t, { initialize: null }),
      works: await scripted(t, {}),
    },
    timeouts: { start: '2s', first_list: '1s' },
  });
  await listTools(gateway.url); // servers start when they are first asked for
  const rows = await until('all but one are down', async () => {
    const found = await gateway.servers();
    return Object.keys(expected).every((name) => found[name].lastError) && found.works.state === 'up' && found;
  });
  const seen = {};
  for (const name of Object.keys(expected)) {
    const { lastError } = rows[name];
    seen[name] = [lastError.code, expected[name][1] && lastError.cause?.code];
  }
  assert.deepEqual(seen, expected);
});

it('a call whose time is up before its server was there is NET_001: it did not run', async (t) => {
  const { server, recording } = hostile(t, { START: 'silent' });
  const gateway = await startGateway(t, { servers: { one: server, works: hostile(t).server }, timeouts: { tool: '1s' } });
  const error = assertTypedError(await modernCall(gateway.url, 'one__echo', { nonce: 'early' }), { code: 'NET_001', executed: 'no', canRetry: true });
  assert.equal(recording.executions('early'), 0);
  assert.equal(error.docs, 'errors#NET_001');
});

it('an answer for which there is no memory left is SYS_002: the call ran', async (t) => {
  const { server } = hostile(t);
  const gateway = await startGateway(t, { servers: { one: server }, limits: { buffered: '1MiB' } });
  assertTypedError(await modernCall(gateway.url, 'one__huge_line', { bytes: 3 << 20 }), { code: 'SYS_002', executed: 'yes', canRetry: false });
  assert.match(textOf(await modernCall(gateway.url, 'one__echo', { say: 'after' })), /after/);
});

it('more children than there may be is LIMIT_004', async (t) => {
  const gateway = await startGateway(t, { servers: { one: hostile(t).server, two: hostile(t).server }, limits: { children: 1 } });
  await listTools(gateway.url);
  const late = await until('one of them found no place', async () => Object.values(await gateway.servers()).find(({ lastError }) => lastError));
  assert.equal(late.lastError.code, 'LIMIT_004', JSON.stringify(late));
});

it('too many calls of one caller are LIMIT_001 in the result, and the call did not run', async (t) => {
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { one: server }, limits: { rate: '3/h' } });
  const replies = [];
  for (let i = 0; i < 5; ++i) replies.push(await modernCall(gateway.url, 'one__echo', { i }));
  const error = typedError(replies.at(-1));
  assert.equal(error?.code, 'LIMIT_001', JSON.stringify(replies.at(-1)));
  assert.equal(error.executed, 'no');
  assert.equal(error.docs, 'errors#LIMIT_001');
  assert.ok(recording.received().filter(({ line }) => line.includes('"tools/call"')).length <= 3);
});

it('what no gateway of ours gave out, a question that nobody may be asked, and a ring of gateways', async (t) => {
  const gateway = await startGateway(t, {
    servers: { asks: await scripted(t, { 'tools/call': { resultType: 'input_required', inputRequests: { q: { method: 'roots/list' } } } }) },
  });
  await listTools(gateway.url);
  await until('the server is up', async () => (await gateway.servers()).asks.state === 'up');
  const code = (reply) => typedError(reply)?.code;
  const call = (params) => modernRequest(gateway.url, 'tools/call', { name: 'asks__echo', arguments: {}, ...params }, { headers: { 'mcp-name': 'asks__echo' } });
  const replyOf = async (answer) => (await answer).reply ?? (await answer);
  assert.equal(code(await replyOf(call({ requestState: 'forged' }))), 'PROTO_012');
  assert.equal(code(await replyOf(call({ _meta: { 'dev.sallyport/hops': 1000 } }))), 'PROTO_019');
  assert.equal(code(await replyOf(call({}))), 'PROTO_006');
  assert.equal(code(await replyOf(call({ _meta: { 'io.modelcontextprotocol/clientCapabilities': { roots: {} } } }))), 'PROTO_018');
});

it('who cancelled hears nothing, and it stands in the record as PROTO_013', async (t) => {
  const gateway = await startGateway(t, { servers: { one: hostile(t).server } });
  const session = await LegacySession.open(gateway.url);
  const aborted = new AbortController();
  const call = session.post({ jsonrpc: '2.0', id: 'gone', method: 'tools/call', params: { name: 'one__slow', arguments: { ms: 60_000 } } }, { signal: aborted.signal });
  await until('the call is under way', async () => (await gateway.servers()).one.inFlight > 0 || (await gateway.admin('/api/overview')).json.servers.inFlight > 0);
  await session.notify('notifications/cancelled', { requestId: 'gone' });
  const answer = await call;
  assert.ok(!answer.text.includes('"gone"'), answer.text);
  const { calls } = await until('the call has ended', async () => {
    const { json } = await gateway.admin('/api/calls?code=PROTO_013');
    return json.calls.length > 0 && json;
  });
  assert.equal(calls[0].code, 'PROTO_013');
});
