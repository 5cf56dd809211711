// Promise: whatever bytes a client sends, it gets its typed error and nothing else happens: nothing reaches the upstream that
// was not one well-formed call, and the next client is served.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { fileScope } from './lib/cleanup.mjs';
import { assertRefusal, callOf, garbageBodies, garbageHeaders, nested } from './lib/garbage.mjs';
import { startGateway } from './lib/gateway.mjs';
import { exchange, request } from './lib/http.mjs';
import { envelope, LEGACY, LegacySession, MODERN, modernBody, modernHeaders, modernRequest, textOf, typedError } from './lib/mcp.mjs';
import { hostile } from './lib/servers.mjs';

const scope = fileScope();
const REQUEST_LIMIT = 64 * 1024;
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

let gateway;
let recording;
let session;

before(async () => {
  const one = hostile(scope);
  recording = one.recording;
  gateway = await startGateway(scope, { servers: { one: one.server }, limits: { request: '64KiB', depth: 32, keys: 500 } });
  session = await LegacySession.open(gateway.url);
  textOf(await session.call('one__echo', { warm: true })); // the server is up: what it receives from here on comes from a test
});

// Runs `act` and says which tool calls reached the upstream meanwhile.
async function callsDuring(act) {
  const earlier = recording.messages('tools/call').length;
  const outcome = await act();
  return { outcome, calls: recording.messages('tools/call').slice(earlier) };
}

async function untouched(act) {
  const { outcome, calls } = await callsDuring(act);
  assert.deepEqual(calls, [], 'nothing reached the upstream');
  assert.match(textOf(await session.call('one__echo', { still: 'here' })), /here/, 'the next client is served');
  return outcome;
}

const call = callOf('one__echo');

