// Who gets alerts: a webhook in the test's process, a UDP socket, and Debian's rsyslogd.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { cleanUp } from './cleanup.mjs';
import { temporaryDirectory } from './temp.mjs';
import { until } from './wait.mjs';

// Keeps what is posted, each as {path, body}. `answer(response, number)` decides; by default everything is taken.
export class Webhook {
  static async start(t, { answer = (response) => response.writeHead(204).end(), tls } = {}) {
    const hook = new Webhook();
    const serve = (request, response) => {
      const chunks = [];
      request.on('error', () => {});
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        assert.equal(request.method, 'POST');
        assert.equal(request.headers['content-type'], 'application/json');
        hook.posts.push({ path: request.url, body: JSON.parse(Buffer.concat(chunks)) });
        answer(response, hook.posts.length);
      });
    };
    hook.server = tls ? createTlsServer(tls, serve) : createServer(serve);
    await new Promise((done) => hook.server.listen(0, '127.0.0.1', done));
    hook.url = `${tls ? 'https' : 'http'}://127.0.0.1:${hook.server.address().port}`;
    cleanUp(t, () => {
      hook.server.closeAllConnections();
      return new Promise((done) => hook.server.close(done));
    });
    return hook;
  }

  constructor() {
    this.posts = [];
  }

  alerts(code) {
    return this.posts.map(({ body }) => body).filter((body) => !code || body.code === code);
  }

  async alert(code, fits = () => true) {
    return until(`an alert ${code} arrives`, () => this.alerts(code).find(fits));
  }
}

// {port, messages}: what arrives by UDP.
export async function udpReceiver(t) {
  const socket = createSocket('udp4');
  const messages = [];
  socket.on('message', (bytes) => messages.push(bytes.toString()));
  await new Promise((done) => socket.bind(0, '127.0.0.1', done));
  cleanUp(t, () => new Promise((done) => socket.close(done)));
  return { port: socket.address().port, messages };
}

// Debian's rsyslogd: {port, lines()}; each line is what it made of a message: severity|app-name|msgid|text.
export async function startRsyslogd(t, port) {
  const program = '/usr/sbin/rsyslogd';
  assert.ok(existsSync(program), `no ${program}: install the Debian package rsyslog`);
  const directory = temporaryDirectory(t);
  const [config, out, pid] = ['rsyslog.conf', 'out', 'pid'].map((name) => join(directory, name));
  writeFileSync(
    config,
    `global(workDirectory="${directory}")
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="${port}")
template(name="parts" type="string" string="%syslogseverity-text%|%app-name%|%msgid%|%msg%\\n")
action(type="omfile" file="${out}" template="parts" asyncWriting="off" flushOnTXEnd="on")
`,
  );
  const daemon = spawn(program, ['-n', '-f', config, '-i', pid], { stdio: 'ignore' });
  const gone = new Promise((done) => daemon.once('exit', done));
  cleanUp(t, async () => {
    daemon.kill('SIGTERM');
    await gone;
  });
  await until('rsyslogd runs', () => {
    assert.equal(daemon.exitCode, null, 'rsyslogd ended');
    return existsSync(pid);
  });
  return { port, lines: () => (existsSync(out) ? readFileSync(out, 'utf8').split('\n').filter(Boolean) : []) };
}
