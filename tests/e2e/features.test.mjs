// Promise: lists of any length and content arrive whole at clients of every revision, a URI that two servers claim has one owner whoever
// is up, and what a server does wrong with its resources and prompts harms nobody else.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { connect } from './lib/clients.mjs';
import { startGateway } from './lib/gateway.mjs';
import { assertTypedError, DEGRADED_KEY, LEGACY, LegacySession, modernRequest } from './lib/mcp.mjs';
import { stdioFixture } from './lib/servers.mjs';
import { temporaryDirectory } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

const lists = (scope, env) => stdioFixture(scope, 'lists-stdio.mjs', { env }).server;

async function pages(ask, member) {
  const all = [];
  let cursor;
  let count = 0;
  do {
    const page = await ask(cursor === undefined ? {} : { cursor });
    all.push(...page[member]);
    cursor = page.nextCursor;
    count += 1;
  } while (cursor !== undefined);
  return { all, count };
}

it('2500 tools and as many prompts: SDK clients get every one once, in pages', async (t) => {
  const gateway = await startGateway(t, { servers: { one: lists(t, { TOOLS: '2500', PROMPTS: '2500', PAGE: '400' }) } });
  for (const family of ['v1', 'v2-modern']) {
    const { client } = await connect(t, family, { url: gateway.url });
    const tools = await pages((params) => client.listTools(params), 'tools');
    const prompts = await pages((params) => client.listPrompts(params), 'prompts');
    for (const { all } of [tools, prompts]) assert.equal(new Set(all.map(({ name }) => name)).size, 2500, family);
    assert.deepEqual(prompts.all.map(({ name }) => name), Array.from({ length: 2500 }, (_, i) => `one__p${i}`));
  }
});

it('cursors: stable while the list is, refused with PROTO_011 when we did not give them out', async (t) => {
  const gateway = await startGateway(t, { servers: { one: lists(t, { PROMPTS: '2500' }), two: lists(t, { PROMPTS: '1001' }) } });
  const session = await LegacySession.open(gateway.url);
  const first = await session.request('prompts/list');
  const again = await session.request('prompts/list');
  const { nextCursor } = first.result;
  assert.ok(nextCursor);
  assert.equal(again.result.nextCursor, nextCursor);
  const other = await LegacySession.open(gateway.url);
  assert.equal((await other.request('prompts/list', { cursor: nextCursor })).result.prompts.length, 1000, 'the cursor is of the view, not of the session');
  const forged = nextCursor.replace(/^./, (c) => (c === 'a' ? 'b' : 'a'));
  const single = await LegacySession.open(gateway.serverUrl('two'));
  for (const [where, cursor] of [[session, forged], [session, ''], [session, '1000'], [session, 'é\u0000'], [single, nextCursor]])
    assertTypedError(await where.request('prompts/list', { cursor }), { code: 'PROTO_011', executed: 'no', surface: 'rpc' });
  assertTypedError(await session.request('resources/list', { cursor: nextCursor }), { code: 'PROTO_011', surface: 'rpc' });
  assertTypedError(await session.request('prompts/list', { cursor: 7 }), { code: 'PROTO_004', surface: 'rpc' });
});

it('a server with 100,000 resources: the first 10,000 are there, its neighbour and the calls are untouched', async (t) => {
  const gateway = await startGateway(t, { servers: { many: lists(t, { RESOURCES: '100000' }), few: lists(t, { RESOURCES: '3', KEY: 'few' }) } });
  const { client } = await connect(t, 'v1', { url: gateway.url });
  const { all, count } = await pages((params) => client.listResources(params), 'resources');
  assert.equal(all.length, 10_003);
  assert.ok(count > 1 && count < 20, `${count} pages`);
  const read = await client.readResource({ uri: 'sp+few:list://shared/1' });
  assert.deepEqual(read.contents, [{ uri: 'sp+few:list://shared/1', text: 'few: list://shared/1' }]);
  assert.equal((await gateway.servers()).many.resources, 10_000);
});

it('two servers claim a URI: the first in the file keeps it, and who is up decides nothing', async (t) => {
  const died = join(temporaryDirectory(t), 'died');
  const first = lists(t, { RESOURCES: '2', KEY: 'first' });
  const gateway = await startGateway(t, { servers: { first, second: lists(t, { RESOURCES: '2', KEY: 'second', DIED: died }) } });
  const { client } = await connect(t, 'v2-modern', { url: gateway.url });
  const { all } = await pages((params) => client.listResources(params), 'resources');
  assert.deepEqual(all.map(({ uri }) => uri), ['list://shared/0', 'list://shared/1', 'sp+second:list://shared/0', 'sp+second:list://shared/1']);
  const textOf = async (uri) => (await client.readResource({ uri })).contents[0].text;
  assert.equal(await textOf('list://shared/0'), 'first: list://shared/0');
  assert.equal(await textOf('sp+second:list://shared/0'), 'second: list://shared/0');
  assert.equal(await textOf('list://second/any/path'), 'second: list://second/any/path', 'by its template');
  process.kill((await gateway.servers()).first.pid, 'SIGKILL');
  const down = await LegacySession.open(gateway.url);
  const answer = await down.request('resources/read', { uri: 'list://shared/0' });
  if (answer.error) assertTypedError(answer, { code: ['TOOL_006', 'NET_002'], surface: 'rpc' });
  else assert.equal(answer.result.contents[0].text, 'first: list://shared/0', 'back already, and still the owner');
  const unknown = await down.request('resources/read', { uri: 'list://nobody/x' });
  assertTypedError(unknown, { code: 'PROTO_009', executed: 'no', surface: 'rpc' });
  assert.equal(unknown.error.code, -32002);
  assert.equal(unknown.error.data.uri, 'list://nobody/x');
  const modern = await modernRequest(gateway.url, 'resources/read', { uri: 'list://nobody/x' }, { headers: { 'mcp-name': 'list://nobody/x' } });
  assert.equal(modern.reply.error.code, -32602);
  assert.equal(modern.reply.error.data.uri, 'list://nobody/x');
});

