// Promise: 100 reloads under the load of 16 official clients lose no call, restart no child without cause, leak no descriptor.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { connect } from './lib/clients.mjs';
import { completeList } from './lib/expect.mjs';
import { startGateway } from './lib/gateway.mjs';
import { sanitized } from './lib/paths.mjs';
import { MARK } from './lib/processes.mjs';
import { put, read, reloads, withServerLine } from './lib/reload.mjs';
import { everything, everythingOverHttp, filesystem, hostile } from './lib/servers.mjs';
import { temporaryDirectory } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';
import { toYaml } from './lib/yaml.mjs';

const CLIENTS = 16;
const RELOADS = 100;
const MEMORY_ROOM = (sanitized() ? 512 : 8) * 1024; // KiB

const descriptors = (gateway) => readdirSync(`/proc/${gateway.process.pid}/fd`).length;

// A connection is let go of a moment after its client: what is left when all is calm.
async function calm(gateway) {
  let fewest = Infinity;
  await until('connections and processes come and go no more', async () => {
    const now = descriptors(gateway);
    const better = now < fewest;
    fewest = Math.min(fewest, now);
    return !better;
  }, { every: 1000 });
  return fewest;
}

const rssAnon = (gateway) => Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${gateway.process.pid}/status`, 'utf8'))[1]);

it('100 reloads under the load of 16 official clients, with servers from npm', { timeout: 1_800_000 }, async (t) => {
  const who = (name) => ({ ...everything(), env: { WHO: name } });
  const web = await everythingOverHttp(t, 'web');
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'a.txt'), 'content of a');
  const gateway = await startGateway(t, {
    timeouts: { tool: '160s' },
    servers: { stays: who('stays'), moves: who('moves'), files: filesystem(directory), web: { url: web } },
  });
  const base = read(gateway);
  const extra = (round) => toYaml({ extra: { ...who('extra'), env: { WHO: 'extra', ROUND: String(round), [MARK]: gateway.mark } } }, '  ');
  await completeList(gateway.url);
  const pidOf = async (server) => (await gateway.servers())[server].pid;
  const unchanged = { stays: await pidOf('stays'), files: await pidOf('files') };

  let stopped = false;
  let calls = 0;
  const answeredBy = (result) => JSON.parse(result.content[0].text);
  const rounds = new Set(); // which definitions of `moves` answered
  // A call waits for a server that is starting, in the company of all that this test starts.
  const asked = (peer, name, args) => peer.call(name, args, { timeout: 170_000 });
  // What a client does in turn. An answer by the wrong server has another WHO.
  const deeds = [
    async (peer, id) => assert.equal((await asked(peer, 'stays__echo', { message: id })).content[0].text, `Echo: ${id}`),
    async (peer) => assert.equal(answeredBy(await asked(peer, 'stays__get-env')).WHO, 'stays'),
    async (peer) => assert.equal((await asked(peer, 'files__read_text_file', { path: join(directory, 'a.txt') })).content[0].text, 'content of a'),
    async (peer) => {
      const env = answeredBy(await asked(peer, 'moves__get-env'));
      assert.equal(env.WHO, 'moves');
      rounds.add(env.ROUND);
    },
    async (peer, id) => assert.equal((await asked(peer, 'web__echo', { message: id })).content[0].text, `Echo: ${id}`),
    async (peer) => assert.equal(answeredBy(await asked(peer, 'web__get-env')).WHO, 'web'),
    async (peer) => assert.match((await asked(peer, 'moves__trigger-long-running-operation', { duration: 0.3, steps: 2 })).content[0].text, /completed/),
  ];
  const families = ['v1', 'v2-legacy', 'v2-modern', 'v2-auto'];
  async function underLoad(reload, times) {
    stopped = false;
    const peers = await Promise.all(Array.from({ length: CLIENTS }, (_, index) => connect(t, families[index % 4], { url: gateway.url })));
    const load = Promise.all(peers.map(async (peer, index) => {
      for (let round = index; !stopped; ++round) {
        await deeds[round % deeds.length](peer, `${index}-${round}`);
        ++calls;
      }
    })).finally(() => { stopped = true; });
    load.catch(() => {}); // reported below
    for (let round = 0; round < times && !stopped; ++round) {
      const before = calls;
      await reload(round);
      await until('calls go on', () => stopped || calls > before + CLIENTS, { patience: 170_000 });
    }
    stopped = true;
    await load;
    for (const { transport } of peers) await transport.terminateSession(); // and with it what it has at `web`
    await Promise.all(peers.map((peer) => peer.close()));
  }

  let current = base;
  const reload = async (round) => {
    const ruled = (text) => withServerLine(text, 'files', `    tools: {deny: [write_file, "r${round}_*"]}`);
    if (round % 5 === 0) current = `${ruled(base)}${extra(round)}\n`;
    if (round % 5 === 1) current = ruled(base);
    if (round % 5 === 2) current = base.replace('tool: "160s"', `tool: "${161 + round}s"`);
    if (round % 5 === 3) current = base.replace('WHO: "moves"', `WHO: "moves"\n      ROUND: "${round}"`);
    if (round % 2) gateway.signal('SIGHUP');
    if (round % 5 !== 4) return put(gateway, current);
    await put(gateway, `${current}nonsense: [`, 'failed');
    await put(gateway, current, 'unchanged');
  };
  await underLoad(reload, 10);
  const before = { open: await calm(gateway), kib: rssAnon(gateway) };
  const sofar = calls;
  await underLoad(reload, RELOADS);
  const after = { open: await calm(gateway), kib: rssAnon(gateway) };
  t.diagnostic(`${calls - sofar} calls; descriptors ${before.open} → ${after.open}, RssAnon ${before.kib} → ${after.kib} KiB`);

  assert.deepEqual({ stays: await pidOf('stays'), files: await pidOf('files') }, unchanged, 'no child was restarted without cause');
  assert.equal((await gateway.servers()).stays.restarts, 0);
  assert.ok(rounds.size > RELOADS / 10, `moves was replaced: ${[...rounds]}`);
  // Each client's runtime may keep one open, and connections of a pool come and go; one leaked in each reload would be a hundred.
  assert.ok(after.open <= before.open + 2 * CLIENTS, `descriptors: ${before.open} → ${after.open}`);
  assert.ok(after.kib <= before.kib + MEMORY_ROOM, `RssAnon: ${before.kib} → ${after.kib} KiB`);
  const children = () => gateway.family().filter(({ command }) => command.startsWith(process.execPath));
  await until('the former servers are gone', () => new Set(children().map(({ pid }) => pid)).size === 3);
});

it('a symlink that is swapped, and a file that is included, are changes', async (t) => {
  const { server } = hostile(t);
  const gateway = await startGateway(t, { servers: { one: server } });
  const directory = dirname(gateway.config);
  const text = read(gateway);
  const secret = join(directory, 'secret');
  writeFileSync(secret, 'first', { mode: 0o600 });
  await put(gateway, text.replace(/^ {6}RECORD:/m, `      SECRET: "\${file:${secret}}"\n      RECORD:`));
  let before = await reloads(gateway, 'changed');
  writeFileSync(secret, 'second', { mode: 0o600 });
  await until('the included file was read again', async () => (await reloads(gateway, 'changed')) > before);
  // As Kubernetes does: the file is a link into ..data, and ..data is swapped.
  const link = join(directory, 'linked.yaml');
  writeFileSync(link, text);
  symlinkSync('linked.yaml', join(directory, 'swap'));
  before = await reloads(gateway, 'changed');
  renameSync(join(directory, 'swap'), gateway.config);
  await until('the link was followed', async () => (await reloads(gateway, 'changed')) > before);
  before = await reloads(gateway, 'changed');
  writeFileSync(link, withServerLine(text, 'one', '    trusted: true'));
  await until('what the link leads to is watched', async () => (await reloads(gateway, 'changed')) > before);
  gateway.signal('SIGHUP');
  await until('SIGHUP reads it too', async () => (await reloads(gateway, 'unchanged')) > 0);
});

it('an --mcp-json file that changes is read again', async (t) => {
  const file = join(temporaryDirectory(t), 'mcp.json');
  const write = (mark, ...names) => {
    const servers = names.map((name) => [name, { ...everything(), env: { WHO: name, [MARK]: mark } }]);
    writeFileSync(`${file}.new`, JSON.stringify({ mcpServers: Object.fromEntries(servers) }));
    renameSync(`${file}.new`, file);
  };
  let mark;
  const gateway = await startGateway(t, {
    args: ({ port, adminPort, mark: ours }) => {
      write((mark = ours), 'one');
      return ['serve', '--mcp-json', file, '--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${adminPort}`];
    },
  });
  const peer = await connect(t, 'v1', { url: gateway.url });
  assert.equal((await peer.call('one__echo', { message: 'a' })).content[0].text, 'Echo: a');
  const { pid } = (await gateway.servers()).one;
  write(mark, 'one', 'two');
  await until('the other server is there', async () => 'two' in (await gateway.servers()));
  assert.equal((await peer.call('two__echo', { message: 'b' })).content[0].text, 'Echo: b');
  assert.equal((await gateway.servers()).one.pid, pid);
});
