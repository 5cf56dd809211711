// Runs the program under test to its end.
import { spawn } from 'node:child_process';
import { binary } from './paths.mjs';
import { within } from './wait.mjs';

// {code, stdout, stderr, all}. Output is a pipe, never a terminal.
export async function run(args, { env = process.env, input = '' } = {}) {
  const child = spawn(binary, args, { env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  child.stdin.on('error', () => {}); // it may not read
  child.stdin.end(input);
  const code = await within(`sallyport ${args.join(' ')}`, new Promise((done, failed) => child.once('close', done).once('error', failed)));
  return { code, stdout, stderr, all: stdout + stderr };
}
