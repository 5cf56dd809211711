// Promise: the command line says what is wrong and where, lists and calls what an agent would, and fronts what a person has.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { HostileHttp } from './fixtures/hostile-http.mjs';
import { completeList } from './lib/expect.mjs';
import { prepare, startGateway } from './lib/gateway.mjs';
import { modernCall, textOf } from './lib/mcp.mjs';
import { binary } from './lib/paths.mjs';
import { marked, MARK, untilGone } from './lib/processes.mjs';
import { run } from './lib/program.mjs';
import { hostile } from './lib/servers.mjs';
import { temporaryDirectory } from './lib/temp.mjs';
import { until, within } from './lib/wait.mjs';

function configFile(t, text) {
  const file = join(temporaryDirectory(t), 'sallyport.yaml');
  writeFileSync(file, text);
  return file;
}

// Every object in `value` that has the member `key`, at any depth.
function having(value, key) {
  if (value === null || typeof value !== 'object') return [];
  return [...(key in value ? [value] : []), ...Object.values(value).flatMap((member) => having(member, key))];
}

describe('check', () => {
  const FIVE = `version: 1
listen: {http: 127.0.0.1:8080}
servers:
  Files!:
    command: npx
  search:
    command: node
    arg: [server.js]
  weather:
    url: http://127.0.0.1:1/mcp
    headers: {authorization: "Bearer \${SALLYPORT_E2E_NOT_SET}"}
timeouts: {tool: soon}
threads: 1
threads: 1
`;
  // Where each mistake stands (at its key or at its value), and a word of its remedy.
  const PLACES = [
    { line: 4, columns: [3], remedy: /a-z, 0-9 and -|a-z0-9-/ },
    { line: 8, columns: [5], remedy: /did you mean.*args/i },
    { line: 11, columns: [15, 30, 38], remedy: /SALLYPORT_E2E_NOT_SET/ },
    { line: 12, columns: [12, 18], remedy: /55s|duration|seconds|unit/i },
    { line: 14, columns: [1], remedy: /threads/ },
  ];
  const assertFive = (reports, shown) => {
    assert.deepEqual(reports.map(({ line }) => line).sort((one, other) => one - other), PLACES.map(({ line }) => line), shown);
    for (const { line, column } of reports) assert.ok(PLACES.find((place) => place.line === line).columns.includes(column), `${line}:${column}\n${shown}`);
  };

  it('five different mistakes: five reports, each with its place and its remedy, exit 2', async (t) => {
    const { code, all } = await run(['check', '-c', configFile(t, FIVE)]);
    assert.equal(code, 2, all);
    const reports = [...all.matchAll(/^\S*sallyport\.yaml:(\d+):(\d+)/gm)].map(([, line, column]) => ({ line: Number(line), column: Number(column) }));
    assertFive(reports, all);
    for (const { remedy } of PLACES) assert.match(all, remedy);
  });

  it('--json: the same five, as data', async (t) => {
    const { code, stdout } = await run(['check', '--json', '-c', configFile(t, FIVE)]);
    assert.equal(code, 2);
    assertFive(having(JSON.parse(stdout), 'line'), stdout);
  });

  it('a key that is not enforced yet is a mistake, as are duplicates, anchors and syntax errors', async (t) => {
    for (const [text, line] of [
      ['version: 1\nguardrails: {default: standard}\n', 2],
      ['version: 1\nretry_budgets: {share: 0.2}\n', 2],
      ['version: 1\nthreads: 1\nthreads: 2\n', 3],
      ['version: 1\nservers:\n  a: &a {command: node}\n', 3],
      ['version: 1\nservers: {a: {command: node}\n', undefined],
      ['version: 2\n', 1],
      ['servers: {}\n', 1],
    ]) {
      const { code, all } = await run(['check', '-c', configFile(t, text)]);
      assert.equal(code, 2, `${text}\n${all}`);
      assert.match(all, new RegExp(`sallyport\\.yaml:${line ?? '\\d+'}:\\d+`), `${text}\n${all}`);
    }
  });

  it('a sound file: exit 0; a file that is not there: exit 2', async (t) => {
    const { file, env } = prepare(t, { servers: { one: hostile(t).server } });
    const sound = await run(['check', '-c', file], { env });
    assert.equal(sound.code, 0, sound.all);
    assert.equal((await run(['check', '-c', '/nonexistent/sallyport.yaml'])).code, 2);
  });

  it('--schema prints a JSON Schema', async () => {
    const { code, stdout } = await run(['check', '--schema']);
    assert.equal(code, 0);
    const schema = JSON.parse(stdout);
    assert.match(schema.$schema, /json-schema\.org/);
    assert.ok(schema.properties.servers && schema.properties.timeouts);
  });

  it('a secret never appears in what is printed', async (t) => {
    const env = { ...process.env, E2E_TOKEN: 'canary-secret' };
    const text = 'version: 1\nservers:\n  a: {url: "http://127.0.0.1:1/mcp", headers: {authorization: "Bearer ${E2E_TOKEN}", x: ["${E2E_TOKEN}"]}}\n';
    for (const flags of [[], ['--json']]) assert.ok(!(await run(['check', '-c', configFile(t, text), ...flags], { env })).all.includes('canary-secret'));
  });

  it('serve refuses what check refuses, with exit code 2 and nothing started', async (t) => {
    const { code, all } = await run(['serve', '-c', configFile(t, FIVE)]);
    assert.equal(code, 2, all);
    assert.match(all, /sallyport\.yaml:4:3/);
  });
});

