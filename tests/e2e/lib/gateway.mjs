// Starts and stops the program under test; stopping asserts a clean exit and that nothing it started survives.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp } from './cleanup.mjs';
import { request } from './http.mjs';
import { binary } from './paths.mjs';
import { freePort } from './ports.mjs';
import { descendants, killMarked, MARK, marked, untilGone } from './processes.mjs';
import { temporaryDirectory } from './temp.mjs';
import { until, within } from './wait.mjs';
import { toYaml } from './yaml.mjs';

const STDERR_KEPT = 64 * 1024;

function requireBinary() {
  assert.ok(existsSync(binary), `no program at ${binary}: build it, or set SALLYPORT`);
}

const stamped = (servers, mark) =>
  Object.fromEntries(
    Object.entries(servers).map(([name, server]) => [name, server.command ? { ...server, env: { ...server.env, [MARK]: mark } } : server]),
  );

// A config file in a directory of its own, and the environment in which to run the program with it.
export function prepare(scope, { servers = {}, ...config }) {
  const directory = temporaryDirectory(scope);
  const mark = randomBytes(8).toString('hex');
  const file = join(directory, 'sallyport.yaml');
  writeFileSync(file, `${toYaml({ version: 1, ...config, servers: stamped(servers, mark) })}\n`);
  const env = { ...process.env, XDG_STATE_HOME: join(directory, 'state'), [MARK]: mark };
  return { directory, file, mark, env };
}

// What an MCP client needs to run the gateway as its stdio server.
export function stdioGateway(scope, config) {
  requireBinary();
  const { file, mark, env } = prepare(scope, config);
  cleanUp(scope, async () => {
    try {
      await untilGone('the processes of a stdio gateway are gone', () => marked(mark));
    } finally {
      killMarked(mark);
    }
  });
  return { command: binary, args: ['serve', '--stdio', '-c', file], env, mark };
}

export class Gateway {
  constructor({ process, mark, port, adminPort }) {
    this.process = process;
    this.mark = mark;
    this.port = port;
    this.adminPort = adminPort;
    this.stderr = '';
    this.exited = new Promise((done) => process.once('exit', (code, signal) => done({ code, signal })));
    process.stderr.on('data', (chunk) => {
      this.stderr = (this.stderr + chunk).slice(-STDERR_KEPT);
    });
    process.stdout.resume();
  }

  get url() {
    return `http://127.0.0.1:${this.port}/mcp`;
  }

  // With `listen: {legacy_sse: true}`.
  get sseUrl() {
    return `http://127.0.0.1:${this.port}/sse`;
  }

  serverUrl(name) {
    return `${this.url}/${name}`;
  }

  get adminUrl() {
    return `http://127.0.0.1:${this.adminPort}`;
  }

  admin(path, options) {
    return request(`${this.adminUrl}${path}`, options);
  }

  // GET /api/servers as {name: row}.
  async servers() {
    const { status, json } = await this.admin('/api/servers');
    assert.equal(status, 200, 'GET /api/servers');
    return Object.fromEntries(json.map((row) => [row.name, row]));
  }

  // The sum over all label sets of a metric; undefined when it is not there.
  async metric(name) {
    const { status, text } = await this.admin('/metrics');
    assert.equal(status, 200, 'GET /metrics');
    const samples = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return samples.length === 0 ? undefined : samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  // The children that descend from the gateway, and whatever else carries its mark.
  family() {
    return [...descendants(this.process.pid), ...marked(this.mark).filter(({ pid }) => pid !== this.process.pid)];
  }

  isRunning() {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  signal(name) {
    this.process.kill(name);
  }

  // Ends a gateway that a test has no more use for: SIGTERM, exit 0, nothing left.
  async stop() {
    if (this.isRunning()) this.signal('SIGTERM');
    await this.expectCleanExit();
  }

  async expectCleanExit() {
    const outcome = await within(`the gateway to exit\n${this.stderr}`, this.exited);
    assert.deepEqual(outcome, { code: 0, signal: null }, `the gateway did not exit cleanly\n${this.stderr}`);
    await this.expectNoSurvivors();
  }

  async expectNoSurvivors() {
    await untilGone('the children of the gateway are gone', () => marked(this.mark));
  }
}

async function untilReady(gateway) {
  await until('the gateway is ready', async () => {
    if (!gateway.isRunning()) return true;
    return (await gateway.admin('/readyz')).status === 200;
  }).catch((error) => {
    throw new Error(`${error.message}\n${gateway.stderr}`);
  });
  assert.ok(gateway.isRunning(), `the gateway ended at start\n${gateway.stderr}`);
}

// Starts `sallyport serve` on `config` (listen and admin are filled in) and waits until it is ready. `scope` stops it.
// `shell`: what a shell does before it becomes the gateway. A test that ends the gateway itself says so with `stops: false`; then only survivors are looked for.
export async function startGateway(scope, { args, stops = true, ports, shell, ...config } = {}) {
  requireBinary();
  const port = ports?.port ?? (await freePort());
  const adminPort = ports?.adminPort ?? (await freePort());
  const { listen, admin, ...rest } = config;
  const { file, mark, env } = prepare(scope, {
    listen: { http: `127.0.0.1:${port}`, ...listen },
    admin: { http: `127.0.0.1:${adminPort}`, ...admin },
    ...rest,
  });
  const commandLine = args?.({ port, adminPort, mark, file }) ?? ['serve', '-c', file];
  const [program, ...programArgs] = shell ? ['sh', '-c', `${shell} && exec "$0" "$@"`, binary, ...commandLine] : [binary, ...commandLine];
  const process = spawn(program, programArgs, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const gateway = new Gateway({ process, mark, port, adminPort });
  gateway.config = file;
  cleanUp(scope, async () => {
    if (scope.passed === false) {
      const { exitCode, signalCode } = process;
      const end = gateway.isRunning() ? 'runs' : `has ended: ${signalCode ?? exitCode}`;
      console.error(`--- stderr of the gateway, which ${end}\n${gateway.stderr}---`);
    }
    try {
      await (stops ? gateway.stop() : gateway.expectNoSurvivors());
    } finally {
      killMarked(mark); // a failed test leaves nothing behind either
    }
  });
  await untilReady(gateway);
  return gateway;
}

// Where a client reaches a gateway with this configuration, over either transport.
export const TARGETS = {
  HTTP: async (scope, config) => ({ url: (await startGateway(scope, config)).url }),
  stdio: async (scope, config) => stdioGateway(scope, config),
};
