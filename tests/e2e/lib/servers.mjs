// Configured servers: the fixtures, each with its recording, and those from npm.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { cleanUp } from './cleanup.mjs';
import { request } from './http.mjs';
import { fixture, npmServer } from './paths.mjs';
import { freePort } from './ports.mjs';
import { Recording, temporaryDirectory } from './temp.mjs';
import { until } from './wait.mjs';

const node = process.execPath;

// A fixture over stdio: {server, recording}; `server` is an entry of the config's `servers`.
export function stdioFixture(scope, file, { args = [], env = {} } = {}) {
  const path = join(temporaryDirectory(scope), 'recording.jsonl');
  return { server: { command: node, args: [fixture(file), ...args], env: { RECORD: path, ...env } }, recording: new Recording(path) };
}

export const hostile = (scope, env = {}) => stdioFixture(scope, 'hostile-stdio.mjs', { env });

export const everything = () => ({ command: node, args: [npmServer('everything'), 'stdio'] });
export const filesystem = (directory) => ({ command: node, args: [npmServer('filesystem'), directory] });
export const memory = (file) => ({ command: node, args: [npmServer('memory')], env: { MEMORY_FILE_PATH: file } });

// server-everything over HTTP, its URL; `mode` is streamableHttp or sse; `who` is in its environment.
export async function everythingOverHttp(scope, who, mode = 'streamableHttp') {
  const port = await freePort();
  const child = spawn(node, [npmServer('everything'), mode], { env: { PATH: process.env.PATH, PORT: String(port), WHO: who }, stdio: 'ignore' });
  cleanUp(scope, () => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}/${mode === 'sse' ? 'sse' : 'mcp'}`;
  await until('the server listens', async () => (await request(url, { method: 'POST' })).status > 0, { patience: 120_000 });
  return url;
}

// server-everything, over either transport.
export const EVERYTHING = {
  stdio: async () => everything(),
  HTTP: async (scope) => ({ url: await everythingOverHttp(scope, 'everything') }),
};
