// Promise: an operator restarts, disables and enables servers while clients use them, and nobody does who lacks the token.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { connect } from './lib/clients.mjs';
import { completeList, degradedOf, listTools, untilExecuting } from './lib/expect.mjs';
import { prepare, startGateway } from './lib/gateway.mjs';
import { assertTypedError, LegacySession, modernCall, textOf } from './lib/mcp.mjs';
import { run } from './lib/program.mjs';
import { everything, filesystem, hostile } from './lib/servers.mjs';
import { Gate, temporaryDirectory } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

const stateOf = (gateway) => join(dirname(gateway.config), 'state');
const tokenFile = (gateway) => join(stateOf(gateway), 'sallyport', 'admin-token');
const tokenOf = (gateway) => readFileSync(tokenFile(gateway), 'utf8').trim();

const post = (gateway, path, { token = tokenOf(gateway), headers, ...options } = {}) =>
  gateway.admin(path, { method: 'POST', headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers }, ...options });
const command = (gateway, action, server, options) => post(gateway, `/api/servers/${server}/${action}`, options);

async function obeyed(gateway, action, server) {
  const { status, json, text } = await command(gateway, action, server);
  assert.equal(status, 200, text);
  assert.equal(json.action, action);
  return json;
}

const cli = (gateway, ...args) => run(['servers', ...args, '-c', gateway.config], { env: { ...process.env, XDG_STATE_HOME: stateOf(gateway) } });
const row = async (gateway, name) => (await gateway.servers())[name];
const named = ({ tools }, prefix) => tools.filter(({ name }) => name.startsWith(`${prefix}__`)).length;

const isListChanged = ({ method }) => method === 'notifications/tools/list_changed';

it('npm servers that are restarted again and again under the load of official clients lose no call', { timeout: 300_000 }, async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'a.txt'), 'content of a');
  const gateway = await startGateway(t, { servers: { every: everything(), files: filesystem(directory) } });
  await completeList(gateway.url);
  const peers = await Promise.all(['v1', 'v2-legacy', 'v2-modern', 'v1', 'v2-legacy', 'v2-modern'].map((family) => connect(t, family, { url: gateway.url })));
  let stopped = false;
  let calls = 0;
  const load = Promise.all(
    peers.map(async (peer, index) => {
      for (let round = 0; !stopped; ++round) {
        const message = `${index}-${round}`;
        const result =
          (index + round) % 2
            ? await peer.call('every__echo', { message })
            : await peer.call('files__read_text_file', { path: join(directory, 'a.txt') });
        assert.ok(!result.isError, `a call was lost: ${JSON.stringify(result)}`);
        assert.equal(result.content[0].text, (index + round) % 2 ? `Echo: ${message}` : 'content of a');
        ++calls;
      }
    }),
  ).finally(() => { stopped = true; });
  load.catch(() => {}); // reported below
  const pids = new Set();
  for (let round = 0; round < 8 && !stopped; ++round) {
    const server = round % 2 ? 'every' : 'files';
    const before = calls;
    const answer = await obeyed(gateway, 'restart', server);
    assert.deepEqual([answer.state, answer.calls.cut, answer.changed], ['up', 0, true]);
    assert.ok(!pids.has(answer.pid), 'it is another process');
    pids.add(answer.pid);
    await until('calls go on', () => stopped || calls > before + 12);
  }
  stopped = true;
  await load;
  assert.equal(pids.size, 8);
  assert.equal((await row(gateway, 'every')).restarts, 4);
  const { tools } = await completeList(gateway.url);
  assert.ok(tools.length > 10);
});

it('a restart waits for the calls of the former process, new ones do not wait for them', async (t) => {
  const fixture = hostile(t);
  const gateway = await startGateway(t, { servers: { one: fixture.server } });
  const gate = new Gate(t);
  const held = modernCall(gateway.url, 'one__gate', { nonce: 'held', file: gate.file });
  await untilExecuting(fixture.recording, 'held');
  const { pid } = await row(gateway, 'one');
  const restarting = command(gateway, 'restart', 'one');
  const fresh = await until('there is a new process', async () => {
    const who = textOf(await modernCall(gateway.url, 'one__who'));
    return Number(who) !== pid && who;
  });
  // Two at once: the second is told so, and changes nothing.
  const second = await command(gateway, 'restart', 'one');
  assert.deepEqual([second.status, second.json.error.code], [409, 'LIMIT_003']);
  assert.equal(textOf(await modernCall(gateway.url, 'one__who')), fresh);
  gate.open();
  assert.match(textOf(await held), /held/);
  const { status, json } = await restarting;
  assert.deepEqual([status, json.state, String(json.pid), json.calls], [200, 'up', fresh, { waitedFor: 1, cut: 0 }]);
  await until('the former one is gone', () => !existsSync(`/proc/${pid}`));
});

