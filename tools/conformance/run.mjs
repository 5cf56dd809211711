// The official conformance suite: against our everything-server, against the same behind the gateway, and against the
// gateway as a client of the suite's own servers.
//   run.mjs                 all of it, with build/release/bin
//   run.mjs URL             what it asks servers, of any server
//   run.mjs --write         puts the figures into docs/conformance.md
//   run.mjs --check         compares with the figures there: exit code 1 if there are less of them
// Else exit code 1: a check failed.
import { startGateway, startServer } from './programs.mjs';
import { compare, writePage } from './scoreboard.mjs';
import { askClients, askServer } from './suite.mjs';

const SERVER_SUITES = [
  { name: '0.1.16, active suite', release: '0.1.16', args: [] },
  { name: '0.2.0-alpha.12, requirements of 2025-11-25', release: '0.2.0', args: ['--requirements', '2025-11-25'] },
  { name: '0.2.0-alpha.12, all of 2026-07-28', release: '0.2.0', args: ['--suite', 'all', '--spec-version', '2026-07-28'] },
  { name: '0.1.16, all', release: '0.1.16', args: ['--suite', 'all'] },
  { name: '0.2.0-alpha.12, all, tasks among them', release: '0.2.0', args: ['--suite', 'all'] },
];
const CLIENT_SUITES = [
  { name: '0.1.16, all', release: '0.1.16', args: [] },
  { name: '0.2.0-alpha.12, requirements of 2025-11-25', release: '0.2.0', list: ['--requirements', '2025-11-25'], args: ['--spec-version', '2025-11-25'] },
  { name: '0.2.0-alpha.12, requirements of 2026-07-28', release: '0.2.0', list: ['--requirements', '2026-07-28'], args: ['--spec-version', '2026-07-28'] },
];

// The suite does not come back to many of the calls that it was asked something in, and is one caller.
const behind = (more) => async () => {
  const server = await startServer();
  const servers = { every: { url: server.url, prefix: '', roots: true, ...more } };
  const gateway = await startGateway({ servers, suspended: { per_principal: 1000 } });
  return { url: gateway.url, stop: () => Promise.all([gateway.stop(), server.stop()]) };
};

// Each is measured by itself: `who`, and a function that gives what each suite found.
const OURS = [
  { who: 'everything-server', start: startServer },
  { who: 'everything-server behind the gateway', start: behind({}) },
  { who: 'the same, asked in 2025-11-25 only', start: behind({ protocol: '2025-11-25' }) },
];

async function serverRows({ who, start }) {
  const { url, stop } = await start();
  try {
    const rows = [];
    for (const suite of SERVER_SUITES) rows.push({ who, suite: suite.name, ...(await askServer(suite, url)) });
    return rows;
  } finally {
    await stop();
  }
}

async function clientRows() {
  const rows = [];
  for (const suite of CLIENT_SUITES) rows.push({ who: 'the gateway as a client', suite: suite.name, ...(await askClients(suite)) });
  return rows;
}

const argv = process.argv.slice(2);
const url = argv.find((each) => !each.startsWith('--'));
const jobs = url ? [serverRows({ who: url, start: () => ({ url, stop() {} }) })] : [...OURS.map(serverRows), clientRows()];
const rows = (await Promise.all(jobs)).flat();

for (const { who, suite, passed, failures, failed } of rows)
  console.log(`${who}: ${suite}: ${passed} passed, ${failures} failed${failed.length ? ` (${failed.join(', ')})` : ''}`);
if (argv.includes('--write')) writePage(rows);
if (argv.includes('--check')) {
  const drops = compare(rows);
  for (const drop of drops) console.error(drop);
  process.exitCode = drops.length > 0 ? 1 : 0;
} else if (rows.some(({ failures }) => failures > 0)) {
  process.exitCode = 1;
}