describe('bodies', () => {
  const TABLE = garbageBodies({ tool: 'one__echo', other: 'one__who', depth: 64, keys: 600, limit: REQUEST_LIMIT });
  for (const [what, body, expected] of TABLE) {
    it(`legacy: ${what}`, async () => {
      const answer = await untouched(() => session.post(body));
      const status = [expected.status].flat();
      assert.ok(status.includes(answer.status), `${answer.status} ${answer.text}`);
      assertRefusal(answer, { ...expected, status: answer.status });
    });
  }

  it('oversized without a length: the limit counts what arrives', async () => {
    const chunk = 'x'.repeat(1000);
    const head = `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const flood = head + `3e8\r\n${chunk}\r\n`.repeat(200);
    const { answers } = await untouched(() => exchange(gateway.port, flood));
    assertRefusal(answers[0], { status: 413, code: 'LIMIT_005' });
  });

  it('far too large, and written to its end all the same: the refusal is read', async () => {
    const body = Buffer.alloc(30 << 20, ' ');
    assertRefusal(await untouched(() => session.post(body)), { status: 413, code: 'LIMIT_005' });
    const answer = await untouched(() => fetch(gateway.url, { method: 'POST', headers: session.headers, body }));
    assert.equal(answer.status, 413);
    assert.equal(typedError(await answer.json())?.code, 'LIMIT_005');
  });

  it('a gigabyte announced is refused before it is sent', async () => {
    const head = `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: 1000000000\r\n\r\n`;
    const { answers } = await untouched(() => exchange(gateway.port, head));
    assertRefusal(answers[0], { status: 413, code: 'LIMIT_005' });
  });

  it('a body that ends before its length', async () => {
    const body = call();
    const head = `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nMcp-Session-Id: ${session.id}\r\nContent-Length: ${body.length + 50}\r\n\r\n`;
    const { answers } = await untouched(() => exchange(gateway.port, head + body, { halfClose: true }));
    assert.ok(answers.length === 0 || answers[0].status === 400, answers[0]?.text);
  });

  it('a batch where it is legal (2025-03-26): answered together; 51 are refused', async () => {
    const old = await LegacySession.open(gateway.url, { version: '2025-03-26' });
    assert.equal(old.initialized.protocolVersion, '2025-03-26');
    const pings = (count) => Array.from({ length: count }, (_, id) => ({ jsonrpc: '2.0', id, method: 'ping' }));
    const answer = await old.post(pings(50));
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.messages.map(({ id }) => id).sort((a, b) => a - b), pings(50).map(({ id }) => id));
    assertRefusal(await old.post(pings(51)), { status: 400, rpc: -32600 });
    assertRefusal(await old.post([]), { status: 400, rpc: -32600 });
  });
});

describe('line breaks between tokens: accepted, and one message reaches the line-framed upstream', () => {
  const TOKENS = ['{', '"jsonrpc"', ':', '"2.0"', ',', '"id"', ':', '1', ',', '"method"', ':', '"tools/call"', ',', '"params"', ':', '{', '"name"', ':', '"one__echo"', ',',
    '"arguments"', ':', '{', '"nonce"', ':', '"break"', ',', '"list"', ':', '[', 'true', ',', 'null', ']', '}', '}', '}'];
  const INNER = '{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"who","arguments":{}}}';

  for (const [name, gap] of [['LF', '\n'], ['CR', '\r'], ['CRLF', '\r\n'], ['LF LF', '\n\n'], ['TAB LF SPACE', '\t\n ']]) {
    it(`${name} at every boundary, one at a time and all at once`, async () => {
      const bodies = TOKENS.map((_, place) => `${TOKENS.slice(0, place).join('')}${gap}${TOKENS.slice(place).join('')}`);
      bodies.push(TOKENS.join('') + gap, TOKENS.join(gap));
      for (const body of bodies) {
        const lines = recording.received().length;
        const answer = await session.post(body);
        assert.match(textOf(answer.reply), /break/, JSON.stringify(body));
        assert.equal(recording.received().length, lines + 1, `one line for ${JSON.stringify(body)}`);
      }
    });
  }

  it('U+2028, U+2029, U+0085 and escaped line breaks inside strings arrive as they were', async () => {
    const args = { nonce: 'inside', odd: `\u2028\u2029\u0085 \n\r\n${INNER}\n` };
    const lines = recording.received().length;
    assert.deepEqual(JSON.parse(textOf(await session.call('one__echo', args))), args);
    assert.equal(recording.received().length, lines + 1);
  });

  it('a second message behind a line break is refused whole', async () => {
    for (const gap of ['\n', '\r', '\r\n']) {
      const answer = await untouched(() => session.post(`${TOKENS.join('')}${gap}${INNER}`));
      assertRefusal(answer, { status: 400, rpc: -32700 });
    }
  });
});

describe('legacy headers and methods', () => {
  const TABLE = garbageHeaders({ url: () => gateway.url, session: () => session, body: call() });
  TABLE.push(['a server that is not there', () => request(gateway.serverUrl('nobody'), { method: 'POST', headers: JSON_HEADERS, body: call() }), { status: 404 }]);
  for (const [what, act, expected] of TABLE) {
    it(what, async () => {
      const answer = await untouched(act);
      assert.ok([expected.status].flat().includes(answer.status), `${answer.status} ${answer.text}`);
      if (expected.code) assert.equal(typedError(answer.json)?.code, expected.code, answer.text);
    });
  }

  it('an unknown method: 200, -32601', async () => {
    const answer = await untouched(() => session.post({ jsonrpc: '2.0', id: 'u', method: 'tools/destroy', params: {} }));
    assertRefusal(answer, { status: 200, rpc: -32601, code: 'PROTO_003' });
    assert.equal(answer.json.id, 'u');
  });

  it('an unknown tool: 200, -32602', async () => {
    const answer = await untouched(() => session.post({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'one__nothing', arguments: {} } }));
    assertRefusal(answer, { status: 200, rpc: -32602, code: 'TOOL_002' });
  });

  it('an unknown notification: 202 and silence', async () => {
    const answer = await untouched(() => session.notify('notifications/whatever', {}));
    assert.equal(answer.status, 202);
    assert.equal(answer.text, '');
  });

  it('a response that nobody waits for: 202 and silence', async () => {
    const answer = await untouched(() => session.post({ jsonrpc: '2.0', id: 77, result: {} }));
    assert.ok([202, 400].includes(answer.status), answer.text);
  });

  it('accept with parameters, wild cards, or only JSON is fine', async () => {
    for (const accept of ['application/json', '*/*', 'application/*', 'application/json;q=0.9, text/event-stream', 'APPLICATION/JSON, text/event-stream']) {
      const answer = await session.post(call(), { headers: { accept } });
      assert.equal(answer.status, 200, `${accept}: ${answer.text}`);
    }
    const answer = await session.post(call(), { headers: { 'content-type': 'Application/JSON; charset=UTF-8' } });
    assert.equal(answer.status, 200, answer.text);
  });
});

describe('the modern era', () => {
  const BODY = modernBody('tools/call', { name: 'one__echo', arguments: { nonce: 'm' } });
  const HEADERS = modernHeaders('tools/call', 'one__echo');
  const without = (object, ...keys) => Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
  const META = 'io.modelcontextprotocol/';
  const withMeta = (meta) => ({ ...BODY, params: { ...BODY.params, _meta: meta } });
  const send = (headers, body) => request(gateway.url, { method: 'POST', headers: { ...HEADERS, ...headers }, body: body ?? BODY });
  const MISMATCH = { status: 400, rpc: -32020, code: 'PROTO_005' };
  const ENVELOPE = { status: 400, rpc: -32602, code: 'PROTO_004' };
  const VERSION = { status: 400, rpc: -32022, code: 'PROTO_007' };
  const base64 = (value) => `=?base64?${Buffer.from(value).toString('base64')}?=`;

  const TABLE = [
    ['no version header', () => request(gateway.url, { method: 'POST', headers: without(HEADERS, 'mcp-protocol-version'), body: BODY }), MISMATCH],
    ['another version in the header', () => send({ 'mcp-protocol-version': LEGACY }), MISMATCH],
    ['no Mcp-Method', () => request(gateway.url, { method: 'POST', headers: without(HEADERS, 'mcp-method'), body: BODY }), MISMATCH],
    ['another Mcp-Method', () => send({ 'mcp-method': 'tools/list' }), MISMATCH],
    ['Mcp-Method in another case', () => send({ 'mcp-method': 'Tools/Call' }), MISMATCH],
    ['no Mcp-Name', () => request(gateway.url, { method: 'POST', headers: without(HEADERS, 'mcp-name'), body: BODY }), MISMATCH],
    ['another Mcp-Name', () => send({ 'mcp-name': 'one__who' }), MISMATCH],
    ['another Mcp-Name in base64', () => send({ 'mcp-name': base64('one__who') }), MISMATCH],
    ['Mcp-Name in invalid base64', () => send({ 'mcp-name': '=?base64?b25lX19lY2hv!?=' }), MISMATCH],
    ['Mcp-Name in base64 without its padding', () => send({ 'mcp-name': '=?base64?b25lX19lY2hvMQ?=' }), MISMATCH],
    ['a modern header, no envelope', () => send({}, { ...BODY, params: without(BODY.params, '_meta') }), ENVELOPE],
    ['a modern header, no params', () => send({ 'mcp-method': 'tools/list' }, { jsonrpc: '2.0', id: 1, method: 'tools/list' }), ENVELOPE],
    ['an envelope without capabilities', () => send({}, withMeta(without(envelope(), `${META}clientCapabilities`))), ENVELOPE],
    ['an envelope with capabilities that are a list', () => send({}, withMeta({ ...envelope(), [`${META}clientCapabilities`]: [] })), ENVELOPE],
    ['an envelope with a version that is a number', () => send({}, withMeta({ ...envelope(), [`${META}protocolVersion`]: 20260728 })), { status: 400, rpc: [-32602, -32020] }],
    ['a version from the past', () => send({ 'mcp-protocol-version': '1900-01-01' }, withMeta(envelope('1900-01-01'))), VERSION],
    ['a version from the future', () => send({ 'mcp-protocol-version': '2099-01-01' }, withMeta(envelope('2099-01-01'))), VERSION],
    ['a batch', () => send({}, [BODY]), { status: 400, rpc: -32600 }],
    ['ping, which is gone', () => modernRequest(gateway.url, 'ping'), { status: 404, rpc: -32601, code: 'PROTO_003' }],
    ['an unknown method', () => modernRequest(gateway.url, 'tools/destroy'), { status: 404, rpc: -32601, code: 'PROTO_003' }],
    ['initialize with an envelope', () => modernRequest(gateway.url, 'initialize'), { status: 404, rpc: -32601 }],
    ['an unknown tool, in-band', () => modernRequest(gateway.url, 'tools/call', { name: 'one__nothing', arguments: {} }), { status: 200, rpc: -32602, code: 'TOOL_002' }],
    ['a call without a name', () => modernRequest(gateway.url, 'tools/call', { arguments: {} }), { status: [200, 400], rpc: [-32602, -32020] }],
    ['a null id', () => send({}, { ...BODY, id: null }), { status: 400, rpc: -32600 }],
  ];
  for (const [what, act, expected] of TABLE) {
    it(what, async () => {
      const answer = await untouched(act);
      assert.ok([expected.status].flat().includes(answer.status), `${answer.status} ${answer.text}`);
      assertRefusal(answer, { ...expected, status: answer.status });
    });
  }

  it('an unsupported version is told which ones are', async () => {
    const { json } = await send({ 'mcp-protocol-version': '1900-01-01' }, withMeta(envelope('1900-01-01')));
    assert.ok(json.error.data.supported.includes(MODERN), JSON.stringify(json));
    assert.equal(json.error.data.requested, '1900-01-01');
  });

  it('GET and DELETE are 405; no session is minted, a session header is ignored', async () => {
    for (const method of ['GET', 'DELETE']) {
      const answer = await request(gateway.url, { method, headers: { accept: 'text/event-stream', 'mcp-protocol-version': MODERN } });
      assert.equal(answer.status, 405, `${method}: ${answer.text}`);
    }
    const answer = await send({ 'mcp-session-id': 'f'.repeat(32) });
    assert.equal(answer.status, 200, answer.text);
    assert.ok(!('mcp-session-id' in answer.headers));
  });

  it('Mcp-Name in base64 is decoded; header names have no case, values have optional white space', async () => {
    assert.match(textOf((await send({ 'mcp-name': base64('one__echo') })).reply), /m/);
    const body = JSON.stringify(BODY);
    const raw = `POST /mcp HTTP/1.1\r\nhOST: 127.0.0.1:${gateway.port}\r\nCONTENT-TYPE: application/json\r\naccept:application/json\r\nmcp-PROTOCOL-version: \t ${MODERN} \t\r\nMCP-METHOD:tools/call\r\nMcp-nAME:  one__echo \r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const { answers } = await exchange(gateway.port, raw, { closes: false });
    assert.match(textOf(answers[0].reply), /m/);
  });

  it('every answer has its own X-Correlation-Id, the same as in the error', async () => {
    const seen = new Set();
    for (let round = 0; round < 3; ++round) {
      const answer = await modernRequest(gateway.url, 'tools/call', { name: 'one__nothing', arguments: {} }, { headers: { 'x-correlation-id': 'chosen-by-the-client' } });
      const id = answer.headers['x-correlation-id'];
      assert.match(id, /^[0-9a-f]{32}$/);
      assert.equal(typedError(answer.json).correlationId, id);
      seen.add(id);
    }
    assert.equal(seen.size, 3);
  });
});

