// Promise: a client of any revision gets from a server of any revision, over HTTP and stdio, everything that
// its revision has words for; what has none says so.
// docs/protocol-matrix.md is written from what this file finds (UPDATE_GOLDEN=1).
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { OneRevision, serveHttp, serveSse } from './fixtures/one-revision.mjs';
import { cleanUp, fileScope } from './lib/cleanup.mjs';
import { startGateway, stdioGateway } from './lib/gateway.mjs';
import { MODERN, typedError } from './lib/mcp.mjs';
import { fixture, root } from './lib/paths.mjs';
import { connectRevision } from './lib/revision_client.mjs';
import { until } from './lib/wait.mjs';

const REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', MODERN];
const TRANSPORTS = ['HTTP', 'stdio'];
const PAGE = join(root, 'docs/protocol-matrix.md');
const scope = fileScope();
const servers = {};
const found = new Map();

const transportsOf = (revision) => (revision === '2024-11-05' ? ['SSE', ...TRANSPORTS] : TRANSPORTS);
const ends = REVISIONS.flatMap((revision) => transportsOf(revision).map((transport) => ({ revision, transport, label: `${revision} ${transport}` })));
const keyOf = ({ revision, transport }) => `s${revision.replaceAll('-', '')}-${transport.toLowerCase()}`;
const texts = ({ content }) => content.map(({ text }) => text);

const answered = async (client, name, kind) => {
  const { result, error } = await client.call(`${name}__ask_${kind}`);
  assert.ok(result && !result.isError, JSON.stringify(error ?? result));
  return JSON.parse(texts(result)[0]);
};
// Of a question that one side's revision does not know a modern server's caller hears, and an older server itself.
async function cannotBeAsked(client, name, upstream, kind) {
  if (upstream.revision !== MODERN) return assert.equal((await answered(client, name, kind)).error?.code, -32601);
  assert.equal(typedError(await client.call(`${name}__ask_${kind}`))?.code, 'PROTO_018');
}

