// Promise: 100 reloads under the load of 16 clients lose no call, restart no child without cause, leak no descriptor.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { startGateway } from './lib/gateway.mjs';
import { LegacySession, modernCall, textOf } from './lib/mcp.mjs';
import { hostile } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const CLIENTS = 16;
const RELOADS = 100;

const read = (gateway) => readFileSync(gateway.config, 'utf8');
const descriptors = (gateway) => readdirSync(`/proc/${gateway.process.pid}/fd`).length;

async function reloads(gateway, result) {
  const { text } = await gateway.admin('/metrics');
  const line = text.split('\n').find((each) => each.startsWith(`sallyport_reloads_total{result="${result}"}`));
  return line ? Number(line.split(' ').at(-1)) : 0;
}

// Swaps the file in as an editor does, and waits until it was read with this result.
async function put(gateway, text, result = 'changed') {
  const before = await reloads(gateway, result);
  writeFileSync(`${gateway.config}.new`, text);
  renameSync(`${gateway.config}.new`, gateway.config);
  await until(`the configuration was read: ${result}`, async () => (await reloads(gateway, result)) > before);
}

const withServerLine = (text, server, line) => text.replace(new RegExp(`^  ${server}:$`, 'm'), `  ${server}:\n${line}`);

it('100 reloads under load', { timeout: 600_000 }, async (t) => {
  const fixed = hostile(t, { NAME: 'fixed' });
  const ruled = hostile(t, { NAME: 'ruled' });
  const moving = hostile(t, { NAME: 'moving' });
  const gateway = await startGateway(t, { servers: { fixed: fixed.server, ruled: ruled.server, moving: moving.server } });
  const base = read(gateway);
  const pid = async (server) => Number(textOf(await modernCall(gateway.url, `${server}__who`)));
  const pids = { fixed: await pid('fixed'), ruled: await pid('ruled') };

  let stopped = false;
  const answered = { calls: 0 };
  const owners = new Map(); // pid -> server: an answer by the wrong one shows as a pid of two
  const clients = Array.from({ length: CLIENTS }, async (_, index) => {
    const session = index % 2 ? await LegacySession.open(gateway.url) : undefined;
    for (let call = 0; !stopped; ++call) {
      const server = ['fixed', 'ruled', 'moving'][(index + call) % 3];
      const name = `${server}__${call % 2 ? 'who' : 'slow'}`;
      const nonce = `${index}-${call}`;
      const args = call % 2 ? {} : { nonce, ms: call % 7 };
      const reply = session ? await session.call(name, args) : await modernCall(gateway.url, name, args);
      assert.ok(reply.result && !reply.result.isError, `${name} was lost: ${JSON.stringify(reply)}`);
      if (call % 2) {
        const who = textOf(reply);
        assert.equal(owners.get(who) ?? server, server, `${who} answered for ${server} too`);
        owners.set(who, server);
      } else {
        assert.equal(JSON.parse(textOf(reply)).nonce, nonce);
      }
      ++answered.calls;
    }
  });
  const load = Promise.all(clients);
  load.catch(() => { stopped = true; });

  let current = base;
  let atTen = 0;
  for (let round = 0; round < RELOADS && !stopped; ++round) {
    if (round % 4 === 3) {
      await put(gateway, `${current}nonsense: [`, 'failed');
      await put(gateway, current, 'unchanged');
    } else if (round % 4 === 1) {
      current = withServerLine(base, 'moving', `    cwd: ${round % 8 === 1 ? '/tmp' : '/'}`);
      await put(gateway, current);
    } else {
      current = withServerLine(current.replace(/^    tools: .*\n/m, ''), 'ruled', `    tools: {deny: [plain_${round}], timeout: {who: ${round + 20}s}}`);
      await put(gateway, current);
    }
    if (round === 10) atTen = descriptors(gateway);
  }
  stopped = true;
  await load;
  assert.ok(answered.calls > RELOADS, `${answered.calls} calls`);
  assert.deepEqual({ fixed: await pid('fixed'), ruled: await pid('ruled') }, pids, 'no child was restarted without cause');
  assert.equal([...owners.values()].filter((server) => server !== 'moving').length, 2);
  assert.ok([...owners.values()].filter((server) => server === 'moving').length > 10, 'the other one was replaced');
  const children = () => new Set(gateway.family().filter(({ command }) => command.startsWith(process.execPath)).map((each) => each.pid));
  await until('the former servers are gone', () => children().size === 3);
  await until(`as many descriptors as before (${atTen})`, () => descriptors(gateway) <= atTen + 4);
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