describe('request smuggling: 400, closed, and one answer only', () => {
  const body = JSON.stringify(modernBody('tools/call', { name: 'one__echo', arguments: { nonce: 'smuggled' } }));
  const host = () => `Host: 127.0.0.1:${gateway.port}`;
  const standard = () => [
    host(),
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
    `MCP-Protocol-Version: ${MODERN}`,
    'Mcp-Method: tools/call',
    'Mcp-Name: one__echo',
  ];
  const length = `Content-Length: ${body.length}`;
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const post = (lines, content = body) => `POST /mcp HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${content}`;
  const second = () => `POST /mcp HTTP/1.1\r\n${[...standard(), length].join('\r\n')}\r\n\r\n${body}`;

  const TABLE = [
    ['Content-Length and Transfer-Encoding', () => post([...standard(), length, 'Transfer-Encoding: chunked'], chunked)],
    ['Transfer-Encoding and Content-Length', () => post([...standard(), 'Transfer-Encoding: chunked', 'Content-Length: 4'], chunked)],
    ['two lengths that differ', () => post([...standard(), length, 'Content-Length: 0'])],
    ['two lengths that agree', () => post([...standard(), length, length])],
    ['a list of lengths', () => post([...standard(), `Content-Length: ${body.length}, ${body.length}`])],
    ['a signed length', () => post([...standard(), `Content-Length: +${body.length}`])],
    ['a negative length', () => post([...standard(), 'Content-Length: -1'])],
    ['a hexadecimal length', () => post([...standard(), `Content-Length: 0x${body.length.toString(16)}`])],
    ['an enormous length', () => post([...standard(), `Content-Length: 99999999999999999999999`]), [400, 413]],
    ['an empty length', () => post([...standard(), 'Content-Length: '])],
    ['an unknown transfer coding', () => post([...standard(), 'Transfer-Encoding: gzip, chunked'], chunked), [400, 501]],
    ['a disguised transfer coding', () => post([...standard(), 'Transfer-Encoding: xchunked'], chunked), [400, 501]],
    ['two transfer codings', () => post([...standard(), 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], chunked), [400, 501]],
    ['a transfer coding behind a tab', () => post([...standard(), length, 'Transfer-Encoding:\tchunked'], chunked)],
    ['a bad chunk size', () => post([...standard(), 'Transfer-Encoding: chunked'], `zz\r\n${body}\r\n0\r\n\r\n`)],
    ['a chunk size that overflows', () => post([...standard(), 'Transfer-Encoding: chunked'], `ffffffffffffffffff\r\n${body}\r\n0\r\n\r\n`), [400, 413]],
    ['a chunk that is longer than it says', () => post([...standard(), 'Transfer-Encoding: chunked'], `5\r\n${body}\r\n0\r\n\r\n`)],
    ['a chunk ended by a bare LF', () => post([...standard(), 'Transfer-Encoding: chunked'], `${body.length.toString(16)}\n${body}\n0\n\n`)],
    ['obs-fold', () => post([...standard(), 'X-Folded: one', ' two', length])],
    ['obs-fold with a tab', () => post([...standard(), 'X-Folded: one', '\ttwo', length])],
    ['bare LF for line ends', () => post([...standard(), length]).replaceAll('\r\n', '\n')],
    ['one bare LF', () => post([...standard(), `X-A: 1\nX-B: 2`, length])],
    ['a bare CR in a value', () => post([...standard(), 'X-A: 1\rX-B: 2', length])],
    ['a NUL in a value', () => post([...standard(), 'X-A: 1\0', length])],
    ['a space before the colon', () => post([...standard(), `Content-Length : ${body.length}`])],
    ['a space in a name', () => post([...standard(), 'X A: 1', length])],
    ['a header without a colon', () => post([...standard(), 'nonsense', length])],
    ['a header without a name', () => post([...standard(), ': nonsense', length])],
    ['a space before the first header', () => `POST /mcp HTTP/1.1\r\n ${post([...standard(), length]).split('\r\n').slice(1).join('\r\n')}`],
    ['no Host', () => post([...standard().slice(1), length])],
    ['two Hosts', () => post([host(), ...standard(), length])],
    ['two Hosts that differ', () => post([...standard(), 'Host: evil.example.com', length])],
    ['two Origins', () => post([...standard(), 'Origin: http://localhost', 'Origin: http://localhost', length])],
    ['two Authorizations', () => post([...standard(), 'Authorization: Bearer a', 'Authorization: Bearer b', length])],
    ['two Content-Types', () => post([...standard(), 'Content-Type: application/json', length])],
    ['two Mcp-Methods', () => post([...standard(), 'Mcp-Method: tools/call', length])],
    ['two Mcp-Names', () => post([...standard(), 'Mcp-Name: one__who', length])],
    ['two versions', () => post([...standard(), `MCP-Protocol-Version: ${MODERN}`, length])],
    ['two session ids', () => post([...standard(), 'Mcp-Session-Id: a', 'Mcp-Session-Id: b', length])],
    ['HTTP/0.9', () => 'GET /mcp\r\n\r\n'],
    ['HTTP/2.0', () => post([...standard(), length]).replace('HTTP/1.1', 'HTTP/2.0'), [400, 505]],
    ['HTTP/1.1 in another case', () => post([...standard(), length]).replace('HTTP/1.1', 'http/1.1')],
    ['a target with a space', () => post([...standard(), length]).replace('/mcp', '/mcp x')],
    ['a method with a bad character', () => post([...standard(), length]).replace('POST', 'PO(ST')],
    ['a preface of HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 405, 505]],
    ['a TLS hello', () => Buffer.from('16030100c8010000c40303', 'hex')],
    ['CONNECT', () => 'CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n', [400, 403, 405, 501]],
    ['a head without end', () => `POST /mcp HTTP/1.1\r\n${host()}\r\n${'X-A: x\r\n'.repeat(200_000)}`, [400, 431]],
    ['a line without end', () => `POST /${'a'.repeat(2_000_000)}`, [400, 414, 431]],
  ];
  for (const [what, make, allowed = [400]] of TABLE) {
    it(what, async () => {
      const raw = make();
      // Behind it stands a whole request: were the first one framed in another way than we see it, this would be answered.
      const { closed, answers } = await untouched(() => exchange(gateway.port, Buffer.concat([Buffer.from(raw), Buffer.from(second())]), { halfClose: true }));
      assert.ok(closed);
      assert.ok(answers.length <= 1, `one answer at most: ${answers.map(({ status, text }) => `${status} ${text}`).join(' | ')}`);
      const cut = raw.length > 100_000 && answers.length === 0; // a reset may overtake the answer to a flood
      if (!cut) assert.ok(allowed.includes(answers[0]?.status), `${answers[0]?.status} ${answers[0]?.text}`);
    });
  }

  it('pipelined requests that are sound are answered in order', async () => {
    const { answers } = await exchange(gateway.port, second() + second() + second().replace('HTTP/1.1\r\n', 'HTTP/1.1\r\nConnection: close\r\n'));
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200]);
  });

  it('a sound request in one-byte writes is answered', async () => {
    const { connect } = await import('node:net');
    const socket = connect({ port: gateway.port, host: '127.0.0.1', noDelay: true });
    const answered = new Promise((resolve, reject) => socket.once('data', (data) => resolve(data.toString())).once('error', reject));
    for (const byte of Buffer.from(second())) {
      socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    assert.match(await answered, /^HTTP\/1\.1 200 /);
    socket.destroy();
  });
});

