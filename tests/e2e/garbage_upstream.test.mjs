// Promise: whatever an upstream sends, the call gets its answer or its typed error, in time, and the other calls go on.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { HostileHttp } from './fixtures/hostile-http.mjs';
import { cleanUp, fileScope } from './lib/cleanup.mjs';
import { untilExecuting } from './lib/expect.mjs';
import { startGateway } from './lib/gateway.mjs';
import { assertTypedError, DEGRADED_KEY, ERROR_KEY, modernCall, modernRequest, textOf, typedError } from './lib/mcp.mjs';
import { hostile } from './lib/servers.mjs';
import { Gate } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

const scope = fileScope();
const LINE_LIMIT = 1 << 20;
const CONFIG = { breaker: { failures: 1000 }, timeouts: { tool: '3s' }, limits: { stdio_line: '1MiB', response: '1MiB' } };

// Names of codes, so that the tables read.
const TIMED_OUT = { code: 'TOOL_004', executed: 'maybe', canRetry: false };
const DIED = { code: 'TOOL_006', executed: 'maybe', canRetry: false };
const MALFORMED = { code: 'NET_006', executed: ['maybe', 'yes'], canRetry: false };
// A line that cannot be read belongs to no call for certain: either its call is found all the same, or it runs out of time.
const UNREADABLE = { code: ['NET_006', 'TOOL_004'], executed: ['maybe', 'yes'], canRetry: false };
const TOO_LARGE = { code: 'LIMIT_006', executed: ['maybe', 'yes'], canRetry: false };
const BROKEN_OFF = { code: ['NET_002', 'NET_006'], executed: 'maybe', canRetry: false };

