// Promise: clients reach the gateway over TLS and Unix sockets as over plain HTTP; certificates are exchanged while it serves; a drain
// answers every accepted call on all of them.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { cleanUp } from './lib/cleanup.mjs';
import { untilExecuting } from './lib/expect.mjs';
import { prepare, startGateway } from './lib/gateway.mjs';
import { exchange, request } from './lib/http.mjs';
import { modernBody, modernHeaders, typedError } from './lib/mcp.mjs';
import { binary } from './lib/paths.mjs';
import { freePort } from './lib/ports.mjs';
import { hostile } from './lib/servers.mjs';
import { Gate, temporaryDirectory } from './lib/temp.mjs';
import { until, within } from './lib/wait.mjs';

const run = promisify(execFile);
const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] });

// An authority, and certificates of it for localhost.
class Authority {
  constructor(scope) {
    this.directory = temporaryDirectory(scope);
    this.cert = join(this.directory, 'ca.pem');
    this.key = join(this.directory, 'ca.key');
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=Test CA', '-keyout', this.key, '-out', this.cert);
  }

  issue(name) {
    const made = { cert: join(this.directory, `${name}.pem`), key: join(this.directory, `${name}.key`) };
    const signing = join(this.directory, `${name}.csr`);
    const extensions = join(this.directory, 'ext');
    writeFileSync(extensions, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`, '-keyout', made.key, '-out', signing);
    openssl('x509', '-req', '-in', signing, '-CA', this.cert, '-CAkey', this.key, '-CAcreateserial', '-days', '2', '-extfile', extensions, '-out', made.cert);
    chmodSync(made.key, 0o600);
    return made;
  }
}

// One request; `via` is {port}, {port, ca…} for TLS, or {socketPath}.
function ask(via, method, params, headers = {}) {
  const send = via.ca ? httpsRequest : httpRequest;
  return within(
    `${method} over ${JSON.stringify({ ...via, ca: undefined, agent: undefined })}`,
    new Promise((resolve, reject) => {
      const body = modernBody(method, params);
      const outgoing = send(
        {
          host: '127.0.0.1',
          path: '/mcp',
          method: 'POST',
          agent: false,
          ...via,
          headers: { ...modernHeaders(method, params?.name), 'content-length': Buffer.byteLength(typeof body === 'string' ? body : JSON.stringify(body)), ...headers },
        },
        (incoming) => {
          let text = '';
          incoming.on('data', (chunk) => (text += chunk));
          incoming.on('end', () => resolve({ status: incoming.statusCode, headers: incoming.headers, text, peer: incoming.socket?.getPeerCertificate?.()?.subject?.CN }));
          incoming.on('error', reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
    }),
  );
}

const replyOf = ({ text }) => (text.startsWith('{') ? JSON.parse(text) : text.split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6))).find((message) => 'result' in message || 'error' in message));

// The pair where symlinks lead to it, as certbot and Kubernetes place one.
function linked(scope, pair) {
  const directory = temporaryDirectory(scope);
  const link = (file) => {
    symlinkSync(pair[file], join(directory, file));
    return join(directory, file);
  };
  return { cert: link('cert'), key: link('key') };
}

async function everyWay(t, config = {}) {
  const authority = new Authority(t);
  const pair = config.linked ? linked(t, authority.issue('first')) : authority.issue('first');
  const port = await freePort();
  const directory = temporaryDirectory(t);
  const path = join(directory, 'mcp.sock');
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, {
    servers: { one: server },
    listen: { http: [`127.0.0.1:${port}`, `unix:${path}`], tls: { cert: pair.cert, key: pair.key, ...config.tls?.(authority) } },
    ...config.rest,
  });
  const ca = readFileSync(authority.cert);
  return { authority, pair, gateway, recording, port, path, tls: { port, ca }, unix: { socketPath: path } };
}

it('TLS and a Unix socket: node, curl and openssl; plain HTTP is told what to write', async (t) => {
  const { authority, gateway, port, path, tls, unix } = await everyWay(t);
  for (const via of [tls, unix]) {
    const answer = await ask(via, 'tools/call', { name: 'one__echo', arguments: { nonce: 'x' } });
    assert.equal(answer.status, 200, answer.text);
  }
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const curl = await run('curl', ['-sS', '--cacert', authority.cert, '-o', '/dev/null', '-w', '%{http_code}', `https://localhost:${port}/mcp/nobody`]);
  assert.equal(curl.stdout, '404');
  const overUnix = await run('curl', ['-sS', '--unix-socket', path, '-o', '/dev/null', '-w', '%{http_code}', 'http://anything.example/mcp/nobody']);
  assert.equal(overUnix.stdout, '404');
  const shown = execFileSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-alpn', 'h2,http/1.1', '-CAfile', authority.cert, '-verify_return_error'], { input: '', stdio: ['pipe', 'pipe', 'ignore'] }).toString();
  assert.match(shown, /ALPN protocol: http\/1\.1/);
  assert.match(shown, /Verify return code: 0 \(ok\)/);
  assert.throws(() => execFileSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'], { input: '', stdio: ['pipe', 'ignore', 'ignore'] }));
  const plain = await exchange(port, 'GET /mcp HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(plain.bytes.toString(), /400 Bad Request[^]*https:\/\//);
  await until('the log says so', () => gateway.stderr.includes('speaks plain HTTP on a port that speaks TLS'));
  assert.ok((await gateway.metric('sallyport_tls_certificate_expiry_timestamp_seconds')) > Date.now() / 1000);
  await gateway.stop();
  assert.ok(!existsSync(path), 'the socket goes with the gateway');
});

it('the command line over a Unix socket: the tools of all servers and of one, a call, a refusal', async (t) => {
  const { recording, path } = await everyWay(t);
  const sallyport = (...args) => run(binary, args).catch((failed) => failed);
  const listed = async (url) => JSON.parse((await sallyport('tools', 'list', '--json', '--url', url)).stdout).tools.map(({ name }) => name);
  assert.ok((await listed(`unix:${path}`)).includes('one__echo'));
  assert.ok((await listed(`unix:${path}:/mcp/one`)).includes('echo'));
  const called = await sallyport('tools', 'call', 'one__echo', '--args', '{"nonce":"by hand"}', '--url', `unix:${path}`);
  assert.ok(!called.code, called.stderr);
  assert.equal(recording.executions('by hand'), 1);
  const unknown = await sallyport('tools', 'call', 'one__nothing', '--url', `unix:${path}`);
  assert.equal(unknown.code, 2, unknown.stderr);
  assert.match((await sallyport('tools', 'list', '--url', `unix:${path}/mcp`)).stderr, /write unix:\S+\.sock:\/mcp\n/);
});

it('client_ca: only clients of that authority come in', async (t) => {
  const { authority, tls } = await everyWay(t, { tls: (authority) => ({ client_ca: authority.cert }) });
  const known = authority.issue('client');
  const shown = { cert: readFileSync(known.cert), key: readFileSync(known.key) };
  assert.equal((await ask({ ...tls, ...shown }, 'server/discover', {})).status, 200);
  const stranger = new Authority(t).issue('stranger');
  await assert.rejects(ask({ ...tls, cert: readFileSync(stranger.cert), key: readFileSync(stranger.key) }, 'server/discover', {}));
  await assert.rejects(ask(tls, 'server/discover', {}));
});

it('renewed certificates are noticed without a signal: a symlink is swapped; half a pair changes nothing until the other half is there', async (t) => {
  const { authority, pair, gateway, tls } = await everyWay(t, { linked: true });
  const peer = async () => (await ask({ ...tls, agent: new HttpsAgent({ maxCachedSessions: 0 }) }, 'server/discover', {})).peer;
  const swap = (file, to) => {
    symlinkSync(to, `${pair[file]}.new`);
    renameSync(`${pair[file]}.new`, pair[file]);
  };
  const [second, third] = [authority.issue('second'), authority.issue('third')];
  assert.equal(await peer(), 'first');
  swap('key', second.key);
  swap('cert', second.cert);
  await until('the second is served', async () => (await peer()) === 'second');

  const refusals = () => gateway.stderr.split('the old one goes on serving').length - 1;
  const before = refusals(); // the swap above may have been seen between its halves
  swap('cert', third.cert);
  await until('the gateway says that the halves do not fit', () => refusals() > before);
  assert.equal(await peer(), 'second');
  swap('key', third.key);
  await until('the third is served', async () => (await peer()) === 'third');
  assert.equal((await gateway.metric('sallyport_tls_handshakes_failed_total')) ?? 0, 0);
});

it('100 certificates exchanged under reconnecting load: no failed handshake; a bad pair changes nothing', async (t) => {
  const { authority, pair, gateway, tls } = await everyWay(t);
  const issued = [authority.issue('a'), authority.issue('b')];
  let stopped = false;
  const seen = new Set();
  let connections = 0;
  const load = Array.from({ length: 8 }, async (_, index) => {
    const agent = new HttpsAgent({ keepAlive: false, maxCachedSessions: index % 2 ? 100 : 0 });
    while (!stopped) {
      const answer = await ask({ ...tls, agent }, 'server/discover', {});
      assert.equal(answer.status, 200, answer.text);
      if (answer.peer) seen.add(answer.peer);
      ++connections;
    }
  });
  const put = (from) => {
    for (const file of ['cert', 'key']) {
      writeFileSync(`${pair[file]}.new`, readFileSync(from[file]), { mode: 0o600 });
      renameSync(`${pair[file]}.new`, pair[file]);
    }
  };
  let exchanged = 0;
  for (let round = 0; round < 100; ++round) {
    const before = connections;
    put(issued[round % 2]);
    gateway.signal('SIGHUP');
    ++exchanged;
    await until('somebody connects', () => connections > before, { every: 1 });
  }
  writeFileSync(pair.key, 'no key');
  gateway.signal('SIGHUP');
  await until('the bad pair is refused', () => gateway.stderr.includes('the old one goes on serving'));
  assert.equal((await ask(tls, 'server/discover', {})).status, 200);
  stopped = true;
  await Promise.all(load);
  assert.equal(exchanged, 100);
  assert.deepEqual([...seen].sort().filter((name) => name !== 'first'), ['a', 'b']);
  assert.equal((await gateway.metric('sallyport_tls_handshakes_failed_total')) ?? 0, 0);
});

it('a drain under load over TLS and a Unix socket: 64 clients, every accepted call is answered, new ones get 503, exit 0', async (t) => {
  const { gateway, recording, tls, unix } = await everyWay(t, { rest: { limits: { concurrency: 64 } } });
  const gate = new Gate(t);
  const ways = [tls, unix];
  const inFlight = Array.from({ length: 64 }, (_, index) => ask(ways[index % 2], 'tools/call', { name: 'one__gate', arguments: { file: gate.file, nonce: `n${index}` } }));
  for (let index = 0; index < 64; ++index) await untilExecuting(recording, `n${index}`);
  gateway.signal('SIGTERM');
  await until('the gateway is draining', async () => (await gateway.admin('/readyz')).status === 503);
  for (const via of ways) {
    const refused = await ask(via, 'tools/call', { name: 'one__echo', arguments: { nonce: 'late' } });
    assert.equal(refused.status, 503, refused.text);
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    assert.equal(typedError(JSON.parse(refused.text)).code, 'LIMIT_008');
  }
  gate.open();
  for (const [index, answer] of (await Promise.all(inFlight)).entries()) {
    assert.equal(answer.status, 200, answer.text);
    assert.match(JSON.stringify(replyOf(answer)), new RegExp(`n${index}\\b`));
  }
  await gateway.expectCleanExit();
  assert.equal(recording.executions('late'), 0);
});

it('health: probes by address and by name from beyond loopback; nothing else is there; 503 while a drain answers its calls, then it ends', async (t) => {
  const health = await freePort();
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { servers: { one: server }, health: { http: `0.0.0.0:${health}` } });
  await until('the log says where', () => gateway.stderr.includes('serving health'));
  assert.doesNotMatch(gateway.stderr, /beyond loopback/);
  const curl = async (path, ...args) => (await run('curl', ['-sS', '-w', '%{http_code}', ...args, `http://127.0.0.1:${health}${path}`])).stdout;
  assert.equal(await curl('/healthz'), 'ok\n200');
  assert.equal(await curl('/readyz', '-H', 'Host: pod.example:1'), 'ready\n200');
  const beyond = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  if (beyond) assert.equal((await run('curl', ['-sS', '-w', '%{http_code}', `http://${beyond}:${health}/readyz`])).stdout, 'ready\n200');
  for (const path of ['/', '/metrics', '/api/servers', '/api/overview', '/mcp']) assert.match(await curl(path), /404$/, path);
  assert.match(await curl('/healthz', '-X', 'POST', '-d', 'x'), /405$/);
  const pipelined = await exchange(health, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.equal(pipelined.bytes.toString().split('HTTP/1.1 ').length, 2, 'one answer a connection');

  const gate = new Gate(t);
  const call = ask({ port: gateway.port }, 'tools/call', { name: 'one__gate', arguments: { file: gate.file, nonce: 'held' } });
  await untilExecuting(recording, 'held');
  gateway.signal('SIGTERM');
  await until('the probe hears of the drain', async () => (await curl('/readyz')) === 'draining\n503');
  assert.equal(await curl('/healthz'), 'ok\n200');
  gate.open();
  assert.equal((await call).status, 200);
  await gateway.expectCleanExit();
  await assert.rejects(curl('/healthz'));
});

it('health beside TLS: probes speak plain HTTP and show no certificate; a bad pair does not make it unready; a drain over TLS is told', async (t) => {
  const health = await freePort();
  const { authority, pair, gateway, recording, tls } = await everyWay(t, { tls: (authority) => ({ client_ca: authority.cert }), rest: { health: { http: `127.0.0.1:${health}` } } });
  const probe = async (path) => {
    const { status, text } = await request(`http://127.0.0.1:${health}${path}`);
    return `${status} ${text}`;
  };
  assert.equal(await probe('/readyz'), '200 ready\n');
  writeFileSync(pair.key, 'no key');
  gateway.signal('SIGHUP');
  await until('the bad pair is refused', () => gateway.stderr.includes('the old one goes on serving'));
  assert.equal(await probe('/readyz'), '200 ready\n');

  const gate = new Gate(t);
  const client = authority.issue('client');
  const held = ask({ ...tls, cert: readFileSync(client.cert), key: readFileSync(client.key) }, 'tools/call', { name: 'one__gate', arguments: { file: gate.file, nonce: 'held' } });
  await untilExecuting(recording, 'held');
  gateway.signal('SIGTERM');
  await until('the probe hears of the drain', async () => (await probe('/readyz')) === '503 draining\n');
  assert.equal(await probe('/healthz'), '200 ok\n');
  gate.open();
  assert.equal((await held).status, 200);
  await gateway.expectCleanExit();
});

it('one address of a list cannot be had: nothing is served, the diagnostic names it; a reload goes on with what was started', async (t) => {
  const taken = createServer();
  await new Promise((done) => taken.listen(0, '127.0.0.1', done));
  cleanUp(t, () => taken.close());
  const busy = `127.0.0.1:${taken.address().port}`;
  const path = join(temporaryDirectory(t), 'mcp.sock');
  const free = async () => `127.0.0.1:${await freePort()}`;
  const refused = async (config) => {
    const { file, env } = prepare(t, { servers: { one: hostile(t).server }, ...config });
    const ended = await within('the gateway to end', run(binary, ['serve', '-c', file], { env }).catch((failed) => failed));
    assert.equal(ended.code, 1, ended.stderr);
    assert.ok(!ended.stderr.includes('"serving '), ended.stderr);
    assert.ok(!existsSync(path), 'the socket that was opened is gone again');
    return ended.stderr;
  };
  const says = new RegExp(`cannot listen on ${busy.replaceAll('.', '\\.')}: Address already in use; stop what listens there`);
  assert.match(await refused({ listen: { http: [`unix:${path}`, busy, await free()] }, admin: { http: await free() } }), says);
  assert.match(await refused({ listen: { http: [`unix:${path}`] }, admin: { http: busy } }), says);
  assert.match(await refused({ listen: { http: [`unix:${path}`] }, admin: { http: await free() }, health: { http: busy } }), says);
  const absent = join(temporaryDirectory(t), 'none', 'mcp.sock');
  assert.match(await refused({ listen: { http: [`unix:${path}`, `unix:${absent}`] }, admin: { http: await free() } }), new RegExp(`cannot listen on unix:${absent}: No such file`));

  const gateway = await startGateway(t, { servers: { one: hostile(t).server } });
  writeFileSync(gateway.config, readFileSync(gateway.config, 'utf8').replace(`127.0.0.1:${gateway.port}`, busy));
  gateway.signal('SIGHUP');
  await until('the log says that it goes on as it was', () => /needs a restart of the gateway[^\n]*listen\.http/.test(gateway.stderr));
  assert.equal((await ask({ port: gateway.port }, 'tools/call', { name: 'one__echo', arguments: { nonce: 'x' } })).status, 200);
});

it('open files: the gateway takes the hard limit, its servers keep the soft one', async (t) => {
  const { server, recording } = hostile(t);
  const seen = join(temporaryDirectory(t), 'limits');
  // Noted before node is there: it raises its own limit.
  const noting = { ...server, command: 'sh', args: ['-c', `echo $(ulimit -Sn) $(ulimit -Hn) > ${seen}; exec "$0" "$@"`, server.command, ...server.args] };
  const gateway = await startGateway(t, { servers: { one: noting }, shell: 'ulimit -Sn 256' });
  assert.equal((await ask({ port: gateway.port }, 'tools/call', { name: 'one__echo', arguments: { nonce: 'x' } })).status, 200);
  assert.equal(recording.executions('x'), 1);
  const [, soft, hard] = /Max open files +(\S+) +(\S+)/.exec(readFileSync(`/proc/${gateway.process.pid}/limits`, 'utf8'));
  assert.equal(soft, hard);
  assert.equal(readFileSync(seen, 'utf8'), `256 ${hard}\n`);
});
