// Configured servers: the fixtures, each with its recording, and those from npm.
import { join } from 'node:path';
import { fixture, npmServer } from './paths.mjs';
import { Recording, temporaryDirectory } from './temp.mjs';

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
