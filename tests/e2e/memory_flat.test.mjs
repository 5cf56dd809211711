// Promise: what the gateway holds does not grow with the calls that it has carried.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startGateway } from './lib/gateway.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const BIN = dirname(process.env.SALLYPORT ?? join(ROOT, 'build/release/bin/sallyport'));
const WARM_UP = 20_000;
const CALLS = 100_000;
const ROOM = 1024; // KiB: a page here and there, not a byte a call

const rssAnon = (pid) => Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

async function load(url, era, tool, requests) {
  const args = ['--url', url, '--era', era, '--method', 'tools/call', '--tool', tool, '--connections', '16', '--requests', String(requests), '--result-bytes', '256'];
  const { stdout } = await promisify(execFile)(join(BIN, 'bench-load'), args);
  const { requests: done, errors } = JSON.parse(stdout);
  assert.deepEqual({ done, errors }, { done: requests, errors: 0 });
}

async function upstreamPort(t) {
  const upstream = spawn(join(BIN, 'bench-upstream'), ['--port', '0', '--result-bytes', '256'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => upstream.kill());
  const [line] = await Array.fromAsync(upstream.stdout.take(1));
  return Number(/\d+/.exec(String(line).trim().split(/\s+/).at(-1))[0]);
}

it(`RssAnon is the same after ${CALLS} calls over HTTP and ${CALLS} over stdio`, async (t) => {
  const port = await upstreamPort(t);
  const gateway = await startGateway(t, {
    servers: { web: { url: `http://127.0.0.1:${port}/mcp` }, child: { command: join(BIN, 'bench-upstream'), args: ['--stdio', '--result-bytes', '256'] } },
    limits: { concurrency: 1024 },
  });
  const pid = gateway.process.pid;
  for (const [era, tool] of [['modern', 'web__echo'], ['legacy', 'child__echo']]) {
    await load(gateway.url, era, tool, WARM_UP);
    const before = rssAnon(pid);
    await load(gateway.url, era, tool, CALLS);
    const after = rssAnon(pid);
    t.diagnostic(`${tool}: RssAnon ${before} KiB after ${WARM_UP} calls, ${after} KiB after ${CALLS} more`);
    assert.ok(after - before < ROOM, `${tool}: ${before} KiB → ${after} KiB`);
  }
});
