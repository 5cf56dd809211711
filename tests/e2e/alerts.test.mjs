// Promise: failures that somebody has to look at reach a webhook, a syslog daemon and a collector, once and then as a count; a
// receiver that is away costs no call anything; and nothing that a caller can cause at will ever pages anybody.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { startGateway } from './lib/gateway.mjs';
import { request } from './lib/http.mjs';
import { assertTypedError, modernCall, modernRequest, textOf, typedError } from './lib/mcp.mjs';
import { Collector } from './lib/otlp.mjs';
import { freePort } from './lib/ports.mjs';
import { run } from './lib/program.mjs';
import { startRsyslogd, udpReceiver, Webhook } from './lib/receivers.mjs';
import { hostile } from './lib/servers.mjs';
import { temporaryDirectory } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

const escalatesTimeouts = { recovery: [{ match: { code: 'TOOL_004' }, strategy: 'escalate' }] };

// A server whose tool `never` runs out of time at once.
const slowServer = (t) => {
  const { server } = hostile(t);
  return { ...server, tools: { timeout: { never: '100ms' } } };
};
const timeOut = async (gateway) => {
  const reply = await modernCall(gateway.url, 'one__never');
  assert.equal(typedError(reply).code, 'TOOL_004');
  return typedError(reply);
};

