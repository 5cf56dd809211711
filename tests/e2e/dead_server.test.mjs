// Promise: one dead, slow or lying server never hides the others; what is down is named; what was up comes back.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { degradedOf, listTools, names } from './lib/expect.mjs';
import { startGateway } from './lib/gateway.mjs';
import { assertTypedError, LegacySession, modernCall, textOf, typedError } from './lib/mcp.mjs';
import { freePort } from './lib/ports.mjs';
import { hostile } from './lib/servers.mjs';
import { temporaryDirectory } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

const NEVER_UP = ['absent', 'exits', 'liar', 'refused', 'silent'];

async function badCompany(t) {
  return {
    good: hostile(t).server,
    slow: hostile(t, { START: 'slow:1500' }).server,
    absent: { command: '/nonexistent/mcp-server' },
    exits: hostile(t, { START: 'exit' }).server,
    silent: hostile(t, { START: 'silent' }).server,
    liar: hostile(t, { START: 'garbage' }).server,
    refused: { url: `http://127.0.0.1:${await freePort()}/mcp` },
  };
}

// Waits for the list in which the servers that can start are there and all others are named as down.
function settledList(url, down = NEVER_UP) {
  return until(`exactly ${down} are down`, async () => {
    const result = await listTools(url);
    return JSON.stringify(names(degradedOf(result))) === JSON.stringify(down) && result;
  });
}

it('the servers that can start are listed and work; the others are named, with a code, in tools/list', async (t) => {
  const gateway = await startGateway(t, { servers: await badCompany(t), timeouts: { start: '4s', first_list: '3s' } });
  const first = await listTools(gateway.url);
  assert.ok(first.tools.some(({ name }) => name === 'good__echo'), 'the first list has the good server');

  const settled = await settledList(gateway.url);
  const servers = new Set(settled.tools.map(({ name }) => name.split('__')[0]));
  assert.deepEqual([...servers].sort(), ['good', 'slow']);
  for (const entry of degradedOf(settled)) {
    assert.match(entry.code, /^[A-Z]+_\d{3}$/, JSON.stringify(entry));
    assert.equal(typeof entry.why, 'string', JSON.stringify(entry));
  }
  for (const server of servers) assert.match(textOf(await modernCall(gateway.url, `${server}__echo`, { say: server })), new RegExp(server));
});

it('a call of a good server is answered while another has not even started', async (t) => {
  const { good, silent } = await badCompany(t);
  const gateway = await startGateway(t, { servers: { silent, good }, timeouts: { first_list: '8s' } });
  const list = listTools(gateway.url); // waits for the silent one
  assert.match(textOf(await modernCall(gateway.url, 'good__echo', { say: 'hello' })), /hello/);
  assert.equal((await gateway.servers()).silent.state, 'starting');
  assert.ok((await list).tools.some(({ name }) => name === 'good__echo'));
});

it('the endpoint of one dead server says so and does not fail', async (t) => {
  const { exits } = await badCompany(t);
  const gateway = await startGateway(t, { servers: { exits }, timeouts: { start: '4s', first_list: '3s' } });
  const list = await settledList(gateway.serverUrl('exits'), ['exits']);
  assert.deepEqual(list.tools, []);
  const reply = await modernCall(gateway.serverUrl('exits'), 'echo');
  const error = typedError(reply);
  assert.ok(['TOOL_002', 'TOOL_006'].includes(error?.code), JSON.stringify(reply));
  assert.equal(error.executed, 'no');
});

