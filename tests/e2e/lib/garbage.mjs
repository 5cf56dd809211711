// Garbage that a client may send over Streamable HTTP, with what it gets for it: the same for the gateway and for servers of the framework.
import assert from 'node:assert/strict';
import { request } from './http.mjs';
import { typedError } from './mcp.mjs';

const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

export function assertRefusal(answer, { status, rpc, code }) {
  assert.equal(answer.status, status, answer.text);
  if (rpc !== undefined) assert.ok([rpc].flat().includes(answer.json?.error?.code), `expected ${rpc}: ${answer.text}`);
  if (code !== undefined) assert.ok([code].flat().includes(typedError(answer.json)?.code), `expected ${code}: ${answer.text}`);
  if (answer.json) {
    assert.ok(!('result' in answer.json), answer.text);
    assert.equal(answer.json.jsonrpc, '2.0', answer.text);
  }
}

export const callOf = (tool) => (args = '{"nonce":"x"}') => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${tool}","arguments":${args}}}`;
export const nested = (depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const bytes = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));

// Bodies of a POST in a session: [what, body, expected]. `depth` and `keys` are beyond the limits of the target, as `limit` bytes are.
export function garbageBodies({ tool, other, depth, keys, limit }) {
  const call = callOf(tool);
  const PARSE = { status: 400, rpc: -32700, code: 'PROTO_001' };
  const INVALID = { status: 400, rpc: -32600, code: 'PROTO_002' };
  const EITHER = { status: 400, rpc: [-32700, -32600] };
  return [
    ['empty', '', PARSE],
    ['white space', ' \r\n\t ', PARSE],
    ['truncated JSON', call().slice(0, -1), PARSE],
    ['truncated in a string', call().slice(0, 20), PARSE],
    ['not JSON', 'hello', PARSE],
    ['HTML', '<html></html>', PARSE],
    ['two values', call() + call(), PARSE],
    ['two values on two lines', `${call()}\n${call()}`, PARSE],
    ['a value and a comma', `${call()},`, PARSE],
    ['a NUL after the value', `${call()}\0`, PARSE],
    ['a byte-order mark', `\uFEFF${call()}`, PARSE],
    ['a trailing comma', call('{"a":1,}'), PARSE],
    ['single quotes', call("{'a':1}"), PARSE],
    ['a comment', call('{/* */"a":1}'), PARSE],
    ['NaN', call('{"a":NaN}'), PARSE],
    ['a leading zero', call('{"a":01}'), PARSE],
    ['a bad escape', call('{"a":"\\x41"}'), PARSE],
    ['LF inside a string', call('{"a":"one\ntwo"}'), PARSE],
    ['CR inside a string', call('{"a":"one\rtwo"}'), PARSE],
    ['a control character inside a string', call('{"a":"\u0001"}'), PARSE],
    ['U+2028 between tokens', call('{\u2028"a":1}'), PARSE],
    ['non-breaking space between tokens', call('{\u00a0"a":1}'), PARSE],
    ['a mismatched bracket', call('[1,2}'), PARSE],
    ['invalid UTF-8', bytes('{"jsonrpc":"2.0","id":1,"method":"', [0xff, 0xfe], '"}'), PARSE],
    ['overlong UTF-8', bytes(call('{"a":"').slice(0, -2), [0xc0, 0xaf], '"}}}'), PARSE],
    ['a surrogate in UTF-8', bytes(call('{"a":"').slice(0, -2), [0xed, 0xa0, 0x80], '"}}}'), PARSE],
    ['UTF-16', Buffer.from(call(), 'utf16le'), PARSE],
    ['nested too deep', call(nested(depth)), EITHER],
    ['nested a hundred thousand deep', '['.repeat(60_000), EITHER],
    ['too many keys', call(`{${Array.from({ length: keys }, (_, i) => `"k${i}":1`).join()}}`), EITHER],
    ['a duplicate id', `{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":{"name":"${tool}"}}`, EITHER],
    ['a duplicate method', `{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"${tool}"}}`, EITHER],
    ['a duplicate name', `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${other}","name":"${tool}"}}`, EITHER],
    ['a duplicate key behind an escape', `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${other}","n\\u0061me":"${tool}"}}`, EITHER],
    ['a duplicate key deep in the arguments', call('{"a":{"b":1,"b":2}}'), EITHER],
    ['a string', '"tools/call"', INVALID],
    ['a number', '1', INVALID],
    ['null', 'null', INVALID],
    ['an empty object', '{}', INVALID],
    ['no jsonrpc', '{"id":1,"method":"ping"}', INVALID],
    ['jsonrpc 1.0', '{"jsonrpc":"1.0","id":1,"method":"ping"}', INVALID],
    ['a method that is a number', '{"jsonrpc":"2.0","id":1,"method":7}', INVALID],
    ['an id that is null', '{"jsonrpc":"2.0","id":null,"method":"ping"}', INVALID],
    ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"ping"}', INVALID],
    ['an id that is a boolean', '{"jsonrpc":"2.0","id":true,"method":"ping"}', INVALID],
    ['params that are an array', `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["${tool}"]}`, { status: [200, 400], rpc: [-32600, -32602] }],
    ['a batch, in a session that knows none', `[${call()}]`, INVALID],
    ['an empty batch', '[]', INVALID],
    ['oversized', call(`{"a":"${'x'.repeat(limit)}"}`), { status: 413, code: 'LIMIT_005' }],
  ];
}

