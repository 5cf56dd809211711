// A client by hand of any revision, over HTTP or stdio, one interface: what it asks, what it hears unasked, what it answers, how it
// gives up.
import { spawn } from 'node:child_process';
import { cleanUp } from './cleanup.mjs';
import { parseSse, request, SseStream } from './http.mjs';
import { envelope, LegacySession, MODERN, modernHeaders } from './mcp.mjs';
import { until, within } from './wait.mjs';

const NAMED_BY = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri', 'tasks/get': 'taskId' };
const MAX_ROUNDS = 20;
const isAnswer = (message) => 'result' in message || 'error' in message;

// What was asked and what came back so far.
class Exchange {
  constructor({ messages, ended, cancel }) {
    Object.assign(this, { read: messages, ended, cancel });
  }

  get said() {
    return this.read().filter((message) => !isAnswer(message));
  }

  async reply(what) {
    await within(what, this.ended);
    return this.read().find(isAnswer);
  }
}

class RevisionClient {
  constructor(revision) {
    Object.assign(this, { revision, modern: revision === MODERN, nextId: 1, asked: [] });
  }

  // Of its revision, all.
  get capabilities() {
    const modes = this.revision >= '2025-11-25' ? { form: {}, url: {} } : {};
    const tasks = this.modern && { extensions: { 'io.modelcontextprotocol/tasks': {} } };
    return { sampling: {}, roots: {}, ...tasks, ...(this.revision >= '2025-06-18' && { elicitation: modes }) };
  }

  params(params) {
    return this.modern ? { ...params, _meta: { ...envelope(), 'io.modelcontextprotocol/clientCapabilities': this.capabilities, ...params._meta } } : params;
  }

  // What its user, its model or its roots say.
  answerTo({ method, params }) {
    this.asked.push({ method, params });
    if (method === 'sampling/createMessage') return { role: 'assistant', content: { type: 'text', text: 'that' }, model: 'm' };
    if (method === 'roots/list') return { roots: [{ uri: 'file:///r' }] };
    return params.mode === 'url' ? { action: 'accept' } : { action: 'accept', content: { name: 'Ann' } };
  }

  // {result | error, said}: the answer, and what was said on the way.
  async ask(method, params = {}) {
    for (let round = 1; ; ++round) {
      const exchange = await this.start(method, params);
      const { result, error } = (await exchange.reply(method)) ?? {};
      if (result?.resultType !== 'input_required' || round === MAX_ROUNDS) return { result, error, said: exchange.said };
      const inputResponses = Object.fromEntries(Object.entries(result.inputRequests ?? {}).map(([key, question]) => [key, this.answerTo(question)]));
      params = { ...params, inputResponses, requestState: result.requestState };
    }
  }

  call(name, args = {}, meta = {}) {
    return this.ask('tools/call', { name, arguments: args, _meta: meta });
  }

  // Asks for updates of a resource and for news of the list of tools.
  async listen(uri) {
    if (!this.modern) return this.ask('resources/subscribe', { uri });
    this.listening = await this.start('subscriptions/listen', { notifications: { toolsListChanged: true, resourceSubscriptions: [uri] } });
    return until('the acknowledgement', () => this.listening.said.some(({ method }) => method.endsWith('/acknowledged')) && { result: {} });
  }

  hears(what, predicate) {
    return until(`the client hears ${what}`, () => this.unasked().find(predicate));
  }
}

class HttpClient extends RevisionClient {
  static async connect(scope, revision, url) {
    const client = new HttpClient(revision);
    client.url = url;
    if (!client.modern) {
      client.session = await LegacySession.open(url, { version: revision, capabilities: client.capabilities });
      client.initialized = client.session.initialized;
      client.stream = await client.session.listen();
    }
    cleanUp(scope, () => {
      client.stream?.close();
      client.listening?.cancel();
    });
    return client;
  }

  // Answers each request of the stream once.
  answerOn(stream) {
    let answered = 0;
    const look = () => {
      const requests = stream.messages.filter(({ method, id }) => method !== undefined && id !== undefined);
      for (const request of requests.slice(answered)) this.session.post({ jsonrpc: '2.0', id: request.id, result: this.answerTo(request) });
      answered = requests.length;
    };
    stream.waiters.add(look);
    look();
  }