it('a server that dies in the middle of its list is degraded, then back with all of it', async (t) => {
  const DIED = join(temporaryDirectory(t), 'died');
  const gateway = await startGateway(t, { servers: { one: lists(t, { RESOURCES: '500', PAGE: '100', DIE_AT: '3', DIED }), two: lists(t, { RESOURCES: '1', KEY: 'two' }) } });
  const session = await LegacySession.open(gateway.url);
  const listed = await until('all of it is listed', async () => {
    const { result } = await session.request('resources/list');
    return result.resources.length === 501 ? result : undefined;
  });
  assert.equal(listed._meta?.[DEGRADED_KEY], undefined);
});

it('entries of wrong types are left out, and a strict client reads the rest', async (t) => {
  const gateway = await startGateway(t, { servers: { odd: lists(t, { RESOURCES: '3', PROMPTS: '3', ODD: '1' }), two: lists(t, { PROMPTS: '1', KEY: 'two' }) } });
  for (const family of ['v1', 'v2-legacy', 'v2-modern']) {
    const { client } = await connect(t, family, { url: gateway.url });
    assert.equal((await client.listResources()).resources.length, 3, family);
    assert.deepEqual((await client.listPrompts()).prompts.map(({ name }) => name), ['odd__p0', 'odd__p1', 'odd__p2', 'two__p0']);
    assert.equal((await client.listTools()).tools.length, 2);
    await assert.rejects(client.readResource({ uri: 'list://shared/malformed' }), /NET_006|no such resource/);
  }
});

it('an error of the server keeps its code as the client’s revision says it, and the spec’s members only', async (t) => {
  const gateway = await startGateway(t, { servers: { one: lists(t, {}) } });
  const session = await LegacySession.open(gateway.url);
  const { error } = await session.request('resources/read', { uri: 'list://x/missing' });
  assert.deepEqual(error, { code: -32002, message: 'no such resource', data: { uri: 'list://x/missing' } });
  const uri = 'list://x/missing';
  const modern = await modernRequest(gateway.url, 'resources/read', { uri }, { headers: { 'mcp-name': uri } });
  assert.equal(modern.status, 200);
  assert.deepEqual(modern.reply.error, { code: -32602, message: 'no such resource', data: { uri } });
});

for (const [version, kinds] of [['2024-11-05', ['text', 'text']], ['2025-03-26', ['text', 'audio']], ['2025-06-18', ['resource_link', 'audio']], [LEGACY, ['resource_link', 'audio']]]) {
  it(`content blocks for a client of ${version}: ${kinds}`, async (t) => {
    const gateway = await startGateway(t, { servers: { one: lists(t, { PROMPTS: '1' }) } });
    const session = await LegacySession.open(gateway.url, { version });
    assert.equal(session.initialized.protocolVersion, version);
    const { result } = await session.request('prompts/get', { name: 'one__p0' });
    assert.deepEqual(result.messages.map(({ content }) => content.type), kinds);
    if (kinds[0] === 'text') assert.equal(result.messages[0].content.text, 'zero: list://shared/0');
  });
}

it('unknown prompts suggest what comes close, and a modern client is told what is not there', async (t) => {
  const gateway = await startGateway(t, { servers: { one: lists(t, { PROMPTS: '1' }) } });
  const session = await LegacySession.open(gateway.url);
  const unknown = await session.request('prompts/get', { name: 'one__p' });
  assertTypedError(unknown, { code: 'PROTO_010', executed: 'no', surface: 'rpc' });
  assert.match(unknown.error.message, /did you mean 'one__p0'/);
  const empty = await session.request('completion/complete', { ref: { type: 'ref/prompt', name: 'one__p0' }, argument: { name: 'a', value: '' } });
  assert.deepEqual(empty.result, { completion: { values: [], total: 0, hasMore: false } }, 'the server completes nothing');
  const { reply } = await modernRequest(gateway.url, 'server/discover');
  assert.deepEqual(Object.keys(reply.result.capabilities).sort(), ['prompts', 'resources', 'tools']);
});

it('a server of 2024-11-05, which cannot say whether it completes, is asked; one that does not completes nothing', async (t) => {
  const gateway = await startGateway(t, { servers: { old: { ...lists(t, { PROMPTS: '1' }), protocol: '2024-11-05' } } });
  const session = await LegacySession.open(gateway.url);
  const { result } = await session.request('completion/complete', { ref: { type: 'ref/prompt', name: 'old__p0' }, argument: { name: 'a', value: '' } });
  assert.deepEqual(result, { completion: { values: [], total: 0, hasMore: false } });
});
