// Promise: the audit record has one line for every call, refused ones too; any change to it is found; a full disk
// refuses or counts as configured, and the gateway serves on; no argument, URI or header ever stands in it.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { cleanUp } from './lib/cleanup.mjs';
import { startGateway } from './lib/gateway.mjs';
import { request } from './lib/http.mjs';
import { assertTypedError, LegacySession, modernCall, typedError } from './lib/mcp.mjs';
import { binary } from './lib/paths.mjs';
import { everything, hostile } from './lib/servers.mjs';
import { temporaryDirectory } from './lib/temp.mjs';
import { until, within } from './lib/wait.mjs';

const linesOf = (file) => readFileSync(file, 'utf8').split('\n').filter(Boolean);
const recordsOf = (file) => linesOf(file).map((line) => JSON.parse(line));
const callsOf = (file) => recordsOf(file).filter((record) => record.event === 'call');
const untilCalls = (file, count) => until(`${count} calls are recorded`, () => callsOf(file).length >= count);

function audit(...args) {
  try {
    return { code: 0, out: execFileSync(binary, ['audit', ...args], { encoding: 'utf8' }) };
  } catch (error) {
    return { code: error.status, out: error.stdout, err: error.stderr };
  }
}
const verify = (...files) => {
  const { code, out } = audit('verify', '--json', ...files);
  return { code, ...JSON.parse(out) };
};

// Another program's idea of the chain, from docs/audit.md alone.
function followChain(lines, seq = 0, hash = '0'.repeat(64)) {
  for (const line of lines) {
    const content = line.slice(0, -(',"hash":"'.length + 64 + 2));
    const expected = createHash('sha256').update(Buffer.from(hash, 'hex')).update(content).digest('hex');
    const record = JSON.parse(line);
    assert.equal(record.seq, ++seq);
    assert.equal(record.prev, hash);
    assert.equal(record.hash, expected);
    hash = expected;
  }
  return { seq, hash };
}

it('every call is one record, refused ones too, and another program can verify the chain', async (t) => {
  const file = join(temporaryDirectory(t), 'audit.jsonl');
  const canary = 'CANARY-0f3a';
  const gateway = await startGateway(t, {
    audit: { file },
    servers: { one: { ...everything(), tools: { deny: ['get-sum'] } }, bad: { command: '/nonexistent' } },
  });
  const session = await LegacySession.open(gateway.url);
  await session.call('one__echo', { message: canary });
  await modernCall(gateway.url, 'one__echo', { message: canary });
  await session.call('one__get-sum', { a: 1, b: 2 });
  await modernCall(gateway.url, `no such ${canary} tool`, {});
  await modernCall(gateway.url, 'nosuchtool', { secret: canary }, { headers: { 'x-canary': canary } });
  await untilCalls(file, 5);
  const down = await modernCall(gateway.url, 'bad__any', { secret: canary });
  const correlation = typedError(down).correlationId;
  await untilCalls(file, 6);
  await gateway.stop();

  const records = recordsOf(file);
  assert.equal(records[0].event, 'start');
  assert.equal(records.at(-1).event, 'end');
  const calls = records.filter(({ event }) => event === 'call');
  assert.deepEqual(calls.map(({ code }) => code).slice(0, 5), ['ok', 'ok', 'POLICY_001', 'TOOL_002', 'TOOL_002']);
  assert.equal(calls[0].server, 'one');
  assert.equal(calls[0].tool, 'echo');
  assert.equal(calls[0].executed, 'yes');
  assert.equal(calls[0].principal, 'anonymous');
  assert.equal(calls[0].attempts, 1);
  assert.equal(calls[0].arguments, `sha256:${createHash('sha256').update(JSON.stringify({ message: canary })).digest('hex')}`);
  assert.equal(calls[2].asked, 'one__get-sum');
  assert.equal(calls[2].executed, 'no');
  assert.equal(calls[3].asked, undefined, 'not a plain name');
  assert.equal(calls[4].asked, 'nosuchtool');
  assert.equal(calls[5].correlation, correlation);
  assert.ok(!readFileSync(file, 'utf8').includes(canary), 'no argument, name or header');
  assert.ok(!readFileSync(file, 'utf8').includes(session.id ?? session.session ?? '\u0000'), 'no session id');
  assert.equal(statSync(file).mode & 0o777, 0o600);

  followChain(linesOf(file));
  const verdict = verify(file);
  assert.equal(verdict.code, 0, JSON.stringify(verdict));
  assert.equal(verdict.records, records.length);
  assert.equal(verdict.ended, true);
  const found = audit('query', '--json', '--correlation', correlation.slice(0, 12), file).out.trim().split('\n');
  assert.equal(found.length, 1);
  assert.equal(JSON.parse(found[0]).correlation, correlation);
  assert.equal(audit('query', '--json', '--code', 'TOOL_002', file).out.trim().split('\n').length, 2);
  assert.equal(audit('query', '--json', '--server', 'one', '--tool', 'echo', '--since', '1h', file).out.trim().split('\n').length, 2);
  assert.equal(audit('query', '--until', '1h', file).out, '');
  assert.match(audit('query', '--tool', 'one/echo', file).out, /ok +one\/echo +anonymous executed=yes/);
  assert.equal(audit('tail', '-n', '2', '--json', file).out.trim().split('\n').length, 2);
  assert.equal(audit('query', '--since', 'yesterday', file).code, 2);
  assert.equal(audit('verify', join(file, 'none')).code, 1);
  assert.equal(audit('verify', '--head', verdict.hash, file).code, 0);
});

