// Promise: install puts the gateway before the servers that an agent has, the agent's own entry then works, and undo gives the same bytes back.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { cleanUp } from './lib/cleanup.mjs';
import { connect } from './lib/clients.mjs';
import { binary, npmServer } from './lib/paths.mjs';
import { killMarked, MARK, marked, untilGone } from './lib/processes.mjs';
import { temporaryDirectory } from './lib/temp.mjs';

const node = process.execPath;
const quoted = (value) => JSON.stringify(value);

// Files as these agents keep them, with what else they have in them.
const agents = {
  'claude-desktop': {
    file: '.config/Claude/claude_desktop_config.json',
    key: 'mcpServers',
    text: ({ everything, files }) => `{\n  "globalShortcut": "",\n  "mcpServers": {\n    "Everything (npm)": ${everything},\n    "files": ${files}\n  }\n}\n`,
  },
  cursor: {
    file: '.cursor/mcp.json',
    key: 'mcpServers',
    text: ({ everything, files }) => `{"mcpServers":{"Everything (npm)":${everything},"files":${files}}}`,
  },
  'claude-code': {
    file: '.claude.json',
    key: 'mcpServers',
    text: ({ everything, files }) =>
      `{\n  "numStartups": 41,\n  "tipsHistory": {"a": 1},\n  "projects": {"/x": {"allowedTools": [], "mcpServers": {}}},\n  "mcpServers": {\n    "Everything (npm)": ${everything.replace('{', '{"type": "stdio", ')},\n    "files": ${files}\n  },\n  "oauthAccount": {"emailAddress": "someone@example.org"}\n}`,
  },
  vscode: {
    file: '.config/Code/User/mcp.json',
    key: 'servers',
    text: ({ everything, files }) =>
      `{\r\n\t// servers of mine\r\n\t"servers": {\r\n\t\t"Everything (npm)": ${everything}, // the big one\r\n\t\t/* files */\r\n\t\t"files": ${files},\r\n\t},\r\n\t"inputs": [{"type": "promptString", "id": "key", "password": true}],\r\n}\r\n`,
  },
};

const textOf = ({ content }) => content.map(({ text }) => text).join('');

// The file with comments and trailing commas as plain JSON.
const plain = (text) => JSON.parse(text.replace(/\/\*.*?\*\/|\/\/[^\r\n"]*$/gm, '').replace(/,(\s*[}\]])/g, '$1'));

describe('install', () => {
  for (const [client, { file, key, text }] of Object.entries(agents)) {
    it(`${client}: two servers from npm move, work through the entry that is left, and come back`, async (t) => {
      const home = temporaryDirectory(t);
      const mark = randomBytes(8).toString('hex');
      const env = { PATH: process.env.PATH, HOME: home, [MARK]: mark };
      const data = join(home, 'data');
      mkdirSync(data);
      writeFileSync(join(data, 'hello.txt'), 'from behind the gate');
      const server = (args) => `{"command": ${quoted(node)}, "args": ${quoted(args)}, "env": {"${MARK}": "${mark}", "API_KEY": "canary"}}`;
      const before = text({ everything: server([npmServer('everything'), 'stdio']), files: server([npmServer('filesystem'), data]) });
      const path = join(home, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, before);
      const install = (...args) => {
        const done = spawnSync(binary, ['install', '--client', client, ...args], { env, encoding: 'utf8' });
        assert.equal(done.status, 0, done.stderr);
        assert.doesNotMatch(done.stdout + done.stderr, /canary/);
        return done.stdout;
      };

      install('--dry-run');
      assert.equal(readFileSync(path, 'utf8'), before);
      install();
      const entries = plain(readFileSync(path, 'utf8'))[key];
      assert.deepEqual(Object.keys(entries), ['sallyport']);

      cleanUp(t, async () => {
        try {
          await untilGone('the gateway and its servers are gone', () => marked(mark));
        } finally {
          killMarked(mark);
        }
      });
      const { command, args } = entries.sallyport;
      const peer = await connect(t, 'v1', { command, args, env });
      const { tools } = await peer.list();
      assert.ok(tools.some(({ name }) => name === 'everything-npm__echo'), tools.map(({ name }) => name).join());
      assert.match(textOf(await peer.call('everything-npm__echo', { message: 'anybody there?' })), /anybody there\?/);
      assert.match(textOf(await peer.call('files__read_text_file', { path: join(data, 'hello.txt') })), /from behind the gate/);

      install('--undo');
      assert.equal(readFileSync(path, 'utf8'), before);
    });
  }
});
