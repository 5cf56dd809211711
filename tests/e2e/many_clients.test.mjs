// Promise: 64 clients share one stdio child; every answer goes to who asked, ids keep their type, a cancellation takes one call.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { untilExecuting } from './lib/expect.mjs';
import { startGateway } from './lib/gateway.mjs';
import { LegacySession, modernCall, modernRequest, textOf } from './lib/mcp.mjs';
import { connect } from './lib/clients.mjs';
import { hostile } from './lib/servers.mjs';
import { Gate } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

const CLIENTS = 64;
const CALLS = 12;
const each = (count, make) => Promise.all(Array.from({ length: count }, (_, index) => make(index)));

async function shared(t) {
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { one: server } });
  return { gateway, recording };
}

const nonceOf = (reply) => JSON.parse(textOf(reply)).nonce;

function assertOneChild(recording) {
  assert.equal(new Set(recording.entries().map(({ pid }) => pid)).size, 1, 'one child served them all');
  const ids = recording.messages('tools/call').map(({ id }) => JSON.stringify(id));
  assert.equal(new Set(ids).size, ids.length, 'ids are unique upstream');
}

it('legacy and modern clients at once, all with the same ids: every answer goes to who asked', async (t) => {
  const { gateway, recording } = await shared(t);
  await each(CLIENTS, async (client) => {
    const session = client % 2 === 0 ? await LegacySession.open(gateway.url) : undefined;
    for (let call = 0; call < CALLS; ++call) {
      const id = call % 3 === 0 ? 1 : call % 3 === 1 ? '1' : `client-${client}`;
      const args = { nonce: `${client}-${call}`, ms: (client * 7 + call * 3) % 20 };
      const reply = session ? await session.call('one__slow', args, { id }) : await modernCall(gateway.url, 'one__slow', args, { id });
      assert.strictEqual(reply.id, id, 'the id came back with its type');
      assert.equal(nonceOf(reply), args.nonce, 'the answer is the one that was asked for');
    }
  });
  assertOneChild(recording);
});

it('in one session, 1 and "1" and 64 others in flight together', async (t) => {
  const { gateway, recording } = await shared(t);
  const session = await LegacySession.open(gateway.url);
  const ids = [1, '1', 0, '', -5, 9007199254740991, 'a "quoted" id', ...Array.from({ length: 57 }, (_, index) => (index % 2 ? `${index + 10}` : index + 10))];
  await Promise.all(ids.map(async (id, index) => {
    const reply = await session.call('one__slow', { nonce: `n${index}`, ms: 200 - index * 3 }, { id });
    assert.strictEqual(reply.id, id);
    assert.equal(nonceOf(reply), `n${index}`);
  }));
  assertOneChild(recording);
});

it('equal progress tokens of two clients: each sees its own progress', async (t) => {
  const { gateway, recording } = await shared(t);
  const answers = await each(16, (client) => modernRequest(gateway.url, 'tools/call', { name: 'one__progress', arguments: { nonce: `p${client}` }, _meta: { progressToken: client % 2 ? 7 : '7' } }));
  for (const [client, { messages }] of answers.entries()) {
    const progress = messages.filter(({ method }) => method === 'notifications/progress');
    assert.deepEqual(progress.map(({ params }) => params.progress), [1, 2, 3], `client ${client}`);
    for (const { params } of progress) assert.strictEqual(params.progressToken, client % 2 ? 7 : '7');
  }
  const tokens = recording.messages('tools/call').map(({ params }) => JSON.stringify(params._meta.progressToken));
  assert.equal(new Set(tokens).size, tokens.length, 'tokens are unique upstream');
});

// The upstream's id of the call with this nonce, as the upstream received it.
const upstreamId = (recording, nonce) => recording.messages('tools/call').find(({ params }) => params.arguments.nonce === nonce).id;

async function assertOnlyCancelled(recording, nonce) {
  const cancelled = await until('the upstream is told', () => {
    const found = recording.messages('notifications/cancelled');
    return found.length > 0 && found;
  });
  assert.deepEqual(cancelled.map(({ params }) => params.requestId), [upstreamId(recording, nonce)]);
}

