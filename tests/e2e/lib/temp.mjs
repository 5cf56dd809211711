// Temporary directories, and files that fixtures append to and tests read.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanUp } from './cleanup.mjs';

export function temporaryDirectory(scope) {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-e2e-'));
  cleanUp(scope, () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

// Holds calls of the fixtures' tool `gate` in flight until the test opens it.
export class Gate {
  constructor(scope) {
    this.file = join(temporaryDirectory(scope), 'open');
  }

  open() {
    writeFileSync(this.file, '');
  }
}

// What a fixture recorded: one JSON object a line (fixtures/record.mjs).
export class Recording {
  constructor(path) {
    this.path = path;
  }

  entries() {
    if (!existsSync(this.path)) return [];
    const text = readFileSync(this.path, 'utf8');
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  // Raw lines that the fixture received.
  received() {
    return this.entries().filter((entry) => entry.event === 'received');
  }

  messages(method) {
    return this.received()
      .map(({ line }) => JSON.parse(line))
      .filter((message) => message.method === method);
  }

  // How often a tool began to run, for one nonce or in all.
  executions(nonce) {
    return this.entries().filter((entry) => entry.event === 'executing' && (nonce === undefined || entry.nonce === nonce)).length;
  }
}
