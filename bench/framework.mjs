// An echo server on the official TypeScript SDK 2.x, for bench/framework: over stdio, or HTTP on a free port that it prints.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// The packages of the end-to-end tests.
const required = createRequire(process.env.NODE_PACKAGES_OF);
const load = (name) => import(pathToFileURL(required.resolve(name)).href);
const { McpServer, createMcpHandler } = await load('@modelcontextprotocol/server');
const { z } = await load('zod');

function echo() {
  const server = new McpServer({ name: 'echo', version: '1.0' });
  server.registerTool('echo', { description: 'Gives back what it is given.', inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({ content: [{ type: 'text', text }] }));
  return server;
}

if (process.argv[2] === '--stdio') {
  const { serveStdio } = await load('@modelcontextprotocol/server/stdio');
  await serveStdio(echo);
} else {
  const { toNodeHandler } = await load('@modelcontextprotocol/node');
  const server = createServer(toNodeHandler(createMcpHandler(echo)));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
}