describe('tools', () => {
  it('list, show and call work on a config, and leave no child behind', async (t) => {
    const { file, env, mark } = prepare(t, { servers: { one: hostile(t).server } });
    const list = await run(['tools', 'list', '--json', '-c', file], { env });
    assert.equal(list.code, 0, list.all);
    const names = having(JSON.parse(list.stdout), 'name').map(({ name }) => name);
    assert.ok(names.includes('one__echo'), list.stdout);

    const human = await run(['tools', 'list', '-c', file], { env });
    assert.equal(human.code, 0, human.all);
    assert.match(human.stdout, /one__echo/);
    assert.ok(!human.stdout.includes('\u001b'), 'no colours off a terminal');

    const shown = await run(['tools', 'show', 'one__echo', '--json', '-c', file], { env });
    assert.equal(shown.code, 0, shown.all);
    assert.equal(having(JSON.parse(shown.stdout), 'inputSchema')[0].inputSchema.type, 'object');

    const called = await run(['tools', 'call', 'one__echo', '--args', '{"say":"hello"}', '--json', '-c', file], { env });
    assert.equal(called.code, 0, called.all);
    assert.deepEqual(JSON.parse(having(JSON.parse(called.stdout), 'content')[0].content[0].text), { say: 'hello' });
    await untilGone('the children are gone', () => marked(mark));
  });

  it('exit codes: 1 when the call failed, 2 when the input is wrong', async (t) => {
    const { file, env } = prepare(t, { servers: { one: hostile(t).server } });
    const exit = async (...args) => (await run(['tools', ...args, '-c', file], { env })).code;
    assert.equal(await exit('call', 'one__is_error', '--args', '{}'), 1);
    assert.equal(await exit('call', 'one__exit_mid_call', '--args', '{}'), 1);
    assert.equal(await exit('call', 'one__echo', '--args', '{not json'), 2);
    assert.equal(await exit('call'), 2);
    assert.notEqual(await exit('call', 'one__nothing', '--args', '{}'), 0);
    assert.notEqual(await exit('show', 'one__nothing'), 0);
  });

  it('--url: against a running gateway', async (t) => {
    const gateway = await startGateway(t, { servers: { one: hostile(t).server } });
    await completeList(gateway.url);
    const list = await run(['tools', 'list', '--json', '--url', gateway.url]);
    assert.equal(list.code, 0, list.all);
    assert.ok(having(JSON.parse(list.stdout), 'name').some(({ name }) => name === 'one__echo'));
    const called = await run(['tools', 'call', 'one__echo', '--args', '{"say":"hello"}', '--url', gateway.url]);
    assert.equal(called.code, 0, called.all);
    assert.match(called.stdout, /hello/);
  });
});

describe('servers', () => {
  it('list and logs ask the running gateway', async (t) => {
    const gateway = await startGateway(t, { servers: { good: hostile(t).server, bad: hostile(t, { START: 'exit' }).server } });
    textOf(await modernCall(gateway.url, 'good__who'));
    const list = await run(['servers', 'list', '--json', '--admin', gateway.adminUrl]);
    assert.equal(list.code, 0, list.all);
    const rows = Object.fromEntries(having(JSON.parse(list.stdout), 'state').map((row) => [row.name, row]));
    assert.equal(rows.good.state, 'up');
    assert.ok('bad' in rows);
    const human = await run(['servers', 'list', '-c', gateway.config]);
    assert.equal(human.code, 0, human.all);
    assert.match(human.stdout, /good.*up/);
    await modernCall(gateway.url, 'bad__echo'); // whatever it answers, the server has been tried
    await until('the bad server is down', async () => (await gateway.servers()).bad.state === 'down');
    const logs = await run(['servers', 'logs', 'bad', '--admin', gateway.adminUrl]);
    assert.equal(logs.code, 0, logs.all);
    assert.match(logs.stdout, /hostile: will not start/);
  });

  it('no gateway there: exit 1 and a sentence that says what to do', async () => {
    const { code, stderr } = await run(['servers', 'list', '--admin', 'http://127.0.0.1:9']);
    assert.equal(code, 1);
    assert.match(stderr, /127\.0\.0\.1:9/);
  });
});

