// Promise: behind proxies that the operator listed a caller counts as the address that they tell, in limits, log and audit;
// no client can choose it, and nobody else is heard; nginx in front of it as the documentation writes it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { it } from 'node:test';
import { cleanUp } from './lib/cleanup.mjs';
import { connect } from './lib/clients.mjs';
import { startGateway } from './lib/gateway.mjs';
import { SseStream } from './lib/http.mjs';
import { modernBody, modernHeaders, typedError } from './lib/mcp.mjs';
import { documentedLocation, startNginx } from './lib/nginx.mjs';
import { freePort } from './lib/ports.mjs';
import { hostile } from './lib/servers.mjs';
import { Gate, temporaryDirectory } from './lib/temp.mjs';
import { until, within } from './lib/wait.mjs';

// One call over a raw request; `headers` are what the proxy passes on, arrays for several lines of a name.
function call(via, headers = {}) {
  const body = JSON.stringify(modernBody('tools/call', { name: 'one__echo', arguments: { nonce: 'x' } }));
  return within(
    'an answer',
    new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        {
          host: '127.0.0.1',
          path: '/mcp',
          method: 'POST',
          agent: false,
          ...via,
          headers: { ...modernHeaders('tools/call', 'one__echo'), 'content-length': Buffer.byteLength(body), ...headers },
        },
        (incoming) => {
          let text = '';
          incoming.on('data', (chunk) => (text += chunk));
          incoming.on('end', () => {
            const json = text.startsWith('{') ? text : text.split('\n').find((line) => line.startsWith('data: {')).slice(6);
            resolve(typedError(JSON.parse(json))?.code ?? incoming.statusCode);
          });
          incoming.on('error', reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    }),
  );
}

const sourcesOf = (text, isCall) => text.split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter(isCall).map(({ source }) => source);
const logged = (gateway) => sourcesOf(gateway.stderr, ({ message }) => message === 'call');

it('the source in access log and audit is the first from the right that is no trusted proxy', async (t) => {
  const file = join(temporaryDirectory(t), 'audit.jsonl');
  const socketPath = join(temporaryDirectory(t), 'mcp.sock');
  const port = await freePort();
  const gateway = await startGateway(t, {
    listen: { http: [`127.0.0.1:${port}`, `unix:${socketPath}`], trusted_proxies: ['127.0.0.0/8', '2001:db8::/32', 'unix'] },
    audit: { file },
    servers: { one: hostile(t).server },
  });
  const cases = [
    [{ 'x-forwarded-for': '203.0.113.7' }, '203.0.113.7'],
    [{ 'x-forwarded-for': '8.8.8.8, 203.0.113.7, 2001:db8::5' }, '203.0.113.7'],
    [{ 'x-forwarded-for': ['8.8.8.8', '203.0.113.7:4711'] }, '203.0.113.7'],
    [{ forwarded: 'for=8.8.8.8, for="[2001:DB9::7]:4711";proto=https;host="a,b", for="[2001:db8::5]"' }, '2001:db9::7'],
    [{ forwarded: ['for="8.8.8.8', 'for=203.0.113.7'] }, '203.0.113.7'],
    [{ forwarded: 'for=203.0.113.7', 'x-forwarded-for': '203.0.113.7' }, '203.0.113.7'],
    [{ forwarded: 'for=8.8.8.8', 'x-forwarded-for': '203.0.113.7' }, '127.0.0.1'],
    [{ forwarded: 'for=203.0.113.7, for=_hidden, for="[2001:db8::5]"' }, '2001:db8::5'],
    [{ forwarded: 'for=unknown' }, '127.0.0.1'],
    [{ 'x-forwarded-for': '203.0.113.7, <script>' }, '127.0.0.1'],
    [{ 'x-real-ip': '203.0.113.7' }, '127.0.0.1'],
    [{}, '127.0.0.1'],
  ];
  for (const [headers] of cases) assert.equal(await call({ port }, headers), 200, JSON.stringify(headers));
  assert.equal(await call({ socketPath }, { 'x-forwarded-for': '203.0.113.9' }), 200);
  const expected = [...cases.map(([, source]) => source), '203.0.113.9'];
  await until('every call is logged', () => logged(gateway).length === expected.length);
  assert.deepEqual(logged(gateway), expected);
  await gateway.stop();
  assert.deepEqual(sourcesOf(readFileSync(file, 'utf8'), ({ event }) => event === 'call'), expected);
});

