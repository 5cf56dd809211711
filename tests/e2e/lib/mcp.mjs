// MCP by hand over HTTP, both eras: what the SDK clients do, with every id and header in the test's hands.
import assert from 'node:assert/strict';
import { request, SseStream } from './http.mjs';

export const LEGACY = '2025-11-25';
export const MODERN = '2026-07-28';
export const ERROR_KEY = 'dev.sallyport/error';
export const DEGRADED_KEY = 'dev.sallyport/degraded';

const META = 'io.modelcontextprotocol/';
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

export const legacyHeaders = (session, version = LEGACY) => ({ ...JSON_HEADERS, 'mcp-session-id': session, 'mcp-protocol-version': version });

// A legacy session: initialized, with the id that the server gave it.
export class LegacySession {
  static async open(url, { version = LEGACY, capabilities = {}, headers = {} } = {}) {
    const answer = await request(url, {
      method: 'POST',
      headers: { ...JSON_HEADERS, ...headers },
      body: { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: version, capabilities, clientInfo: { name: 'e2e', version: '1' } } },
    });
    assert.equal(answer.status, 200, `initialize: ${answer.text}`);
    assert.ok(answer.reply.result, `initialize: ${answer.text}`);
    const session = new LegacySession(url, answer.headers['mcp-session-id'], answer.reply.result);
    const notified = await session.notify('notifications/initialized');
    assert.equal(notified.status, 202, `initialized: ${notified.text}`);
    return session;
  }

  constructor(url, id, initialized) {
    assert.match(id, /^[\x21-\x7e]+$/, 'a session id is visible ASCII');
    Object.assign(this, { url, id, initialized, nextId: 1 });
  }

  get headers() {
    return legacyHeaders(this.id, this.initialized.protocolVersion);
  }

  post(body, { headers, ...options } = {}) {
    return request(this.url, { method: 'POST', headers: { ...this.headers, ...headers }, body, ...options });
  }

  notify(method, params) {
    return this.post({ jsonrpc: '2.0', method, params });
  }

  async request(method, params, { id = this.nextId++, ...options } = {}) {
    const answer = await this.post({ jsonrpc: '2.0', id, method, params }, options);
    assert.equal(answer.status, 200, `${method}: ${answer.status} ${answer.text}`);
    assert.ok(answer.reply, `${method}: no response in ${answer.text}`);
    assert.strictEqual(answer.reply.id, id, `${method}: the answer carries the id that was sent, with its type`);
    return answer.reply;
  }

  call(name, args = {}, { meta, ...options } = {}) {
    return this.request('tools/call', { name, arguments: args, ...(meta && { _meta: meta }) }, options);
  }

  listen() {
    return SseStream.open(this.url, { headers: this.headers });
  }

  end() {
    return request(this.url, { method: 'DELETE', headers: this.headers });
  }
}

export const envelope = (version = MODERN) => ({
  [`${META}protocolVersion`]: version,
  [`${META}clientCapabilities`]: {},
  [`${META}clientInfo`]: { name: 'e2e', version: '1' },
});

export const modernHeaders = (method, name, version = MODERN) => ({
  ...JSON_HEADERS,
  'mcp-protocol-version': version,
  'mcp-method': method,
  ...(name !== undefined && { 'mcp-name': name }),
});

export const modernBody = (method, params = {}, id = 1) => ({
  jsonrpc: '2.0',
  id,
  method,
  params: { ...params, _meta: { ...envelope(), ...params._meta } },
});

// One modern request; the whole answer, whatever its status.
export function modernRequest(url, method, params = {}, { id = 1, headers, ...options } = {}) {
  return request(url, {
    method: 'POST',
    headers: { ...modernHeaders(method, method === 'tools/call' ? params.name : undefined), ...headers },
    body: modernBody(method, params, id),
    ...options,
  });
}

export async function modernCall(url, name, args = {}, { meta, ...options } = {}) {
  const answer = await modernRequest(url, 'tools/call', { name, arguments: args, ...(meta && { _meta: meta }) }, options);
  assert.equal(answer.status, 200, `${name}: ${answer.status} ${answer.text}`);
  return answer.reply;
}

// Our error object, from a tool result or from a JSON-RPC error; undefined when there is none.
export const typedError = (reply) => reply.result?._meta?.[ERROR_KEY] ?? reply.error?.data?.[ERROR_KEY];

const anyOf = (value) => [value].flat();

// Asserts that a reply is the gateway's own failure and says what is expected of it; returns the error object.
// `code` and `executed` may be lists of what is allowed, where the contract leaves a choice.
export function assertTypedError(reply, { code, executed, canRetry, surface = 'tool' }) {
  const shown = JSON.stringify(reply);
  const error = typedError(reply);
  assert.ok(error, `no ${ERROR_KEY} in ${shown}`);
  assert.ok(anyOf(code).includes(error.code), `expected ${anyOf(code)}, got ${shown}`);
  if (executed !== undefined) assert.ok(anyOf(executed).includes(error.executed), `expected executed ${anyOf(executed)}, got ${shown}`);
  if (canRetry !== undefined) assert.equal(error.canRetry, canRetry, `canRetry in ${shown}`);
  assert.match(error.correlationId, /^[0-9a-f]{32}$/, shown);
  assert.equal(typeof error.kind, 'string', shown);
  assert.ok(!Object.values(error).includes(null), `absent members are omitted, never null: ${shown}`);
  if (surface === 'tool') {
    assert.equal(reply.result?.isError, true, `a failed call is an isError result: ${shown}`);
    assert.ok(!('structuredContent' in reply.result), `a failure carries no structuredContent: ${shown}`);
    assert.match(reply.result.content[0].text, new RegExp(error.code), `the text alone suffices: ${shown}`);
  } else {
    assert.equal(typeof reply.error?.message, 'string', `expected a JSON-RPC error: ${shown}`);
  }
  return error;
}

export function textOf(reply) {
  assert.ok(reply.result && !reply.result.isError, `expected a success: ${JSON.stringify(reply)}`);
  return reply.result.content[0].text;
}
