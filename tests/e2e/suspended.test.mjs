// Promise: a client of 2026-07-28 is asked what a server of an older revision wants to know: its call is answered `input_required`, and
// goes on, once, when it comes back; whatever else comes back ends as a typed error, and nothing is left running at the server.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { startGateway, TARGETS } from './lib/gateway.mjs';
import { SseStream } from './lib/http.mjs';
import { assertTypedError, LegacySession, modernBody, modernHeaders, modernRequest, textOf, typedError } from './lib/mcp.mjs';
import { fixture } from './lib/paths.mjs';
import { personal } from './lib/personal.mjs';
import { EVERYTHING } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

for (const [client, target] of Object.entries(TARGETS)) {
  for (const [server, start] of Object.entries(EVERYTHING)) {
    it(`a modern client over ${client}, server-everything of 2025-11-25 over ${server}: user, model and roots are asked`, async (t) => {
      const peer = await personal(t, 'v2-modern', await target(t, { servers: { one: { ...(await start(t)), roots: true } } }));
      await peer.list();
      const text = async (tool, args) => (await peer.call(`one__${tool}`, args)).content.map((block) => block.text).join('\n');
      assert.match(await text('get-roots-list'), /URI: file:\/\/\/home\/ann/);
      assert.match(await text('trigger-elicitation-request'), /- Name: Ann/);
      assert.match(await text('trigger-sampling-request', { prompt: 'capital of France', maxTokens: 10 }), /"Paris"/);
      assert.deepEqual([...new Set(peer.asked)].sort(), ['elicitation/create', 'roots/list', 'sampling/createMessage']);
    });
  }
}

const REVISION = '2025-11-25';
const byHand = { command: process.execPath, args: [fixture('one-revision.mjs'), REVISION, 'one'], protocol: REVISION };
const serving = (t, config) => startGateway(t, { servers: { one: byHand }, ...config });
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const can = (capabilities, meta) => ({ _meta: { [CAPABILITIES]: capabilities, ...meta } });
const ALL = { elicitation: { form: {}, url: {} }, sampling: {} };

// A call, or one of its rounds: the whole answer of the gateway.
const ask = (gateway, tool, params = {}) => modernRequest(gateway.url, 'tools/call', { name: `one__${tool}`, arguments: {}, ...can(ALL), ...params });
const call = async (gateway, tool, params) => (await ask(gateway, tool, params)).reply;
const answers = ({ result }, answer = { action: 'accept', content: { name: 'Bo' } }) => ({
  requestState: result.requestState,
  inputResponses: Object.fromEntries(Object.keys(result.inputRequests).map((key) => [key, answer])),
});
const said = (reply) => JSON.parse(textOf(reply));
const refused = async (gateway, tool, params) =>
  assertTypedError(await call(gateway, tool, params), { code: 'PROTO_012', executed: 'no', canRetry: false, surface: 'rpc' });