// Each asks through `client` for one feature of the server `name` and throws where it is not what the server has.
const FEATURES = {
  tools: async ({ client, name, upstream }) => {
    const { result } = await client.ask('tools/list');
    const echo = result.tools.find((tool) => tool.name === `${name}__echo`);
    assert.deepEqual(echo?.inputSchema, { type: 'object', properties: { said: { type: 'string' } }, required: ['said'] });
    const said = await client.call(`${name}__echo`, { said: 'hello' });
    assert.deepEqual(texts(said.result), [`${name}: hello`]);
    const structured = client.revision >= '2025-06-18' && upstream.revision >= '2025-06-18';
    if (structured) assert.deepEqual(said.result.structuredContent, { said: 'hello' });
    assert.equal(said.result.resultType, client.modern ? 'complete' : undefined);
    const failed = await client.call(`${name}__fail`);
    assert.deepEqual([failed.result.isError, texts(failed.result)], [true, ['it went wrong']]);
  },
  resources: async ({ client, name }) => {
    const uri = `demo://${name}/a`;
    const { resources } = (await client.ask('resources/list')).result;
    assert.ok(resources.some((resource) => resource.uri === uri));
    const read = await client.ask('resources/read', { uri });
    assert.deepEqual(read.result.contents, [{ uri, text: `${name} has ${uri}` }]);
  },
  templates: async ({ client, name }) => {
    const { resourceTemplates } = (await client.ask('resources/templates/list')).result;
    assert.ok(resourceTemplates.some(({ uriTemplate }) => uriTemplate === `demo://${name}/by-id/{id}`));
    const uri = `demo://${name}/by-id/7`;
    assert.equal((await client.ask('resources/read', { uri })).result.contents[0].text, `${name} has ${uri}`);
  },
  prompts: async ({ client, name }) => {
    const { result } = await client.ask('prompts/get', { name: `${name}__p4`, arguments: { a: 'x' } });
    assert.equal(result.messages[0].content.text, `p4 of ${name}: x`);
  },
  pagination: async ({ client, name }) => {
    const { prompts } = (await client.ask('prompts/list')).result;
    assert.deepEqual(prompts.map((prompt) => prompt.name).filter((prompt) => prompt.startsWith(`${name}__`)), [0, 1, 2, 3, 4].map((i) => `${name}__p${i}`));
  },
  completion: async ({ client, name }) => {
    const { result } = await client.ask('completion/complete', { ref: { type: 'ref/prompt', name: `${name}__p1` }, argument: { name: 'a', value: 'v' } });
    assert.deepEqual(result.completion, { values: [`v-${name}`], total: 1, hasMore: false });
  },
  logging: async ({ client, name }) => {
    if (!client.modern) assert.deepEqual((await client.ask('logging/setLevel', { level: 'error' })).result, {});
    const { said } = await client.call(`${name}__say`, {}, client.modern ? { 'io.modelcontextprotocol/logLevel': 'error' } : {});
    const levels = said.filter(({ method }) => method === 'notifications/message').map(({ params }) => params.level);
    assert.deepEqual(levels, ['error', 'critical', 'alert', 'emergency']);
  },
  progress: async ({ client, name }) => {
    const { result, said } = await client.call(`${name}__steps`, {}, { progressToken: 'mine' });
    assert.deepEqual(texts(result), ['three steps']);
    const steps = said.filter(({ method }) => method === 'notifications/progress').map(({ params }) => [params.progressToken, params.progress]);
    assert.deepEqual(steps, [1, 2, 3].map((step) => ['mine', step]));
  },
  cancellation: async ({ client, name }) => {
    const count = async () => Number(texts((await client.call(`${name}__cancelled`)).result)[0]);
    const before = await count();
    const call = await client.start('tools/call', { name: `${name}__hang`, arguments: {}, _meta: { progressToken: 'hang' } });
    await until('it runs', () => call.said.some(({ method, params }) => method === 'notifications/progress' && params.progressToken === 'hang'));
    await call.cancel();
    await until('the server was told', async () => (await count()) === before + 1);
  },
  sampling: async ({ client, name }) => {
    assert.equal((await answered(client, name, 'sample')).content.text, 'that');
    assert.equal(client.asked.at(-1).params.messages[0].content.text, 'what?');
  },
  elicitation: async ({ client, name, upstream }) => {
    const both = [client.revision, upstream.revision].sort()[0];
    if (both < '2025-06-18') return cannotBeAsked(client, name, upstream, 'form');
    assert.deepEqual(await answered(client, name, 'form'), { action: 'accept', content: { name: 'Ann' } });
    if (both < '2025-11-25') return cannotBeAsked(client, name, upstream, 'page');
    assert.deepEqual(await answered(client, name, 'page'), { action: 'accept' });
    assert.equal(client.asked.at(-1).params.url, 'https://page.example/');
  },
  roots: async ({ client, name }) => {
    assert.deepEqual((await answered(client, name, 'roots')).roots, [{ uri: 'file:///r' }]);
  },
  subscriptions: async ({ client, name }) => {
    const uri = `demo://${name}/a`;
    assert.deepEqual((await client.listen(uri)).result, {});
    await until('the update', async () => {
      await client.call(`${name}__touch`); // the subscription of a modern server may begin after the first
      return client.unasked().some(({ method, params }) => method === 'notifications/resources/updated' && params.uri === uri);
    });
  },
  list_changed: async ({ client, name, tag }) => {
    if (client.modern) await client.listen(`demo://${name}/a`);
    const heard = () => client.unasked().filter(({ method }) => method === 'notifications/tools/list_changed').length;
    const before = heard();
    await client.call(`${name}__grow`, { name: tag });
    await until('the news', () => heard() > before);
    await until('the new tool', async () => (await client.ask('tools/list')).result.tools.some((tool) => tool.name === `${name}__${tag}`));
  },
};

