// Runs the official conformance suite against a server and says how many of its checks pass.
//   run.mjs                 our everything-server (build/release/bin), on a free port
//   run.mjs URL             any server
//   run.mjs … --write       puts the figures into docs/conformance.md
// Exit code 1: a check failed.
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const page = here('../../docs/conformance.md');

const RUNS = [
  { name: '0.1.16, active suite', suite: 'conformance-0.1.16', args: [] },
  { name: '0.2.0-alpha.12, requirements of 2025-11-25', suite: 'conformance-0.2.0', args: ['--requirements', '2025-11-25'] },
  { name: '0.2.0-alpha.12, all of 2026-07-28', suite: 'conformance-0.2.0', args: ['--suite', 'all', '--spec-version', '2026-07-28'] },
];

async function startServer() {
  const server = spawn(here('../../build/release/bin/everything-server'), ['--http', '127.0.0.1:0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const lines = createInterface({ input: server.stderr });
  const [line] = await once(lines, 'line');
  return { url: JSON.parse(line).url, stop: () => server.kill('SIGTERM') };
}

async function run({ suite, args }, url) {
  const program = here(`node_modules/${suite}/dist/index.js`);
  const child = spawn(process.execPath, [program, 'server', '--url', url, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([child.stdout.toArray(), child.stderr.toArray()]);
  const text = Buffer.concat([...out, ...err]).toString();
  const total = text.match(/^Total: (\d+) passed, (\d+) failed/m);
  if (!total) throw new Error(`the suite said no total:\n${text.slice(-2000)}`);
  const scenarios = [...text.matchAll(/^[✓✗] (\S+): (\d+) passed, (\d+) failed/gm)];
  const failed = [...new Set(scenarios.filter((each) => Number(each[3]) > 0).map((each) => each[1]))];
  return { passed: Number(total[1]), failures: Number(total[2]), failed };
}

const argv = process.argv.slice(2);
const write = argv.includes('--write');
const given = argv.find((each) => !each.startsWith('--'));
const server = given ? { url: given, stop() {} } : await startServer();
const rows = [];
try {
  for (const each of RUNS) {
    const result = await run(each, server.url);
    rows.push(`| ${each.name} | ${result.passed} of ${result.passed + result.failures} | ${result.failed.join(', ') || 'none'} |`);
    console.log(`${each.name}: ${result.passed} passed, ${result.failures} failed${result.failed.length ? ` (${result.failed.join(', ')})` : ''}`);
    if (result.failures > 0) process.exitCode = 1;
  }
} finally {
  server.stop();
}
if (write) {
  const table = ['| suite | checks passed | scenarios with failures |', '|---|---|---|', ...rows].join('\n');
  const before = readFileSync(page, 'utf8');
  writeFileSync(page, before.replace(/(<!-- figures -->\n)[^]*?(\n<!-- end of figures -->)/, (_, begin, end) => begin + table + end));
}