it('of two restarts at the same instant one is done', async (t) => {
  const gateway = await startGateway(t, { servers: { one: hostile(t, { START: 'slow:300' }).server } });
  await modernCall(gateway.url, 'one__who');
  const answers = await Promise.all([1, 2].map(() => command(gateway, 'restart', 'one')));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
  assert.equal((await row(gateway, 'one')).restarts, 1);
});

it('a call that does not end within timeouts.shutdown is cut, typed and counted', async (t) => {
  const fixture = hostile(t);
  const gateway = await startGateway(t, { servers: { one: fixture.server }, timeouts: { shutdown: '300ms' } });
  const held = modernCall(gateway.url, 'one__never', { nonce: 'cut' });
  await until('it is in flight', async () => (await row(gateway, 'one')).inFlight === 1);
  const { calls, state } = await obeyed(gateway, 'restart', 'one');
  assert.deepEqual([state, calls], ['up', { waitedFor: 1, cut: 1 }]);
  assertTypedError(await held, { code: ['TOOL_006', 'TOOL_001', 'TOOL_007', 'LIMIT_008'], executed: 'maybe' });
});

it('disable lets a running call end; then its tools are gone and say why, and enable brings them back', async (t) => {
  const directory = temporaryDirectory(t);
  const gateway = await startGateway(t, { servers: { every: everything(), files: filesystem(directory) } });
  const listed = await completeList(gateway.url);
  const session = await LegacySession.open(gateway.url);
  const stream = await session.listen();
  const peer = await connect(t, 'v1', { url: gateway.url });
  const running = peer.call('every__trigger-long-running-operation', { duration: 2, steps: 2 });
  await until('it is in flight', async () => (await row(gateway, 'every')).inFlight === 1);
  const disabling = command(gateway, 'disable', 'every');
  await stream.next('list_changed', isListChanged);
  const without = await listTools(gateway.url);
  assert.deepEqual([named(without, 'every'), named(without, 'files')], [0, named(listed, 'files')]);
  const [mark] = degradedOf(without);
  assert.deepEqual([mark.what, mark.code], ['every', 'SYS_003']);
  assertTypedError(await session.call('every__echo', { message: 'x' }), { code: 'SYS_003', executed: 'no' });
  assertTypedError(await modernCall(gateway.serverUrl('every'), 'echo', { message: 'x' }), { code: 'SYS_003', executed: 'no' });
  assert.match((await running).content[0].text, /Long running operation completed/);
  const { json } = await disabling;
  assert.deepEqual([json.state, json.pid, json.changed, json.calls], ['disabled', null, true, { waitedFor: 1, cut: 0 }]);
  assert.equal((await obeyed(gateway, 'disable', 'every')).changed, false);
  assert.equal(await gateway.metric('sallyport_upstream_disabled'), 1);
  const refused = await command(gateway, 'restart', 'every');
  assert.deepEqual([refused.status, refused.json.error.code], [409, 'SYS_003']);
  assert.equal((await gateway.admin('/api/overview')).json.servers.disabled, 1);

  gateway.signal('SIGHUP');
  await until('the configuration was read again', () => gateway.stderr.includes('the configuration is as it was'));
  assert.equal((await row(gateway, 'every')).state, 'disabled', 'a reload does not enable it');

  const heard = stream.messages.filter(isListChanged).length;
  assert.equal((await obeyed(gateway, 'enable', 'every')).state, 'up');
  await until('list_changed', () => stream.messages.filter(isListChanged).length > heard);
  assert.equal(named(await completeList(gateway.url), 'every'), named(listed, 'every'));
  assert.equal((await peer.call('every__echo', { message: 'back' })).content[0].text, 'Echo: back');
  assert.equal((await obeyed(gateway, 'enable', 'every')).changed, false);
});

