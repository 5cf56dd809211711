// Promise: what a server of 2025-11-25 or older asks during a call reaches the one client that made the call, and its answer comes back
// under the server's own id; what belongs to no call is refused and shown to nobody.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startGateway, TARGETS } from './lib/gateway.mjs';
import { LegacySession, textOf } from './lib/mcp.mjs';
import { SseStream } from './lib/http.mjs';
import { fixture } from './lib/paths.mjs';
import { personal } from './lib/personal.mjs';
import { EVERYTHING } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const FAMILIES = ['v1', 'v2-legacy'];

for (const [client, target] of Object.entries(TARGETS)) {
  for (const [server, start] of Object.entries(EVERYTHING)) {
    describe(`a client over ${client}, server-everything over ${server}`, () => {
      for (const family of FAMILIES) {
        it(`${family}: its user, its model and its roots are asked`, async (t) => {
          const peer = await personal(t, family, await target(t, { servers: { one: { ...(await start(t)), roots: true } } }));
          await peer.list();
          const text = async (tool, args) => (await peer.call(`one__${tool}`, args)).content.map((block) => block.text).join('\n');
          assert.match(await text('get-roots-list'), /URI: file:\/\/\/home\/ann/);
          assert.match(await text('trigger-elicitation-request'), /- Name: Ann\n- Favorite Color: blue|- Name: Ann/);
          assert.match(await text('trigger-sampling-request', { prompt: 'capital of France', maxTokens: 10 }), /"Paris"/);
          assert.deepEqual([...new Set(peer.asked)].sort(), ['elicitation/create', 'roots/list', 'sampling/createMessage']);
        });
      }
    });
  }
}

const REVISION = '2025-11-25';
const byHand = { command: process.execPath, args: [fixture('one-revision.mjs'), REVISION, 'one'], protocol: REVISION };
const serving = async (t, config) => startGateway(t, { servers: { one: byHand }, ...config });
const FORMS = { elicitation: { form: {} } };

// A call whose stream is read by hand.
async function calling(session, tool, id = 1) {
  const body = { jsonrpc: '2.0', id, method: 'tools/call', params: { name: `one__${tool}`, arguments: {} } };
  const stream = await SseStream.open(session.url, { method: 'POST', headers: session.headers, body });
  stream.question = () => stream.next('the question', ({ method }) => method === 'elicitation/create');
  stream.withdrawn = (id) => stream.next('the withdrawal', ({ method, params }) => method === 'notifications/cancelled' && params.requestId === id);
  stream.result = async () => JSON.parse(textOf(await stream.next('the answer', (message) => message.id === id)));
  return stream;
}
const answer = (session, id, rest) => session.post({ jsonrpc: '2.0', id, ...rest });

it('a server hears what its caller declared, and only that', async (t) => {
  const gateway = await serving(t);
  const declared = async (capabilities) => JSON.parse(textOf(await (await LegacySession.open(gateway.url, { capabilities })).call('one__declared')));
  assert.deepEqual(await declared({}), {});
  assert.deepEqual(await declared({ elicitation: {} }), { elicitation: { form: {} } });
  assert.deepEqual(await declared({ sampling: {}, roots: { listChanged: true } }), { sampling: {} }, 'roots by the word of the operator alone');
});

it('answers, refusals and nonsense of a client go back to the server', async (t) => {
  const gateway = await serving(t);
  const session = await LegacySession.open(gateway.url, { capabilities: FORMS });
  const asked = async (rest) => {
    const stream = await calling(session, 'ask_form');
    await answer(session, (await stream.question()).id, rest);
    return stream.result();
  };
  assert.deepEqual(await asked({ result: { action: 'accept', content: { name: 'Bo' } } }), { action: 'accept', content: { name: 'Bo' } });
  assert.deepEqual(await asked({ error: { code: -1, message: 'the user said no' } }), { error: { code: -1, message: 'the user said no' } });
  assert.equal((await asked({ result: { action: 'perhaps' } })).error.code, -32603);
  assert.equal((await asked({ result: {} })).error.code, -32603);
});

it('two calls at a time are asked apart', async (t) => {
  const gateway = await serving(t);
  const [a, b] = [await LegacySession.open(gateway.url, { capabilities: FORMS }), await LegacySession.open(gateway.url, { capabilities: FORMS })];
  const [first, second] = [await calling(a, 'ask_form'), await calling(b, 'ask_form')];
  const [forA, forB] = [await first.question(), await second.question()];
  await answer(b, forB.id, { result: { action: 'accept', content: { name: 'B' } } });
  assert.equal((await second.result()).content.name, 'B');
  await answer(a, forA.id, { result: { action: 'accept', content: { name: 'A' } } });
  assert.equal((await first.result()).content.name, 'A');
});

