// The example servers of examples/, built beside the program under test.
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { cleanUp } from './cleanup.mjs';
import { binary } from './paths.mjs';
import { within } from './wait.mjs';

export const example = (name) => join(dirname(binary), name);

// One on a free port of its own; `url` is read from its log.
export async function serveExample(scope, name, { args = [], env = process.env } = {}) {
  const server = spawn(example(name), ['--http', '127.0.0.1:0', ...args], { stdio: ['ignore', 'ignore', 'pipe'], env });
  const ended = once(server, 'exit');
  cleanUp(scope, async () => {
    server.kill('SIGKILL');
    await ended;
  });
  const lines = createInterface({ input: server.stderr });
  for (;;) {
    const [line] = await within(`${name} to say its URL`, Promise.race([once(lines, 'line'), ended.then(() => [`{"message":"${name} ended"}`])]));
    const { url, message } = JSON.parse(line);
    if (url !== undefined) return { server, ended, url };
    if (message.endsWith(' ended')) throw new Error(message);
  }
}
