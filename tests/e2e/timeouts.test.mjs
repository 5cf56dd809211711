// Promise: a call that runs out of time is warned of while it runs, ends with an error, its server is told; a server that hangs as a whole is
// started again, and one hung call harms no other.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startGateway } from './lib/gateway.mjs';
import { assertTypedError, modernCall, textOf } from './lib/mcp.mjs';
import { hostile } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const steps = async (gateway, step) => {
  const { text } = await gateway.admin('/metrics');
  const line = text.split('\n').find((each) => each.startsWith('sallyport_timeout_steps_total{') && each.includes(`step="${step}"`));
  return line ? Number(line.slice(line.lastIndexOf(' ') + 1)) : 0;
};
const told = (recording) => recording.entries().some(({ line }) => line?.includes('notifications/cancelled'));

it('the warning is in the log while the call runs; at its end the server is told, and the caller gets an error', async (t) => {
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { up: { ...server, tools: { timeout: { never: '3s' } } } } });
  let over = false;
  const call = modernCall(gateway.url, 'up__never', { nonce: 'slow' }).finally(() => (over = true));
  await until('it is warned of', () => /a call has little time left/.test(gateway.stderr));
  assert.equal(over, false, 'the call still runs');
  assert.equal(await steps(gateway, 'warned'), 1);
  assertTypedError(await call, { code: 'TOOL_004', executed: 'maybe', canRetry: false });
  await until('the server is told', () => told(recording));
  assert.equal(await steps(gateway, 'cancelled'), 1);
});

it('one hung call on a shared child harms no other: the child answers a ping and stays', async (t) => {
  const { server } = hostile(t);
  const gateway = await startGateway(t, { servers: { up: { ...server, tools: { timeout: { never: '1s' } } } } });
  const pid = textOf(await modernCall(gateway.url, 'up__who'));
  assertTypedError(await modernCall(gateway.url, 'up__never'), { code: 'TOOL_004' });
  await until('it is pinged', async () => (await steps(gateway, 'pinged')) === 1);
  assert.equal(textOf(await modernCall(gateway.url, 'up__who')), pid);
  assert.equal((await gateway.servers()).up.restarts, 0);
});

it('a child that hangs as a whole is started again; its other calls end with TOOL_006', async (t) => {
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { up: { ...server, tools: { timeout: { never: '1s' } } } } });
  const pid = Number(textOf(await modernCall(gateway.url, 'up__who')));
  const hung = modernCall(gateway.url, 'up__never', { nonce: 'hung' });
  await until('it hangs', () => recording.executions('hung') > 0);
  process.kill(pid, 'SIGSTOP');
  const other = modernCall(gateway.url, 'up__echo', { say: 'who hears?' });
  assertTypedError(await hung, { code: 'TOOL_004', executed: 'maybe' });
  assertTypedError(await other, { code: 'TOOL_006' });
  assert.equal(await steps(gateway, 'restarted'), 1);
  const next = await until('it works again', async () => {
    const reply = await modernCall(gateway.url, 'up__who');
    return !reply.result.isError && Number(textOf(reply));
  });
  assert.notEqual(next, pid);

  // The same caller once more within a minute: it is left to others.
  const again = modernCall(gateway.url, 'up__never', { nonce: 'again' });
  await until('it hangs again', () => recording.executions('again') > 0);
  process.kill(next, 'SIGSTOP');
  assertTypedError(await again, { code: 'TOOL_004', executed: 'maybe' });
  await until('it is spared', async () => (await steps(gateway, 'spared')) === 1);
  assert.equal((await gateway.servers()).up.pid, next);
  process.kill(next, 'SIGCONT');
});

it('an instance that serves nothing but the call that hangs is killed', async (t) => {
  const { server } = hostile(t);
  const gateway = await startGateway(t, { servers: { up: { ...server, isolation: 'principal', tools: { timeout: { never: '1s' } } } } });
  const pid = textOf(await modernCall(gateway.url, 'up__who'));
  assertTypedError(await modernCall(gateway.url, 'up__never'), { code: 'TOOL_004', executed: 'maybe' });
  await until('it is killed', async () => (await steps(gateway, 'killed')) === 1);
  const next = await until('another one answers', async () => {
    const reply = await modernCall(gateway.url, 'up__who');
    return !reply.result.isError && textOf(reply);
  });
  assert.notEqual(next, pid);
});
