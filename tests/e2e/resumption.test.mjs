// Promise: an event is delivered once over a resumed stream, in order; a client that lost its connection gets its answer; a
// client that does not read loses progress first, then its connection, and costs nobody else anything.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { connect } from './lib/clients.mjs';
import { CuttingProxy } from './lib/cut.mjs';
import { untilExecuting } from './lib/expect.mjs';
import { startGateway } from './lib/gateway.mjs';
import { request, SseStream } from './lib/http.mjs';
import { LegacySession, textOf, typedError } from './lib/mcp.mjs';
import { hostile } from './lib/servers.mjs';
import { Gate } from './lib/temp.mjs';
import { until, within } from './lib/wait.mjs';

const toolCall = (id, name, args, token) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args, ...(token !== undefined && { _meta: { progressToken: token } }) },
});
const post = (session, body, url = session.url) => SseStream.open(url, { method: 'POST', headers: session.headers, body });
const resume = (session, id, url = session.url) =>
  SseStream.open(url, { headers: { ...session.headers, accept: 'text/event-stream', 'last-event-id': id } });
// The ids of the complete events of a stream, the priming one included.
const ids = (text) => text.split('\n\n').slice(0, -1).flatMap((block) => /^id: (.*)$/m.exec(block)?.[1] ?? []);

async function start(t, config = {}) {
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { one: server }, stream: { after: '1ms' }, listen: { allowed_hosts: ['127.0.0.1'] }, ...config });
  return { gateway, recording };
}

it('a call whose client lost its connection is answered when it comes back, once', async (t) => {
  const { gateway, recording } = await start(t);
  const session = await LegacySession.open(gateway.url);
  const gate = new Gate(t);
  const first = await post(session, toolCall(7, 'one__gate', { file: gate.file, nonce: 'a' }));
  await until('the stream is primed', () => ids(first.text).length === 1);
  assert.match(first.text, /^id: .+\nretry: \d+\ndata: \n\n/, 'an id, how long to wait, and nothing to read');
  await untilExecuting(recording, 'a');
  first.close();
  gate.open();
  const [primed] = ids(first.text);
  const second = await resume(session, primed);
  await within('the resumed stream to end', second.ended);
  assert.deepEqual(second.messages.map(({ id }) => id), [7]);
  textOf(second.messages[0]);
  const again = await request(session.url, { headers: { ...session.headers, accept: 'text/event-stream', 'last-event-id': ids(second.text).at(-1) } });
  assert.equal(again.status, 204, 'everything was read: do not come back');
  assert.equal(recording.executions('a'), 1);
  assert.equal(await gateway.metric('sallyport_streams_resumed_total'), 2);
});

it('a client that comes back before the answer waits for it, and takes the stream over', async (t) => {
  const { gateway, recording } = await start(t);
  const session = await LegacySession.open(gateway.url);
  const gate = new Gate(t);
  const first = await post(session, toolCall('x', 'one__steps', { count: 3, file: gate.file, nonce: 'b' }, 'tok'));
  await first.next('progress', ({ params }) => params?.progress === 3);
  const second = await resume(session, ids(first.text)[1]);
  await second.next('what followed the first step', ({ params }) => params?.progress === 3);
  gate.open();
  await within('the answer', second.ended);
  assert.deepEqual(second.messages.map((message) => message.params?.progress ?? message.id), [2, 3, 'x']);
  assert.equal(first.messages.filter(({ id }) => id === 'x').length, 0, 'the answer travels on one stream');
  assert.equal(recording.executions('b'), 1);
});

it('cut anywhere, the stream and its resumption give the same messages', async (t) => {
  const { gateway } = await start(t);
  const session = await LegacySession.open(gateway.url);
  const body = toolCall(1, 'one__steps', { count: 4, size: 40 }, 't');
  const whole = await post(session, body);
  await whole.ended;
  const expected = whole.messages;
  assert.equal(expected.length, 5);
  let cutAfter;
  const proxy = await CuttingProxy.start(t, gateway.port, { after: () => cutAfter });
  let resumed = 0;
  for (cutAfter = 250; cutAfter < 250 + whole.text.length + 100; cutAfter += 23) {
    const stream = await post(session, body, proxy.url).catch(() => undefined);
    if (!stream) continue; // cut within the head
    await stream.ended;
    const known = ids(stream.text);
    let messages = stream.messages;
    if (known.length === 0) continue; // nothing to come back with
    if (!messages.some(({ id }) => id === 1)) {
      const rest = await resume(session, known.at(-1));
      await within(`the rest after ${cutAfter} bytes`, rest.ended);
      messages = [...messages, ...rest.messages];
      ++resumed;
    }
    assert.deepEqual(messages, expected, `cut after ${cutAfter} bytes`);
  }
  assert.ok(resumed > 20, `${resumed} streams were resumed`);
});