// Heads, in a session: [what, act, expected]. `url` and `session` are functions, for both are there only when the tests run.
export function garbageHeaders({ url, session, body }) {
  const post = (headers) => request(url(), { method: 'POST', headers, body });
  const withSession = (headers = {}) => ({ ...session().headers, ...headers });
  return [
    ['no content type', () => post({ ...withSession(), 'content-type': '' }), { status: 415, code: 'PROTO_016' }],
    ['text/plain', () => post(withSession({ 'content-type': 'text/plain' })), { status: 415, code: 'PROTO_016' }],
    ['a form', () => post(withSession({ 'content-type': 'application/x-www-form-urlencoded' })), { status: 415, code: 'PROTO_016' }],
    ['a content type that only begins well', () => post(withSession({ 'content-type': 'application/jsonp' })), { status: 415, code: 'PROTO_016' }],
    ['an encoding', () => post(withSession({ 'content-encoding': 'gzip' })), { status: 415 }],
    ['accept text/html', () => post(withSession({ accept: 'text/html' })), { status: 406, code: 'PROTO_015' }],
    ['accept excludes JSON', () => post(withSession({ accept: 'application/json;q=0' })), { status: 406, code: 'PROTO_015' }],
    ['no session id', () => post(JSON_HEADERS), { status: 400 }],
    ['an unknown session', () => post(withSession({ 'mcp-session-id': 'f'.repeat(32) })), { status: 404, code: 'PROTO_008' }],
    ['a session id that cannot be one', () => post(withSession({ 'mcp-session-id': '../../etc/passwd' })), { status: 404, code: 'PROTO_008' }],
    ['an overlong session id', () => post(withSession({ 'mcp-session-id': 'f'.repeat(4000) })), { status: [400, 404, 431] }],
    ['a version that never was', () => post(withSession({ 'mcp-protocol-version': '1999-01-01' })), { status: 400 }],
    ['a version that is garbage', () => post(withSession({ 'mcp-protocol-version': 'latest' })), { status: 400 }],
    ['GET without a session', () => request(url(), { headers: { accept: 'text/event-stream' } }), { status: 400 }],
    ['GET with an unknown session', () => request(url(), { headers: { accept: 'text/event-stream', 'mcp-session-id': 'f'.repeat(32) } }), { status: 404, code: 'PROTO_008' }],
    ['GET that does not accept a stream', () => request(url(), { headers: { ...withSession(), accept: 'application/json' } }), { status: 406, code: 'PROTO_015' }],
    ['DELETE with an unknown session', () => request(url(), { method: 'DELETE', headers: { 'mcp-session-id': 'f'.repeat(32) } }), { status: 404, code: 'PROTO_008' }],
    ['PUT', () => request(url(), { method: 'PUT', headers: withSession(), body }), { status: 405 }],
    ['PATCH', () => request(url(), { method: 'PATCH', headers: withSession(), body }), { status: 405 }],
    ['TRACE', () => request(url(), { method: 'TRACE' }), { status: 405 }],
    ['another path', () => request(`${url()}x`, { method: 'POST', headers: withSession(), body }), { status: 404 }],
    ['the root', () => request(new URL('/', url()), { method: 'POST', headers: withSession(), body }), { status: 404 }],
    ['a path that climbs', () => request(`http://127.0.0.1:${new URL(url()).port}/mcp/..%2f..%2fetc`, { method: 'POST', headers: JSON_HEADERS, body }), { status: [400, 404] }],
  ];
}
