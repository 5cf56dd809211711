// Promise: kill an upstream at any moment of a call, and that call ends with a typed error that says whether it may have run,
// others are untouched, the next works. Kill the gateway, and nothing that it started survives.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { untilExecuting } from './lib/expect.mjs';
import { startGateway } from './lib/gateway.mjs';
import { SseStream } from './lib/http.mjs';
import { assertTypedError, LegacySession, modernBody, modernCall, modernHeaders, textOf, typedError } from './lib/mcp.mjs';
import { isAlive, untilGone } from './lib/processes.mjs';
import { fixture } from './lib/paths.mjs';
import { hostile } from './lib/servers.mjs';
import { Gate } from './lib/temp.mjs';
import { until, within } from './lib/wait.mjs';

// One victim with a call in flight that is killed, one bystander with a call in flight that must not notice.
async function scene(t) {
  const victim = hostile(t);
  const bystander = hostile(t);
  const gateway = await startGateway(t, { servers: { victim: victim.server, bystander: bystander.server } });
  const pid = Number(textOf(await modernCall(gateway.url, 'victim__who')));
  const gate = new Gate(t);
  const other = modernCall(gateway.url, 'bystander__gate', { file: gate.file, nonce: 'other' });
  await untilExecuting(bystander.recording, 'other');
  return { gateway, victim: victim.recording, pid, other, gate };
}

async function othersUntouched({ gateway, other, gate }) {
  gate.open();
  assert.match(textOf(await other), /other/);
  await until('the next call works', async () => !(await modernCall(gateway.url, 'victim__echo')).result.isError);
}

it('before the answer: it may have run', async (t) => {
  const stage = await scene(t);
  const doomed = modernCall(stage.gateway.url, 'victim__never', { nonce: 'doomed' });
  await untilExecuting(stage.victim, 'doomed');
  process.kill(stage.pid, 'SIGKILL');
  const reply = await doomed;
  assertTypedError(reply, { code: 'TOOL_006', executed: 'maybe', canRetry: false });
  assert.match(reply.result.content[0].text, /It may have run/);
  assert.equal(stage.victim.executions('doomed'), 1, 'a call that may have run is not repeated');
  await othersUntouched(stage);
});

it('after progress: it began to run', async (t) => {
  const stage = await scene(t);
  const name = 'victim__progress_then_never';
  const stream = await SseStream.open(stage.gateway.url, {
    method: 'POST',
    headers: { ...modernHeaders('tools/call', name), accept: 'application/json, text/event-stream' },
    body: modernBody('tools/call', { name, arguments: { nonce: 'doomed' }, _meta: { progressToken: 'mine' } }),
  });
  const progress = await stream.next('progress', ({ method }) => method === 'notifications/progress');
  assert.equal(progress.params.progressToken, 'mine');
  process.kill(stage.pid, 'SIGKILL');
  const reply = await stream.next('the answer', ({ id }) => id === 1);
  assertTypedError(reply, { code: 'TOOL_006', executed: 'yes', canRetry: false });
  assert.equal(stage.victim.executions('doomed'), 1);
  await othersUntouched(stage);
});

it('with many calls in flight: every one of them ends, each with its own answer or error', async (t) => {
  const stage = await scene(t);
  const doomed = Array.from({ length: 32 }, (_, index) => modernCall(stage.gateway.url, 'victim__never', { nonce: `doomed-${index}` }));
  for (let index = 0; index < doomed.length; ++index) await untilExecuting(stage.victim, `doomed-${index}`);
  process.kill(stage.pid, 'SIGKILL');
  for (const reply of await Promise.all(doomed)) assertTypedError(reply, { code: 'TOOL_006', executed: 'maybe', canRetry: false });
  await othersUntouched(stage);
});

it('at any moment: what is said about having run is true', async (t) => {
  const KILLS = 6;
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { victim: server } });
  const session = await LegacySession.open(gateway.url);
  const verdicts = { ok: 0, no: 0, maybe: 0, yes: 0 };
  for (let round = 0; round < KILLS; ++round) {
    const pid = await until('the server is up', async () => {
      const reply = await session.call('victim__who');
      return !reply.result.isError && Number(textOf(reply));
    });
    // The kill falls among the calls at another place each round, as far along as `round` answers.
    let answered = 0;
    const calls = Array.from({ length: 24 }, async (_, index) => {
      const nonce = `${round}-${index}`;
      const reply = await session.call('victim__slow', { ms: index % 8, nonce });
      if (++answered === round * 2 + 1) process.kill(pid, 'SIGKILL');
      return { nonce, reply };
    });
    for (const { nonce, reply } of await Promise.all(calls)) {
      const error = typedError(reply);
      if (error) assertTypedError(reply, { code: ['TOOL_006', 'NET_002'], executed: ['no', 'maybe', 'yes'] });
      else assert.deepEqual(JSON.parse(textOf(reply)).nonce, nonce);
      verdicts[error?.executed ?? 'ok'] += 1;
      const ran = recording.executions(nonce);
      if (!error || error.executed === 'yes') assert.equal(ran, 1, `${nonce} ran once`);
      else if (error.executed === 'no') assert.equal(ran, 0, `${nonce} did not run`);
      else assert.ok(ran <= 1, `${nonce} ran at most once`);
    }
  }
  assert.ok(verdicts.ok > 0 && verdicts.ok < KILLS * 24, JSON.stringify(verdicts));
});

it('kill -9 the gateway: no descendant survives, behind two shells or deaf to end of file and SIGTERM', async (t) => {
  const quote = (path) => `'${path}'`;
  const script = `${quote(process.execPath)} ${quote(fixture('hostile-stdio.mjs'))}`;
  const servers = {
    plain: hostile(t).server,
    stubborn: hostile(t, { STUBBORN: '1' }).server,
    shells: { command: 'sh', args: ['-c', `sh -c "${script}; true"; true`] },
    both: { command: 'sh', args: ['-c', `sh -c "${script}; true"; true`], env: { STUBBORN: '1' } },
  };
  const gateway = await startGateway(t, { servers, stops: false });
  for (const name of Object.keys(servers)) textOf(await modernCall(gateway.url, `${name}__who`));
  const family = gateway.family();
  assert.ok(family.length >= 8, `the children are known: ${family.map(({ command }) => command).join(' | ')}`);
  gateway.signal('SIGKILL');
  await within('the gateway to die', gateway.exited);
  await untilGone('every descendant is gone', () => family.filter(isAlive));
  await gateway.expectNoSurvivors();
});

it('SIGTERM: the same, with exit code 0', async (t) => {
  const servers = {
    stubborn: hostile(t, { STUBBORN: '1' }).server,
    shells: { command: 'sh', args: ['-c', `sh -c "'${process.execPath}' '${fixture('hostile-stdio.mjs')}'; true"; true`], env: { STUBBORN: '1' } },
  };
  const gateway = await startGateway(t, { servers });
  for (const name of Object.keys(servers)) textOf(await modernCall(gateway.url, `${name}__who`));
  const family = gateway.family();
  await gateway.stop();
  assert.deepEqual(family.filter(isAlive), [], 'the children were gone before the gateway was');
});
