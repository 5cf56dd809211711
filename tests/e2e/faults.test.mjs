// Promise: failures are injected only when the operator says so twice, in the file and on the command line; each one has the code, the
// `executed` and the `canRetry` that such a failure of a real server has, with npm servers behind it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { renameSync, readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { cleanUp } from './lib/cleanup.mjs';
import { prepare, startGateway } from './lib/gateway.mjs';
import { request } from './lib/http.mjs';
import { assertTypedError, DEGRADED_KEY, LegacySession, modernCall, modernRequest, textOf, typedError } from './lib/mcp.mjs';
import { npmServer } from './lib/paths.mjs';
import { freePort } from './lib/ports.mjs';
import { run } from './lib/program.mjs';
import { everything, everythingOverHttp as everythingOverSse } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const never = { failures: 1000, window: '10s', open: '1h' }; // a breaker that does not open
const allowed = ({ file }) => ['serve', '-c', file, '--allow-faults'];
const start = (t, config) => startGateway(t, { args: allowed, breaker: never, ...config });

async function everythingOverHttp(t) {
  const port = await freePort();
  const child = spawn(process.execPath, [npmServer('everything'), 'streamableHttp'], { env: { ...process.env, PORT: String(port) }, stdio: 'ignore' });
  cleanUp(t, () => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}/mcp`;
  await until('server-everything listens', () => request(url).then(() => true, () => false));
  return { url };
}

async function injected(gateway) {
  const { text } = await gateway.admin('/metrics');
  const counts = {};
  for (const [, fault, count] of text.matchAll(/^sallyport_faults_injected_total\{server="up",fault="(\w+)"\} (\d+)$/gm)) counts[fault] = Number(count);
  return counts;
}

// A fault for each tool of server-everything that answers at once.
const TOOLS = ['echo', 'get-sum', 'get-env', 'get-tiny-image', 'get-resource-links', 'get-annotated-message', 'get-structured-content', 'get-resource-reference'];
const [delayed, slowed, refused, before, after, cut, garbled, odd] = TOOLS;
const faultsOf = (last) => [
  { tool: delayed, fault: 'delay', time: '300ms' },
  { tool: slowed, fault: 'slow', time: '20ms' },
  { tool: refused, fault: 'error', code: -31999, message: 'not today' },
  { tool: before, fault: 'reset_before' },
  { tool: after, fault: 'reset_after' },
  { tool: cut, fault: 'truncate' },
  { tool: garbled, fault: 'garble' },
  { tool: odd, fault: last },
];
const ARGS = { echo: { message: 'hello' }, 'get-sum': { a: 1, b: 2 }, 'get-annotated-message': { messageType: 'error' }, 'get-structured-content': { location: 'Chicago' }, 'get-resource-links': { count: 2 } };
// A JSON-RPC error is passed on as one that was not injected is.
async function refusesInItsWords(gateway) {
  const { error } = (await modernRequest(gateway.url, 'tools/call', { name: `up__${refused}`, arguments: {} })).reply;
  assert.deepEqual([error.code, error.message], [-31999, 'not today']);
}
const triedThrice = async (gateway, code) =>
  assert.equal(assertTypedError(await ask(gateway, before), { code, executed: 'no', canRetry: true }).recovery.attempts, 3, 'what did not run is tried again');
const isUp = (gateway) => until('it is up again', async () => (await gateway.servers()).up.state === 'up'); // its back-off grows with each end
const ask = (gateway, tool) => modernCall(gateway.url, `up__${tool}`, ARGS[tool]);

it('`faults` are refused without --allow-faults, by check and by serve: exit 2, nothing is started', async (t) => {
  const { file, env } = prepare(t, { servers: { up: everything() }, faults: [{ fault: 'crash' }] });
  for (const command of ['check', 'serve']) {
    const { code, all } = await run([command, '-c', file], { env });
    assert.equal(code, 2, all);
    assert.match(all, /sallyport\.yaml:\d+:\d+: .*`faults` injects failures on purpose.*start with `--allow-faults`, or remove it/);
  }
  const { code, all } = await run(['check', '-c', file, '--allow-faults'], { env });
  assert.equal(code, 0, all);
  assert.match(all, /warning.*on purpose/, 'and it says so where they are allowed');
});

it('a child process (npm server) fails as it is told to', async (t) => {
  const gateway = await start(t, {
    servers: { up: everything() },
    faults: faultsOf('duplicate'),
  });
  await until('the log says so', () => gateway.stderr.includes('injects failures on purpose'));

  const begun = performance.now();
  assert.match(textOf(await ask(gateway, delayed)), /hello/);
  assert.ok(performance.now() - begun >= 300, 'the answer was late');
  assert.match(textOf(await ask(gateway, slowed)), /3/);
  textOf(await ask(gateway, odd));
  await until('the second answer is nobody\'s', async () => (await gateway.metric('sallyport_upstream_late_answers_total')) >= 1);
  await refusesInItsWords(gateway);
  assertTypedError(await ask(gateway, garbled), { code: 'NET_006', executed: 'maybe', canRetry: false });

  await triedThrice(gateway, 'TOOL_006');
  for (const tool of [after, cut]) {
    await isUp(gateway);
    assertTypedError(await ask(gateway, tool), { code: 'TOOL_006', executed: 'maybe', canRetry: false });
  }
  await isUp(gateway);
  assert.match(textOf(await ask(gateway, slowed)), /3/, 'it is there again');
  assert.deepEqual(await injected(gateway), { delay: 1, slow: 2, duplicate: 1, error: 1, garble: 1, reset_before: 3, reset_after: 1, truncate: 1 });
});

it('a child that is killed, and one whose answer never comes', async (t) => {
  const gateway = await start(t, {
    servers: { up: { ...everything(), tools: { timeout: { 'get-sum': '1s' } } } },
    faults: [
      { tool: 'echo', fault: 'crash' },
      { tool: 'get-sum', fault: 'missing' },
    ],
  });
  textOf(await ask(gateway, 'get-env'));
  const { pid } = (await gateway.servers()).up;
  assertTypedError(await ask(gateway, 'get-sum'), { code: 'TOOL_004', executed: 'maybe', canRetry: false });
  assertTypedError(await ask(gateway, 'echo'), { code: 'TOOL_006', executed: 'maybe', canRetry: false });
  textOf(await ask(gateway, 'get-env'));
  assert.notEqual((await gateway.servers()).up.pid, pid, 'another process answers now');
  assert.deepEqual(await injected(gateway), { crash: 1, missing: 1 });
});

it('an HTTP server (npm) fails as it is told to', async (t) => {
  const upstream = await everythingOverHttp(t);
  const gateway = await start(t, {
    servers: { up: { ...upstream, tools: { timeout: { [odd]: '1s' } } } },
    faults: faultsOf('missing'),
  });
  const begun = performance.now();
  assert.match(textOf(await ask(gateway, delayed)), /hello/);
  assert.ok(performance.now() - begun >= 300, 'the answer was late');
  assert.match(textOf(await ask(gateway, slowed)), /3/);
  await refusesInItsWords(gateway);
  await triedThrice(gateway, 'NET_002');
  assertTypedError(await ask(gateway, after), { code: 'NET_002', executed: 'maybe', canRetry: false });
  const broken = await ask(gateway, cut); // whose stream can be taken up again, if an event with an id came before the break
  if (typedError(broken)) assertTypedError(broken, { code: 'NET_002', executed: 'maybe', canRetry: false });
  else assert.match(textOf(broken), /failed/);
  assertTypedError(await ask(gateway, garbled), { code: ['NET_002', 'NET_006'], executed: 'maybe', canRetry: false });
  assertTypedError(await ask(gateway, odd), { code: 'TOOL_004', executed: 'maybe', canRetry: false });
  assert.match(textOf(await ask(gateway, slowed)), /3/, 'it works for others');
});

it('a server that speaks HTTP+SSE (npm) fails as it is told to, and the stream goes on for others', async (t) => {
  const url = await everythingOverSse(t, 'up', 'sse');
  const gateway = await start(t, {
    servers: { up: { url, isolation: 'shared', tools: { timeout: { [odd]: '1s' } } } },
    faults: faultsOf('missing'),
  });
  const begun = performance.now();
  const [late, early] = await Promise.all([ask(gateway, delayed), ask(gateway, slowed)]);
  assert.match(textOf(late), /hello/);
  assert.match(textOf(early), /3/);
  assert.ok(performance.now() - begun >= 300, 'the answer was late');
  await refusesInItsWords(gateway);
  await triedThrice(gateway, 'NET_002');
  assertTypedError(await ask(gateway, after), { code: 'NET_002', executed: 'maybe', canRetry: false });
  assertTypedError(await ask(gateway, garbled), { code: 'NET_006', executed: 'maybe', canRetry: false });
  assertTypedError(await ask(gateway, odd), { code: 'TOOL_004', executed: 'maybe', canRetry: false });
  assert.match(textOf(await ask(gateway, slowed)), /3/, 'it works for others');
  assert.equal((await gateway.servers()).up.restarts, 0, 'on the stream that it had');
  assertTypedError(await ask(gateway, cut), { code: 'NET_002', executed: 'maybe', canRetry: false });
  await isUp(gateway);
  assert.match(textOf(await ask(gateway, slowed)), /3/, 'on another one');
  assert.deepEqual(await injected(gateway), { delay: 1, slow: 3, error: 1, reset_before: 3, reset_after: 1, garble: 1, missing: 1, truncate: 1 });
});

it('an HTTP server answers with a status, with what stands in its headers', async (t) => {
  const upstream = await everythingOverHttp(t);
  const [down, limited, unauthorized, broken, forgetful] = TOOLS;
  const gateway = await start(t, {
    servers: { up: upstream },
    faults: [
      { tool: down, fault: 'http', status: 503, headers: { 'retry-after': '7' } },
      { tool: limited, fault: 'http', status: 429, headers: { 'retry-after': '3600' } },
      { tool: unauthorized, fault: 'http', status: 401 },
      { tool: broken, fault: 'http', status: 500 },
      { tool: forgetful, fault: 'http', status: 404 },
    ],
  });
  assert.equal(assertTypedError(await ask(gateway, down), { code: 'TOOL_006', executed: 'maybe', canRetry: false }).retryAfterMs, 7000);
  assert.equal(assertTypedError(await ask(gateway, limited), { code: 'LIMIT_002', executed: 'no', canRetry: true }).retryAfterMs, 3_600_000);
  assertTypedError(await ask(gateway, unauthorized), { code: 'TOOL_005', executed: 'no', canRetry: false });
  assertTypedError(await ask(gateway, broken), { code: 'TOOL_001', executed: 'maybe', canRetry: false });
  const renewed = await ask(gateway, forgetful);
  textOf(renewed);
  assert.equal(renewed.result._meta[DEGRADED_KEY]?.[0].code, 'RECOVERY_004', `a session that the server does not know is replaced: ${JSON.stringify(renewed.result._meta)}`);
});

it('a share of the requests is struck, the same ones in each run; a tool that may be repeated recovers', async (t) => {
  const pattern = async () => {
    const gateway = await start(t, {
      servers: { up: { ...everything(), tools: { read_only: ['get-sum'] } } },
      faults: [{ tool: 'echo', percent: 30, seed: 5, fault: 'garble' }, { tool: 'get-sum', percent: 30, seed: 6, fault: 'garble' }],
    });
    const session = await LegacySession.open(gateway.url);
    const struck = [];
    for (let i = 0; i < 30; ++i) struck.push(typedError(await session.call('up__echo', ARGS.echo))?.code ?? 'ok');
    let retried = 0;
    for (let i = 0; i < 20; ++i) {
      const reply = await session.call('up__get-sum', ARGS['get-sum']);
      if (!reply.result.isError) ++retried;
    }
    assert.ok(retried >= 18, `with three attempts at 30 %: ${retried} of 20`);
    return struck;
  };
  const [one, other] = [await pattern(), await pattern()];
  assert.deepEqual(one, other);
  const failed = one.filter((code) => code !== 'ok');
  assert.ok(failed.length >= 3 && failed.length <= 18, one.join(' '));
  assert.deepEqual([...new Set(failed)], ['NET_006']);
});

it('a mistake of the gateway itself ends that call alone, and its operator is told at once', async (t) => {
  const web = await everythingOverHttp(t);
  const gateway = await start(t, { servers: { up: everything(), web }, faults: [{ tool: 'echo', fault: 'defect' }] });
  for (const server of ['up', 'web']) {
    const failed = modernRequest(gateway.url, 'tools/call', { name: `${server}__echo`, arguments: ARGS.echo });
    const other = modernCall(gateway.url, `${server}__get-sum`, ARGS['get-sum']);
    const { error } = (await failed).reply;
    assert.equal(error.code, -32603);
    assert.match(error.message, /^The gateway made a mistake of its own\..*Tell the operator.*\(SYS_001, ref [0-9a-f]+…?\)$/);
    const told = assertTypedError({ error }, { code: 'SYS_001', executed: 'maybe', canRetry: false, surface: 'rpc' });
    assert.match(textOf(await other), /3/, 'and nobody else\'s');
    await until('the log has the alert under the reference', () => gateway.stderr.includes('"message":"alert","code":"SYS_001"') && gateway.stderr.includes(told.correlationId));
    assert.doesNotMatch(JSON.stringify(error), /injected defect/, 'what the exception says is not for clients');
  }
  assert.equal((await gateway.servers()).up.breaker.state, 'closed', 'it is no failure of the server');
});

it('a reload puts other faults in force and takes them away; no process is started for it', async (t) => {
  const gateway = await start(t, { servers: { up: everything() } });
  textOf(await ask(gateway, 'echo'));
  const { pid } = (await gateway.servers()).up;
  const plain = readFileSync(gateway.config, 'utf8');
  const put = (text) => {
    writeFileSync(`${gateway.config}.new`, text);
    renameSync(`${gateway.config}.new`, gateway.config);
  };
  put(`${plain}\nfaults: [{tool: echo, fault: garble}]\n`);
  await until('the fault strikes', async () => typedError(await ask(gateway, 'echo'))?.code === 'NET_006');
  put(plain);
  await until('it does not any more', async () => !(await ask(gateway, 'echo')).result.isError);
  assert.equal((await gateway.servers()).up.pid, pid);
});

it('a reload brings no faults into a gateway that was started without the flag', async (t) => {
  const gateway = await startGateway(t, { servers: { up: everything() } });
  textOf(await ask(gateway, 'echo'));
  writeFileSync(gateway.config, `${readFileSync(gateway.config, 'utf8')}\nfaults: [{tool: echo, fault: garble}]\n`);
  await until('the log says why not', () => gateway.stderr.includes('the configuration is wrong'));
  textOf(await ask(gateway, 'echo'));
});
