// Promise: the official clients of both generations use a server of the framework, over HTTP and stdio, and it ends in good order.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { connect } from './lib/clients.mjs';
import { example, serveExample } from './lib/examples.mjs';
import { request, SseStream } from './lib/http.mjs';
import { LegacySession, modernBody, modernHeaders, modernRequest } from './lib/mcp.mjs';
import { root } from './lib/paths.mjs';
import { within } from './lib/wait.mjs';

const everything = example('everything-server');
const serve = (t) => serveExample(t, 'everything-server');

const FAMILIES = ['v1', 'v2-legacy', 'v2-modern', 'v2-auto'];
const TARGETS = { HTTP: async (t) => ({ url: (await serve(t)).url }), stdio: async () => ({ command: everything, args: [] }) };

for (const [name, target] of Object.entries(TARGETS)) {
  describe(name, () => {
    for (const family of FAMILIES) {
      it(`${family}: lists, calls, structured content, progress, isError`, async (t) => {
        const peer = await connect(t, family, await target(t));
        const { tools } = await peer.list();
        const forecast = tools.find((tool) => tool.name === 'weather_forecast');
        assert.equal(forecast.inputSchema.properties.days.default, 3);
        assert.equal(forecast.annotations.readOnlyHint, true);
        const { structuredContent, content } = await peer.call('weather_forecast', { place: { city: 'Rom' }, days: 2 });
        assert.equal(structuredContent.days.length, 2);
        assert.deepEqual(JSON.parse(content[0].text), structuredContent);
        const kinds = (await peer.call('test_multiple_content_types')).content.map(({ type }) => type);
        assert.deepEqual(kinds, ['text', 'image', 'resource']);
        const steps = [];
        await peer.call('test_tool_with_progress', {}, { onprogress: ({ progress }) => steps.push(progress) });
        // These clients drop steps that come in one piece with the answer.
        assert.deepEqual(steps, [0, 50, 100].slice(0, steps.length));
        const failed = await peer.call('test_error_handling');
        assert.equal(failed.isError, true);
        assert.equal(failed.content[0].text, 'This tool intentionally returns an error for testing');
        assert.equal(failed._meta['dev.sallyport/error'].code, 'TOOL_001');
        const refused = await peer.call('weather_forecast', { place: { city: 'Rom', SECRET: 1 } });
        assert.equal(refused._meta['dev.sallyport/error'].code, 'TOOL_003');
        assert.doesNotMatch(JSON.stringify(refused), /SECRET/);
      });
    }
  });
}

for (const [name, target] of Object.entries(TARGETS)) {
  for (const family of FAMILIES) {
    it(`${name}, ${family}: one tool asks users of either era, and runs once`, async (t) => {
      const peer = await connect(t, family, await target(t), { capabilities: { elicitation: {} } });
      const asked = [];
      const answer = async ({ params }) => {
        asked.push(params.message);
        return { action: 'accept', content: asked.length === 1 ? { name: 'Ann' } : { color: 'blue' } };
      };
      peer.client.setRequestHandler(family === 'v1' ? ElicitRequestSchema : 'elicitation/create', answer);
      const { content } = await peer.call('test_input_required_result_multi_round');
      assert.equal(content[0].text, 'Ann likes blue.');
      assert.deepEqual(asked, ['Step 1: What is your name?', 'Step 2: What is your favorite color?']);
    });
  }
}

it('progress comes whole, in order and before the answer', async (t) => {
  const { url } = await serve(t);
  const call = { name: 'test_tool_with_progress', arguments: {}, _meta: { progressToken: 'p' } };
  const stream = await SseStream.open(url, {
    method: 'POST',
    headers: modernHeaders('tools/call', call.name),
    body: modernBody('tools/call', call, 7),
  });
  await within('the stream to end', stream.ended);
  const [answer, ...steps] = stream.messages.toReversed();
  assert.equal(answer.id, 7);
  assert.deepEqual(steps.reverse().map(({ params }) => params.progress), [0, 50, 100]);
});

it('a page of somebody else is refused, and so is a header that says something else than the body', async (t) => {
  const { url } = await serve(t);
  const foreign = await request(url, { method: 'POST', headers: { 'content-type': 'application/json', origin: 'http://evil.example' }, body: {} });
  assert.equal(foreign.status, 403);
  const call = { name: 'test_region', arguments: { region: 'eu' } };
  const good = await modernRequest(url, 'tools/call', call, { headers: { 'mcp-param-region': 'eu' } });
  assert.equal(good.reply.result.content[0].text, 'Done in eu.');
  const bad = await modernRequest(url, 'tools/call', call, { headers: { 'mcp-param-region': 'us' } });
  assert.equal(bad.status, 400);
  assert.equal(bad.reply.error.code, -32020);
});

it('a signal lets calls under way end, and refuses what comes after it', async (t) => {
  const { server, ended, url } = await serve(t);
  const session = await LegacySession.open(url);
  const call = session.call('test_tool_with_progress', {}, { meta: { progressToken: 1 } });
  await session.request('ping');
  server.kill('SIGTERM');
  assert.equal((await call).result.content[0].text, 'Done in three steps.');
  assert.deepEqual(await within('the server to end', ended), [0, null]);
});

it('a wrong command line says what is wrong', async () => {
  for (const [args, words] of [[['--htpp'], 'no option --htpp'], [['--http', '0.0.0.0:0'], '--anonymous']]) {
    const server = spawn(everything, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const said = server.stderr.toArray();
    const [code] = await once(server, 'exit');
    assert.equal(code, 2);
    assert.ok(Buffer.concat(await said).toString().includes(words));
  }
});

it('what is meant for developers reaches agents by one phrase only', async (t) => {
  const source = readFileSync(join(root, 'src/server/exposure.cpp'), 'utf8');
  const [, phrase] = source.match(/return "(i accept .*)";/);
  const told = async (value) => {
    const env = { ...process.env, SALLYPORT_DEBUG_EXPOSE_DEVELOPER_MESSAGES: value };
    const { url } = await serveExample(t, 'typed-errors', { env });
    const { result } = await (await LegacySession.open(url)).call('fatal');
    return result.content[0].text;
  };
  assert.match(await told(phrase), /This account is closed\.[^]*\[DEBUG\] developer_message: closed by operator on 1 March$/);
  for (const value of ['1', 'true', `${phrase}!`]) assert.doesNotMatch(await told(value), /operator|DEBUG/);
});