it('from whom the list does not name the headers are ignored', async (t) => {
  const socketPath = join(temporaryDirectory(t), 'mcp.sock');
  for (const trusted_proxies of [[], ['10.0.0.0/8', '127.0.0.2', '::1']]) {
    const port = await freePort();
    const gateway = await startGateway(t, {
      listen: { http: [`127.0.0.1:${port}`, `unix:${socketPath}`], trusted_proxies },
      servers: { one: hostile(t).server },
    });
    const headers = { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' };
    assert.equal(await call({ port }, headers), 200);
    assert.equal(await call({ socketPath }, headers), 200);
    await until('both calls are logged', () => logged(gateway).length === 2);
    assert.deepEqual(logged(gateway), ['127.0.0.1', `unix:${process.getuid()}`]);
    await gateway.stop();
  }
});

it('limits.source and limits.per: source count callers behind a proxy, each for itself', async (t) => {
  for (const limits of [{ source: '2/h' }, { rate: '2/h', per: 'source' }]) {
    const port = await freePort();
    const gateway = await startGateway(t, {
      listen: { http: `127.0.0.1:${port}`, trusted_proxies: ['127.0.0.1'] },
      limits,
      servers: { one: hostile(t).server },
    });
    const from = (value) => call({ port }, { 'x-forwarded-for': value });
    assert.equal(await from('203.0.113.7'), 200);
    assert.equal(await from('1.1.1.1, 203.0.113.7'), 200);
    assert.equal(await from('2.2.2.2, 203.0.113.7'), 'LIMIT_001', 'what the client wrote itself is no other address');
    assert.equal(await from('203.0.113.8'), 200, 'others are not held to it');
    assert.equal(await from('rubbish'), 200);
    assert.equal(await from('more rubbish'), 200);
    assert.equal(await from('unknown'), 'LIMIT_001', 'whoever is not told counts as the proxy');
    await gateway.stop();
  }
});

it('loopback is exempt from the standard limit, a caller behind a proxy on loopback is not', async (t) => {
  const port = await freePort();
  await startGateway(t, { listen: { http: `127.0.0.1:${port}`, trusted_proxies: ['127.0.0.1'] }, servers: { one: hostile(t).server } });
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  cleanUp(t, () => agent.destroy());
  const flood = (headers) => Promise.all(Array.from({ length: 200 }, () => call({ port, agent }, headers)));
  // As many at once as it takes to outrun 50 a second on this machine.
  await until('a caller behind the proxy is refused', async () => (await flood({ 'x-forwarded-for': '127.0.0.1' })).includes('LIMIT_001'));
  assert.ok((await flood({})).every((answer) => answer === 200), 'the machine itself never is');
});

it('nginx as docs/operations.md writes it: both eras, events as they come, its client is the source, a call ends with its client', async (t) => {
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { listen: { trusted_proxies: ['127.0.0.1'] }, servers: { one: server } });
  const { port } = await startNginx(t, documentedLocation('operations.md', gateway.port));
  const url = `http://127.0.0.1:${port}/mcp`;
  for (const family of ['v1', 'v2-modern']) {
    const client = await connect(t, family, { url });
    assert.ok((await client.list()).tools.some(({ name }) => name === 'one__echo'), family);
    assert.equal(JSON.parse((await client.call('one__echo', { nonce: family })).content[0].text).nonce, family);
  }
  const gate = new Gate(t);
  const params = { name: 'one__steps', arguments: { count: 2, file: gate.file }, _meta: { progressToken: 'p' } };
  const stream = await SseStream.open(url, { method: 'POST', headers: modernHeaders('tools/call', 'one__steps'), body: modernBody('tools/call', params) });
  await stream.next('progress, while the call is under way', ({ method, params }) => method === 'notifications/progress' && params.progress === 2);
  gate.open();
  assert.ok((await stream.next('the answer', (message) => 'result' in message)).result);

  const forged = { 'x-forwarded-for': '8.8.8.8', forwarded: 'for=9.9.9.9' };
  assert.equal(await call({ port, localAddress: '127.0.0.2' }, forged), 200);
  await until('the calls are logged', () => logged(gateway).length === 4);
  assert.deepEqual(logged(gateway).sort(), ['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.2']);

  const held = await SseStream.open(url, {
    method: 'POST',
    headers: modernHeaders('tools/call', 'one__steps'),
    body: modernBody('tools/call', { name: 'one__steps', arguments: { count: 1, file: `${gate.file}.never` }, _meta: { progressToken: 'q' } }),
  });
  await held.next('progress', ({ method }) => method === 'notifications/progress');
  held.close();
  await until('the server hears that its caller is gone', () => recording.messages('notifications/cancelled').length === 1);
});