describe('stdio', () => {
  let gateway;
  let recording;
  let neighbour;
  const call = (tool, args = {}, options) => modernCall(gateway.url, `one__${tool}`, args, options);
  const isBack = () => until('the server answers again', async () => !(await call('echo')).result.isError);

  before(async () => {
    const one = hostile(scope);
    const two = hostile(scope);
    recording = one.recording;
    neighbour = two.recording;
    gateway = await startGateway(scope, { servers: { one: one.server, two: two.server }, ...CONFIG });
    textOf(await call('who'));
  });

  for (const [tool, expected] of [
    ['garbage_line', 'after garbage'],
    ['stderr_flood', 'after the flood'],
    ['twice', 'first'],
    ['unknown_id', 'after an unknown id'],
    ['unknown_progress', 'after unknown progress'],
    ['unasked_request', 'after requests of its own'],
    ['split_bytes', 'né “split”'],
    ['crlf', 'crlf'],
  ]) {
    it(`${tool}: tolerated, and answered`, async () => {
      const pid = textOf(await call('who'));
      assert.equal(textOf(await call(tool)), expected);
      assert.equal(textOf(await call('who')), pid, 'the server was not restarted for it');
    });
  }

  it('a request that belongs to no call is answered -32601, and shown to nobody', async () => {
    await call('unasked_request');
    const replies = await until('the upstream has its answers', () => {
      const found = recording.received().map(({ line }) => JSON.parse(line)).filter((message) => message.error && !message.method);
      return found.length >= 2 && found;
    });
    for (const { error } of replies) assert.equal(error.code, -32601);
    assert.deepEqual([...new Set(replies.map(({ id }) => id))].sort(), [0, 'roots'].sort());
  });

  // Calls that are in flight beside the bad one, on the same child; where the child lives on they must be answered.
  for (const [tool, expected, { dies = false, args = {} } = {}] of [
    ['never', TIMED_OUT],
    ['progress_then_never', { ...TIMED_OUT, executed: 'yes' }],
    ['huge_line', TOO_LARGE, { args: { bytes: 2 * LINE_LIMIT } }],
    ['bad_utf8', UNREADABLE],
    ['duplicate_keys', UNREADABLE],
    ['two_values', UNREADABLE],
    ['batch', UNREADABLE],
    ['deep', UNREADABLE],
    ['result_and_error', MALFORMED],
    ['neither', MALFORMED],
    ['result_is_text', MALFORMED],
    ['exit_mid_call', DIED, { dies: true }],
    ['progress_then_die', { ...DIED, executed: 'yes' }, { dies: true }],
    ['half_line_exit', DIED, { dies: true }],
    ['close_stdout', { ...DIED, code: ['TOOL_006', 'TOOL_004'] }, { dies: true }],
  ]) {
    it(`${tool}: its typed error, and the other calls go on`, async (t) => {
      await isBack();
      const gate = new Gate(t);
      const sibling = call('gate', { file: gate.file, nonce: `sibling-${tool}` });
      const stranger = modernCall(gateway.url, 'two__gate', { file: gate.file, nonce: `stranger-${tool}` });
      await untilExecuting(recording, `sibling-${tool}`);
      await untilExecuting(neighbour, `stranger-${tool}`);
      const bad = call(tool, { ...args, nonce: `bad-${tool}` }, { meta: { progressToken: 1 } });
      await untilExecuting(recording, `bad-${tool}`);
      // Opened before the bad call ends, so that nobody times out for company.
      gate.open();
      assert.match(textOf(await stranger), /stranger/);
      const beside = await sibling;
      if (dies) assert.ok(!beside.result.isError || typedError(beside).code === 'TOOL_006', JSON.stringify(beside));
      else assert.match(textOf(beside), /sibling/);
      const error = assertTypedError(await bad, expected);
      assert.equal(error.server, 'one');
      assert.equal(recording.executions(`bad-${tool}`), 1, 'not repeated');
      await isBack();
    });
  }

  it('an answer, and then the end: the answer counts', async () => {
    await isBack();
    assert.equal(textOf(await call('answer_then_exit')), 'last words');
    await isBack();
  });

  it('a time-out cancels upstream; the late answer is dropped', async () => {
    await isBack();
    const reply = await call('slow', { ms: 4000, nonce: 'late' });
    assertTypedError(reply, TIMED_OUT);
    const { id } = recording.messages('tools/call').find(({ params }) => params.arguments.nonce === 'late');
    await until('the upstream is told', () => recording.messages('notifications/cancelled').some(({ params }) => params.requestId === id));
    for (let round = 0; round < 10; ++round) assert.match(textOf(await call('slow', { ms: 150, nonce: `round-${round}` })), new RegExp(`round-${round}`));
  });

  it('an isError result is an answer: forwarded block for block, without an error object of ours', async () => {
    const reply = await call('is_error');
    assert.equal(reply.result.isError, true);
    assert.deepEqual(reply.result.content, [{ type: 'text', text: 'my own failure' }, { type: 'text', text: 'block two' }]);
    assert.equal(typedError(reply), undefined);
  });

  it('members of ours that come from outside are dropped, others are kept', async () => {
    const { result } = await call('forged');
    assert.ok(!(ERROR_KEY in result._meta) && !(DEGRADED_KEY in result._meta) && !('arcade' in result._meta), JSON.stringify(result));
    assert.equal(result._meta['example.org/kept'], 7);
  });

  for (const [code, expected] of [[-32602, -32602], [-32603, -32603], [-32601, -32601], [1234, 1234], [-32001, -32603], [-32042, -32603], [-32020, -32020]]) {
    it(`a JSON-RPC error ${code} of the upstream arrives as ${expected}`, async () => {
      const answer = await modernRequest(gateway.url, 'tools/call', { name: 'one__rpc_error', arguments: { code, message: 'their words \u001b[31m' } });
      assert.equal(answer.status, 200, 'no failure after parsing changes the status');
      assert.equal(answer.reply.error?.code, expected, answer.text);
      assert.ok(!answer.reply.error.message.includes('\u001b'), answer.text);
      assert.ok(!answer.text.includes('canary-data'), 'of its data only members that the spec defines');
    });
  }

  it('what the child says on stderr and outside of MCP is kept for operators, escaped and bounded', async () => {
    const logs = await gateway.admin('/api/servers/one/logs');
    assert.equal(logs.status, 200);
    assert.ok(logs.bytes.length < 4 << 20, `${logs.bytes.length} bytes`);
    assert.match(logs.text, /eeee/);
  });
});