it('an event of another session, or of nobody, is refused', async (t) => {
  const { gateway } = await start(t);
  const [mine, other] = await Promise.all([LegacySession.open(gateway.url), LegacySession.open(gateway.url)]);
  const stream = await post(mine, toolCall(1, 'one__steps', { count: 1 }, 't'));
  await stream.ended;
  const known = ids(stream.text)[0];
  for (const [session, id] of [[other, known], [mine, 'nobody'], [mine, `${known}99`], [mine, '-1'], [mine, known.replace(/^./, 'z')]]) {
    const answer = await request(session.url, { headers: { ...session.headers, accept: 'text/event-stream', 'last-event-id': id } });
    assert.equal(answer.status, 400, answer.text);
    assert.equal(typedError(answer.json)?.code, 'PROTO_020', answer.text);
  }
});

it('an answer that could not be kept is named where it would have stood', async (t) => {
  const { gateway, recording } = await start(t, { events: { bytes: '4KiB' } });
  const session = await LegacySession.open(gateway.url);
  const gate = new Gate(t);
  const first = await post(session, toolCall(3, 'one__steps', { count: 0, file: gate.file, answer: 100_000, nonce: 'c' }));
  await until('the stream is primed', () => ids(first.text).length === 1);
  await untilExecuting(recording, 'c');
  first.close();
  gate.open();
  await until('it was dropped', async () => (await gateway.metric('sallyport_events_dropped_total')) === 1);
  const second = await resume(session, ids(first.text)[0]);
  await within('the end', second.ended);
  assert.equal(second.messages.length, 1);
  assert.equal(second.messages[0].id, 3);
  const error = typedError(second.messages[0]);
  assert.equal(error.code, 'LIMIT_010');
  assert.equal(error.executed, 'maybe');
  assert.match(second.text, /^: 1 events were not kept$/m);
});

it('what changed while a session was not connected is said when it is', async (t) => {
  const { gateway } = await start(t);
  const session = await LegacySession.open(gateway.url);
  const first = await session.listen();
  await until('the stream is primed', () => ids(first.text).length === 1);
  first.close();
  await session.call('one__add_tool', { name: 'fresh' });
  await until('the event is kept', async () => (await gateway.metric('sallyport_events')) >= 1);
  const second = await resume(session, ids(first.text)[0]);
  await second.next('the change', ({ method }) => method === 'notifications/tools/list_changed');
  assert.equal(second.messages.length, 1, 'once');
  second.close();
});

it('a flood of streams stays within the bounds', async (t) => {
  const { gateway } = await start(t, { events: { per_session: 20, bytes: '64KiB' } });
  const session = await LegacySession.open(gateway.url);
  for (let round = 0; round < 20; ++round) {
    const stream = await post(session, toolCall(round, 'one__steps', { count: 200, size: 1000 }, 't'));
    await stream.ended;
    assert.equal(stream.messages.length, 201);
  }
  assert.ok((await gateway.metric('sallyport_events')) <= 20);
  assert.ok((await gateway.metric('sallyport_events_bytes')) <= 64 * 1024);
});

it('a client that does not read loses progress, then its connection, and nobody waits for it', async (t) => {
  const { gateway, recording } = await start(t, { limits: { buffered: '64MiB' } });
  const slow = await LegacySession.open(gateway.url);
  const gate = new Gate(t);
  const stream = await post(slow, toolCall(1, 'one__steps', { count: 3000, size: 10_000, file: gate.file, answer: 2_000_000, nonce: 'slow' }, 't'));
  stream.outgoing.socket.pause();
  await untilExecuting(recording, 'slow');
  await until('progress is dropped', async () => (await gateway.metric('sallyport_slow_reader_total')) > 0);
  const other = await LegacySession.open(gateway.url);
  for (let call = 0; call < 20; ++call) textOf(await other.call('one__echo', { call }));
  gate.open();
  await until('the connection is given up', async () => /slow_reader_total\{outcome="stream_lost"\} 1/.test((await gateway.admin('/metrics')).text));
  stream.close();
  const rest = await resume(slow, ids(stream.text).at(-1));
  await within('the rest', rest.ended);
  assert.equal(rest.messages.at(-1).id, 1, 'the answer was kept');
  assert.equal(rest.messages.filter(({ id }) => id === 1).length, 1);
});

for (const family of ['v1', 'v2-legacy']) {
  it(`${family} gets the answer of a call in whose middle the network went away, once`, async (t) => {
    const { gateway, recording } = await start(t);
    const proxy = await CuttingProxy.start(t, gateway.port);
    const peer = await connect(t, family, { url: proxy.url });
    const gate = new Gate(t);
    const steps = [];
    const call = peer.call('one__steps', { count: 2, file: gate.file, nonce: family }, { onprogress: ({ progress }) => steps.push(progress), timeout: 30_000 });
    await untilExecuting(recording, family);
    await until('progress came', () => steps.length === 2);
    assert.ok(proxy.cut() > 0);
    gate.open();
    const result = await call;
    assert.equal(result.content[0].text, 'dddd');
    assert.deepEqual(steps, [1, 2]);
    assert.equal(recording.executions(family), 1);
  });
}
