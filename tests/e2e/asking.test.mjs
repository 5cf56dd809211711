// Promise: what a server wants to know of users, models and roots reaches clients of both eras and comes back; a state that a client
// brings back is good for its own call alone.
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { completeList } from './lib/expect.mjs';
import { startGateway, TARGETS } from './lib/gateway.mjs';
import { assertTypedError, LegacySession, modernRequest, typedError } from './lib/mcp.mjs';
import { SseStream } from './lib/http.mjs';
import { personal } from './lib/personal.mjs';
import { binary } from './lib/paths.mjs';
import { until } from './lib/wait.mjs';

const FAMILIES = ['v1', 'v2-legacy', 'v2-modern', 'v2-auto'];
const ours = { command: join(dirname(binary), 'everything-server'), args: [], roots: true };

for (const [name, target] of Object.entries(TARGETS)) {
  describe(name, () => {
    for (const family of FAMILIES) {
      it(`${family}: the user, the model and the roots are asked through the gateway`, async (t) => {
        const peer = await personal(t, family, await target(t, { servers: { one: ours } }));
        const text = async (tool) => (await peer.call(`one__test_input_required_result_${tool}`)).content[0].text;
        assert.equal(await text('multi_round'), 'Ann likes blue.');
        assert.equal(await text('sampling'), 'The model says: Paris');
        assert.equal(await text('list_roots'), 'Your roots:\nfile:///home/ann');
        assert.deepEqual(peer.asked, ['elicitation/create', 'elicitation/create', 'sampling/createMessage', 'roots/list']);
        const { messages } = await peer.client.getPrompt({ name: 'one__test_input_required_result_prompt' });
        assert.equal(messages[0].content.text, 'Use this context: home');
      });
    }
  });
}

const META = 'io.modelcontextprotocol/clientCapabilities';
const tool = 'one__test_input_required_result_elicitation';
const inputResponses = { user_name: { action: 'accept', content: { name: 'Bo' } } };
const modern = async (url, params = {}, name = tool) =>
  (await modernRequest(url, 'tools/call', { name, arguments: {}, _meta: { [META]: { elicitation: {} } }, ...params })).reply;

async function serving(t, config) {
  const gateway = await startGateway(t, { servers: { one: ours }, ...config });
  await completeList(gateway.url);
  return gateway;
}

it('a state is good for its own call, once, and for this gateway alone', async (t) => {
  const gateway = await serving(t);
  const { requestState, inputRequests } = (await modern(gateway.url)).result;
  assert.equal(inputRequests.user_name.method, 'elicitation/create');
  const refused = async (url, params, name) => {
    const error = assertTypedError(await modern(url, params, name), { code: 'PROTO_012', executed: 'no', surface: 'rpc' });
    assert.equal(error.canRetry, false);
  };
  const altered = `${requestState.slice(0, 30)}${requestState[30] === 'A' ? 'B' : 'A'}${requestState.slice(31)}`;
  await refused(gateway.url, { inputResponses, requestState: altered });
  await refused(gateway.url, { inputResponses, requestState: 'forged' });
  await refused(gateway.url, { inputResponses, requestState, arguments: { other: 1 } });
  await refused(gateway.url, { inputResponses, requestState }, 'one__test_streaming_elicitation');
  const other = await serving(t);
  await refused(other.url, { inputResponses, requestState }); // as after a restart
  const done = await modern(gateway.url, { inputResponses, requestState });
  assert.equal(done.result.content[0].text, 'Hello, Bo!');
});

it('who declared nothing is told what is missing, and the server that it asks in vain', async (t) => {
  const gateway = await serving(t);
  const { error } = await modern(gateway.url, { _meta: { [META]: {} } });
  assert.deepEqual(error.data.requiredCapabilities, { elicitation: {} });
  const session = await LegacySession.open(gateway.url);
  assert.ok((await session.call(tool)).error ?? (await session.call(tool)).result.isError);
  const deaf = await LegacySession.open(gateway.url, { capabilities: { elicitation: {} } });
  const reply = await deaf.call(tool, {}, { headers: { accept: 'application/json' } });
  assert.ok(reply.error ?? reply.result.isError, 'it takes no requests in its answer');
});

it('a client that goes away while it is asked leaves nothing behind', async (t) => {
  const gateway = await serving(t);
  const session = await LegacySession.open(gateway.url, { capabilities: { elicitation: {} } });
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: {} } };
  const stream = await SseStream.open(gateway.url, { method: 'POST', headers: session.headers, body });
  const question = await stream.next('the question', ({ method }) => method === 'elicitation/create');
  assert.equal((await session.post({ jsonrpc: '2.0', id: 'nobody asked', result: {} })).status, 202);
  await session.end();
  await stream.ended;
  assert.equal((await session.post({ jsonrpc: '2.0', id: question.id, result: inputResponses.user_name })).status, 404);
  await until('no call is under way', async () => (await gateway.admin('/api/overview')).json.servers.inFlight === 0);
});

// A client can do that at will: the operator is told nothing, however touchy.
const touchy = { monitor: { critical: 1, high: 1, medium: 1, low: 1 }, recovery: [{ strategy: 'escalate' }] };
const nobodyTold = async (gateway) => assert.doesNotMatch((await gateway.admin('/metrics')).text, /sallyport_alerts_total\{[^}]*outcome="sent"\} [1-9]/);

it('a client that refuses to be asked ends its call, and pages nobody', async (t) => {
  const gateway = await serving(t, touchy);
  const session = await LegacySession.open(gateway.url, { capabilities: { elicitation: {} } });
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: {} } };
  const stream = await SseStream.open(gateway.url, { method: 'POST', headers: session.headers, body });
  const question = await stream.next('the question', ({ method }) => method === 'elicitation/create');
  await session.post({ jsonrpc: '2.0', id: question.id, error: { code: -32603, message: 'CANARY-no' } });
  const reply = await stream.next('the end of the call', ({ id }) => id === 1);
  const error = assertTypedError(reply, { code: 'PROTO_018', executed: 'maybe', canRetry: false });
  assert.equal(error.kind, 'GATEWAY_RUNTIME_BAD_REQUEST');
  assert.match(reply.result.content[0].text, /no common way to do this: the client refused what it was asked\. It may have run: check before you repeat it\. /);
  assert.ok(!JSON.stringify(reply).includes('CANARY'));
  await nobodyTold(gateway);
});

it('an answer that does not come in time ends the call', async (t) => {
  const gateway = await serving(t, { suspended: { expiry: '1ms' }, ...touchy });
  const session = await LegacySession.open(gateway.url, { capabilities: { elicitation: {} } });
  const { result } = await session.call(tool);
  const error = assertTypedError({ result }, { code: 'PROTO_023', executed: 'maybe', canRetry: false });
  assert.equal(error.kind, 'TOOL_RUNTIME_CONTEXT_REQUIRED');
  assert.match(result.content[0].text, /^The client did not answer what server '[a-z]+' asked it within 1 s\. It may have run: check before you repeat it\. /);
  await nobodyTold(gateway);
  const { requestState } = (await modern(gateway.url)).result;
  await until('the state has expired', async () => typedError(await modern(gateway.url, { inputResponses, requestState }))?.code === 'PROTO_012');
});
