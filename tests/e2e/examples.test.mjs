// Promise: every example server does what it teaches, for the official clients of both generations.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { cleanUp } from './lib/cleanup.mjs';
import { connect } from './lib/clients.mjs';
import { example, serveExample } from './lib/examples.mjs';
import { request } from './lib/http.mjs';
import { LegacySession, typedError } from './lib/mcp.mjs';
import { temporaryDirectory } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

const FAMILIES = ['v1', 'v2-modern'];
const SCHEMAS = { 'elicitation/create': ElicitRequestSchema, 'sampling/createMessage': CreateMessageRequestSchema, 'roots/list': ListRootsRequestSchema };
const answers = (peer, method, answer) => peer.client.setRequestHandler(peer.family === 'v1' ? SCHEMAS[method] : method, answer);
const text = (result) => result.content[0].text;
const error = (result) => result._meta?.['dev.sallyport/error'];

// A client of the example over stdio or HTTP.
async function client(t, family, name, { capabilities, env = process.env, http = false, headers } = {}) {
  const target = http ? { url: (await serveExample(t, name, { env })).url, headers } : { command: example(name), args: [], env };
  return connect(t, family, target, capabilities && { capabilities });
}

for (const family of FAMILIES) {
  describe(family, () => {
    it('echo', async (t) => {
      const peer = await client(t, family, 'echo');
      assert.equal(text(await peer.call('echo', { text: 'héllo' })), 'héllo');
      assert.equal(text(await peer.call('add', { a: 1, b: 2.5 })), '3.5');
    });

    it('files: what lies in a root, and nothing beside it', async (t) => {
      const folder = temporaryDirectory(t);
      const root = join(folder, 'my notes');
      mkdirSync(root);
      writeFileSync(join(root, 'a.txt'), 'in the root');
      writeFileSync(join(folder, 'secret.txt'), 'SECRET');
      symlinkSync(join(folder, 'secret.txt'), join(root, 'way-out'));
      const peer = await client(t, family, 'files', { capabilities: { roots: {} } });
      answers(peer, 'roots/list', async () => ({ roots: [{ uri: pathToFileURL(root).href, name: 'notes' }] }));
      const { structuredContent } = await peer.call('list_folder', { path: root });
      assert.deepEqual(structuredContent.result.map(({ name }) => name).sort(), ['a.txt', 'way-out']);
      assert.equal(text(await peer.call('read_file', { path: join(root, 'a.txt') })), 'in the root');
      for (const path of [join(folder, 'secret.txt'), `${root}/../secret.txt`, join(root, 'way-out'), '/etc/passwd', '', `${root}x`]) {
        const refused = await peer.call('read_file', { path });
        assert.equal(error(refused)?.kind, 'TOOL_RUNTIME_CONTEXT_REQUIRED', `${path}: ${JSON.stringify(refused)}`);
        assert.doesNotMatch(JSON.stringify(refused), /SECRET/);
      }
      assert.equal(error(await peer.call('list_folder', { path: join(root, 'a.txt') })).canRetry, false);
    });

    it('rest: each failure of the service is told as what it is', async (t) => {
      const seen = [];
      const service = createServer((incoming, reply) => {
        seen.push([incoming.url, incoming.headers.authorization]);
        const what = decodeURIComponent(incoming.url.split('/').at(-1));
        if (what === 'busy') return reply.writeHead(429, { 'retry-after': '7' }).end('SECRET');
        if (what === 'broken') return reply.writeHead(500).end('SECRET');
        if (what === 'cut') return reply.writeHead(200, { 'content-length': '100' }).write('half', () => incoming.socket.destroy());
        if (what === 'odd') return reply.end('not JSON');
        return reply.end(JSON.stringify({ degrees: 21.5 }));
      });
      await new Promise((listening) => service.listen(0, '127.0.0.1', listening));
      cleanUp(t, () => new Promise((closed) => { service.close(closed); service.closeAllConnections(); }));
      const env = { ...process.env, WEATHER_URL: `http://127.0.0.1:${service.address().port}`, WEATHER_KEY: 'k-123' };
      const peer = await client(t, family, 'rest', { env });
      assert.deepEqual((await peer.call('weather', { city: 'Bad Ems' })).structuredContent, { city: 'Bad Ems', degrees: 21.5 });
      assert.deepEqual(seen[0], ['/weather/Bad%20Ems', 'Bearer k-123']);
      const busy = await peer.call('weather', { city: 'busy' });
      assert.equal(error(busy).kind, 'UPSTREAM_RUNTIME_RATE_LIMIT');
      assert.equal(error(busy).retryAfterMs, 7000);
      assert.equal(error(await peer.call('weather', { city: 'broken' })).kind, 'UPSTREAM_RUNTIME_SERVER_ERROR');
      assert.match(error(await peer.call('weather', { city: 'cut' })).kind, /^NETWORK_TRANSPORT_RUNTIME_/);
      assert.equal(error(await peer.call('weather', { city: 'odd' })).statusCode, 502);
      assert.doesNotMatch(JSON.stringify(busy), /SECRET|k-123/);
      const lost = await client(t, family, 'rest', { env: { ...env, WEATHER_URL: 'http://127.0.0.1:1' } });
      const refused = await lost.call('weather', { city: 'x' });
      assert.equal(error(refused).code, 'NET_002');
      assert.equal(error(refused).canRetry, true);
    });

    it('rest: without its secret it is not called (CONFIG_002)', async (t) => {
      const { WEATHER_KEY, ...env } = process.env;
      const peer = await client(t, family, 'rest', { env });
      const refused = await peer.call('weather', { city: 'x' });
      assert.equal(error(refused).code, 'CONFIG_002');
      assert.equal(error(refused).executed, 'no');
      assert.match(text(refused), /'WEATHER_KEY'/);
    });

    it('typed-errors: each is told as its class says', async (t) => {
      const peer = await client(t, family, 'typed-errors');
      const expected = {
        retry: ['TOOL_001', 'TOOL_RUNTIME_RETRY', 'The search found too much.\n\nSearch for a narrower period.'],
        needs_context: ['TOOL_001', 'TOOL_RUNTIME_CONTEXT_REQUIRED', 'There are two customers of that name.\n\nAsk the user: Ann Lee or Ann Li?'],
        fatal: ['TOOL_001', 'TOOL_RUNTIME_FATAL', 'This account is closed.'],
        upstream: ['TOOL_006', 'UPSTREAM_RUNTIME_SERVER_ERROR', 'The billing service did not take it.'],
        rate_limited: ['LIMIT_002', 'UPSTREAM_RUNTIME_RATE_LIMIT', 'The billing service wants fewer calls.'],
        mistake: ['TOOL_001', 'TOOL_RUNTIME_FATAL', 'An unhandled std::out_of_range was raised by the tool.'],
      };
      for (const [tool, [code, kind, words]] of Object.entries(expected)) {
        const failed = await peer.call(tool);
        assert.equal(failed.isError, true);
        assert.deepEqual([error(failed).code, error(failed).kind, text(failed)], [code, kind, words]);
        assert.doesNotMatch(JSON.stringify(failed), /411 rows|operator|POST|hunter2/, 'what is for the developer stays in the log');
      }
      assert.equal(error(await peer.call('retry')).retryAfterMs, 1500);
      assert.equal(error(await peer.call('unreachable')).kind, 'NETWORK_TRANSPORT_RUNTIME_UNREACHABLE');
      assert.equal(error(await peer.call('returned', { amount: 101 })).kind, 'TOOL_RUNTIME_BAD_INPUT_VALUE');
      assert.equal(text(await peer.call('returned', { amount: 100 })), '100');
      assert.equal(error(await peer.call('system_code')).executed, 'yes');
      const answer = await peer.call('answer');
      assert.deepEqual([answer.isError, error(answer)], [true, undefined]);
    });

    it('elicitation: a form and a page', async (t) => {
      const peer = await client(t, family, 'elicitation', { capabilities: { elicitation: { form: {}, url: {} } } });
      const asked = [];
      let answer = { action: 'accept', content: { name: 'Ann', size: 'large', count: 2 } };
      answers(peer, 'elicitation/create', async ({ params }) => {
        asked.push(params);
        return answer;
      });
      assert.equal(text(await peer.call('order_coffee')), '2 large for Ann');
      assert.deepEqual(asked[0].requestedSchema.properties.size.enum, ['small', 'large']);
      answer = { action: 'decline' };
      assert.equal(text(await peer.call('order_coffee')), 'No coffee, then.');
      answer = { action: 'cancel' };
      assert.equal(error(await peer.call('order_coffee')).kind, 'TOOL_RUNTIME_CONTEXT_REQUIRED');
      answer = { action: 'accept' };
      assert.equal(text(await peer.call('pay', { order: '7' })), 'The user is on the way to the till.');
      assert.equal(asked.at(-1).url, 'https://coffee.example/pay?order=7');
    });

    it('progress: steps arrive, and a call that is given up ends', async (t) => {
      const peer = await client(t, family, 'progress', { http: true });
      const steps = [];
      assert.equal(text(await peer.call('count', { to: 3, pause_ms: 20 }, { onprogress: ({ progress }) => steps.push(progress) })), 'Counted to 3.');
      assert.deepEqual(steps, [1, 2, 3].slice(0, steps.length));
      for (const [tool, args] of [['count', { to: 1000, pause_ms: 1000 }], ['sum', { pieces: 1000000 }]]) {
        const before = Number(text(await peer.call('given_up')));
        const given = new AbortController();
        const call = peer.call(tool, args, { signal: given.signal, onprogress: () => given.abort() });
        const early = setTimeout(() => given.abort(), 100); // `count` has not come to its first step by then
        await assert.rejects(call);
        clearTimeout(early);
        await until(`${tool} to end`, async () => Number(text(await peer.call('given_up'))) > before);
      }
    });

    it('sampling: the model of the client does the work', async (t) => {
      const peer = await client(t, family, 'sampling', { capabilities: { sampling: {} } });
      const asked = [];
      answers(peer, 'sampling/createMessage', async ({ params }) => {
        asked.push(params);
        return { role: 'assistant', model: 'm-1', content: { type: 'text', text: 'Short.' } };
      });
      assert.equal(text(await peer.call('summarize', { text: 'A long text', words: 10 })), 'Short.\n\n(by m-1)');
      assert.equal(asked[0].maxTokens, 40);
      assert.match(asked[0].systemPrompt, /at most 10 words/);
      assert.equal(error(await peer.call('summarize', { text: '', words: 1 })).kind, 'TOOL_RUNTIME_BAD_INPUT_VALUE');
    });

    it('guarded: callers are who their token says, and may what the middleware lets them', async (t) => {
      const env = { ...process.env, ANN_TOKEN: 'token-of-ann', BOB_TOKEN: 'token-of-bob', SIGNING_KEY: '0123456789' };
      const { url } = await serveExample(t, 'guarded', { env });
      const as = (token) => connect(t, family, { url, headers: { authorization: `Bearer ${token}` } });
      const [ann, bob] = [await as('token-of-ann'), await as('token-of-bob')];
      assert.equal(text(await ann.call('whoami')), 'ann');
      assert.equal(text(await bob.call('whoami')), 'bob');
      assert.equal(text(await ann.call('delete_notes')), 'deleted (signed with a key of 10 bytes)');
      assert.equal(text(await bob.call('delete_notes')), 'Only Ann may delete notes.');
      assert.equal(text(await ann.call('list_notes')), 'The notes of team red');
      await assert.rejects(bob.call('list_notes'));
      assert.equal(text(await bob.call('whoami')), 'bob');
      await assert.rejects(as('token-of-eve'));
      await assert.rejects(connect(t, family, { url }));
    });
  });
}

