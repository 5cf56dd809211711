// Debian's nginx in front of the gateway, with a location that a page of the documentation shows.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { cleanUp } from './cleanup.mjs';
import { root } from './paths.mjs';
import { freePort } from './ports.mjs';
import { temporaryDirectory } from './temp.mjs';
import { until } from './wait.mjs';

const program = '/usr/sbin/nginx';
const temporaryPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

// The only block of nginx on a page of docs/, for a gateway at `port` instead of the one that it names.
export function documentedLocation(page, port) {
  const blocks = [...readFileSync(join(root, 'docs', page), 'utf8').matchAll(/^```nginx\n([^]*?)^```$/gm)];
  assert.equal(blocks.length, 1, `one block of nginx in ${page}`);
  const location = blocks[0][1].replace('127.0.0.1:8080', `127.0.0.1:${port}`);
  assert.ok(location.includes(`:${port}`), location);
  return location;
}

const canConnect = (port) =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => done(true));
    socket.on('error', () => done(false));
    socket.on('connect', () => socket.destroy());
  });

// {port} once it answers; `scope` ends it.
export async function startNginx(scope, location) {
  assert.ok(existsSync(program), `no ${program}: install the Debian package nginx-light`);
  const directory = temporaryDirectory(scope);
  const port = await freePort();
  const config = join(directory, 'nginx.conf');
  const log = join(directory, 'error.log');
  writeFileSync(
    config,
    `daemon off; worker_processes 1; pid ${directory}/pid; ${process.getuid() === 0 ? 'user root root;' : ''}
events {}
http {
  access_log off;
  ${temporaryPaths.map((name) => `${name}_temp_path ${directory}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port};
${location}
  }
}
`,
  );
  const nginx = spawn(program, ['-p', directory, '-e', log, '-c', config], { stdio: 'ignore' });
  const gone = new Promise((done) => nginx.once('exit', done));
  cleanUp(scope, async () => {
    nginx.kill('SIGTERM');
    await gone;
  });
  await until('nginx listens', async () => {
    assert.equal(nginx.exitCode, null, existsSync(log) ? readFileSync(log, 'utf8') : 'nginx ended');
    return canConnect(port);
  });
  return { port };
}