  unasked() {
    return this.modern ? (this.listening?.said ?? []) : this.stream.messages;
  }

  async start(method, params) {
    const id = this.nextId++;
    const headers = this.modern ? modernHeaders(method, params[NAMED_BY[method]]) : this.session.headers;
    const stream = await SseStream.open(this.url, { method: 'POST', headers, body: { jsonrpc: '2.0', id, method, params: this.params(params) } });
    const isSse = stream.headers['content-type']?.startsWith('text/event-stream');
    const messages = () => (isSse ? parseSse(stream.text).map(({ data }) => JSON.parse(data)) : stream.text === '' ? [] : [JSON.parse(stream.text)]);
    if (isSse && !this.modern) this.answerOn(stream);
    const cancel = () => (this.modern ? stream.close() : this.session.notify('notifications/cancelled', { requestId: id }));
    return new Exchange({ messages, ended: stream.ended, cancel });
  }
}

// One connection on which everything comes back.
class DuplexClient extends RevisionClient {
  constructor(revision) {
    super(revision);
    Object.assign(this, { received: [], waiting: new Map() });
  }

  async begin() {
    if (this.modern) return;
    const { result } = await this.ask('initialize', { protocolVersion: this.revision, capabilities: this.capabilities, clientInfo: { name: 'e2e', version: '1' } });
    this.initialized = result;
    this.send({ method: 'notifications/initialized' });
  }

  take(message) {
    this.received.push(message);
    if (isAnswer(message)) this.waiting.get(message.id)?.();
    else if (message.id !== undefined) this.send({ id: message.id, result: this.answerTo(message) });
  }

  unasked() {
    return this.received;
  }

  async start(method, params) {
    const id = this.nextId++;
    const from = this.received.length;
    const ended = new Promise((done) => this.waiting.set(id, done));
    this.send({ id, method, params: this.params(params) });
    const messages = () => this.received.slice(from).filter((message) => !isAnswer(message) || message.id === id);
    return new Exchange({ messages, ended, cancel: () => this.send({ method: 'notifications/cancelled', params: { requestId: id } }) });
  }
}

class StdioClient extends DuplexClient {
  static async connect(scope, revision, { command, args, env }) {
    const client = new StdioClient(revision);
    client.child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    cleanUp(scope, () => new Promise((resolve) => client.child.once('exit', resolve).stdin.end()));
    let unfinished = '';
    client.child.stdout.setEncoding('utf8').on('data', (chunk) => {
      const lines = (unfinished + chunk).split('\n');
      unfinished = lines.pop();
      for (const line of lines) client.take(JSON.parse(line));
    });
    await client.begin();
    return client;
  }

  send(message) {
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }
}

// HTTP+SSE, the transport of 2024-11-05.
class SseClient extends DuplexClient {
  static async connect(scope, revision, url) {
    const client = new SseClient(revision);
    client.stream = await SseStream.open(url);
    cleanUp(scope, () => client.stream.close());
    let taken = 0;
    const look = () => {
      const events = parseSse(client.stream.text);
      for (const { event, data } of events.slice(taken)) event === 'endpoint' ? (client.endpoint = new URL(data, url)) : client.take(JSON.parse(data));
      taken = events.length;
    };
    client.stream.waiters.add(look);
    look();
    await until('the endpoint event', () => client.endpoint);
    await client.begin();
    return client;
  }

  async send(message) {
    const { status } = await request(this.endpoint, { method: 'POST', headers: { 'content-type': 'application/json' }, body: { jsonrpc: '2.0', ...message } });
    if (status !== 202) throw new Error(`POST ${this.endpoint}: ${status}`);
  }
}

// `target` is the URL of an endpoint, or {command, args, env}; a URL with /sse stands for HTTP+SSE.
export function connectRevision(scope, revision, target) {
  const kind = typeof target !== 'string' ? StdioClient : new URL(target).pathname.startsWith('/sse') ? SseClient : HttpClient;
  return kind.connect(scope, revision, target);
}

