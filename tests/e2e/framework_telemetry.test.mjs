// Promise: a server of the framework tells a collector what it was asked, what ran for it and how that failed, in the trace of
// whoever called; and a collector that is away, or a mistake in what names it, costs its callers nothing.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { cleanUp } from './lib/cleanup.mjs';
import { connect } from './lib/clients.mjs';
import { example, serveExample } from './lib/examples.mjs';
import { startGateway } from './lib/gateway.mjs';
import { modernCall, modernRequest, textOf } from './lib/mcp.mjs';
import { Collector } from './lib/otlp.mjs';
import { freePort } from './lib/ports.mjs';
import { until } from './lib/wait.mjs';

const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;
const FAILED = 2;
const CALLER = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' };
const traced = { traceparent: `00-${CALLER.trace}-${CALLER.span}-01` };
const SECRETS = /411 rows|operator|POST|hunter2|10\.0\.0\.7/;

const toolSpan = (collector, kind, tool) => collector.span(`${kind} ${tool}`, (span) => span.kind === kind && span.attributes['gen_ai.tool.name'] === tool);

for (const family of ['v1', 'v2-legacy', 'v2-modern']) {
  describe(family, () => {
    it('each kind of failure is on the span of the request and on that of the function', async (t) => {
      const collector = await Collector.start(t);
      const peer = await connect(t, family, { command: example('typed-errors'), args: ['--otlp', collector.url] });
      const expected = {
        retry: ['TOOL_RUNTIME_RETRY', 'The search found too much.\n\nSearch for a narrower period.', 'TOOL_001'],
        fatal: ['TOOL_RUNTIME_FATAL', 'This account is closed.', 'TOOL_001'],
        upstream: ['UPSTREAM_RUNTIME_SERVER_ERROR', 'The billing service did not take it.', 'TOOL_006'],
        rate_limited: ['UPSTREAM_RUNTIME_RATE_LIMIT', 'The billing service wants fewer calls.', 'LIMIT_002'],
        unreachable: ['NETWORK_TRANSPORT_RUNTIME_UNREACHABLE', 'The billing service cannot be reached.'],
        mistake: ['TOOL_RUNTIME_FATAL', 'An unhandled std::out_of_range was raised by the tool.', 'TOOL_001'],
      };
      for (const tool of Object.keys(expected)) await peer.call(tool);
      await peer.call('answer');
      for (const [tool, [kind, message, code]] of Object.entries(expected)) {
        const request = await toolSpan(collector, SERVER, tool);
        const run = await toolSpan(collector, INTERNAL, tool);
        assert.deepEqual([request.name, run.name], [`tools/call ${tool}`, `execute_tool ${tool}`]);
        assert.deepEqual([run.traceId, run.parentSpanId], [request.traceId, request.spanId]);
        for (const { attributes, status } of [request, run]) {
          assert.equal(status.code, FAILED);
          assert.deepEqual([attributes.tool_error_kind, attributes.tool_error_message, attributes['sallyport.kind']], [kind, message, kind]);
          if (code) assert.deepEqual([attributes['error.type'], attributes['sallyport.code']], [code, code]);
          assert.equal(attributes.tool_error_developer_message, undefined);
        }
      }
      assert.equal((await toolSpan(collector, SERVER, 'upstream')).attributes.tool_error_status_code, 503);
      assert.equal((await toolSpan(collector, SERVER, 'retry')).attributes.tool_error_can_retry, true);
      for (const kind of [SERVER, INTERNAL]) {
        const { attributes, status } = await toolSpan(collector, kind, 'answer');
        assert.deepEqual([status.code, attributes['error.type'], attributes.tool_error_kind], [FAILED, 'tool_error', undefined]);
      }
      assert.doesNotMatch(collector.bytes, SECRETS, 'what is for the developer stays at home');
    });
  });
}

it('what is for developers goes to the collector where it is asked for', async (t) => {
  const collector = await Collector.start(t);
  const { url } = await serveExample(t, 'typed-errors', { args: ['--otlp', `${collector.url}/`, '--otlp-developer-text'] });
  await modernCall(url, 'retry', {});
  for (const kind of [SERVER, INTERNAL])
    assert.equal((await toolSpan(collector, kind, 'retry')).attributes.tool_error_developer_message, '411 rows, the limit is 100');
});

it('the variables of OpenTelemetry name the collector; numbers and log lines come too, to the last', async (t) => {
  const collector = await Collector.start(t);
  const env = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b', OTEL_SERVICE_NAME: 'billing-eu' };
  const { server, ended, url } = await serveExample(t, 'typed-errors', { env });
  textOf(await modernCall(url, 'returned', { amount: 1 }));
  await modernCall(url, 'fatal', {});
  await modernRequest(url, 'tools/call', { name: 'no_such_tool', arguments: {} });
  server.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
  const attributes = Object.fromEntries(collector.reports[0].body.resourceSpans?.[0].resource.attributes.map(({ key, value }) => [key, value.stringValue])
    ?? collector.reports[0].body.resourceLogs[0].resource.attributes.map(({ key, value }) => [key, value.stringValue]));
  assert.deepEqual([attributes['service.name'], attributes['service.version']], ['billing-eu', '1.0']);
  assert.equal(collector.reports[0].headers['x-key'], 'a b');
  const labels = collector.metrics
    .filter(({ name }) => name === 'sallyport_calls_total')
    .flatMap(({ sum }) => sum.dataPoints)
    .map((point) => [...point.attributes.map(({ value }) => value.stringValue), point.asInt]);
  assert.deepEqual(labels.sort(), [['billing-eu', 'fatal', 'TOOL_001', '1'], ['billing-eu', '_other', 'TOOL_002', '1'], ['billing-eu', 'returned', 'ok', '1']].sort());
  const failure = collector.logs.find(({ attributes: of }) => of['exception.type'] === 'TOOL_001');
  const span = await toolSpan(collector, SERVER, 'fatal');
  assert.deepEqual([failure.traceId, failure.spanId], [span.traceId, span.spanId]);
});

