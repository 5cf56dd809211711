// Where things stand: the program under test, the fixtures, the servers from npm.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export const root = here('../../../');
export const binary = resolve(root, process.env.SALLYPORT ?? 'build/release/bin/sallyport');
export const fixture = (name) => here(`../fixtures/${name}`);
export const npmServer = (name) => here(`../node_modules/@modelcontextprotocol/server-${name}/dist/index.js`);

// AddressSanitizer keeps freed memory for a while (256 MiB): who bounds a program's memory has to know.
export const sanitized = () => readFileSync(binary).includes('__asan_init');