it('what is refused before it is a call has its record too, and nobody fills the disk with them', async (t) => {
  const file = join(temporaryDirectory(t), 'audit.jsonl');
  const gateway = await startGateway(t, { audit: { file }, servers: { one: everything() } });
  const post = (body, headers = {}) => request(gateway.url, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json', ...headers }, body });
  const refused = await post('{"jsonrpc": "CANARY-77aa', { 'x-canary': 'CANARY-77aa' });
  await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'CANARY-77aa' } }), { 'mcp-session-id': 'CANARY-77aa' });
  await post('{}', { origin: 'https://CANARY-77aa.example' });
  const refusals = () => recordsOf(file).filter(({ event }) => event === 'refused');
  await until('they are recorded', () => refusals().length >= 3);
  const [broken, unknown, foreign] = refusals();
  assert.deepEqual([broken.code, broken.source, broken.in], ['PROTO_001', '127.0.0.1', 24]);
  assert.equal(broken.correlation, typedError(refused.json).correlationId);
  assert.deepEqual([unknown.code, unknown.method], ['PROTO_008', 'tools/call']);
  assert.equal(foreign.code, 'PROTO_017');
  assert.match(audit('query', '--code', 'PROTO_008', file).out, /PROTO_008 +tools\/call +127\.0\.0\.1 refused/);

  const flood = 1000;
  for (let i = 0; i < flood; i += 100) await Promise.all(Array.from({ length: 100 }, () => post('{')));
  await gateway.stop();
  const records = recordsOf(file);
  const told = records.filter(({ event }) => event === 'refused');
  assert.ok(told.length < flood, `some have no record: ${told.length}`);
  assert.ok(told.length + told.reduce((all, { unrecorded = 0 }) => all + unrecorded, 0) <= flood + 3, 'and those that have one say how many');
  assert.ok(!readFileSync(file, 'utf8').includes('CANARY-77aa'));
  assert.equal(verify(file).code, 0);
});

it('verify names the first broken line and what is wrong with it', async (t) => {
  const file = join(temporaryDirectory(t), 'audit.jsonl');
  const gateway = await startGateway(t, { audit: { file }, servers: { one: hostile(t).server } });
  for (let i = 0; i < 8; ++i) await modernCall(gateway.url, 'one__echo', { nonce: `n${i}` });
  await untilCalls(file, 8);
  await gateway.stop();
  const lines = linesOf(file);
  const head = JSON.parse(lines.at(-1)).hash;
  const broken = (fault, line, changed, ...args) => {
    writeFileSync(file, changed);
    const verdict = verify(file, ...args);
    assert.equal(verdict.code, 1, fault);
    assert.deepEqual([verdict.fault, verdict.line], [fault, line]);
    assert.match(audit('verify', file, ...args).out, new RegExp(`:${line}: ${fault}: `));
  };
  const text = (kept) => `${kept.join('\n')}\n`;
  broken('edited', 4, text(lines.with(3, lines[3].replace('"code":"ok"', '"code":"no"'))));
  broken('deleted', 4, text(lines.toSpliced(3, 2)));
  broken('reordered', 4, text(lines.with(3, lines[4]).with(4, lines[3])));
  broken('truncated', 10, text(lines).slice(0, -20));
  broken('truncated', 5, text(lines.slice(0, 5)), '--head', head);
});

it('a crash cuts a line: the next start tells of it and goes on with the chain', async (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'audit.jsonl');
  const first = await startGateway(t, { audit: { file }, servers: { one: hostile(t).server }, stops: false });
  await modernCall(first.url, 'one__echo', { nonce: 'a' });
  await untilCalls(file, 1);
  first.signal('SIGKILL');
  await within('the gateway to exit', first.exited);
  writeFileSync(file, '{"seq":3,"time":"20', { flag: 'a' });
  const second = await startGateway(t, { audit: { file }, servers: { one: hostile(t).server } });
  await modernCall(second.url, 'one__echo', { nonce: 'b' });
  await second.stop();
  const verdict = verify(file);
  assert.deepEqual([verdict.code, verdict.torn, verdict.records], [0, 1, 5], JSON.stringify(verdict));
});