describe('Host and Origin', () => {
  const send = (headers, url = gateway.url) =>
    request(url, { method: 'POST', headers: { ...modernHeaders('tools/call', 'one__echo'), ...headers }, body: modernBody('tools/call', { name: 'one__echo', arguments: {} }) });

  for (const headers of [
    { host: 'evil.example.com' },
    { host: 'evil.example.com:80' },
    { host: '127.0.0.1.evil.example.com' },
    { host: 'localhost@evil.example.com' },
    { origin: 'http://evil.example.com' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1.evil.example.com' },
    { origin: 'http://localhost@evil.example.com' },
    { origin: 'garbage' },
    { host: 'evil.example.com', origin: 'http://evil.example.com' },
  ]) {
    it(`${JSON.stringify(headers)}: 403`, async () => {
      const answer = await untouched(() => send(headers));
      assert.ok(answer.status === 403 || (answer.status === 400 && headers.host?.includes('@')), `${answer.status} ${answer.text}`);
      if (answer.status === 403) assert.equal(typedError(answer.json)?.code, 'PROTO_017', answer.text);
      assert.ok(!('access-control-allow-origin' in answer.headers));
    });
  }

  it('loopback by any of its names passes', async () => {
    for (const host of [`127.0.0.1:${gateway.port}`, `localhost:${gateway.port}`, 'localhost']) {
      for (const origin of [undefined, `http://localhost:${gateway.port}`, 'http://127.0.0.1:5173']) {
        const answer = await send({ host, ...(origin && { origin }) });
        assert.equal(answer.status, 200, `${host} ${origin}: ${answer.status} ${answer.text}`);
      }
    }
  });

  it('the admin listener checks them too, and every method does', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/api/servers']) {
      assert.equal((await gateway.admin(path, { headers: { host: 'evil.example.com' } })).status, 403, path);
      assert.equal((await gateway.admin(path, { headers: { origin: 'http://evil.example.com' } })).status, 403, path);
      assert.equal((await gateway.admin(path)).status, 200, path);
    }
    for (const method of ['GET', 'DELETE', 'OPTIONS']) {
      assert.equal((await request(gateway.url, { method, headers: { origin: 'http://evil.example.com' } })).status, 403, method);
    }
  });

  it('CORS: a permitted origin may read what clients need, and a preflight is answered', async () => {
    const origin = `http://localhost:${gateway.port}`;
    const answer = await send({ origin });
    assert.equal(answer.headers['access-control-allow-origin'], origin);
    const exposed = answer.headers['access-control-expose-headers'].toLowerCase();
    for (const name of ['mcp-session-id', 'www-authenticate', 'retry-after', 'x-correlation-id']) assert.ok(exposed.includes(name), exposed);
    const preflight = await request(gateway.url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,mcp-method,mcp-name,mcp-protocol-version' },
    });
    assert.ok(preflight.status === 200 || preflight.status === 204, String(preflight.status));
    const allowed = preflight.headers['access-control-allow-headers'].toLowerCase();
    for (const name of ['content-type', 'mcp-method', 'mcp-name', 'mcp-protocol-version', 'mcp-session-id']) assert.ok(allowed.includes(name), allowed);
  });
});

