// Promise: traces, metrics and log lines reach a collector as OTLP has them, agree with what else says who called what, and a
// collector that is away, slow or broken costs no call anything but a counter.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { HostileHttp } from './fixtures/hostile-http.mjs';
import { cleanUp } from './lib/cleanup.mjs';
import { completeList } from './lib/expect.mjs';
import { startGateway } from './lib/gateway.mjs';
import { LegacySession, modernCall, modernRequest, textOf, typedError } from './lib/mcp.mjs';
import { Collector } from './lib/otlp.mjs';
import { freePort } from './lib/ports.mjs';
import { hostile } from './lib/servers.mjs';
import { temporaryDirectory } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

const SERVER = 2;
const CLIENT = 3;
const FAILED = 2;
const CALLER = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' };
const callerMeta = { traceparent: `00-${CALLER.trace}-${CALLER.span}-01`, tracestate: 'vendor=opaque', baggage: 'user=CANARY_BAGGAGE' };

const logOf = (gateway) => gateway.stderr.split('\n').filter(Boolean).map((line) => JSON.parse(line));
const sum = async (gateway, name, labels) => {
  const { text } = await gateway.admin('/metrics');
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(labels)).reduce((all, line) => all + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
};

it('the spans of a call nest, and their ids are those of the access log, the audit record and the answer', async (t) => {
  const collector = await Collector.start(t);
  const file = join(temporaryDirectory(t), 'audit.jsonl');
  const upstream = await HostileHttp.start(t);
  const child = hostile(t);
  const gateway = await startGateway(t, { audit: { file }, telemetry: { otlp: `${collector.url}/` }, servers: { far: { url: upstream.url }, one: child.server } });
  const answer = await modernRequest(gateway.url, 'tools/call', { name: 'one__echo', arguments: { nonce: 'a' }, _meta: callerMeta }, { id: 'req-7' });
  textOf(answer.reply);
  await modernCall(gateway.url, 'far__echo', { nonce: 'b' });

  const correlation = answer.headers['x-correlation-id'];
  const server = await collector.span('of the request', ({ kind, attributes }) => kind === SERVER && attributes['sallyport.correlation_id'] === correlation);
  const client = await collector.span('of the attempt', ({ kind, attributes }) => kind === CLIENT && attributes['sallyport.correlation_id'] === correlation);
  assert.equal(server.name, 'tools/call echo');
  assert.equal(server.parentSpanId, undefined, 'nobody is trusted yet: the caller is linked, its trace does not go on');
  assert.notEqual(server.traceId, CALLER.trace);
  assert.deepEqual(server.links.map(({ traceId, spanId }) => [traceId, spanId]), [[CALLER.trace, CALLER.span]]);
  assert.deepEqual([client.traceId, client.parentSpanId], [server.traceId, server.spanId]);
  assert.ok(BigInt(server.startTimeUnixNano) <= BigInt(client.startTimeUnixNano));
  assert.ok(BigInt(client.startTimeUnixNano) <= BigInt(client.endTimeUnixNano));
  assert.deepEqual(server.status, {});
  const expected = {
    'mcp.method.name': 'tools/call', 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'echo', 'mcp.protocol.version': '2026-07-28',
    'jsonrpc.request.id': 'req-7', 'network.transport': 'tcp', 'network.protocol.name': 'http', 'client.address': '127.0.0.1',
    'sallyport.server': 'one', 'sallyport.code': 'ok', 'sallyport.executed': 'yes', 'sallyport.attempts': 1,
  };
  for (const [key, value] of Object.entries(expected)) assert.equal(server.attributes[key], value, key);
  assert.equal(client.attributes['network.transport'], 'pipe');
  assert.equal(client.attributes['error.type'], undefined);

  const [sent] = child.recording.messages('tools/call');
  assert.equal(sent.params._meta.traceparent, `00-${client.traceId}-${client.spanId}-01`, 'the server hears of the span that asks it');
  assert.equal(sent.params._meta.tracestate, undefined);
  assert.equal(sent.params._meta.baggage, undefined);

  const far = await collector.span('to an HTTP server', ({ kind, attributes }) => kind === CLIENT && attributes['sallyport.server'] === 'far');
  assert.deepEqual([far.attributes['server.address'], far.attributes['server.port']], ['127.0.0.1', Number(new URL(upstream.url).port)]);

  const line = await until('the access log has it', () => logOf(gateway).find((entry) => entry.correlation === correlation));
  assert.deepEqual([line.trace, line.span], [server.traceId, server.spanId]);
  const record = readFileSync(file, 'utf8').split('\n').filter(Boolean).map((each) => JSON.parse(each)).find((each) => each.correlation === correlation);
  assert.deepEqual([record.trace, record.span], [server.traceId, server.spanId]);
  const attributes = Object.fromEntries(collector.reports.find(({ path }) => path === '/v1/traces').body.resourceSpans[0].resource.attributes.map(({ key, value }) => [key, value.stringValue]));
  assert.equal(attributes['service.name'], 'sallyport');
  assert.match(attributes['service.instance.id'], /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  assert.ok(!collector.bytes.includes('CANARY'));
});

it('spans say how a call failed, and a log record in its trace says why', async (t) => {
  const collector = await Collector.start(t);
  const gateway = await startGateway(t, { telemetry: { otlp: collector.url }, timeouts: { tool: '300ms' }, servers: { one: hostile(t).server } });
  await completeList(gateway.url); // the time of a call has its server's start in it
  const session = await LegacySession.open(gateway.url);
  await session.call('one__is_error');
  await session.call('one__rpc_error', { code: -32042 });
  const slow = typedError(await session.call('one__never'));
  const unknown = typedError(await session.call('one__none'));
  const of = (kind, tool) => collector.span(`${kind} ${tool}`, (span) => span.kind === kind && span.attributes['gen_ai.tool.name'] === tool);
  for (const kind of [SERVER, CLIENT]) {
    assert.deepEqual([(await of(kind, 'is_error')).status.code, (await of(kind, 'is_error')).attributes['error.type']], [FAILED, 'tool_error']);
    const refused = await of(kind, 'rpc_error');
    assert.deepEqual([refused.attributes['error.type'], refused.attributes['rpc.response.status_code']], ['-32042', '-32042']);
    assert.equal((await of(kind, 'never')).attributes['error.type'], 'TOOL_004');
  }
  const none = await collector.span('of a tool that is none', ({ attributes }) => attributes['sallyport.correlation_id'] === unknown.correlationId);
  assert.deepEqual([none.kind, none.attributes['error.type'], none.attributes['sallyport.attempts'], none.attributes['sallyport.executed']], [SERVER, 'TOOL_002', 0, 'no']);
  assert.match(none.attributes['mcp.session.id'], /^[0-9a-f]{16}$/);
  assert.notEqual(none.attributes['mcp.session.id'], session.id, 'the id is a credential: its tag stands for it');
  const why = await until('the failure is logged', () => collector.logs.find(({ attributes }) => attributes['sallyport.correlation_id'] === slow.correlationId));
  const span = await of(SERVER, 'never');
  assert.deepEqual([why.traceId, why.spanId, why.attributes['exception.type'], why.severityText], [span.traceId, span.spanId, 'TOOL_004', 'WARN']);
});

it('metrics and log lines arrive, with what /metrics and stderr say', async (t) => {
  const collector = await Collector.start(t);
  const gateway = await startGateway(t, {
    telemetry: { otlp: { endpoint: `${collector.url}`, headers: { 'x-key': 'CANARY_KEY' }, interval: '1s' } },
    servers: { one: hostile(t).server },
  });
  for (const nonce of ['a', 'b', 'c']) textOf(await modernCall(gateway.url, 'one__echo', { nonce }));
  const calls = await until('the calls are counted', () => collector.metrics.findLast(({ name, sum: { dataPoints } = {} }) => name === 'sallyport_calls_total' && dataPoints[0].asInt === '3'));
  assert.equal(calls.sum.isMonotonic, true);
  assert.deepEqual(Object.fromEntries(calls.sum.dataPoints[0].attributes.map(({ key, value }) => [key, value.stringValue])), { server: 'one', tool: 'echo', code: 'ok' });
  const { histogram } = collector.metrics.findLast(({ name }) => name === 'sallyport_call_duration_seconds');
  const [point] = histogram.dataPoints;
  assert.equal(point.bucketCounts.length, point.explicitBounds.length + 1);
  assert.equal(point.bucketCounts.reduce((all, count) => all + Number(count), 0), Number(point.count));
  const { text } = await gateway.admin('/metrics');
  const names = new Set(collector.metrics.map(({ name }) => name));
  for (const [, name] of text.matchAll(/^# TYPE (\S+)/gm)) assert.ok(names.has(name) || name.startsWith('sallyport_telemetry_'), `${name} is not exported`);
  await gateway.stop();
  assert.ok(collector.logs.some(({ body, severityNumber }) => body.stringValue === 'draining' && severityNumber === 9), 'log lines, to the last');
  assert.equal(collector.reports[0].headers['x-key'], 'CANARY_KEY');
  assert.ok(!collector.bytes.includes('CANARY_ARGUMENT') && !gateway.stderr.includes('CANARY'));
});

it('over TLS to whom `ca` vouches for, below the path of the URL, with the headers of the config; others get nothing', async (t) => {
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(temporaryDirectory(t), name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=collector', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const collector = await Collector.start(t, { tls: { key: readFileSync(key), cert: readFileSync(cert) } });
  const endpoint = `${collector.url}/base/`;
  const trusting = await startGateway(t, { telemetry: { otlp: { endpoint, ca: cert, headers: { authorization: 'Bearer SECRET' } } }, servers: { one: hostile(t).server } });
  textOf(await modernCall(trusting.url, 'one__echo', { nonce: 'a' }));
  await collector.span('over TLS', ({ kind }) => kind === SERVER);
  assert.equal(collector.reports[0].headers.authorization, 'Bearer SECRET');
  assert.ok(!trusting.stderr.includes('SECRET'));
  await trusting.stop();
  const taken = collector.reports.length;
  const other = await startGateway(t, { telemetry: { otlp: endpoint }, servers: { one: hostile(t).server } });
  await until('the failure is said', () => logOf(other).some(({ message, error }) => message === 'a telemetry report was not delivered' && error.code === 'TELEM_002' && error.phase === 'tls'));
  assert.equal(collector.reports.length, taken);
});

it('without telemetry.otlp no server hears of a trace', async (t) => {
  const child = hostile(t);
  const gateway = await startGateway(t, { servers: { one: child.server } });
  textOf(await modernCall(gateway.url, 'one__echo', { nonce: 'a' }, { meta: callerMeta }));
  assert.equal(child.recording.messages('tools/call')[0].params._meta?.traceparent, undefined);
  assert.equal(await gateway.metric('sallyport_telemetry_exported_total'), undefined);
});

it('503 with Retry-After is obeyed and nothing is lost or sent twice', async (t) => {
  let refusals = 3;
  const at = [];
  const collector = await Collector.start(t, {
    answer: (request, body, response) => {
      if (request.url !== '/v1/traces') return response.writeHead(200).end();
      at.push(performance.now());
      return refusals-- > 0 ? response.writeHead(503, { 'retry-after': '1' }).end() : response.writeHead(200).end('{}');
    },
  });
  const gateway = await startGateway(t, { telemetry: { otlp: collector.url }, servers: { one: hostile(t).server } });
  const reply = await modernRequest(gateway.url, 'tools/call', { name: 'one__echo', arguments: { nonce: 'a' } });
  await until('the fourth report is taken', () => at.length >= 4);
  await until('the spans are counted', async () => (await sum(gateway, 'sallyport_telemetry_exported_total', 'signal="traces"')) >= 2);
  assert.ok(at[1] - at[0] >= 990, 'not before the collector said');
  assert.equal(await sum(gateway, 'sallyport_telemetry_failures_total', 'signal="traces",code="TELEM_002"'), 3);
  assert.equal(await sum(gateway, 'sallyport_telemetry_dropped_total', 'signal="traces"'), 0);
  const correlation = reply.headers['x-correlation-id'];
  const taken = collector.reports.filter(({ path }) => path === '/v1/traces').slice(3).map(({ body }) => JSON.stringify(body)).join();
  assert.equal(taken.split(correlation).length - 1, 2, 'one span of the request, one of the attempt');
});

it('what a collector refuses or rejects is counted, and not sent again', async (t) => {
  const collector = await Collector.start(t, {
    answer: (request, body, response) => {
      if (request.url === '/v1/logs') return response.writeHead(401).end();
      if (request.url === '/v1/traces') return response.writeHead(200).end(JSON.stringify({ partialSuccess: { rejectedSpans: '1', errorMessage: 'CANARY_WHY' } }));
      return response.writeHead(500).end();
    },
  });
  const gateway = await startGateway(t, { telemetry: { otlp: { endpoint: collector.url, interval: '1s' } }, servers: { one: hostile(t).server } });
  textOf(await modernCall(gateway.url, 'one__echo', { nonce: 'a' }));
  await until('a rejected span is counted', async () => (await sum(gateway, 'sallyport_telemetry_dropped_total', 'signal="traces",reason="rejected"')) >= 1);
  await until('refused lines are counted', async () => (await sum(gateway, 'sallyport_telemetry_dropped_total', 'signal="logs",reason="refused"')) >= 1);
  assert.ok((await sum(gateway, 'sallyport_telemetry_failures_total', 'signal="logs",code="TELEM_003"')) >= 1);
  await until('so are metrics that it failed to take', async () => (await sum(gateway, 'sallyport_telemetry_failures_total', 'signal="metrics",code="TELEM_001"')) >= 1);
  const said = logOf(gateway).find(({ message, error }) => message === 'a telemetry report was not delivered' && error.code !== 'TELEM_001');
  assert.equal(said.error.code, 'TELEM_003');
  assert.ok(!gateway.stderr.includes('CANARY'));
});

// Every way in which a collector can be there and be of no use. None costs a call, none holds up the end.
const broken = {
  dead: async () => `http://127.0.0.1:${await freePort()}`,
  silent: (t) => raw(t, () => {}),
  'half-closing': (t) => raw(t, (socket) => socket.end()),
  resetting: (t) => raw(t, (socket) => socket.resetAndDestroy()),
  'no HTTP': (t) => raw(t, (socket) => socket.end('220 mail.example ESMTP\r\n')),
  'an endless head': (t) => raw(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    const more = () => socket.write(`x: ${'y'.repeat(8192)}\r\n`, (error) => error || setImmediate(more));
    more();
  }),
};

async function raw(t, act) {
  const sockets = new Set();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => act(socket));
    socket.resume();
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  cleanUp(t, () => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

for (const [what, start] of Object.entries(broken)) {
  it(`a collector that is ${what} costs no call, is counted, and does not hold up the end`, async (t) => {
    const gateway = await startGateway(t, { telemetry: { otlp: await start(t), log: { level: 'warn' } }, servers: { one: hostile(t).server } });
    for (let round = 0; round < 30; ++round) {
      const replies = await Promise.all(Array.from({ length: 50 }, (_, i) => modernCall(gateway.url, 'one__echo', { nonce: `${round}.${i}` })));
      assert.ok(replies.every((reply) => !typedError(reply)));
    }
    await until('the loss is counted', async () =>
      (await sum(gateway, 'sallyport_telemetry_dropped_total', 'signal="traces",reason="queue_full"')) > 0 &&
      (what === 'silent' || (await sum(gateway, 'sallyport_telemetry_failures_total', 'code="TELEM_002"')) > 0));
    textOf(await modernCall(gateway.url, 'one__echo', { nonce: 'after' }));
    await gateway.stop();
    const said = logOf(gateway).filter(({ message }) => message === 'a telemetry report was not delivered');
    assert.ok(said.length <= 3 && (what === 'silent' || said.length > 0), `said once a signal: ${said.length}`);
  });
}

it('a drain sends what waits', async (t) => {
  const collector = await Collector.start(t);
  const gateway = await startGateway(t, { telemetry: { otlp: { endpoint: collector.url, interval: '1h' } }, servers: { one: hostile(t).server } });
  const answers = await Promise.all(Array.from({ length: 700 }, (_, i) => modernRequest(gateway.url, 'tools/call', { name: 'one__echo', arguments: { nonce: `${i}` } })));
  await gateway.stop();
  const ids = new Set(collector.spans.filter(({ kind }) => kind === SERVER).map(({ attributes }) => attributes['sallyport.correlation_id']));
  assert.equal(answers.filter((answer) => ids.has(answer.headers['x-correlation-id'])).length, 700);
  assert.ok(collector.metrics.some(({ name }) => name === 'sallyport_calls_total'), 'the metrics of the last moment too');
});

it('no planted secret is on a span, in a metric or in a log record', async (t) => {
  const collector = await Collector.start(t);
  const gateway = await startGateway(t, {
    telemetry: { otlp: collector.url },
    servers: { one: hostile(t).server, far: { url: 'http://127.0.0.1:9/CANARY_PATH?q=CANARY_QUERY', headers: { authorization: 'Bearer CANARY_TOKEN' } } },
  });
  const session = await LegacySession.open(gateway.url);
  const headers = { 'x-note': 'CANARY_HEADER', authorization: 'Bearer CANARY_CLIENT', baggage: 'a=CANARY' };
  await session.call('one__echo', { nonce: 'n', text: 'CANARY_ARGUMENT' });
  await session.call('one__rpc_error', { code: -32603, message: 'CANARY_MESSAGE' });
  await modernCall(gateway.url, 'far__anything', { secret: 'CANARY_ARGUMENT' }, { headers, meta: callerMeta });
  await modernCall(gateway.url, 'far__not a name: CANARY NAME', { secret: 'CANARY_ARGUMENT' }, { headers: { ...headers, 'mcp-name': '=?base64?ZmFyX19ub3QgYSBuYW1lOiBDQU5BUlkgTkFNRQ==?=' } });
  await modernCall(gateway.url, 'not a name: CANARY NAME', { secret: 'CANARY_ARGUMENT' }, { headers });
  await modernRequest(gateway.url, 'resources/read', { uri: 'file:///CANARY_URI?x=CANARY_URI' }, { headers });
  await modernRequest(gateway.url, 'CANARY/method', {}, { headers });
  await gateway.stop();
  assert.ok(collector.spans.length >= 8 && collector.logs.length > 0 && collector.metrics.length > 0);
  assert.ok(!gateway.stderr.includes('CANARY'));
  assert.ok(!collector.bytes.includes('CANARY'), collector.bytes.slice(Math.max(0, collector.bytes.indexOf('CANARY') - 200)).slice(0, 400));
  assert.ok(!collector.bytes.includes(session.id), 'the session id is a credential');
});