it('the chain goes through a rotation: rename, SIGHUP', async (t) => {
  const file = join(temporaryDirectory(t), 'audit.jsonl');
  const gateway = await startGateway(t, { audit: { file }, servers: { one: hostile(t).server } });
  await modernCall(gateway.url, 'one__echo', { nonce: 'a' });
  await untilCalls(file, 1);
  const follower = spawn(binary, ['audit', 'tail', '-f', '-n', '1', '--json', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanUp(t, () => follower.kill('SIGKILL'));
  let followed = '';
  follower.stdout.on('data', (chunk) => (followed += chunk));
  await until('the last record is shown', () => followed.includes('"event":"call"'));
  renameSync(file, `${file}.1`);
  gateway.signal('SIGHUP');
  await until('the new file is there', () => existsSync(file) && recordsOf(file).length > 0);
  await modernCall(gateway.url, 'one__echo', { nonce: 'b' });
  await untilCalls(file, 1);
  await until('the follower is in the new file', () => followed.split('"event":"call"').length === 3);
  await gateway.stop();
  assert.equal(recordsOf(`${file}.1`).at(-1).event, 'rotate');
  assert.equal(recordsOf(file)[0].event, 'continue');
  const verdict = verify(`${file}.1`, file);
  assert.deepEqual([verdict.code, verdict.ended], [0, true], JSON.stringify(verdict));
  assert.equal(verify(file).code, 0, 'the new one by itself');
  assert.equal(verify(file, `${file}.1`).fault, 'reordered');
});

it('a second gateway does not write the same file', async (t) => {
  const file = join(temporaryDirectory(t), 'audit.jsonl');
  const gateway = await startGateway(t, { audit: { file }, servers: { one: hostile(t).server } });
  const second = spawn(binary, ['serve', '-c', gateway.config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  second.stderr.on('data', (chunk) => (stderr += chunk));
  const code = await within('the second gateway to exit', new Promise((done) => second.once('exit', done)));
  assert.equal(code, 1, stderr);
  assert.match(stderr, /another gateway/);
});

// A file system of its own with a few pages. Only root may mount one.
function smallDisk(t) {
  const directory = temporaryDirectory(t);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  cleanUp(t, () => execFileSync('umount', ['-l', directory]));
  return directory;
}

const healthy = async (gateway) => (await gateway.metric('sallyport_audit_healthy')) === 1;

it('a full disk with on_failure: refuse refuses before anything runs, and calls work again when there is room', async (t) => {
  const disk = smallDisk(t);
  if (!disk) return t.skip('cannot mount a tmpfs');
  const file = join(disk, 'audit.jsonl');
  const { server, recording } = hostile(t);
  const gateway = await startGateway(t, { audit: { file, on_failure: 'refuse' }, servers: { one: server } });
  await modernCall(gateway.url, 'one__echo', { nonce: 'before' });
  const ballast = join(disk, 'ballast');
  try {
    writeFileSync(ballast, Buffer.alloc(1 << 20));
  } catch (error) {
    assert.equal(error.code, 'ENOSPC');
  }
  let refused;
  await until('a call is refused', async () => {
    refused = await modernCall(gateway.url, 'one__echo', { nonce: 'filling' });
    return typedError(refused) !== undefined;
  });
  assertTypedError(refused, { code: 'SYS_004', executed: 'no', canRetry: true });
  const before = recording.executions('filling');
  const session = await LegacySession.open(gateway.url);
  assertTypedError(await session.call('one__echo', { nonce: 'filling' }), { code: 'SYS_004', executed: 'no', canRetry: true });
  assert.equal(recording.executions('filling'), before, 'it did not run');
  assert.equal((await gateway.admin('/readyz')).status, 503);
  rmSync(ballast);
  await until('records are written again', () => healthy(gateway));
  assert.equal(typedError(await modernCall(gateway.url, 'one__echo', { nonce: 'after' })), undefined);
  await gateway.stop();
  const verdict = verify(file);
  assert.equal(verdict.code, 0, JSON.stringify(verdict));
  assert.ok(recordsOf(file).some(({ event, lost }) => event === 'gap' && lost > 0), 'the chain tells of what was lost');
});

it('a full disk with on_failure: continue counts, and the chain tells how many are missing', async (t) => {
  const gateway = await startGateway(t, { audit: { file: '/dev/full' }, servers: { one: hostile(t).server } });
  for (let i = 0; i < 20; ++i) assert.equal(typedError(await modernCall(gateway.url, 'one__echo', { nonce: `n${i}` })), undefined);
  await until('the loss is counted', async () => (await gateway.metric('sallyport_audit_lost_total')) >= 20);
  assert.equal((await gateway.admin('/readyz')).status, 200);
  assert.equal(await healthy(gateway), false);
});