it('a restart replaces all processes of an isolated server, a disable ends them', async (t) => {
  const fixture = hostile(t);
  // As many places as there are sessions: the successors have theirs beside the former ones.
  const gateway = await startGateway(t, { servers: { one: { ...fixture.server, isolation: 'session' } }, limits: { children: 4 } });
  const sessions = await Promise.all([1, 2, 3].map(() => LegacySession.open(gateway.url)));
  const who = () => Promise.all(sessions.map(async (session) => textOf(await session.call('one__who'))));
  const former = await who();
  const gate = new Gate(t);
  const held = sessions.map((session, index) => session.call('one__gate', { nonce: `held-${index}`, file: gate.file }));
  for (const index of held.keys()) await untilExecuting(fixture.recording, `held-${index}`);
  const restarting = command(gateway, 'restart', 'one');
  const fresh = await until('all sessions have another process', async () => {
    const pids = await who();
    return pids.every((pid) => !former.includes(pid)) && pids;
  });
  assert.equal(new Set(fresh).size, 3);
  gate.open();
  for (const [index, call] of held.entries()) assert.match(textOf(await call), new RegExp(`held-${index}`));
  const { json } = await restarting;
  assert.deepEqual([json.state, json.calls, json.instances], ['up', { waitedFor: 3, cut: 0 }, 3]);
  await until('the former ones are gone', () => !former.some((pid) => existsSync(`/proc/${pid}`)));
  assert.deepEqual(await who(), fresh);

  assert.equal((await obeyed(gateway, 'disable', 'one')).instances, 0);
  await until('no process is left', () => !fresh.some((pid) => existsSync(`/proc/${pid}`)));
  for (const session of sessions) assertTypedError(await session.call('one__who'), { code: 'SYS_003', executed: 'no' });
  await obeyed(gateway, 'enable', 'one');
  assert.equal(new Set(await who()).size, 3);
});

describe('the command line', () => {
  it('restarts, disables and enables, and says what is so', async (t) => {
    const gateway = await startGateway(t, { servers: { one: hostile(t).server } });
    const restarted = await cli(gateway, 'restart', 'one');
    assert.deepEqual([restarted.code, restarted.stderr], [0, '']);
    assert.match(restarted.stdout, /^one was restarted: up, pid \d+\n$/);
    const disabled = await cli(gateway, 'disable', 'one', '--json');
    assert.equal(disabled.code, 0, disabled.all);
    assert.deepEqual([JSON.parse(disabled.stdout).state, JSON.parse(disabled.stdout).changed], ['disabled', true]);
    assert.match((await cli(gateway, 'list')).stdout, /^one +disabled/m);
    const refused = await cli(gateway, 'restart', 'one');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /enable/);
    const enabled = await cli(gateway, 'enable', 'one');
    assert.match(enabled.stdout, /^one is enabled: up/);
    const unknown = await cli(gateway, 'restart', 'on');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /one/);
  });

  it('says that a server did not come up', async (t) => {
    const block = join(temporaryDirectory(t), 'block');
    const gateway = await startGateway(t, { servers: { one: hostile(t, { START: `exit_if:${block}` }).server } });
    await modernCall(gateway.url, 'one__who');
    writeFileSync(block, '');
    const failed = await cli(gateway, 'restart', 'one');
    assert.equal(failed.code, 1, failed.all);
    assert.match(failed.stderr, /one is down/);
  });

  it('takes a token from a file or the environment, and says which is wrong', async (t) => {
    const secret = 'operators-own-token-0123456789';
    const gateway = await startGateway(t, { servers: { one: hostile(t).server }, admin: { token: '${ADMIN_TOKEN}' }, shell: `export ADMIN_TOKEN=${secret}` });
    assert.ok(!existsSync(tokenFile(gateway)), 'none is made where there is one');
    const args = ['servers', 'restart', 'one', '--admin', gateway.adminUrl];
    const file = join(temporaryDirectory(t), 'token');
    writeFileSync(file, `${secret}\n`);
    assert.equal((await run([...args, '--token-file', file])).code, 0);
    assert.equal((await run(args, { env: { ...process.env, SALLYPORT_ADMIN_TOKEN: secret } })).code, 0);
    writeFileSync(file, 'another-token-0123456789');
    const wrong = await run([...args, '--token-file', file]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /admin\.token.*AUTH_001/s);
    assert.ok(!`${wrong.all}${gateway.stderr}`.includes(secret), 'the token is nowhere to be read');
    const far = await run(['servers', 'restart', 'one', '--admin', 'http://gw.example:8081', '--token-file', file]);
    assert.equal(far.code, 2);
    assert.match(far.stderr, /in the clear/);
  });
});