const inFlight = async (gateway) => (await gateway.admin('/api/overview')).json.servers.inFlight;
const nothingRuns = (gateway) => until('no call is under way', async () => (await inFlight(gateway)) === 0);
// How many wait now; or what became of those that did.
async function suspended(gateway, outcome) {
  if (outcome === undefined) return gateway.metric('sallyport_suspended_calls');
  const { text } = await gateway.admin('/metrics');
  return Number(text.match(new RegExp(`^sallyport_suspended_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm'))?.[1] ?? 0);
}

it('a call asks, waits for its client, and runs once', async (t) => {
  const gateway = await serving(t);
  const first = await ask(gateway, 'ask_form');
  const { result } = first.reply;
  assert.equal(result.resultType, 'input_required');
  const [[key, question]] = Object.entries(result.inputRequests);
  assert.deepEqual(question, { method: 'elicitation/create', params: { message: 'who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } } });
  assert.equal(await suspended(gateway), 1);
  const last = await ask(gateway, 'ask_form', { requestState: result.requestState, inputResponses: { [key]: { action: 'accept', content: { name: 'Bo' } } } });
  assert.deepEqual(said(last.reply), { action: 'accept', content: { name: 'Bo' } });
  assert.equal(last.headers['x-correlation-id'], first.headers['x-correlation-id'], 'all rounds of a call have one id');
  assert.equal(await suspended(gateway), 0);
  assert.equal(await suspended(gateway, 'resumed'), 1);
  await nothingRuns(gateway);
});

it('two rounds, two questions in one, answers in part', async (t) => {
  const gateway = await serving(t);
  const one = await call(gateway, 'ask_twice');
  const two = await call(gateway, 'ask_twice', answers(one));
  assert.deepEqual(said(await call(gateway, 'ask_twice', answers(two, { action: 'decline' }))), [{ action: 'accept', content: { name: 'Bo' } }, { action: 'decline' }]);

  // Questions that come at once are asked at once, if they arrive so; what is left out is asked again.
  const model = { role: 'assistant', model: 'm', content: { type: 'text', text: 'x' } };
  const given = { 'elicitation/create': { action: 'cancel' }, 'sampling/createMessage': model };
  let reply = await call(gateway, 'ask_both');
  const asked = new Set();
  for (let round = 0; reply.result.resultType === 'input_required' && round < 5; round += 1) {
    const [[key, { method }]] = Object.entries(reply.result.inputRequests);
    asked.add(method);
    reply = await call(gateway, 'ask_both', { requestState: reply.result.requestState, inputResponses: { [key]: given[method], other: {} } });
  }
  assert.deepEqual([...asked].sort(), Object.keys(given));
  assert.deepEqual(said(reply), [{ action: 'cancel' }, model]);
});

it('nonsense is said to be, to the server', async (t) => {
  const gateway = await serving(t);
  const reply = await call(gateway, 'ask_form', answers(await call(gateway, 'ask_form'), { action: 'perhaps' }));
  assert.equal(said(reply).error.code, -32603);
});

it('progress is told to the request that waits, under its own token', async (t) => {
  const gateway = await serving(t);
  const round = async (progressToken, params) => {
    const body = modernBody('tools/call', { name: 'one__ask_twice', arguments: {}, ...can(ALL, { progressToken }), ...params });
    const stream = await SseStream.open(gateway.url, { method: 'POST', headers: modernHeaders('tools/call', 'one__ask_twice'), body });
    const reply = await stream.next('the answer', ({ id }) => id !== undefined);
    return { tokens: stream.messages.filter(({ method }) => method === 'notifications/progress').map(({ params }) => params.progressToken), reply };
  };
  const one = await call(gateway, 'ask_twice', can(ALL, { progressToken: 'a' }));
  const two = await round('b', answers(one));
  assert.deepEqual(two.tokens, ['b']);
  assert.deepEqual((await round('c', answers(two.reply))).tokens, ['c']);
});

describe('what comes back otherwise', () => {
  it('other parameters, another tool, an altered or forged state: refused, and the call still waits', async (t) => {
    const gateway = await serving(t);
    const asked = await call(gateway, 'ask_form');
    const { requestState, inputResponses } = answers(asked);
    const altered = `${requestState.slice(0, 40)}${requestState[40] === 'A' ? 'B' : 'A'}${requestState.slice(41)}`;
    await refused(gateway, 'ask_form', { requestState: altered, inputResponses });
    await refused(gateway, 'ask_form', { requestState: 'forged', inputResponses });
    await refused(gateway, 'ask_form', { requestState, inputResponses, arguments: { other: 1 } });
    await refused(gateway, 'ask_twice', { requestState, inputResponses });
    assert.equal(await suspended(gateway), 1);
    assert.deepEqual(said(await call(gateway, 'ask_form', { requestState, inputResponses })), inputResponses[Object.keys(inputResponses)[0]]);
  });

  it('the same round again has the same outcome; with other answers it is refused', async (t) => {
    const gateway = await serving(t);
    const asked = await call(gateway, 'ask_form');
    const round = answers(asked);
    const [one, two] = await Promise.all([call(gateway, 'ask_form', round), call(gateway, 'ask_form', round)]);
    assert.deepEqual(said(one), said(two), 'at once');
    assert.deepEqual(said(await call(gateway, 'ask_form', round)), said(one), 'afterwards');
    await refused(gateway, 'ask_form', answers(asked, { action: 'decline' }));
    const first = await call(gateway, 'ask_twice');
    const second = await call(gateway, 'ask_twice', answers(first));
    assert.deepEqual((await call(gateway, 'ask_twice', answers(first))).result.requestState, second.result.requestState, 'a question is an outcome too');
    assert.equal(said(await call(gateway, 'ask_twice', answers(second))).length, 2);
  });

  it('after a restart nothing waits any more', async (t) => {
    const key = 'ab'.repeat(32);
    const gateway = await serving(t, { state: { seal_keys: [key] } });
    const asked = await call(gateway, 'ask_form');
    const other = await serving(t, { state: { seal_keys: ['cd'.repeat(32), key] } });
    await refused(other, 'ask_form', answers(asked));
  });

  it('too late: the server hears that its call is cancelled', async (t) => {
    const gateway = await serving(t, { suspended: { expiry: '300ms' } });
    const asked = await call(gateway, 'ask_form');
    await until('it has expired', async () => (await suspended(gateway, 'expired')) === 1);
    await nothingRuns(gateway);
    await refused(gateway, 'ask_form', answers(asked));
    assert.equal(textOf(await call(gateway, 'cancelled')), '1');
    assert.equal(await suspended(gateway), 0);
  });

  it('a client that hangs up while its call goes on has cancelled it', async (t) => {
    const gateway = await serving(t);
    const body = modernBody('tools/call', { name: 'one__hang', arguments: {}, ...can(ALL, { progressToken: 1 }) });
    const stream = await SseStream.open(gateway.url, { method: 'POST', headers: modernHeaders('tools/call', 'one__hang'), body });
    await stream.next('the first report', ({ method }) => method === 'notifications/progress');
    stream.close();
    await nothingRuns(gateway);
    assert.equal(textOf(await call(gateway, 'cancelled')), '1');
  });

  it('a server that dies meanwhile: the client hears so when it comes back', async (t) => {
    const gateway = await serving(t);
    const pid = Number(textOf(await call(gateway, 'pid')));
    const asked = await call(gateway, 'ask_form');
    process.kill(pid, 'SIGKILL');
    await nothingRuns(gateway);
    assertTypedError(await call(gateway, 'ask_form', answers(asked)), { code: ['TOOL_006', 'TOOL_009'], executed: 'maybe' });
    assert.equal((await call(gateway, 'ask_form')).result.resultType, 'input_required', 'and the next call works');
  });
});

it('they are bounded in number, and end with the gateway', async (t) => {
  const gateway = await serving(t, { suspended: { per_principal: 2 }, timeouts: { shutdown: '10m' } });
  const kept = [await call(gateway, 'ask_form'), await call(gateway, 'ask_form')];
  assertTypedError(await call(gateway, 'ask_form'), { code: 'LIMIT_014', executed: 'maybe', canRetry: false });
  assert.equal(await inFlight(gateway), 2);
  assert.equal(said(await call(gateway, 'ask_form', answers(kept[0]))).action, 'accept');
  assert.equal((await call(gateway, 'ask_form')).result.resultType, 'input_required');
  await gateway.stop(); // without waiting for clients that cannot come back
});

it('who cannot be asked is not, and a page to open before a call is a question too', async (t) => {
  const gateway = await serving(t);
  assert.equal(said(await call(gateway, 'ask_form', can({}))).error.code, -32601);
  assert.equal(said(await call(gateway, 'ask_sample', can({ elicitation: {} }))).error.code, -32601);
  const asked = await call(gateway, 'open_first');
  const [[, question]] = Object.entries(asked.result.inputRequests);
  assert.deepEqual(question.params, { mode: 'url', message: 'look', url: 'https://page.example/' });
  assert.equal(textOf(await call(gateway, 'open_first', answers(asked, { action: 'accept' }))), 'it was opened');
  const { error } = await call(gateway, 'open_first', can({ elicitation: {} }));
  assert.deepEqual(error.data.requiredCapabilities, { elicitation: { url: {} } });
});

it('rounds count once against limits.rate', async (t) => {
  const gateway = await serving(t, { limits: { rate: '3/1h' } });
  let reply = await call(gateway, 'ask_twice');
  reply = await call(gateway, 'ask_twice', answers(reply));
  assert.equal(said(await call(gateway, 'ask_twice', answers(reply))).length, 2);
  assert.equal((await call(gateway, 'ask_form')).result.resultType, 'input_required');
  assert.equal((await call(gateway, 'ask_form')).result.resultType, 'input_required');
  assert.equal(typedError(await call(gateway, 'ask_form')).code, 'LIMIT_001');
});

it('the key that seals is kept, and its user’s alone', async (t) => {
  const gateway = await serving(t);
  const { mode, size } = statSync(join(dirname(gateway.config), 'state', 'sallyport', 'seal-key'));
  assert.equal(mode & 0o777, 0o600);
  assert.equal(size, 65);
});

it('a legacy client beside it is asked on its own stream', async (t) => {
  const gateway = await serving(t);
  const session = await LegacySession.open(gateway.url, { capabilities: { elicitation: { form: {} } } });
  const waiting = await call(gateway, 'ask_form');
  const body = { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'one__ask_form', arguments: {} } };
  const stream = await SseStream.open(session.url, { method: 'POST', headers: session.headers, body });
  const { id } = await stream.next('the question', ({ method }) => method === 'elicitation/create');
  await session.post({ jsonrpc: '2.0', id, result: { action: 'cancel' } });
  assert.equal(said(await stream.next('the answer', (message) => message.id === 5)).action, 'cancel');
  assert.equal(said(await call(gateway, 'ask_form', answers(waiting))).action, 'accept');
});
