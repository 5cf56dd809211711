// Promise: resources, resource templates, prompts and completion of a server are through the gateway what they are without:
// every entry member for member, every content block, every error. The official clients, server-everything and server-memory.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { join } from 'node:path';
import { fileScope } from './lib/cleanup.mjs';
import { connect } from './lib/clients.mjs';
import { startGateway, stdioGateway } from './lib/gateway.mjs';
import { everything, memory } from './lib/servers.mjs';
import { temporaryDirectory } from './lib/temp.mjs';
import { until, within } from './lib/wait.mjs';

const scope = fileScope();
const graph = join(temporaryDirectory(scope), 'graph.jsonl');
const SERVERS = { everything: everything(), memory: memory(graph) };

// What is not compared as it stands, and why.
const MASKS = [
  { reason: 'dynamic resources carry the time of day', pattern: /\d{1,2}:\d{2}:\d{2}( [AP]M)?/g, by: 'TIME' },
  { reason: 'as base64, too', pattern: /"blob":"[^"]+"/g, by: '"blob":"BASE64"' },
];

const mask = (value) => JSON.parse(MASKS.reduce((text, { pattern, by }) => text.replace(pattern, by), JSON.stringify(value)));
const plain = (value) => JSON.parse(JSON.stringify(value));

async function outcome(ask) {
  try {
    const { _meta, ttlMs, cacheScope, resultType, ...result } = await within('an answer', ask());
    return mask(plain(result));
  } catch (error) {
    return { threw: { code: error.code, message: mask(error.message) } };
  }
}

async function all(ask, member) {
  const entries = [];
  let cursor;
  do {
    const page = await within(member, ask(cursor === undefined ? {} : { cursor }));
    entries.push(...page[member]);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return plain(entries);
}

// Everything that these servers offer besides tools, as one client sees it. `prefix` is that of prompts.
async function look({ client }, prefix) {
  const offered = client.getServerCapabilities() ?? {};
  const seen = { resources: [], templates: [], prompts: [], outcomes: {} };
  if (offered.resources) {
    seen.resources = await all((params) => client.listResources(params), 'resources');
    seen.templates = await all((params) => client.listResourceTemplates(params), 'resourceTemplates');
  }
  if (offered.prompts) {
    const prompts = await all((params) => client.listPrompts(params), 'prompts');
    seen.prompts = prompts.filter(({ name }) => name.startsWith(prefix)).map((prompt) => ({ ...prompt, name: prompt.name.slice(prefix.length) }));
  }
  const note = async (what, ask) => (seen.outcomes[what] = await outcome(ask));
  for (const { uri } of seen.resources) await note(`read ${uri}`, () => client.readResource({ uri }));
  return { seen, note };
}

async function lookAtEverything(peer, prefix) {
  const { seen, note } = await look(peer, prefix);
  const { client } = peer;
  for (const kind of ['text', 'blob'])
    for (const id of ['1', '42', 'x', '-1']) {
      const uri = `demo://resource/dynamic/${kind}/${id}`;
      await note(`read ${uri}`, () => client.readResource({ uri }));
    }
  const get = (name, args) => note(`get ${name} ${JSON.stringify(args)}`, () => client.getPrompt({ name: prefix + name, ...(args && { arguments: args }) }));
  await get('simple-prompt');
  await get('args-prompt', { city: 'Zürich \u2028' });
  await get('args-prompt', { city: 'Bern', state: 'BE' });
  await get('args-prompt', {});
  await get('completable-prompt', { department: 'Sales', name: 'David' });
  await get('resource-prompt', { resourceType: 'Text', resourceId: '3' });
  await get('resource-prompt', { resourceType: 'Blob', resourceId: '3' });
  await get('resource-prompt', { resourceType: 'Nothing', resourceId: '3' });
  const complete = (ref, name, value, context) => note(`complete ${JSON.stringify([ref, name, value, context])}`, () =>
    client.complete({ ref: ref.type === 'ref/prompt' ? { ...ref, name: prefix + ref.name } : ref, argument: { name, value }, ...(context && { context }) }));
  const prompt = (name) => ({ type: 'ref/prompt', name });
  const template = (kind) => ({ type: 'ref/resource', uri: `demo://resource/dynamic/${kind}/{resourceId}` });
  await complete(prompt('completable-prompt'), 'department', '');
  await complete(prompt('completable-prompt'), 'department', 'S');
  await complete(prompt('completable-prompt'), 'name', 'D', { arguments: { department: 'Sales' } });
  await complete(prompt('completable-prompt'), 'nothing', 'D');
  await complete(prompt('resource-prompt'), 'resourceType', 'T');
  await complete(prompt('resource-prompt'), 'resourceId', '7');
  await complete(prompt('simple-prompt'), 'x', '');
  await complete(template('text'), 'resourceId', '1');
  await complete(template('blob'), 'resourceId', 'x');
  await complete(template('text'), 'other', '1');
  return seen;
}

// Lists that lack no server.
const settled = (peer) =>
  until('every server is listed', async () => (await peer.list()).tools.length > 20 || undefined).then(() => peer);

async function lookDirectly(family) {
  const legacy = family === 'v2-modern' ? 'v2-legacy' : family;
  const peer = await connect(scope, legacy, { ...SERVERS.everything, env: { PATH: process.env.PATH, HOME: process.env.HOME } });
  return lookAtEverything(peer, '');
}

// Resources that memory has are its own; in the view of all servers everything's come first.
const ofEverything = (seen) => ({ ...seen, resources: seen.resources.filter(({ uri }) => uri.startsWith('demo://')) });
const comparable = (seen) => {
  const { resources, templates, prompts, outcomes } = ofEverything(seen);
  return { resources, templates, prompts, outcomes: Object.fromEntries(Object.entries(outcomes).filter(([what]) => !what.includes('memory:'))) };
};

for (const family of ['v1', 'v2-legacy', 'v2-modern']) {
  describe(`client ${family}`, () => {
    let direct;
    before(async () => {
      direct = comparable(await lookDirectly(family));
      assert.ok(direct.resources.length >= 5 && direct.templates.length === 2 && direct.prompts.length === 4, 'there is something to compare');
      assert.ok(Object.values(direct.outcomes).some(({ threw }) => threw) && Object.values(direct.outcomes).some(({ completion }) => completion?.values.length > 0));
    });

    it('over HTTP, /mcp: all servers, prompts prefixed, URIs as they are', async (t) => {
      const gateway = await startGateway(t, { servers: SERVERS });
      const peer = await settled(await connect(t, family, { url: gateway.url }));
      assert.deepEqual(comparable(await lookAtEverything(peer, 'everything__')), direct);
    });

    it('over HTTP, /mcp/{server}: exact names', async (t) => {
      const gateway = await startGateway(t, { servers: SERVERS });
      const peer = await connect(t, family, { url: gateway.serverUrl('everything') });
      assert.deepEqual(comparable(await lookAtEverything(peer, '')), direct);
    });

    it('over stdio: all servers', async (t) => {
      const peer = await settled(await connect(t, family, stdioGateway(t, { servers: SERVERS })));
      assert.deepEqual(comparable(await lookAtEverything(peer, 'everything__')), direct);
    });
  });
}
