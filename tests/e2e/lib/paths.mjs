// Where things stand: the program under test, the fixtures, the servers from npm.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export const root = here('../../../');
export const binary = resolve(root, process.env.SALLYPORT ?? 'build/release/bin/sallyport');
export const fixture = (name) => here(`../fixtures/${name}`);
export const npmServer = (name) => here(`../node_modules/@modelcontextprotocol/server-${name}/dist/index.js`);