describe('guarded, by hand', () => {
  const env = { ...process.env, ANN_TOKEN: 'token-of-ann', BOB_TOKEN: 'token-of-bob', SIGNING_KEY: 'k', GUARDED_SCOPE: 'notes' };
  const post = (url, headers) => request(url, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }, body: { jsonrpc: '2.0', id: 1, method: 'ping' } });

  it('401 and 403 lead to the metadata of the resource (RFC 9728): AUTH_009, AUTH_001, AUTH_003', async (t) => {
    const { url } = await serveExample(t, 'guarded', { env });
    const metadata = url.replace('/mcp', '/.well-known/oauth-protected-resource/mcp');
    const none = await post(url, {});
    assert.deepEqual([none.status, typedError(none.json).code], [401, 'AUTH_009']);
    assert.equal(none.headers['www-authenticate'], `Bearer resource_metadata="${metadata}", scope="notes"`);
    const wrong = await post(url, { authorization: 'Bearer token-of-eve' });
    assert.deepEqual([wrong.status, typedError(wrong.json).code], [401, 'AUTH_001']);
    assert.match(wrong.headers['www-authenticate'], /error="invalid_token"/);
    assert.doesNotMatch(wrong.text, /token-of-eve/);
    const narrow = await post(url, { authorization: 'Bearer token-of-bob' });
    assert.deepEqual([narrow.status, typedError(narrow.json).code], [403, 'AUTH_003']);
    assert.match(narrow.headers['www-authenticate'], /error="insufficient_scope"/);
    const described = await request(metadata);
    assert.equal(described.headers['access-control-allow-origin'], '*');
    assert.deepEqual(described.json, { resource: url, authorization_servers: ['https://login.example'], scopes_supported: ['notes'], bearer_methods_supported: ['header'] });
    assert.equal((await request(url, { method: 'DELETE', headers: { 'mcp-session-id': 'x' } })).status, 401);
  });

  it('a tool that needs a scope is 403 with the scopes of the challenge for a token without it: AUTH_003', async (t) => {
    const { GUARDED_SCOPE, ...open } = env;
    const { url } = await serveExample(t, 'guarded', { env: open });
    const call = (token, accept, name = 'list_notes') => request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${token}`, 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name },
      body: { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name, arguments: {}, _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientInfo': { name: 'e2e', version: '1' }, 'io.modelcontextprotocol/clientCapabilities': {} } } },
    });
    const metadata = url.replace('/mcp', '/.well-known/oauth-protected-resource/mcp');
    for (const accept of ['application/json, text/event-stream', 'text/event-stream, application/json', 'application/json']) {
      const refused = await call('token-of-bob', accept);
      assert.deepEqual([refused.status, refused.json.id, typedError(refused.json).code], [403, 7, 'AUTH_003']);
      assert.equal(refused.headers['www-authenticate'], `Bearer resource_metadata="${metadata}", scope="notes", error="insufficient_scope"`);
      assert.match(refused.json.error.message, /this tool needs the scopes notes/);
    }
    assert.equal((await call('token-of-ann', 'application/json')).status, 200);
    assert.equal((await call('token-of-bob', 'application/json', 'whoami')).headers['www-authenticate'], undefined);
  });

  it('on stdio nobody has a token: the tool that says so is refused there', async (t) => {
    const peer = await connect(t, 'v1', { command: example('guarded'), args: [], env });
    assert.equal(text(await peer.call('whoami')), 'anonymous');
    await assert.rejects(peer.call('list_notes'), /AUTH_003/);
  });

  it('a session belongs to whoever opened it', async (t) => {
    const { GUARDED_SCOPE, ...open } = env;
    const { url } = await serveExample(t, 'guarded', { env: open });
    const session = await LegacySession.open(url, { headers: { authorization: 'Bearer token-of-ann' } }).catch((failed) => failed);
    // The helper's `initialized` carries no token: it is refused, and the session stays Ann's.
    assert.match(String(session), /401/);
    const opened = await request(url, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', authorization: 'Bearer token-of-ann' }, body: { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'e2e', version: '1' } } } });
    const id = opened.headers['mcp-session-id'];
    assert.equal((await post(url, { authorization: 'Bearer token-of-ann', 'mcp-session-id': id })).status, 200);
    assert.equal((await post(url, { authorization: 'Bearer token-of-bob', 'mcp-session-id': id })).status, 404);
  });

  it('TLS: a client that trusts the certificate comes in, plain HTTP is told', async (t) => {
    const folder = temporaryDirectory(t);
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const { url } = await serveExample(t, 'guarded', { env, args: ['--tls-cert', cert, '--tls-key', key] });
    assert.match(url, /^https:/);
    const status = (options) => new Promise((done, failed) => httpsRequest(url, { method: 'POST', ...options }, (reply) => { reply.resume(); done([reply.statusCode, reply.headers['www-authenticate']]); }).on('error', failed).end());
    const [code, challenge] = await status({ ca: readFileSync(cert), headers: { 'content-type': 'application/json', accept: 'application/json' } });
    assert.equal(code, 401);
    assert.match(challenge, /resource_metadata="https:/);
    await assert.rejects(status({}), /self-signed/);
    assert.equal((await request(url.replace('https', 'http'), { method: 'POST' })).status, 400);
  });
});
