// Starts our programs, of the build whose `sallyport` the environment variable SALLYPORT names, else of the release build.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const sallyport = process.env.SALLYPORT ?? fileURLToPath(new URL('../../build/release/bin/sallyport', import.meta.url));

// The first line of its log with a URL in it says where it listens.
async function start(program, args, env = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } });
  const exited = once(child, 'exit');
  const said = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    const url = line.match(/http:\/\/127\.0\.0\.1:\d+\/mcp/)?.[0];
    if (!url) continue;
    child.stderr.resume();
    const stop = () => child.kill('SIGTERM') && exited;
    return { url, stop };
  }
  throw new Error(`${program} did not start:\n${said.join('\n')}`);
}

export const startServer = () => start(join(dirname(sallyport), 'everything-server'), ['--http', '127.0.0.1:0']);

export async function startGateway(config) {
  const directory = mkdtempSync(join(tmpdir(), 'conformance.'));
  const file = join(directory, 'sallyport.yaml');
  const ports = { listen: { http: '127.0.0.1:0' }, admin: { http: '127.0.0.1:0' } };
  writeFileSync(file, JSON.stringify({ version: 1, ...ports, ...config }));
  const gateway = await start(sallyport, ['serve', '-c', file], { XDG_STATE_HOME: directory });
  const stop = async () => {
    await gateway.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { url: gateway.url, stop };
}
