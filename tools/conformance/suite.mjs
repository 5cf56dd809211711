// Runs the official suite, once for what it asks servers and once for each of its scenarios for clients, and counts checks.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const client = `"${process.execPath}" "${here('client.mjs')}"`;

// What it writes, whether or not a check failed.
async function suite(release, ...args) {
  const program = here(`node_modules/conformance-${release}/dist/index.js`);
  const options = { maxBuffer: 1 << 26, timeout: 240_000 };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, ...args], options).catch((error) => error);
  return `${stdout}\n${stderr}`;
}

const sum = (scenarios) => ({
  passed: scenarios.reduce((all, { passed }) => all + passed, 0),
  failures: scenarios.reduce((all, { failures }) => all + failures, 0),
  failed: [...new Set(scenarios.filter(({ failures }) => failures > 0).map(({ name }) => name))],
});

export async function askServer({ release, args }, url) {
  const text = await suite(release, 'server', '--url', url, ...args);
  const total = text.match(/^Total: (\d+) passed, (\d+) failed/m);
  if (!total) throw new Error(`the suite said no total:\n${text.slice(-2000)}`);
  const scenarios = [...text.matchAll(/^[✓✗] (\S+): (\d+) passed, (\d+) failed/gm)];
  const { failed } = sum(scenarios.map(([, name, passed, failures]) => ({ name, passed: Number(passed), failures: Number(failures) })));
  return { passed: Number(total[1]), failures: Number(total[2]), failed };
}

// A client that ends before it did what the scenario wants has failed a check more.
async function askClient(release, name, args) {
  const text = await suite(release, 'client', '--command', client, '--scenario', name, ...args);
  const checks = text.match(/^Passed: (\d+)\/(\d+), (\d+) failed/m);
  if (!checks) throw new Error(`the suite said no result of ${name}:\n${text.slice(-2000)}`);
  const [passed, , failures] = checks.slice(1).map(Number);
  return { name, passed, failures: failures === 0 && !text.includes('OVERALL: PASSED') ? 1 : failures };
}

// All that the release asks of clients at `args`, but for authorization.
export async function askClients({ release, list = [], args }) {
  const listed = await suite(release, 'list', '--client', ...list);
  const asked = listed.slice(listed.indexOf('Client scenarios'));
  const names = [...asked.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name).filter((name) => !name.startsWith('auth/'));
  const results = [];
  for (const name of names) results.push(await askClient(release, name, args));
  return sum(results);
}