async function sum(gateway, name, labels) {
  const { text } = await gateway.admin('/metrics');
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(labels)).reduce((all, line) => all + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
const delivered = (gateway, sink, outcome) => sum(gateway, 'sallyport_alerts_total', `sink="${sink}",outcome="${outcome}"`);

it('a rule escalates: the call fails closed and says so, and every receiver is told', async (t) => {
  const webhook = await Webhook.start(t);
  const collector = await Collector.start(t);
  const syslog = await startRsyslogd(t, await freePort());
  const audit = join(temporaryDirectory(t), 'audit.jsonl');
  const gateway = await startGateway(t, {
    ...escalatesTimeouts, audit: { file: audit }, telemetry: { otlp: collector.url }, servers: { one: slowServer(t) },
    escalate: { webhook: `${webhook.url}/hooks/1`, syslog: `127.0.0.1:${syslog.port}`, otlp: true },
  });
  const error = await timeOut(gateway);
  assert.deepEqual(error.recovery, { strategy: 'escalate', attempts: 1, outcome: 'alerted' });
  assert.equal(await sum(gateway, 'sallyport_recovery_total', 'strategy="escalate",outcome="alerted",code="TOOL_004"'), 1);

  const alert = await webhook.alert('TOOL_004');
  assert.equal(webhook.posts[0].path, '/hooks/1');
  const { first, last, text, ...rest } = alert;
  assert.deepEqual(rest, {
    version: 1, event: 'sallyport.alert', code: 'TOOL_004', name: 'TOOL_TIMEOUT', kind: error.kind, severity: 'medium', server: 'one',
    because: 'rule', quarantined: false, repeated: false, count: 1, correlationId: error.correlationId, docs: 'errors#TOOL_004',
  });
  assert.equal(first, last);
  assert.match(text, /^medium TOOL_004 \[one\]: /);
  const event = await until('the event arrives', () => collector.logs.find(({ eventName }) => eventName === 'sallyport.alert'));
  assert.equal(event.attributes['sallyport.correlation_id'], error.correlationId);
  assert.equal(event.attributes['sallyport.server'], 'one');
  const line = await until('rsyslogd wrote it', () => syslog.lines()[0]);
  assert.match(line, new RegExp(`^warning\\|sallyport\\|TOOL_004\\|.*TOOL_004 \\[one\\].*because=rule.*ref=${error.correlationId}`));
  assert.match(gateway.stderr, /"message":"alert","code":"TOOL_004"/);
  const record = await until('the audit record is written', () => readFileSync(audit, 'utf8').split('\n').filter(Boolean).map(JSON.parse).find(({ code }) => code === 'TOOL_004'));
  assert.deepEqual([record.recovery, record.recovery_outcome], ['escalate', 'alerted']);
});

it('of the same the first is told at once, and then a count', async (t) => {
  const webhook = await Webhook.start(t);
  const gateway = await startGateway(t, { ...escalatesTimeouts, servers: { one: slowServer(t) }, escalate: { webhook: webhook.url, window: '3s' } });
  const calls = Array.from({ length: 5 }, () => timeOut(gateway));
  await Promise.all(calls);
  const repeated = await webhook.alert('TOOL_004', (alert) => alert.repeated);
  const [first, second] = webhook.alerts('TOOL_004');
  assert.deepEqual([first.repeated, first.count], [false, 1]);
  assert.equal(second, repeated);
  assert.equal(repeated.count, 4);
});

it('a rule puts a server into quarantine, and its operator ends that', async (t) => {
  const webhook = await Webhook.start(t);
  const gateway = await startGateway(t, { ...escalatesTimeouts, servers: { one: slowServer(t), two: hostile(t).server }, escalate: { webhook: webhook.url, quarantine: true } });
  const names = async () => (await modernRequest(gateway.url, 'tools/list')).reply.result.tools.map(({ name }) => name.split('__')[0]);
  assert.ok((await names()).includes('one'));
  textOf(await modernCall(gateway.url, 'one__echo', { nonce: 'a' }));
  assert.equal((await gateway.servers()).one.quarantine, null);
  await timeOut(gateway);
  await until('it is in quarantine', async () => (await gateway.servers()).one.quarantine === 'TOOL_004');
  assert.equal((await webhook.alert('TOOL_004')).quarantined, true);
  const refused = await modernCall(gateway.url, 'one__echo', { nonce: 'b' });
  assertTypedError(refused, { code: 'SYS_003', executed: 'no' });
  assert.match(refused.result.content[0].text, /quarantine/);
  assert.ok(!(await names()).includes('one'));
  assert.ok((await names()).includes('two'), 'the others serve');
  assert.equal(await sum(gateway, 'sallyport_upstream_quarantined', 'server="one"'), 1);

  const state = { ...process.env, XDG_STATE_HOME: join(dirname(gateway.config), 'state') };
  const cli = (...args) => run(['servers', ...args, '-c', gateway.config], { env: state });
  assert.match((await cli('list')).stdout, /one +quarantined/);
  writeFileSync(`${gateway.config}.new`, readFileSync(gateway.config, 'utf8').replace(/^escalate:$/m, 'monitor: {low: 9}\nescalate:'));
  renameSync(`${gateway.config}.new`, gateway.config);
  await until('it is in force', () => gateway.stderr.includes('"message":"the configuration is in force"'));
  assert.equal((await gateway.servers()).one.quarantine, 'TOOL_004', 'a reload does not end it');
  assert.match((await cli('enable', 'one')).stdout, /^one is enabled: up/);
  assert.equal((await gateway.servers()).one.quarantine, null);
  textOf(await modernCall(gateway.url, 'one__echo', { nonce: 'c' }));
});

it('a server that cannot be reached is an alert when it failed too often, in calls and outside of them', async (t) => {
  const webhook = await Webhook.start(t);
  const gateway = await startGateway(t, {
    servers: { gone: { url: `http://127.0.0.1:${await freePort()}/mcp` } }, monitor: { medium: 3 }, recovery: [{ match: { code: 'TOOL_006' }, strategy: 'fail_closed' }],
    escalate: { webhook: webhook.url },
  });
  for (let call = 0; call < 3; ++call) assert.equal(typedError(await modernCall(gateway.url, 'gone__echo')).code, 'TOOL_006');
  const alert = await webhook.alert('TOOL_006');
  assert.deepEqual([alert.because, alert.count, alert.severity, alert.server], ['threshold', 3, 'medium', 'gone']);
  const starts = await webhook.alert('DISC_006'); // its starts, which nobody called for
  assert.deepEqual([starts.because, starts.correlationId, starts.server], ['threshold', null, 'gone']);
});

it('a webhook that is away or never answers costs no call anything, and no drain', async (t) => {
  const silent = await Webhook.start(t, { answer: () => {} });
  const hung = await startGateway(t, { ...escalatesTimeouts, servers: { one: slowServer(t) }, escalate: { webhook: silent.url } });
  await timeOut(hung);
  await silent.alert('TOOL_004');
  textOf(await modernCall(hung.url, 'one__echo', { nonce: 'a' }));
  await hung.stop();

  const gone = await startGateway(t, { ...escalatesTimeouts, servers: { one: slowServer(t) }, escalate: { webhook: `http://127.0.0.1:${await freePort()}/` } });
  await timeOut(gone);
  textOf(await modernCall(gone.url, 'one__echo', { nonce: 'a' }));
  await until('it gave up', async () => (await delivered(gone, 'webhook', 'failed')) === 1);
  assert.equal(await delivered(gone, 'webhook', 'sent'), 0);
  assert.equal(await delivered(gone, 'log', 'sent'), 1);
});

it('a webhook that fails for a moment gets it with a later attempt', async (t) => {
  const webhook = await Webhook.start(t, { answer: (response, number) => response.writeHead(number < 3 ? 503 : 200).end() });
  const gateway = await startGateway(t, { ...escalatesTimeouts, servers: { one: slowServer(t) }, escalate: { webhook: webhook.url } });
  await timeOut(gateway);
  await until('it is sent', async () => (await delivered(gateway, 'webhook', 'sent')) === 1);
  assert.equal(webhook.posts.length, 3);
  assert.equal(new Set(webhook.posts.map(({ body }) => JSON.stringify(body))).size, 1);
});

it('the certificate of a webhook is verified', async (t) => {
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(temporaryDirectory(t), name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=hook', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const webhook = await Webhook.start(t, { tls: { key: readFileSync(key), cert: readFileSync(cert) } });
  const config = { ...escalatesTimeouts, escalate: { webhook: webhook.url } };
  const strange = await startGateway(t, { ...config, servers: { one: slowServer(t) } });
  await timeOut(strange);
  await until('it is refused', async () => (await delivered(strange, 'webhook', 'failed')) === 1);
  assert.equal(webhook.posts.length, 0);
  const trusting = await startGateway(t, { ...config, servers: { one: slowServer(t) }, shell: `export SSL_CERT_FILE=${cert}` });
  await timeOut(trusting);
  await webhook.alert('TOOL_004');
});

it('the URL of the webhook is shown nowhere', async (t) => {
  const webhook = await Webhook.start(t, { answer: (response) => response.writeHead(410).end() });
  const gateway = await startGateway(t, {
    ...escalatesTimeouts, servers: { one: slowServer(t) }, escalate: { webhook: `${webhook.url}/CANARY_PATH?key=CANARY_KEY` }, telemetry: { log: { level: 'debug' } },
  });
  await timeOut(gateway);
  await until('it was refused', async () => (await delivered(gateway, 'webhook', 'failed')) === 1);
  assert.equal(webhook.posts.length, 1, 'a refusal is not tried again');
  assert.equal(webhook.posts[0].path, '/CANARY_PATH?key=CANARY_KEY');
  writeFileSync(`${gateway.config}.new`, readFileSync(gateway.config, 'utf8').replace('CANARY_KEY', 'CANARY_OTHER'));
  renameSync(`${gateway.config}.new`, gateway.config);
  await until('it was read again', () => gateway.stderr.includes('"key":"escalate.webhook"'));
  const shown = [gateway.stderr];
  for (const path of ['/metrics', '/api/overview', '/api/servers', '/api/calls', '/api/errors']) shown.push((await gateway.admin(path)).text);
  assert.ok(!shown.join().includes('CANARY'), 'a secret is shown');
});

it('a reload tells another webhook, by other rules', async (t) => {
  const [former, next] = [await Webhook.start(t), await Webhook.start(t)];
  const udp = await udpReceiver(t);
  const gateway = await startGateway(t, { servers: { one: slowServer(t) }, escalate: { webhook: former.url, window: '1s' } });
  await timeOut(gateway);
  const text = readFileSync(gateway.config, 'utf8').replace(former.url, next.url).replace(/^escalate:$/m, `monitor: {medium: 2}\nescalate:\n  syslog: 127.0.0.1:${udp.port}`);
  writeFileSync(`${gateway.config}.new`, text);
  renameSync(`${gateway.config}.new`, gateway.config);
  await until('it is in force', () => gateway.stderr.includes('"message":"the configuration is in force"'));
  await timeOut(gateway);
  await timeOut(gateway);
  const alert = await next.alert('TOOL_004');
  assert.equal(alert.because, 'threshold');
  await until('the datagram arrives', () => udp.messages[0]?.startsWith('<28>1 '));
  assert.equal(former.posts.length, 0);
});

it('a caller that causes 1000 failures of each kind that callers can cause pages nobody', async (t) => {
  const webhook = await Webhook.start(t);
  const { server } = hostile(t);
  const gateway = await startGateway(t, {
    servers: { one: { ...server, tools: { deny: ['who'] } } }, monitor: { critical: 1, high: 1, medium: 1, low: 1 }, recovery: [{ strategy: 'escalate' }],
    limits: { rate: '2500/h' }, escalate: { webhook: webhook.url, quarantine: true },
  });
  textOf(await modernCall(gateway.url, 'one__echo', { nonce: 'up' }));
  const groups = {
    TOOL_002: () => modernCall(gateway.url, 'one__no_such_tool'),
    POLICY_or_TOOL_002: () => modernCall(gateway.url, 'one__who'),
    PROTO_002: async () => (await modernRequest(gateway.url, 'tools/call', { arguments: {} })).reply,
    PROTO_003: async () => (await modernRequest(gateway.url, 'no/such/method')).reply,
    LIMIT_001: async () => (await modernRequest(gateway.url, 'tools/list')).reply,
  };
  await groups.TOOL_002();
  await until('the caller is named', () => /"message":"a caller fails again and again","caller":"127.0.0.1","code":"TOOL_002"/.test(gateway.stderr));
  const seen = {};
  for (const cause of Object.values(groups)) {
    for (let batch = 0; batch < 50; ++batch) {
      for (const reply of await Promise.all(Array.from({ length: 20 }, async () => cause().catch(() => undefined)))) {
        const code = (reply && typedError(reply)?.code) ?? 'other';
        seen[code] = (seen[code] ?? 0) + 1;
      }
    }
  }
  assert.ok(seen.TOOL_002 >= 1000, JSON.stringify(seen));
  assert.ok(Object.keys(seen).some((code) => code.startsWith('PROTO_')), JSON.stringify(seen));
  assert.ok(seen.LIMIT_001 > 100, JSON.stringify(seen));
  assert.equal(webhook.posts.length, 0, JSON.stringify(webhook.posts[0]));
  assert.equal(await delivered(gateway, 'log', 'sent'), 0);
  assert.equal((await gateway.servers()).one.quarantine, null);
  assert.ok((await sum(gateway, 'sallyport_caller_alarms_total', 'code="TOOL_002"')) === 1, 'one warning a window');
});

it('who is refused before there is a call is counted like any other caller, and pages nobody', async (t) => {
  const webhook = await Webhook.start(t);
  const { server } = hostile(t);
  const gateway = await startGateway(t, {
    servers: { one: server }, monitor: { critical: 1, high: 1, medium: 1, low: 20 }, recovery: [{ strategy: 'escalate' }], escalate: { webhook: webhook.url },
  });
  const post = (body, headers = {}) => request(gateway.url, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }, body });
  const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const refusals = {
    PROTO_001: () => post('{"jsonrpc":'),
    PROTO_008: () => post(list, { 'mcp-session-id': 'never-given' }),
    PROTO_016: () => post(list, { 'content-type': 'text/plain' }),
    PROTO_017: () => post(list, { origin: 'https://elsewhere.example' }),
  };
  for (const [code, cause] of Object.entries(refusals)) {
    for (let i = 0; i < 60; ++i) assert.equal(typedError((await cause()).json)?.code, code);
    assert.equal(await sum(gateway, 'sallyport_caller_alarms_total', `code="${code}"`), 1, `${code}: one warning a window`);
    assert.equal(await sum(gateway, 'sallyport_refused_total', `code="${code}"`), 60);
    assert.match(gateway.stderr, new RegExp(`a caller fails again and again","caller":"127.0.0.1","code":"${code}"`));
  }
  assert.equal(webhook.posts.length, 0, JSON.stringify(webhook.posts[0]));
  assert.equal(await delivered(gateway, 'log', 'sent'), 0);
});