describe('HTTP', () => {
  let gateway;
  let upstream;
  const call = (tool, args = {}, options) => modernCall(gateway.url, `web__${tool}`, args, options);

  before(async () => {
    upstream = await HostileHttp.start(scope);
    gateway = await startGateway(scope, { servers: { web: { url: upstream.url } }, ...CONFIG });
    textOf(await call('echo'));
  });

  for (const [tool, expected] of [
    ['sse', 'by SSE'],
    ['sse_every_byte', 'né, byte by byte'],
    ['sse_many_data_lines', 'in three lines'],
    ['sse_stranger', 'after a stranger'],
    ['chunked_every_byte', 'né, chunk by chunk'],
    ['leaky_headers', 'ok'],
  ]) {
    it(`${tool}: answered`, async () => assert.equal(textOf(await call(tool)), expected));
  }

  it('progress out of a stream that is split at every byte', async () => {
    const { messages } = await modernRequest(gateway.url, 'tools/call', { name: 'web__sse_every_byte', arguments: {}, _meta: { progressToken: 'p' } });
    assert.deepEqual(messages.filter(({ method }) => method).map(({ params }) => [params.progressToken, params.progress]), [['p', 1]]);
    assert.equal(textOf(messages.at(-1)), 'né, byte by byte');
  });

  const elsewhere = 'http://127.0.0.1:9/mcp';
  for (const [tool, expected, args = {}] of [
    ['status_500_html', { code: 'TOOL_001', executed: 'maybe', canRetry: false }],
    ['status_503', { code: 'TOOL_006', executed: 'maybe', canRetry: false }],
    ['status_429', { code: 'LIMIT_002', executed: 'no', canRetry: true }],
    ['status_401', { code: 'TOOL_005', executed: 'no', canRetry: false }],
    ['garbage_200', MALFORMED],
    ['two_values', MALFORMED],
    ['wrong_id', MALFORMED],
    ['empty_200', MALFORMED],
    ['no_content_202', MALFORMED],
    ['wrong_type', MALFORMED],
    ['truncated', BROKEN_OFF],
    ['truncated_chunk', BROKEN_OFF],
    ['bad_chunk', MALFORMED],
    ['not_http', { ...MALFORMED, code: ['NET_006', 'NET_002'] }],
    ['sse_cut', BROKEN_OFF],
    ['sse_no_answer', BROKEN_OFF],
    ['close', { ...BROKEN_OFF, code: ['NET_002', 'NET_006'] }],
    ['reset', { ...BROKEN_OFF, code: 'NET_002' }],
    ['gzip', MALFORMED],
    ['redirect', { code: 'NET_006', executed: ['no', 'maybe'] }, { to: elsewhere }],
    ['redirect_307', { code: 'NET_006', executed: ['no', 'maybe'] }, { to: elsewhere }],
    ['huge', TOO_LARGE, { bytes: 3 << 20 }],
    ['huge_sse', TOO_LARGE, { bytes: 3 << 20 }],
    ['huge_headers', { ...TOO_LARGE, code: ['LIMIT_006', 'NET_006'] }],
    ['never', TIMED_OUT],
    ['drips_for_ever', TIMED_OUT],
  ]) {
    it(`${tool}: its typed error, and the other calls go on`, async () => {
      const beside = call('slow', { ms: 300, beside: tool });
      const answer = await modernRequest(gateway.url, 'tools/call', { name: `web__${tool}`, arguments: args });
      assert.equal(answer.status, 200, 'no status of the upstream becomes ours');
      const error = assertTypedError(answer.reply, expected);
      assert.equal(error.server, 'web');
      assert.ok(!answer.text.includes('canary') && !JSON.stringify(answer.headers).includes('canary'), answer.text);
      if (error.executed !== 'no') assert.equal(upstream.executions[tool], 1, 'a call that may have run is not repeated');
      assert.match(textOf(await beside), new RegExp(tool));
    });
  }

  it('429 says how long to wait', async () => {
    const reply = await call('status_429');
    assert.ok(typedError(reply).retryAfterMs > 6000 && typedError(reply).retryAfterMs <= 7000, JSON.stringify(reply));
  });

  it('headers of the upstream stay with it; ours towards it are regenerated, without the client’s', async () => {
    const answer = await modernRequest(gateway.url, 'tools/call', { name: 'web__leaky_headers', arguments: {} }, { headers: { cookie: 'mine=1', 'x-forwarded-for': '10.0.0.1', authorization: 'Bearer mine' } });
    for (const name of ['set-cookie', 'www-authenticate', 'x-canary']) assert.ok(!(name in answer.headers), name);
    const seen = upstream.requests.at(-1).headers;
    for (const name of ['cookie', 'x-forwarded-for', 'authorization', 'mcp-name', 'mcp-method']) assert.ok(!(name in seen), `${name} reached a legacy upstream`);
    assert.equal(seen['mcp-protocol-version'], '2025-11-25');
    assert.equal(seen['accept-encoding'] ?? 'identity', 'identity');
  });

  it('a lost session: initialised again once, for all callers together, and the result says so', async () => {
    const earlier = upstream.initializations;
    const replies = await Promise.all(Array.from({ length: 8 }, () => call('session_lost')));
    for (const reply of replies) assert.equal(textOf(reply), 'in a new session');
    assert.equal(upstream.initializations, earlier + 1, 'single-flight');
    const marks = replies.flatMap(({ result }) => result._meta?.[DEGRADED_KEY] ?? []);
    assert.ok(marks.length > 0 && marks.every(({ code }) => code === 'RECOVERY_004'), JSON.stringify(marks));
  });

  it('an upstream that goes away and comes back: TOOL_006 or NET_002 meanwhile, and then it works', async (t) => {
    const short = await HostileHttp.start(t);
    const { port } = short.listener.address();
    const own = await startGateway(t, { servers: { web: { url: short.url } }, ...CONFIG });
    textOf(await modernCall(own.url, 'web__echo'));
    short.listener.close();
    for (const socket of short.sockets) socket.destroy();
    assertTypedError(await modernCall(own.url, 'web__echo'), { code: ['TOOL_006', 'NET_002'], executed: 'no', canRetry: true });
    const again = new HostileHttp();
    again.listener.listen(port, '127.0.0.1');
    cleanUp(t, () => again.listener.close());
    await until('it works again', async () => !(await modernCall(own.url, 'web__echo')).result.isError);
  });
});
