// HTTP by hand: requests whose every byte the test decides, requests for tests that do not care, and SSE.
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { PATIENCE_MS, within } from './wait.mjs';

const lower = (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

// Parses the blocks of an event stream: [{event, data, id}], comments left out, an unfinished block dropped.
export function parseSse(text) {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
    .split('\n\n')
    .slice(0, -1)
    .map((block) => {
      const event = { event: 'message', data: [] };
      for (const line of block.split('\n')) {
        const colon = line.indexOf(':');
        if (colon === 0 || line === '') continue;
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (field === 'data') event.data.push(value);
        else event[field] = value;
      }
      return { ...event, data: event.data.join('\n') };
    })
    .filter(({ data }) => data !== '');
}

class Answer {
  constructor(status, headers, bytes) {
    this.status = status;
    this.headers = lower(headers);
    this.bytes = bytes;
  }

  get text() {
    return this.bytes.toString('utf8');
  }

  get isSse() {
    return (this.headers['content-type'] ?? '').startsWith('text/event-stream');
  }

  get json() {
    return this.text === '' ? undefined : JSON.parse(this.text);
  }

  // Every JSON-RPC message of the answer, in order, whatever it was framed in.
  get messages() {
    if (this.isSse) return parseSse(this.text).map(({ data }) => JSON.parse(data));
    return this.text === '' ? [] : [this.json].flat();
  }

  // The response among them: what has a result or an error.
  get reply() {
    return this.messages.find((message) => 'result' in message || 'error' in message);
  }
}

function encode(body) {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

// One request on a connection of its own. `signal` closes the connection under way.
export function request(url, { method = 'GET', headers = {}, body, signal, patience = PATIENCE_MS } = {}) {
  const bytes = encode(body);
  const exchange = new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, { method, headers: { ...headers, ...(bytes && { 'content-length': bytes.length }) }, agent: false, signal });
    outgoing.once('error', reject);
    outgoing.once('response', (incoming) => {
      const chunks = [];
      incoming.on('data', (chunk) => chunks.push(chunk));
      incoming.once('error', reject);
      incoming.once('end', () => resolve(new Answer(incoming.statusCode, incoming.headers, Buffer.concat(chunks))));
    });
    outgoing.end(bytes);
  });
  return within(`an answer to ${method} ${url}`, exchange, patience);
}

// A stream that is read while it is open: `next(predicate)` waits for the first JSON-RPC message that fits.
export class SseStream {
  static open(url, { method = 'GET', headers = {}, body } = {}) {
    const bytes = encode(body);
    const opening = new Promise((resolve, reject) => {
      const outgoing = httpRequest(url, { method, headers: { accept: 'text/event-stream', ...headers, ...(bytes && { 'content-length': bytes.length }) }, agent: false });
      outgoing.once('error', reject);
      outgoing.once('response', (incoming) => resolve(new SseStream(outgoing, incoming)));
      outgoing.end(bytes);
    });
    return within(`a stream from ${url}`, opening);
  }

  constructor(outgoing, incoming) {
    this.outgoing = outgoing;
    this.status = incoming.statusCode;
    this.headers = incoming.headers;
    this.text = '';
    this.waiters = new Set();
    const wake = () => this.waiters.forEach((waiter) => waiter());
    incoming.setEncoding('utf8');
    incoming.on('data', (chunk) => {
      this.text += chunk;
      wake();
    });
    this.ended = new Promise((done) => incoming.once('close', done));
    incoming.on('error', () => {}); // `ended` tells; what arrived before counts
    outgoing.on('error', () => {});
  }

  get messages() {
    return parseSse(this.text).map(({ data }) => JSON.parse(data));
  }

  next(what, predicate) {
    let waiter;
    const arrival = new Promise((resolve) => {
      waiter = () => {
        const found = this.messages.find(predicate);
        if (found) resolve(found);
      };
      this.waiters.add(waiter);
      waiter();
    });
    return within(what, arrival).finally(() => this.waiters.delete(waiter));
  }

  close() {
    this.outgoing.destroy();
  }
}

// The responses in a run of bytes, as a client would frame them: by Content-Length, by chunks, or by the end.
export function parseResponses(bytes) {
  const answers = [];
  let rest = bytes;
  while (rest.length > 0) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd < 0) break;
    const [statusLine, ...lines] = rest.subarray(0, headEnd).toString('latin1').split('\r\n');
    const headers = lower(Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])));
    rest = rest.subarray(headEnd + 4);
    let body;
    if (headers['transfer-encoding'] === 'chunked') {
      const pieces = [];
      for (;;) {
        const lineEnd = rest.indexOf('\r\n');
        const size = lineEnd < 0 ? 0 : Number.parseInt(rest.subarray(0, lineEnd).toString('latin1'), 16);
        if (!size) {
          rest = rest.subarray(lineEnd < 0 ? rest.length : lineEnd + 4);
          break;
        }
        pieces.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
        rest = rest.subarray(lineEnd + 4 + size);
      }
      body = Buffer.concat(pieces);
    } else {
      const length = headers['content-length'] === undefined ? rest.length : Number(headers['content-length']);
      body = rest.subarray(0, length);
      rest = rest.subarray(length);
    }
    const status = Number(statusLine.split(' ')[1]);
    if (status >= 200) answers.push(new Answer(status, headers, body));
  }
  return answers;
}

// Writes exactly `bytes` to a port and reads to the end: {answers, bytes, closed}. `closed` says whether the server ended
// the connection by itself; with `closes: false` the exchange is over at the first complete answer instead.
// `halfClose` ends our side after the bytes.
export async function exchange(port, bytes, { halfClose = false, closes = true, patience = PATIENCE_MS } = {}) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const chunks = [];
  const outcome = new Promise((resolve) => {
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (!closes && parseResponses(Buffer.concat(chunks)).length > 0) resolve(false);
    });
    socket.once('end', () => resolve(true));
    socket.once('error', () => resolve(true)); // a reset is an end as well
  });
  socket.write(bytes);
  if (halfClose) socket.end();
  try {
    const closed = await within('the server to answer and close the connection', outcome, patience);
    const all = Buffer.concat(chunks);
    return { closed, bytes: all, answers: parseResponses(all) };
  } finally {
    socket.destroy();
  }
}