it('a question is withdrawn by the server, by time, and by the end of its call', async (t) => {
  const gateway = await serving(t);
  const session = await LegacySession.open(gateway.url, { capabilities: FORMS });
  const withdrawn = await calling(session, 'withdraw');
  await withdrawn.withdrawn((await withdrawn.question()).id);
  await withdrawn.ended;
  const given = await calling(session, 'ask_form', 2);
  const { id } = await given.question();
  await session.notify('notifications/cancelled', { requestId: 2 });
  await given.ended;
  assert.equal((await answer(session, id, { result: { action: 'cancel' } })).status, 202, 'too late, and ignored');
  await until('no call is under way', async () => (await gateway.admin('/api/overview')).json.servers.inFlight === 0);

  const hasty = await serving(t, { suspended: { expiry: '1ms' } });
  const other = await LegacySession.open(hasty.url, { capabilities: FORMS });
  const late = await calling(other, 'ask_form');
  await late.withdrawn((await late.question()).id);
  assert.equal((await late.result()).error.code, -32603);
});

it('that a page is done with is heard by the client that was asked to open it, during the call and after it, and by nobody else', async (t) => {
  const gateway = await serving(t);
  const PAGES = { elicitation: { form: {}, url: {} } };
  const open = async () => {
    const session = await LegacySession.open(gateway.url, { capabilities: PAGES });
    const { headers, url } = session;
    const stream = await SseStream.open(url, { headers: { ...headers, accept: 'text/event-stream' } });
    return { session, stream };
  };
  const [asked, other] = [await open(), await open()];
  const done = ({ messages }) => messages.filter(({ method }) => method === 'notifications/elicitation/complete').map(({ params }) => params);
  const opens = async (tool, id) => {
    const call = await calling(asked.session, tool, id);
    const question = await call.question();
    await answer(asked.session, question.id, { result: { action: 'accept' } });
    assert.deepEqual(await call.result(), { action: 'accept' });
    return { call, shown: question.params.elicitationId };
  };
  const during = await opens('whole_page', 1);
  assert.notEqual(during.shown, 'e1', 'an id of ours, which no other server can name');
  assert.deepEqual(done(during.call), [{ elicitationId: during.shown }], 'on the stream of the call');

  const after = await opens('ask_page', 2);
  assert.equal(textOf(await asked.session.call('one__page_done')), 'done');
  const heard = await asked.stream.next('that it is done', ({ method }) => method === 'notifications/elicitation/complete');
  assert.deepEqual(heard.params, { elicitationId: after.shown });

  assert.equal(textOf(await other.session.call('one__page_done')), 'done');
  assert.equal(textOf(await asked.session.call('one__page_done')), 'done');
  for (const { session, stream } of [other, asked]) {
    const { headers, url } = session;
    const again = await SseStream.open(url, { headers: { ...headers, accept: 'text/event-stream' } });
    await stream.ended;
    again.close();
  }
  assert.deepEqual(done(other.stream), [], 'it was asked nothing');
  assert.equal(done(asked.stream).length, 1, 'once');
});

it('a page that a server names in its error has an id of ours too, under which the client hears that it is done with', async (t) => {
  const gateway = await serving(t);
  const [asked, plain] = [await LegacySession.open(gateway.url, { capabilities: { elicitation: { url: {} } } }), await LegacySession.open(gateway.url)];
  const ids = [];
  for (const session of [asked, plain]) {
    const stream = await session.listen();
    const { error } = await session.call('one__open_first');
    assert.equal(error.code, -32042, JSON.stringify(error));
    const [{ elicitationId, ...page }] = error.data.elicitations;
    assert.deepEqual(page, { mode: 'url', message: 'look', url: 'https://page.example/' });
    assert.notEqual(elicitationId, 'e1');
    assert.equal(textOf(await session.call('one__page_done')), 'done');
    const done = await stream.next('that it is done', ({ method }) => method === 'notifications/elicitation/complete');
    assert.deepEqual(done.params, { elicitationId });
    assert.equal(textOf(await session.call('one__open_first')), 'it was opened');
    ids.push(elicitationId);
    stream.close();
  }
  assert.notEqual(ids[0], ids[1]);
});

it('what belongs to no call, or to a caller who cannot be asked, is refused and counted', async (t) => {
  const gateway = await serving(t);
  const session = await LegacySession.open(gateway.url, { capabilities: FORMS });
  assert.equal(textOf(await session.call('one__ask_late')), 'asks later');
  assert.equal(JSON.parse(textOf(await session.call('one__late_answer'))).error.code, -32601);
  const silent = await LegacySession.open(gateway.url);
  assert.equal(JSON.parse(textOf(await silent.call('one__ask_form'))).error.code, -32601);
  assert.equal(JSON.parse(textOf(await session.call('one__ask_sample'))).error.code, -32601, 'it declared no model');
  assert.ok((await gateway.metric('sallyport_upstream_garbage_total')) >= 2);
});