it('an agent, the gateway and a server of the framework are one trace', async (t) => {
  const collector = await Collector.start(t);
  const gateway = await startGateway(t, {
    telemetry: { otlp: collector.url },
    servers: { one: { command: example('echo'), args: ['--otlp', collector.url] } },
  });
  await until('the call is answered', async () => (await modernCall(gateway.url, 'one__echo', { text: 'a' })).result?.content);
  const run = await collector.span('of the function', ({ kind }) => kind === INTERNAL);
  const request = await collector.span('of the server', ({ spanId }) => spanId === run.parentSpanId);
  const attempt = await collector.span('of the gateway to it', ({ spanId }) => spanId === request.parentSpanId);
  const call = await collector.span('of the gateway', ({ spanId }) => spanId === attempt.parentSpanId);
  assert.deepEqual([request.kind, attempt.kind, call.kind], [SERVER, CLIENT, SERVER]);
  assert.equal(new Set([run, request, attempt, call].map(({ traceId }) => traceId)).size, 1);
});

it('a caller on this machine goes on with its trace, and a task is a span of its own below it', async (t) => {
  const collector = await Collector.start(t);
  const { url } = await serveExample(t, 'tasks', { args: ['--otlp', collector.url] });
  const meta = { ...traced, 'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } } };
  await modernRequest(url, 'tools/list', { _meta: traced });
  const list = await collector.span('of the list', ({ name }) => name === 'tools/list');
  assert.deepEqual([list.traceId, list.parentSpanId, list.kind], [CALLER.trace, CALLER.span, SERVER]);
  const begun = await modernRequest(url, 'tools/call', { name: 'print_book', arguments: { pages: 2 }, _meta: meta });
  assert.equal(begun.reply.result?.resultType, 'task', JSON.stringify(begun.reply));
  const request = await toolSpan(collector, SERVER, 'print_book');
  const run = await toolSpan(collector, INTERNAL, 'print_book');
  assert.deepEqual([run.traceId, run.parentSpanId], [CALLER.trace, request.spanId]);
  assert.ok(BigInt(run.endTimeUnixNano) >= BigInt(request.endTimeUnixNano), 'it went on after its request was answered');
});

it('what a function asks of others stands below its span', async (t) => {
  const collector = await Collector.start(t);
  const seen = [];
  const service = createServer((incoming, reply) => {
    seen.push(incoming.headers.traceparent);
    reply.end(JSON.stringify({ degrees: 21.5 }));
  });
  await new Promise((listening) => service.listen(0, '127.0.0.1', listening));
  cleanUp(t, () => new Promise((closed) => { service.close(closed); service.closeAllConnections(); }));
  const env = { ...process.env, WEATHER_URL: `http://127.0.0.1:${service.address().port}`, WEATHER_KEY: 'k-123' };
  const { url } = await serveExample(t, 'rest', { args: ['--otlp', collector.url], env });
  textOf(await modernCall(url, 'weather', { city: 'Bonn' }));
  const run = await toolSpan(collector, INTERNAL, 'weather');
  assert.deepEqual(seen, [`00-${run.traceId}-${run.spanId}-01`]);
  assert.doesNotMatch(collector.bytes, /k-123|Bonn/);
});

describe('nothing is lost for callers', () => {
  it('with a collector that is away, and the server ends in good time', async (t) => {
    const { server, ended, url } = await serveExample(t, 'echo', { args: ['--otlp', `http://127.0.0.1:${await freePort()}`] });
    for (const text of ['a', 'b', 'c']) assert.equal(textOf(await modernCall(url, 'echo', { text })), text);
    server.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });

  it('with a collector that never answers', async (t) => {
    const collector = await Collector.start(t, { answer: () => {} });
    const { server, ended, url } = await serveExample(t, 'echo', { args: ['--otlp', collector.url] });
    assert.equal(textOf(await modernCall(url, 'echo', { text: 'a' })), 'a');
    server.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });

  it('with variables that were meant for others', async (t) => {
    for (const env of [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_EXPORTER_OTLP_HEADERS: 'CANARY' }]) {
      const peer = await connect(t, 'v2-auto', { command: example('echo'), args: [], env: { ...process.env, ...env } });
      assert.equal((await peer.call('echo', { text: 'a' })).content[0].text, 'a');
    }
  });
});

it('a mistake on the command line is named, and nothing is served', () => {
  for (const [args, words] of [[['--otlp', 'localhost:4318'], /--otlp: wants the URL of a collector/], [['--otlp'], /--otlp wants a value/], [['--otlp', ''], /--otlp wants the URL/]]) {
    const { status, stderr } = spawnSync(example('echo'), args, { input: '', encoding: 'utf8' });
    assert.equal(status, 2);
    assert.match(stderr, words);
  }
});