// Between the kinds of tasks nothing is bridged: a tool is called plainly there, or says why it cannot be.
FEATURES.tasks = async ({ client, name, upstream }) => {
  const kinds = ['2025-11-25', MODERN];
  if (client.revision !== upstream.revision || !kinds.includes(client.revision)) {
    assert.deepEqual(texts((await client.call(`${name}__job`)).result), ['done']);
    if (kinds.includes(upstream.revision)) assert.equal(typedError(await client.call(`${name}__job_only`))?.code, 'PROTO_018');
    return;
  }
  const made = (await client.ask('tools/call', { name: `${name}__job_only`, arguments: {}, ...(!client.modern && { task: {} }) })).result;
  const { taskId } = client.modern ? made : made.task;
  const { result } = await client.ask('tasks/get', { taskId });
  assert.deepEqual([result.taskId, result.status], [taskId, 'completed']);
  const outcome = client.modern ? result.result : (await client.ask('tasks/result', { taskId })).result;
  assert.deepEqual(texts(outcome), ['done']);
};

const config = () => ({ servers });

before(async () => {
  for (const end of ends) {
    const key = keyOf(end);
    if (end.transport === 'stdio') {
      servers[key] = { command: process.execPath, args: [fixture('one-revision.mjs'), end.revision, key], roots: true };
    } else {
      const sse = end.transport === 'SSE';
      const http = (sse ? serveSse : serveHttp)(new OneRevision(end.revision, key));
      await new Promise((done) => http.listen(0, '127.0.0.1', done));
      cleanUp(scope, () => (http.closeAllConnections(), http.close()));
      servers[key] = { url: `http://127.0.0.1:${http.address().port}/${sse ? 'sse' : 'mcp'}`, roots: true };
    }
  }
});

async function targetOf(t, transport) {
  if (transport === 'stdio') return stdioGateway(t, config());
  if (transport === 'HTTP') return (await startGateway(t, config())).url;
  return (await startGateway(t, { ...config(), listen: { legacy_sse: true } })).sseUrl;
}

for (const downstream of ends) {
  it(`a client of ${downstream.label}`, async (t) => {
    const target = await targetOf(t, downstream.transport);
    const client = await connectRevision(t, downstream.revision, target);
    assert.equal(client.initialized?.protocolVersion, client.modern ? undefined : downstream.revision);
    await until('all servers are up', async () => {
      const { result } = await client.ask('tools/list');
      return ends.every((end) => result.tools.some(({ name }) => name === `${keyOf(end)}__echo`));
    });
    for (const upstream of ends) {
      const failed = [];
      for (const feature of Object.keys(FEATURES)) {
        const tag = `grown-${keyOf(downstream)}`;
        await FEATURES[feature]({ client, name: keyOf(upstream), upstream, tag }).catch((error) => failed.push(`${feature}: ${error.message}`));
      }
      found.set(`${downstream.label} ${upstream.label}`, failed);
    }
    const wrong = ends.flatMap((upstream) => found.get(`${downstream.label} ${upstream.label}`).map((what) => `${upstream.label}: ${what}`));
    assert.deepEqual(wrong, []);
  });
}

function page() {
  const features = Object.keys(FEATURES);
  const cell = (downstream, upstream) => {
    const failed = found.get(`${downstream.label} ${upstream.label}`);
    return failed === undefined ? 'not run' : `${features.length - failed.length}/${features.length}`;
  };
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [
    '# Which client reaches what of which server',
    '',
    'Written by `UPDATE_GOLDEN=1 tests/e2e/run.sh protocol_matrix`, which asks through the gateway for each of these features with a client of the',
    'row and a server of the column:',
    '',
    `${features.join(', ')}.`,
    '',
    row(['client \\ server', ...ends.map(({ label }) => label)]),
    row(['---', ...ends.map(() => ':-:')]),
    ...ends.map((downstream) => row([downstream.label, ...ends.map((upstream) => cell(downstream, upstream))])),
    '',
    'HTTP is Streamable HTTP, SSE the transport of 2024-11-05 (`listen.legacy_sse`). Where a revision does not know a feature, the cell holds that this is',
    'said; tasks are between clients and servers of the same kind, 2025-11-25 or 2026-07-28 (tests/e2e/tasks.test.mjs).',
    '',
  ].join('\n');
}

it('docs/protocol-matrix.md says what was found', () => {
  if (process.env.UPDATE_GOLDEN) writeFileSync(PAGE, page());
  assert.equal(readFileSync(PAGE, 'utf8'), page());
});