it('GET /api/servers tells who is up and who is not, since when and why; logs has the tail of stderr', async (t) => {
  const gateway = await startGateway(t, { servers: await badCompany(t), timeouts: { start: '4s', first_list: '3s' } });
  await settledList(gateway.url);
  const rows = await until('every state has settled', async () => {
    const found = await gateway.servers();
    return ['good', 'slow'].every((name) => found[name].state === 'up') && NEVER_UP.every((name) => found[name].state === 'down') && found;
  });
  assert.equal(rows.good.transport, 'stdio');
  assert.equal(rows.refused.transport, 'http');
  assert.equal(rows.good.lastError, null);
  assert.ok(rows.good.pid > 0 && rows.good.tools > 0);
  assert.equal(rows.good.era, 'legacy');
  assert.equal(rows.good.revision, '2025-11-25');
  for (const name of NEVER_UP) {
    assert.match(rows[name].lastError.code, /^[A-Z]+_\d{3}$/, name);
    assert.ok(!Number.isNaN(Date.parse(rows[name].since)), name);
  }
  const logs = await gateway.admin('/api/servers/exits/logs');
  assert.equal(logs.status, 200);
  assert.match(logs.text, /hostile: will not start/);
});

it('a killed server: the call in flight ends with a typed error, the next works after a restart', async (t) => {
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { victim: server } });
  const session = await LegacySession.open(gateway.url);
  const pid = Number(textOf(await session.call('victim__who')));
  const doomed = session.call('victim__never', { nonce: 'doomed' });
  await until('the call is in flight', () => recording.executions('doomed') > 0);
  process.kill(pid, 'SIGKILL');
  assertTypedError(await doomed, { code: 'TOOL_006', executed: 'maybe', canRetry: false });

  const next = await until('a call works again', async () => {
    const reply = await session.call('victim__who');
    if (!reply.result.isError) return Number(textOf(reply));
    assertTypedError(reply, { code: 'TOOL_006', executed: 'no', canRetry: true });
    return undefined;
  });
  assert.notEqual(next, pid);
  assert.ok((await gateway.servers()).victim.restarts >= 1);
});

it('a server that was up and cannot come back stays listed, marked; its tools answer TOOL_006; then it comes back', async (t) => {
  const flag = join(temporaryDirectory(t), 'stay-down');
  const { server } = hostile(t, { START: `exit_if:${flag}` });
  const { good } = await badCompany(t);
  const gateway = await startGateway(t, { servers: { victim: server, good }, timeouts: { start: '4s' } });
  const before = await settledList(gateway.url, []);
  const pid = Number(textOf(await modernCall(gateway.url, 'victim__who')));
  writeFileSync(flag, '');
  process.kill(pid, 'SIGKILL');

  const during = await settledList(gateway.url, ['victim']);
  assert.deepEqual(during.tools.map(({ name }) => name), before.tools.map(({ name }) => name), 'order and names do not depend on who is up');
  assert.ok(during.ttlMs <= 5000, `ttlMs ${during.ttlMs}`);
  const [mark] = degradedOf(during);
  assert.equal(mark.code, 'RECOVERY_001', JSON.stringify(mark));
  assert.match(mark.cause, /^(TOOL|DISC)_\d{3}$/, JSON.stringify(mark));
  assert.ok(Date.now() - Date.parse(mark.since) < 60_000, `${mark.since} says how old the list is`);
  assert.match(mark.why, /the last that it gave$/);
  assert.ok((await gateway.metric('sallyport_recovery_total')) >= 1);
  const { json } = await gateway.admin('/api/calls?requests=all');
  assert.ok(json.calls.some(({ method, degraded, recovery }) => method === 'tools/list' && degraded === 'RECOVERY_001' && recovery.strategy === 'fallback'), 'the record of the list says so');
  const refused = await modernCall(gateway.url, 'victim__echo');
  assertTypedError(refused, { code: 'TOOL_006', executed: 'no', canRetry: true });
  assert.match(refused.result.content[0].text, /It did not run\./);
  assert.match(textOf(await modernCall(gateway.url, 'good__echo', { say: 'fine' })), /fine/);

  rmSync(flag);
  await until('the server is back', async () => !(await modernCall(gateway.url, 'victim__echo')).result.isError);
  await settledList(gateway.url, []);
});
