// What the suite starts as the client under test: a gateway with the suite's server behind it, and somebody who
// uses that server through it. What the suite observes is thus the gateway's way to servers.
//   client.mjs URL        of the server; MCP_CONFORMANCE_SCENARIO says what is wanted of it
import assert from 'node:assert/strict';
import { LegacySession, modernRequest } from '../../tests/e2e/lib/mcp.mjs';
import { SseStream } from '../../tests/e2e/lib/http.mjs';
import { startGateway } from './programs.mjs';

const CAPABILITIES = { elicitation: { form: { applyDefaults: true } } };
const META = { 'io.modelcontextprotocol/clientCapabilities': CAPABILITIES };

// A client of each era. `request` gives the result.
class Modern {
  static open(url) {
    return new Modern(url);
  }
  constructor(url) {
    this.url = url;
  }
  async request(method, params = {}) {
    const subject = params.name ?? params.uri;
    const { reply, text } = await modernRequest(this.url, method, { ...params, _meta: META }, { headers: subject && { 'mcp-name': subject } });
    assert.ok(reply?.result, `${method}: ${text}`);
    return reply.result;
  }
}

// Answers what servers ask, which comes on the stream of the call.
class Legacy {
  static async open(url) {
    return new Legacy(await LegacySession.open(url, { capabilities: CAPABILITIES }));
  }
  constructor(session) {
    this.session = session;
  }
  async request(method, params = {}) {
    const id = this.session.nextId++;
    const headers = { ...this.session.headers, accept: 'text/event-stream, application/json' };
    const stream = await SseStream.open(this.session.url, { method: 'POST', headers, body: { jsonrpc: '2.0', id, method, params } });
    const end = stream.next(`the end of ${method}`, (message) => message.id === id && !message.method);
    const answered = new Set();
    for (;;) {
      const question = stream.next('a question', (message) => message.method === 'elicitation/create' && !answered.has(message.id));
      question.catch(() => {}); // there is none
      const message = await Promise.race([end, question]);
      if (!message.method) {
        assert.ok(message.result, `${method}: ${JSON.stringify(message)}`);
        return message.result;
      }
      answered.add(message.id);
      await this.session.post({ jsonrpc: '2.0', id: message.id, result: accept(message.params.requestedSchema) });
    }
  }
}

// A user who changes nothing of what a form proposes.
const accept = ({ properties = {} } = {}) => ({
  action: 'accept',
  content: Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, schema.default ?? (schema.type === 'boolean' ? true : 'yes')])),
});

const tools = async (client) => (await client.request('tools/list')).tools;
const call = (client, name, args = {}, more = {}) => client.request('tools/call', { name, arguments: args, ...more });

// A call in rounds; between them, one that has nothing to do with it.
async function inRounds(client, name) {
  const first = await call(client, name);
  assert.equal(first.resultType, 'input_required');
  await call(client, 'test_mrtr_unrelated');
  const answers = Object.entries(first.inputRequests ?? {}).map(([key, { params }]) => [key, accept(params?.requestedSchema)]);
  await call(client, name, {}, { inputResponses: Object.fromEntries(answers), ...(first.requestState && { requestState: first.requestState }) });
}

const SCENARIOS = {
  initialize: tools,
  'request-metadata': tools,
  'json-schema-ref-no-deref': tools,
  async tools_call(client) {
    await tools(client);
    await call(client, 'add_numbers', { a: 5, b: 3 });
  },
  'elicitation-sep1034-client-defaults': (client) => call(client, 'test_client_elicitation_defaults'),
  'sse-retry': (client) => call(client, 'test_reconnection'),
  async 'sep-2322-client-request-state'(client) {
    await tools(client);
    await inRounds(client, 'test_mrtr_echo_state');
    await inRounds(client, 'test_mrtr_no_state');
    await call(client, 'test_mrtr_no_result_type');
  },
  async 'http-standard-headers'(client) {
    for (const { name } of await tools(client)) await call(client, name);
    for (const { uri } of (await client.request('resources/list')).resources) await client.request('resources/read', { uri });
    for (const { name } of (await client.request('prompts/list')).prompts) await client.request('prompts/get', { name });
  },
  async 'http-custom-headers'(client) {
    await tools(client);
    for (const { name, arguments: args } of context.toolCalls) await call(client, name, args);
  },
  async 'http-invalid-tool-headers'(client) {
    for (const { name } of await tools(client)) await call(client, name, { region: 'us-west1', value: 'x' });
  },
  async 'json-schema-2020-12-preservation'(client) {
    const listed = await tools(client);
    await call(client, 'json_schema_echo', { schema: listed.find(({ name }) => name !== 'json_schema_echo').inputSchema });
  },
};

// Where a client of the same era would write the headers itself that are the gateway's to write.
const LEGACY_CLIENT = new Set(['http-custom-headers', 'http-invalid-tool-headers']);

const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');
const name = process.env.MCP_CONFORMANCE_SCENARIO;
const scenario = SCENARIOS[name];
if (!scenario) throw new Error(`nobody said what to do in ${name}`);
const gateway = await startGateway({ servers: { up: { url: process.argv.at(-1), prefix: '' } } });
try {
  const modern = (process.env.MCP_CONFORMANCE_PROTOCOL_VERSION ?? '') >= '2026' && !LEGACY_CLIENT.has(name);
  const era = modern ? Modern : Legacy;
  await scenario(await era.open(gateway.url));
} finally {
  await gateway.stop();
}
process.exit(); // whatever was waited for in vain
