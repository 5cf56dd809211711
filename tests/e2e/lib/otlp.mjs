// A collector of OpenTelemetry in the test's process. Every report is decoded against the OTLP schema as its JSON form
// wants it (ids in hex, 64-bit integers as strings, enums as numbers): a name that is not in it, or a wrong type, fails.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { cleanUp } from './cleanup.mjs';
import { until } from './wait.mjs';

const text = (value) => assert.equal(typeof value, 'string');
const bool = (value) => assert.equal(typeof value, 'boolean');
const int64 = (value) => assert.match(value, /^-?[0-9]{1,19}$/);
const uint64 = (value) => assert.match(value, /^[0-9]{1,20}$/);
const uint32 = (value) => assert.ok(Number.isInteger(value) && value >= 0 && value < 2 ** 32, `${value}`);
const real = (value) => assert.ok(Number.isFinite(value) || ['NaN', 'Infinity', '-Infinity'].includes(value), `${value}`);
const hex = (bytes) => (value) => assert.match(value, new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const among = (...numbers) => (value) => assert.ok(numbers.includes(value), `${value} is none of ${numbers}`);
const list = (item) => (value) => {
  assert.ok(Array.isArray(value));
  value.forEach(item);
};
const message = (fields, ...needed) => (value) => {
  assert.ok(value && typeof value === 'object' && !Array.isArray(value), `no message: ${JSON.stringify(value)}`);
  for (const name of needed) assert.ok(name in value, `no ${name} in ${JSON.stringify(value)}`);
  for (const [name, member] of Object.entries(value)) {
    assert.ok(fields[name], `the schema has no ${name}`);
    try {
      fields[name](member);
    } catch (error) {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    }
  }
};
const oneOf = (fields) => (value) => {
  message(fields)(value);
  assert.equal(Object.keys(value).length, 1, JSON.stringify(value));
};

const anyValue = oneOf({ stringValue: text, boolValue: bool, intValue: int64, doubleValue: real });
const attributes = list(message({ key: text, value: anyValue }, 'key', 'value'));
const resource = message({ attributes, droppedAttributesCount: uint32 });
const scope = message({ name: text, version: text, attributes });
const reports = (resources, scopes, records, record) =>
  message({ [resources]: list(message({ resource, schemaUrl: text, [scopes]: list(message({ scope, schemaUrl: text, [records]: list(record) }, records)) }, 'resource', scopes)) }, resources);

const span = message(
  {
    traceId: hex(16), spanId: hex(8), parentSpanId: hex(8), traceState: text, flags: uint32, name: text, kind: among(1, 2, 3, 4, 5),
    startTimeUnixNano: uint64, endTimeUnixNano: uint64, attributes, status: message({ code: among(0, 1, 2), message: text }),
    links: list(message({ traceId: hex(16), spanId: hex(8), traceState: text, attributes, flags: uint32 }, 'traceId', 'spanId')),
  },
  'traceId', 'spanId', 'name', 'kind', 'startTimeUnixNano', 'endTimeUnixNano',
);
const point = { attributes, startTimeUnixNano: uint64, timeUnixNano: uint64 };
const numbers = list(message({ ...point, asInt: int64, asDouble: real }, 'timeUnixNano'));
const metric = message(
  {
    name: text, description: text, unit: text,
    gauge: message({ dataPoints: numbers }, 'dataPoints'),
    sum: message({ dataPoints: numbers, aggregationTemporality: among(2), isMonotonic: bool }, 'dataPoints', 'aggregationTemporality'),
    histogram: message(
      { dataPoints: list(message({ ...point, count: uint64, sum: real, bucketCounts: list(uint64), explicitBounds: list(real) }, 'count')), aggregationTemporality: among(2) },
      'dataPoints', 'aggregationTemporality',
    ),
  },
  'name',
);
const logRecord = message({
  timeUnixNano: uint64, observedTimeUnixNano: uint64, severityNumber: uint32, severityText: text, body: anyValue, attributes,
  flags: uint32, traceId: hex(16), spanId: hex(8), eventName: text,
});
const schemas = {
  '/v1/traces': reports('resourceSpans', 'scopeSpans', 'spans', span),
  '/v1/metrics': reports('resourceMetrics', 'scopeMetrics', 'metrics', metric),
  '/v1/logs': reports('resourceLogs', 'scopeLogs', 'logRecords', logRecord),
};

const plain = (value) => ('intValue' in value ? Number(value.intValue) : Object.values(value)[0]);
const flat = (record) => ({ ...record, attributes: Object.fromEntries((record.attributes ?? []).map(({ key, value }) => [key, plain(value)])) });
const inside = (body) => Object.values(body)[0].flatMap((each) => Object.values(each).find(Array.isArray).flatMap((scoped) => Object.values(scoped).find(Array.isArray)));

export class Collector {
  // `answer(request, body, response)` decides; by default everything is taken. `tls`: {key, cert}.
  static async start(t, { answer, tls } = {}) {
    const collector = new Collector(answer, tls);
    await new Promise((done) => collector.server.listen(0, '127.0.0.1', done));
    cleanUp(t, () => collector.stop());
    return collector;
  }

  constructor(answer, tls) {
    this.reports = []; // {path, headers, body}
    this.problems = [];
    this.requests = 0;
    this.answer = answer ?? ((request, body, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
    this.scheme = tls ? 'https' : 'http';
    const serve = (request, response) => {
      ++this.requests;
      const chunks = [];
      request.on('error', () => {});
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        try {
          assert.equal(request.method, 'POST');
          assert.equal(request.headers['content-type'], 'application/json');
          const body = JSON.parse(Buffer.concat(chunks));
          const path = request.url.replace(/^\/base/, '');
          assert.ok(schemas[path], `no such path: ${request.url}`);
          schemas[path](body);
          this.reports.push({ path, headers: request.headers, body });
          this.answer(request, body, response);
        } catch (error) {
          this.problems.push(error);
          response.writeHead(400).end();
        }
      });
    };
    this.server = tls ? createTlsServer(tls, serve) : createServer(serve);
  }

  get url() {
    return `${this.scheme}://127.0.0.1:${this.server.address().port}`;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }

  #records(path) {
    if (this.problems.length > 0) throw this.problems[0];
    return this.reports.filter((report) => report.path === path).flatMap(({ body }) => inside(body)).map(flat);
  }
  get spans() {
    return this.#records('/v1/traces');
  }
  get metrics() {
    return this.#records('/v1/metrics');
  }
  get logs() {
    return this.#records('/v1/logs');
  }
  get bytes() {
    return JSON.stringify(this.reports);
  }

  async span(what, fits) {
    return until(`a span arrives: ${what}`, () => this.spans.find(fits));
  }
}