describe('who lacks the token', () => {
  it('is refused in words that say where it is, and changes nothing', async (t) => {
    const gateway = await startGateway(t, { servers: { one: hostile(t).server } });
    await modernCall(gateway.url, 'one__who');
    const { pid } = await row(gateway, 'one');
    assert.equal(statSync(tokenFile(gateway)).mode & 0o777, 0o600);
    const path = '/api/servers/one/restart';
    const refusals = [
      [{ token: '' }, 401, 'AUTH_009'],
      [{ token: 'f'.repeat(64) }, 401, 'AUTH_001'],
      [{ token: tokenOf(gateway).slice(0, -1) }, 401, 'AUTH_001'],
      [{ token: `${tokenOf(gateway)}0` }, 401, 'AUTH_001'],
      [{ token: '', headers: { authorization: `Basic ${tokenOf(gateway)}` } }, 401, 'AUTH_001'],
      [{ token: '', headers: { authorization: tokenOf(gateway) } }, 401, 'AUTH_001'],
    ];
    for (const [options, status, code] of refusals) {
      const answer = await post(gateway, path, options);
      assert.deepEqual([answer.status, answer.json.error.code], [status, code], JSON.stringify(options));
      assert.match(answer.headers['www-authenticate'], /^Bearer/);
      assert.ok(answer.text.includes(tokenFile(gateway)), answer.text);
      assert.ok(!answer.text.includes(tokenOf(gateway)), answer.text);
    }
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { host: 'evil.example' }]) {
      const { status } = await post(gateway, path, { headers });
      assert.equal(status, 403, JSON.stringify(headers));
    }
    const read = await gateway.admin(path, { headers: { authorization: `Bearer ${tokenOf(gateway)}` } });
    assert.deepEqual([read.status, read.headers.allow], [405, 'POST']);
    assert.equal((await command(gateway, 'restart', 'two')).status, 404);
    assert.equal((await row(gateway, 'one')).pid, pid, 'nothing happened');
    await until('the log says so', () => gateway.stderr.includes('a write to the admin API was refused'));
    assert.ok(!gateway.stderr.includes(tokenOf(gateway)));
  });

  // What stands where the token is kept, before the gateway starts: `put(file)`.
  const started = async (t, put) => {
    const kept = join(prepare(t, {}).directory, 'kept');
    mkdirSync(join(kept, 'sallyport'), { recursive: true });
    const file = join(kept, 'sallyport', 'admin-token');
    put(file);
    const gateway = await startGateway(t, { servers: { one: hostile(t).server }, shell: `export XDG_STATE_HOME=${kept}` });
    return { gateway, file };
  };

  it('a file that others can read is closed to them', async (t) => {
    const token = 'a'.repeat(64);
    const { gateway, file } = await started(t, (path) => {
      writeFileSync(path, token);
      chmodSync(path, 0o644);
    });
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await until('the log says so', () => gateway.stderr.includes('others could read a secret of the gateway'));
    assert.equal((await command(gateway, 'restart', 'one', { token })).status, 200);
  });

  for (const [what, put] of [
    ['a link', (file) => symlinkSync('/etc/hostname', file)],
    ['no token', (file) => writeFileSync(file, 'short')],
    ['a directory', (file) => mkdirSync(file)],
  ]) {
    it(`a file that is ${what} is left as it is: writes are refused, reads are not`, async (t) => {
      const { gateway, file } = await started(t, put);
      for (const token of ['', 'short', 'a'.repeat(64)]) {
        const { status, json } = await command(gateway, 'restart', 'one', { token });
        assert.deepEqual([status, json.error.code], [503, 'AUTH_008']);
        assert.ok(json.error.message.includes(file), json.error.message);
      }
      assert.equal((await gateway.admin('/api/servers')).status, 200);
      if (what !== 'no token') return;
      unlinkSync(file);
      assert.equal((await command(gateway, 'restart', 'one', { token: '' })).status, 401, 'a new one was made');
      assert.equal((await command(gateway, 'restart', 'one', { token: readFileSync(file, 'utf8').trim() })).status, 200);
    });
  }
});