it('what a client planted in URLs, headers and arguments stands in no answer and in no log line', async () => {
  const canary = 'canary-5f2e9a';
  for (const act of [
    () => request(`${gateway.url}?token=${canary}`, { method: 'POST', headers: JSON_HEADERS, body: `{"${canary}` }),
    () => request(`http://127.0.0.1:${gateway.port}/${canary}`, { method: 'POST', headers: { ...JSON_HEADERS, authorization: `Bearer ${canary}`, cookie: canary }, body: call() }),
    () => request(gateway.url, { method: 'POST', headers: { ...JSON_HEADERS, 'mcp-session-id': canary, 'mcp-protocol-version': canary }, body: call() }),
    () => modernRequest(gateway.url, 'tools/call', { name: `${canary} no such tool!`, arguments: { secret: canary } }),
    () => session.post(call(`{"${canary}":1,"${canary}":2}`)),
  ]) {
    const answer = await act();
    assert.ok(answer.status !== 200 || answer.json.error, answer.text);
    assert.ok(!answer.text.includes(canary), answer.text);
    assert.ok(!JSON.stringify(answer.headers).includes(canary), JSON.stringify(answer.headers));
  }
  assert.ok(!gateway.stderr.includes(canary), gateway.stderr);
  assert.ok(!(await gateway.admin('/metrics')).text.includes(canary));
});
