// Promise: on SIGTERM calls in flight finish, new ones are refused with a typed error, the exit code is 0, no child is left.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { it } from 'node:test';
import { connect } from './lib/clients.mjs';
import { untilExecuting } from './lib/expect.mjs';
import { startGateway, stdioGateway } from './lib/gateway.mjs';
import { exchange } from './lib/http.mjs';
import { assertTypedError, LegacySession, modernCall, modernRequest, textOf, typedError } from './lib/mcp.mjs';
import { marked, untilGone } from './lib/processes.mjs';
import { hostile } from './lib/servers.mjs';
import { Gate } from './lib/temp.mjs';
import { until, within } from './lib/wait.mjs';

const untilDraining = (gateway) => until('the gateway is draining', async () => (await gateway.admin('/readyz')).status === 503);

function assertDraining(answer) {
  assert.equal(answer.status, 503, `${answer.status} ${answer.text}`);
  const error = typedError(answer.json);
  assert.equal(error?.code, 'LIMIT_008', answer.text);
  assert.equal(error.executed, 'no', answer.text);
  assert.ok(Number(answer.headers['retry-after']) >= 1, 'Retry-After');
}

it('calls in flight finish, new ones get 503 and LIMIT_008, in both eras', async (t) => {
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { one: server } });
  const session = await LegacySession.open(gateway.url);
  const stream = await session.listen();
  const gate = new Gate(t);
  const inFlight = Array.from({ length: 8 }, (_, index) => {
    const args = { file: gate.file, nonce: `f${index}` };
    return index % 2 ? session.call('one__gate', args) : modernCall(gateway.url, 'one__gate', args);
  });
  for (let index = 0; index < inFlight.length; ++index) await untilExecuting(recording, `f${index}`);
  gateway.signal('SIGTERM');
  await untilDraining(gateway);
  assert.equal((await gateway.admin('/healthz')).status, 200, 'alive, though not ready');
  assertDraining(await modernRequest(gateway.url, 'tools/call', { name: 'one__echo', arguments: { nonce: 'late' } }));
  assertDraining(await session.post({ jsonrpc: '2.0', id: 99, method: 'tools/call', params: { name: 'one__echo', arguments: { nonce: 'late' } } }));
  assertDraining(await modernRequest(gateway.url, 'server/discover'));
  gate.open();
  for (const [index, reply] of (await Promise.all(inFlight)).entries()) assert.equal(JSON.parse(textOf(reply)).nonce, `f${index}`);
  await gateway.expectCleanExit();
  await stream.ended;
  assert.equal(recording.executions('late'), 0);
});

it('a call that outlives the grace time ends with a typed error, and the exit is clean', async (t) => {
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { one: server }, timeouts: { shutdown: '1s' } });
  const call = modernCall(gateway.url, 'one__never', { nonce: 'never' });
  await untilExecuting(recording, 'never');
  gateway.signal('SIGTERM');
  assertTypedError(await call, { code: ['LIMIT_008', 'LIMIT_009', 'TOOL_004', 'TOOL_006'], executed: 'maybe', canRetry: false });
  await gateway.expectCleanExit();
});

it('a second SIGTERM ends at once: the grace time is not waited for, no child is left', async (t) => {
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { one: server }, timeouts: { shutdown: '10m', tool: '10m' }, stops: false });
  const doomed = modernCall(gateway.url, 'one__never', { nonce: 'never' }).catch(() => {});
  await untilExecuting(recording, 'never');
  gateway.signal('SIGTERM');
  await untilDraining(gateway);
  gateway.signal('SIGTERM');
  await within('the gateway to exit', gateway.exited);
  await gateway.expectNoSurvivors();
  await doomed;
});

it('sessions do not keep a gateway from ending, nor do idle connections or half a request', async (t) => {
  const gateway = await startGateway(t, { servers: { one: hostile(t).server } });
  const session = await LegacySession.open(gateway.url);
  const stream = await session.listen();
  const idle = exchange(gateway.port, '');
  const half = exchange(gateway.port, 'POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"jsonrpc"');
  await gateway.stop();
  await stream.ended;
  await Promise.all([idle, half]);
});

it('stdio: the end of stdin ends the gateway with exit code 0 and takes the children along', async (t) => {
  const { command, args, env, mark } = stdioGateway(t, { servers: { one: hostile(t, { STUBBORN: '1' }).server } });
  const gateway = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = new Promise((done) => gateway.once('exit', (code, signal) => done({ code, signal })));
  let output = '';
  gateway.stdout.on('data', (chunk) => (output += chunk));
  gateway.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 'a', method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'e2e', version: '1' } } })}\n`);
  gateway.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
  gateway.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'one__echo', arguments: { say: 'hello' } } })}\n`);
  await until('the call is answered', () => output.split('\n').some((line) => line && JSON.parse(line).id === 1));
  gateway.stdin.end();
  assert.deepEqual(await within('the gateway to exit', exited), { code: 0, signal: null });
  await untilGone('the children are gone', () => marked(mark));
  for (const line of output.split('\n').filter(Boolean)) assert.equal(JSON.parse(line).jsonrpc, '2.0', 'nothing but MCP on stdout');
});

it('stdio: the official clients close a gateway that has children', async (t) => {
  for (const family of ['v1', 'v2-legacy', 'v2-modern']) {
    const target = stdioGateway(t, { servers: { one: hostile(t).server } });
    const peer = await connect({ after: () => {} }, family, target);
    await peer.call('one__echo', { family });
    assert.ok(marked(target.mark).length >= 2);
    await peer.close();
    await untilGone('the children are gone', () => marked(target.mark));
  }
});