describe('version, completion, help', () => {
  it('version', async () => {
    const { code, stdout } = await run(['version', '--json']);
    assert.equal(code, 0);
    assert.match(JSON.parse(stdout).version, /^\d+\.\d+\.\d+/);
    assert.match((await run(['version'])).stdout, /sallyport \d+\.\d+\.\d+/);
  });

  it('completion scripts are accepted by their shell and know the commands', async () => {
    const { code, stdout } = await run(['completion', 'bash']);
    assert.equal(code, 0);
    for (const command of ['serve', 'check', 'tools', 'servers']) assert.ok(stdout.includes(command), command);
    const bash = spawn('bash', ['-n'], { stdio: ['pipe', 'ignore', 'pipe'] });
    bash.stdin.end(stdout);
    assert.equal(await new Promise((done) => bash.once('close', done)), 0);
    for (const shell of ['zsh', 'fish']) assert.equal((await run(['completion', shell])).code, 0, shell);
    assert.equal((await run(['completion', 'tcsh'])).code, 2);
  });

  it('every command has --help with an example; an unknown one is exit 2', async () => {
    for (const command of ['serve', 'check', 'tools', 'servers', 'version', 'completion']) {
      const { code, stdout } = await run([command, '--help']);
      assert.equal(code, 0, command);
      assert.match(stdout, /sallyport /, command);
      assert.match(stdout, /example/i, command);
    }
    assert.equal((await run(['frobnicate'])).code, 2);
    assert.equal((await run(['serve', '--frobnicate'])).code, 2);
  });
});

describe('serve --mcp-json', () => {
  // The gateway on an agent's own file; its children carry the mark, so that what survives would be found.
  async function front(t, make) {
    const mcp = join(temporaryDirectory(t), 'mcp.json');
    return startGateway(t, {
      args: ({ port, adminPort, mark }) => {
        writeFileSync(mcp, make(mark));
        return ['serve', '--mcp-json', mcp, '--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${adminPort}`];
      },
    });
  }
  const entry = (t, mark, extra = {}) => {
    const { command, args, env } = hostile(t).server;
    return { command, args, env: { ...env, [MARK]: mark }, ...extra };
  };

  for (const [shape, make] of [
    ['Claude Desktop', (t, mark) => ({ mcpServers: { 'My Server': entry(t, mark), other: entry(t, mark) } })],
    ['Cursor', (t, mark) => ({ mcpServers: { 'My Server': entry(t, mark, { type: 'stdio' }), other: entry(t, mark, { envFile: undefined }) } })],
    ['VS Code', (t, mark) => ({ inputs: [], servers: { 'My Server': entry(t, mark, { type: 'stdio' }), other: entry(t, mark, { type: 'stdio' }) } })],
  ]) {
    it(`${shape}: the servers are there, names folded`, async (t) => {
      const gateway = await front(t, (mark) => JSON.stringify(make(t, mark)));
      const { tools } = await completeList(gateway.url);
      for (const server of ['my-server', 'other']) assert.ok(tools.some(({ name }) => name === `${server}__echo`), tools.map(({ name }) => name).join());
      assert.match(textOf(await modernCall(gateway.url, 'my-server__echo', { say: shape })), new RegExp(shape));
      assert.ok('my-server' in (await gateway.servers()));
      await until('the folding is shown', () => gateway.stderr.includes('My Server'));
    });
  }

  it('an HTTP entry with headers', async (t) => {
    const upstream = await HostileHttp.start(t);
    const gateway = await front(t, () => JSON.stringify({ mcpServers: { web: { url: upstream.url, headers: { 'X-Team': 'blue' } } } }));
    assert.match(textOf(await modernCall(gateway.url, 'web__echo', { say: 'http' })), /http/);
    assert.equal(upstream.requests.at(-1).headers['x-team'], 'blue');
  });

  it('an entry that starts sallyport is skipped, so that it never fronts itself', async (t) => {
    const gateway = await front(t, (mark) => JSON.stringify({ mcpServers: { gate: { command: binary, args: ['serve', '--stdio'] }, other: entry(t, mark) } }));
    await completeList(gateway.url);
    assert.deepEqual(Object.keys(await gateway.servers()), ['other']);
  });

  it('what cannot be translated is refused with its place: exit 2', async (t) => {
    for (const text of ['{"mcpServers": {', '{"mcpServers": {"a": {}}}', '{"servers": {"a": {"command": "node", "args": ["${input:token}"]}}}', '[]']) {
      const file = join(temporaryDirectory(t), 'mcp.json');
      writeFileSync(file, text);
      const { code, all } = await run(['serve', '--mcp-json', file]);
      assert.equal(code, 2, `${text}\n${all}`);
      assert.match(all, /mcp\.json/, all);
    }
  });
});
