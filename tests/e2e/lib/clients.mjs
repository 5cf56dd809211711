// The official TypeScript clients, one interface: 1.x, also over HTTP+SSE, 2.x in legacy mode, 2.x pinned to the modern revision; HTTP and stdio.
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as SseV1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { cleanUp } from './cleanup.mjs';
import { MODERN } from './mcp.mjs';
import { PATIENCE_MS, within } from './wait.mjs';

const info = { name: 'sallyport-e2e', version: '1' };

const families = {
  v1: { Client: ClientV1, Http: HttpV1, Stdio: StdioV1, options: {}, call: (client, params, options) => client.callTool(params, undefined, options) },
  'v1-sse': { Client: ClientV1, Http: SseV1, options: {}, call: (client, params, options) => client.callTool(params, undefined, options) },
  'v2-legacy': { Client: ClientV2, Http: HttpV2, Stdio: StdioV2, options: {}, call: (client, params, options) => client.callTool(params, options) },
  'v2-modern': {
    Client: ClientV2,
    Http: HttpV2,
    Stdio: StdioV2,
    options: { versionNegotiation: { mode: { pin: MODERN } } },
    call: (client, params, options) => client.callTool(params, options),
  },
  'v2-auto': {
    Client: ClientV2,
    Http: HttpV2,
    Stdio: StdioV2,
    options: { versionNegotiation: { mode: 'auto' } },
    call: (client, params, options) => client.callTool(params, options),
  },
};

export class Peer {
  constructor(family, client, transport) {
    Object.assign(this, { family, client, transport });
  }

  // All pages, with the _meta of the last.
  async list() {
    const tools = [];
    let cursor;
    let page;
    do {
      page = await within('tools/list', this.client.listTools(cursor === undefined ? undefined : { cursor }));
      tools.push(...page.tools);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return { tools, meta: page._meta ?? {} };
  }

  // `options.timeout`: for a call that may take longer than one is waited for.
  call(name, args = {}, options) {
    const patience = Math.max(PATIENCE_MS, options?.timeout ?? 0);
    return within(`tools/call ${name}`, families[this.family].call(this.client, { name, arguments: args }, options), patience);
  }

  close() {
    return within('a client to close', this.client.close());
  }
}

// Connects a client of `family` to {url, headers} or to {command, args, env}; `scope` closes it.
export async function connect(scope, family, target, clientOptions = {}) {
  const { Client, Http, Stdio, options } = families[family];
  const transport = target.url ? new Http(new URL(target.url), target.headers && { requestInit: { headers: target.headers } }) : new Stdio({ ...target, stderr: 'ignore' });
  const client = new Client(info, { ...options, ...clientOptions });
  const peer = new Peer(family, client, transport);
  cleanUp(scope, () => peer.close());
  await within(`${family} to connect`, client.connect(transport));
  return peer;
}
