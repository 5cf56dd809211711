// What runs on this machine, read from /proc: who descends from whom, and who carries the mark of a test's gateway.
import { readdirSync, readFileSync } from 'node:fs';
import { until } from './wait.mjs';

// Every gateway that a test starts, and every child it configures, carries this variable with a value of its own.
// A process is found by it wherever it was re-parented to.
export const MARK = 'SALLYPORT_E2E_MARK';

const pids = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // gone, or not ours to read
  }
}

function stat(pid) {
  const text = read(pid, 'stat');
  if (!text) return undefined;
  const [state, parent, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state, parent: Number(parent), started: rest[17] };
}

// A process as (pid, start time): a pid alone may be used again.
export function identify(pid) {
  const found = stat(pid);
  return found && found.state !== 'Z' ? { pid, started: found.started, command: read(pid, 'cmdline').replaceAll('\0', ' ').trim() } : undefined;
}

export const isAlive = ({ pid, started }) => identify(pid)?.started === started;

export function descendants(ancestor) {
  const children = new Map();
  for (const pid of pids()) {
    const parent = stat(pid)?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = [];
  for (const queue = [...(children.get(ancestor) ?? [])]; queue.length > 0; ) {
    const pid = queue.shift();
    const identity = identify(pid);
    if (identity) found.push(identity);
    queue.push(...(children.get(pid) ?? []));
  }
  return found;
}

export function marked(mark) {
  const needle = `${MARK}=${mark}`;
  return pids()
    .filter((pid) => read(pid, 'environ').split('\0').includes(needle))
    .map(identify)
    .filter(Boolean);
}

export function killMarked(mark) {
  for (const { pid } of marked(mark)) process.kill(pid, 'SIGKILL');
}

export async function untilGone(what, survivors, patience) {
  let left = [];
  try {
    await until(what, () => (left = survivors()).length === 0, { patience });
  } catch (error) {
    throw new Error(`${error.message}; still there: ${left.map((p) => `${p.pid} ${p.command}`).join(' | ')}`);
  }
}
