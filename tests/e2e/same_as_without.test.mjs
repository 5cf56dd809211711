// Promise: what a client sees of a server through the gateway is what it sees without: names (but for the prefix), schemas,
// content blocks, structuredContent, isError. The official clients, the official servers, compared automatically.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileScope } from './lib/cleanup.mjs';
import { connect } from './lib/clients.mjs';
import { startGateway, stdioGateway } from './lib/gateway.mjs';
import { DEGRADED_KEY, LegacySession } from './lib/mcp.mjs';
import { everything, filesystem, hostile, memory } from './lib/servers.mjs';
import { temporaryDirectory } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

const scope = fileScope();
const directory = temporaryDirectory(scope);
const graph = join(temporaryDirectory(scope), 'graph.jsonl');
const file = (name) => join(directory, name);
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

// What is not compared, or only after `mask`, and why. Everything else is compared member for member.
const EXCEPTIONS = {
  'everything/get-env': { reason: 'the gateway gives a child a short list of variables, a client gives its own', skip: true },
  'everything/get-resource-reference': { reason: 'the resource carries the time of day', mask: /\d{1,2}:\d{2}:\d{2}( [AP]M)?|"blob":"[^"]+"/g },
  'everything/simulate-research-query': { reason: 'callable only as a 2025-11-25 task; tasks are not bridged yet', skip: true },
  'everything/get-roots-list': { reason: 'asks the client for its roots', skip: true },
  'everything/trigger-sampling-request': { reason: 'asks the client to sample', skip: true },
  'everything/trigger-sampling-request-async': { reason: 'asks the client to sample', skip: true },
  'everything/trigger-elicitation-request': { reason: 'asks the user', skip: true },
  'everything/trigger-elicitation-request-async': { reason: 'asks the user', skip: true },
  'everything/trigger-url-elicitation': { reason: 'asks the user', skip: true },
  'files/get_file_info': { reason: 'times of access and of status change', mask: /(created|accessed|modified|ctime|atime|birthtime): [^\n"\\]+/g },
};

// Members of a listed tool that are compared. `execution` is not: it offers core tasks, which are not bridged yet.
const LISTED = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations', 'icons'];

const step = (tool, args = {}, options = {}) => ({ tool, args, ...options });

const PEERS = {
  everything: {
    server: everything(),
    reset: () => {},
    steps: [
      step('echo', { message: 'hello, “world” \u2028 🐘' }),
      step('echo', {}), // bad arguments
      step('get-sum', { a: 2, b: 3.5 }),
      step('get-sum', { a: 'two', b: 3 }), // bad arguments
      step('get-annotated-message', { messageType: 'error', includeImage: true }),
      step('get-annotated-message', { messageType: 'success' }),
      step('get-annotated-message', { messageType: 'nonsense' }), // bad arguments
      step('get-tiny-image'),
      step('get-structured-content', { location: 'New York' }),
      step('get-structured-content', { location: 'Atlantis' }), // bad arguments
      step('get-resource-links', { count: 4 }),
      step('get-resource-reference', { resourceType: 'Text', resourceId: 3 }),
      step('get-resource-reference', { resourceType: 'Blob', resourceId: 2 }),
      step('get-resource-reference', { resourceType: 'Text', resourceId: -1 }), // isError
      step('gzip-file-as-resource', { name: 'a.gz', data: 'data:text/plain,hello', outputType: 'resource' }),
      step('gzip-file-as-resource', { name: 'b.gz', data: 'data:text/plain,hello', outputType: 'resourceLink' }),
      step('gzip-file-as-resource', { name: 'c.gz', data: 'ftp://127.0.0.1/x', outputType: 'resource' }), // isError
      step('toggle-simulated-logging'),
      step('toggle-simulated-logging'), // off again
      step('toggle-subscriber-updates'),
      step('toggle-subscriber-updates'), // off again
      step('trigger-long-running-operation', { duration: 0.6, steps: 3 }, { progress: true }),
    ],
  },
  files: {
    server: filesystem(directory),
    reset: () => {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(file('sub'), { recursive: true });
      writeFileSync(file('a.txt'), 'one\ntwo\nthree\n');
      writeFileSync(file('sub/b.txt'), 'né\u2028\u{1f418}\n');
      writeFileSync(file('pixel.png'), Buffer.from(PIXEL, 'base64'));
      for (const name of ['a.txt', 'sub/b.txt', 'pixel.png', 'sub', '.']) utimesSync(file(name), 1e9, 1e9);
    },
    steps: [
      step('list_allowed_directories'),
      step('read_file', { path: file('a.txt') }),
      step('read_text_file', { path: file('a.txt'), head: 2 }),
      step('read_text_file', { path: file('sub/b.txt') }),
      step('read_text_file', { path: file('missing.txt') }), // isError
      step('read_text_file', { path: '/etc/passwd' }), // isError: not allowed
      step('read_text_file', { path: 7 }), // bad arguments
      step('read_media_file', { path: file('pixel.png') }),
      step('read_multiple_files', { paths: [file('a.txt'), file('missing.txt')] }),
      step('write_file', { path: file('new.txt'), content: 'written\r\n\u0000"\\' }),
      step('read_text_file', { path: file('new.txt') }),
      step('edit_file', { path: file('a.txt'), edits: [{ oldText: 'two', newText: 'zwei' }] }),
      step('edit_file', { path: file('a.txt'), edits: [{ oldText: 'absent', newText: 'x' }] }), // isError
      step('create_directory', { path: file('made/deep') }),
      step('list_directory', { path: directory }),
      step('list_directory_with_sizes', { path: directory, sortBy: 'size' }),
      step('directory_tree', { path: directory }),
      step('move_file', { source: file('new.txt'), destination: file('moved.txt') }),
      step('move_file', { source: file('new.txt'), destination: file('moved.txt') }), // isError
      step('search_files', { path: directory, pattern: '**/*.txt' }),
      step('get_file_info', { path: file('sub/b.txt') }),
    ],
  },
  memory: {
    server: memory(graph),
    reset: () => rmSync(graph, { force: true }),
    steps: [
      step('read_graph'),
      step('create_entities', {
        entities: [
          { name: 'Ada', entityType: 'person', observations: ['wrote the first program'] },
          { name: 'Engine', entityType: 'machine', observations: [] },
        ],
      }),
      step('create_entities', { entities: [{ name: 'no type' }] }), // bad arguments
      step('create_relations', { relations: [{ from: 'Ada', to: 'Engine', relationType: 'programs' }] }),
      step('add_observations', { observations: [{ entityName: 'Ada', contents: ['born 1815'] }] }),
      step('add_observations', { observations: [{ entityName: 'Nobody', contents: ['x'] }] }), // isError
      step('search_nodes', { query: 'program' }),
      step('open_nodes', { names: ['Ada'] }),
      step('delete_observations', { deletions: [{ entityName: 'Ada', observations: ['born 1815'] }] }),
      step('delete_relations', { relations: [{ from: 'Ada', to: 'Engine', relationType: 'programs' }] }),
      step('delete_entities', { entityNames: ['Engine'] }),
      step('read_graph'),
    ],
  },
};

const SERVERS = Object.fromEntries(Object.entries(PEERS).map(([name, { server }]) => [name, server]));
const exceptionOf = (server, tool) => EXCEPTIONS[`${server}/${tool}`];

function masked(value, mask) {
  return mask ? JSON.parse(JSON.stringify(value).replace(mask, (match) => (match.startsWith('"') ? '"blob":"masked"' : 'masked'))) : value;
}

// The outcome of one step as plain data: what came back, or what was thrown.
async function outcome(peer, name, { args, progress }) {
  const seen = [];
  try {
    const result = await peer.call(name, args, progress ? { onprogress: (value) => seen.push(value) } : undefined);
    const { content, structuredContent, isError } = result;
    // JSON drops what is undefined: an absent member and a member that a client made undefined are the same.
    // The last progress is not compared: the clients lose it when it arrives together with the answer.
    const steps = seen.filter((value) => value.progress < value.total);
    return JSON.parse(JSON.stringify({ content, structuredContent, isError, ...(progress && { progress: steps }) }));
  } catch (error) {
    return { threw: { code: error.code, message: error.message } };
  }
}

async function runSteps(peer, server, prefix) {
  PEERS[server].reset();
  const outcomes = [];
  for (const each of PEERS[server].steps) {
    const exception = exceptionOf(server, each.tool);
    if (exception?.skip) continue;
    outcomes.push({ tool: each.tool, args: each.args, ...masked(await outcome(peer, `${prefix}${each.tool}`, each), exception?.mask) });
  }
  return outcomes;
}

function listed(tools, prefix) {
  return tools
    .filter(({ name }) => name.startsWith(prefix))
    .map((tool) => Object.fromEntries(LISTED.filter((member) => tool[member] !== undefined).map((member) => [member, tool[member]])))
    .map((tool) => ({ ...tool, name: tool.name.slice(prefix.length) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

// A list that lacks no server: they start lazily, and the first list does not wait for ever.
function completeList(peer) {
  return until('every server is listed', async () => {
    const list = await peer.list();
    return list.tools.length > 0 && (list.meta[DEGRADED_KEY] ?? []).length === 0 && list;
  });
}

// How a server looks without the gateway, to a client of this family; the modern client cannot talk to these servers at all.
async function lookDirectly(family) {
  const views = {};
  for (const [server, { server: target }] of Object.entries(PEERS)) {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...target.env };
    const peer = await connect(scope, family === 'v2-modern' ? 'v2-legacy' : family, { ...target, env });
    const { tools } = await peer.list();
    views[server] = { tools: listed(tools, ''), outcomes: await runSteps(peer, server, '') };
  }
  return views;
}

async function expectSame(peer, server, prefix, { tools }, direct) {
  assert.deepEqual(listed(tools, prefix), direct[server].tools, `${server}: the listed tools`);
  const outcomes = await runSteps(peer, server, prefix);
  for (const [index, expected] of direct[server].outcomes.entries()) {
    assert.deepEqual(outcomes[index], expected, `${server}: call ${index}, ${expected.tool} ${JSON.stringify(expected.args)}`);
  }
}

it('every tool that the servers list is called, or is in the table of exceptions', async () => {
  const direct = await lookDirectly('v1');
  for (const [server, { steps }] of Object.entries(PEERS)) {
    const covered = new Set(steps.map(({ tool }) => tool));
    const forgotten = direct[server].tools.map(({ name }) => name).filter((name) => !covered.has(name) && !exceptionOf(server, name)?.skip);
    assert.deepEqual(forgotten, [], `tools of ${server} that are neither called nor excepted`);
    assert.ok(direct[server].outcomes.some(({ isError, threw }) => isError || threw), `${server}: an error case is covered`);
  }
});

for (const family of ['v1', 'v2-legacy', 'v2-modern']) {
  describe(`client ${family}`, () => {
    let direct;
    before(async () => (direct = await lookDirectly(family)));

    it('twice without the gateway is the same (the comparison itself holds)', async () => {
      assert.deepEqual(await lookDirectly(family), direct);
    });

    it('over HTTP, /mcp: all servers, prefixed', async (t) => {
      const gateway = await startGateway(t, { servers: SERVERS });
      const peer = await connect(t, family, { url: gateway.url });
      const list = await completeList(peer);
      for (const server of Object.keys(PEERS)) await expectSame(peer, server, `${server}__`, list, direct);
      assert.ok(list.tools.every(({ name }) => Object.keys(PEERS).some((server) => name.startsWith(`${server}__`))), 'no tool of nobody');
    });

    it('over HTTP, /mcp/{server}: one server, exact names', async (t) => {
      const gateway = await startGateway(t, { servers: SERVERS });
      for (const server of Object.keys(PEERS)) {
        const peer = await connect(t, family, { url: gateway.serverUrl(server) });
        const list = await completeList(peer);
        assert.equal(list.tools.length, direct[server].tools.length);
        await expectSame(peer, server, '', list, direct);
      }
    });

    it('over stdio: all servers, prefixed', async (t) => {
      const peer = await connect(t, family, stdioGateway(t, { servers: SERVERS }));
      const list = await completeList(peer);
      for (const server of Object.keys(PEERS)) await expectSame(peer, server, `${server}__`, list, direct);
    });
  });
}

it('get-env (excepted above): the child sees its configured variables and none of the gateway’s others', async (t) => {
  process.env.E2E_CANARY = 'must not be seen';
  t.after(() => delete process.env.E2E_CANARY);
  const server = everything();
  const gateway = await startGateway(t, { servers: { everything: { ...server, env: { CONFIGURED: 'yes' } } } });
  const peer = await connect(t, 'v1', { url: gateway.serverUrl('everything') });
  const { content } = await peer.call('get-env');
  const env = JSON.parse(content[0].text);
  assert.equal(env.CONFIGURED, 'yes');
  assert.ok(env.PATH);
  assert.ok(!('E2E_CANARY' in env) && !('XDG_STATE_HOME' in env), Object.keys(env).join(' '));
});

it('arguments reach the upstream byte for byte: big numbers, number forms, key order, escapes', async (t) => {
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { hostile: server } });
  const session = await LegacySession.open(gateway.url);
  const args = '{"z":9007199254740993,"a":1.0,"e":1e400,"neg":-0.0,"s":"\\u00e9\\ud83d\\ude00\\/","deep":[[[{}]]]}';
  const answer = await session.post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hostile__echo","arguments":${args}}}`);
  assert.equal(answer.status, 200, answer.text);
  const call = recording.received().find(({ line }) => line.includes('tools/call'));
  assert.ok(call.line.includes(args), call.line);
});