it('a legacy client cancels one of 64 calls: the upstream is told which, the other 63 are answered', async (t) => {
  const { gateway, recording } = await shared(t);
  const sessions = await each(CLIENTS, () => LegacySession.open(gateway.url));
  // The cancelled call gets no answer, so its client closes once the others have theirs.
  const closing = new AbortController();
  const victim = sessions[17].call('one__never', { nonce: 'victim' }, { id: 1, signal: closing.signal });
  victim.catch(() => {});
  await untilExecuting(recording, 'victim');
  const gate = new Gate(t);
  const others = each(CLIENTS - 1, (index) => sessions[(18 + index) % CLIENTS].call('one__gate', { nonce: `o${index}`, file: gate.file }, { id: 1 }));
  await untilExecuting(recording, `o${CLIENTS - 2}`);
  assert.equal((await sessions[17].notify('notifications/cancelled', { requestId: 1, reason: 'test' })).status, 202);
  gate.open();
  for (const [index, reply] of (await others).entries()) assert.equal(nonceOf(reply), `o${index}`);
  await assertOnlyCancelled(recording, 'victim');
  closing.abort();
});

it('another client’s cancellation, or one with the other type of id, cancels nothing', async (t) => {
  const { gateway, recording } = await shared(t);
  const [mine, stranger] = await each(2, () => LegacySession.open(gateway.url));
  const gate = new Gate(t);
  const call = mine.call('one__gate', { nonce: 'mine', file: gate.file }, { id: 1 });
  await untilExecuting(recording, 'mine');
  await stranger.notify('notifications/cancelled', { requestId: 1 });
  await mine.notify('notifications/cancelled', { requestId: '1' });
  gate.open();
  assert.equal(nonceOf(await call), 'mine');
  assert.deepEqual(recording.messages('notifications/cancelled'), []);
});

it('a modern client closes its connection: its call is cancelled upstream, the others are answered', async (t) => {
  const { gateway, recording } = await shared(t);
  const closing = new AbortController();
  const victim = modernCall(gateway.url, 'one__never', { nonce: 'victim' }, { signal: closing.signal });
  victim.catch(() => {});
  await untilExecuting(recording, 'victim');
  const gate = new Gate(t);
  const others = each(CLIENTS - 1, (index) => modernCall(gateway.url, 'one__gate', { nonce: `o${index}`, file: gate.file }));
  await untilExecuting(recording, `o${CLIENTS - 2}`);
  closing.abort();
  gate.open();
  for (const [index, reply] of (await others).entries()) assert.equal(nonceOf(reply), `o${index}`);
  await assertOnlyCancelled(recording, 'victim');
});

it('a legacy client that disconnects has not cancelled', async (t) => {
  const { gateway, recording } = await shared(t);
  const session = await LegacySession.open(gateway.url);
  const closing = new AbortController();
  const gate = new Gate(t);
  const left = session.call('one__gate', { nonce: 'left', file: gate.file }, { signal: closing.signal });
  left.catch(() => {});
  await untilExecuting(recording, 'left');
  closing.abort();
  assert.equal(nonceOf(await session.call('one__slow', { nonce: 'after', ms: 200 })), 'after');
  gate.open();
  assert.deepEqual(recording.messages('notifications/cancelled'), []);
});

it('the official clients cancel: the upstream is told', async (t) => {
  const { gateway, recording } = await shared(t);
  for (const family of ['v1', 'v2-legacy', 'v2-modern']) {
    const peer = await connect(t, family, { url: gateway.url });
    const abort = new AbortController();
    const call = peer.call('one__never', { nonce: family }, { signal: abort.signal });
    call.catch(() => {});
    await untilExecuting(recording, family);
    abort.abort();
    await assert.rejects(call);
    await until(`the upstream is told that ${family} cancelled`, () =>
      recording.messages('notifications/cancelled').some(({ params }) => params.requestId === upstreamId(recording, family)));
  }
});
