// Promise: arrays of messages, which revision 2025-03-26 has and no other, are taken from clients and from servers of it, and from nobody else.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { cleanUp } from './lib/cleanup.mjs';
import { startGateway, stdioGateway } from './lib/gateway.mjs';
import { assertTypedError, LegacySession } from './lib/mcp.mjs';
import { stdioFixture } from './lib/servers.mjs';
import { within } from './lib/wait.mjs';

const lists = (scope, env) => stdioFixture(scope, 'lists-stdio.mjs', { env }).server;
const request = (id, method, params) => ({ jsonrpc: '2.0', id, method, ...(params && { params }) });

// The gateway over stdio, line by line.
function speak(t, version, servers) {
  const { command, args, env } = stdioGateway(t, { servers });
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
  cleanUp(t, () => new Promise((resolve) => child.once('exit', resolve).stdin.end()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (message) => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    for (;;) {
      const { value } = await within('a line', lines.next());
      const answer = JSON.parse(value);
      if (Array.isArray(answer) || answer.id !== undefined) return answer;
    }
  };
  return ask(request(0, 'initialize', { protocolVersion: version, capabilities: {}, clientInfo: { name: 'e2e', version: '1' } })).then(() => ask);
}

it('a client of 2025-03-26 over stdio: one array in, one array out', async (t) => {
  const ask = await speak(t, '2025-03-26', { one: lists(t, { PROMPTS: '2' }) });
  const answers = await ask([
    request('a', 'prompts/list'),
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    request(2, 'prompts/get', { name: 'one__p1' }),
    request(3, 'initialize', { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'e', version: '1' } }),
    request(4, 'ping'),
    { jsonrpc: '1.0', id: 5, method: 'ping' },
  ]);
  assert.deepEqual(answers.map(({ id }) => id), ['a', 2, 3, 4, 5]);
  assert.equal(answers[0].result.prompts.length, 2);
  assert.equal(answers[1].result.messages.length, 2);
  for (const refused of [answers[2], answers[4]]) assertTypedError(refused, { code: 'PROTO_002', executed: 'no', surface: 'rpc' });
  assert.deepEqual(answers[3].result, {});
  assertTypedError(await ask(Array.from({ length: 51 }, (_, i) => request(i, 'ping'))), { code: 'PROTO_002', surface: 'rpc' });
});

it('clients of other revisions: refused', async (t) => {
  for (const version of ['2024-11-05', '2025-06-18', '2025-11-25']) {
    const ask = await speak(t, version, { one: lists(t, {}) });
    assertTypedError(await ask([request(1, 'ping')]), { code: 'PROTO_002', executed: 'no', surface: 'rpc' });
    assert.deepEqual((await ask(request(7, 'ping'))).result, {}, 'the connection lives on');
  }
});

it('a server of 2025-03-26 that answers in arrays, with other messages beside the answer', async (t) => {
  const server = { ...lists(t, { PROMPTS: '3', BATCH: '1' }), protocol: '2025-03-26' };
  const gateway = await startGateway(t, { servers: { one: server } });
  const session = await LegacySession.open(gateway.url);
  assert.equal((await session.request('prompts/list')).result.prompts.length, 3);
  assert.equal((await session.request('prompts/get', { name: 'one__p0' })).result.messages.length, 2);
});

it('a server of another revision that does is not understood', async (t) => {
  const server = { ...lists(t, { PROMPTS: '3', BATCH: '1' }), protocol: '2025-06-18' };
  const gateway = await startGateway(t, { servers: { one: server }, timeouts: { first_list: '1s', discovery: '1s' } });
  const session = await LegacySession.open(gateway.url);
  assert.equal((await session.request('prompts/list')).result.prompts.length, 0);
});
