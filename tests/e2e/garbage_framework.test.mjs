// Promise: whatever bytes a client sends to a server of the framework, over HTTP or stdio, it gets its typed error and the next
// request is served: the cases of garbage_http.test.mjs with everything-server as the target.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { before, describe, it } from 'node:test';
import { cleanUp, fileScope } from './lib/cleanup.mjs';
import { example, serveExample } from './lib/examples.mjs';
import { assertRefusal, callOf, garbageBodies, garbageHeaders } from './lib/garbage.mjs';
import { exchange } from './lib/http.mjs';
import { LegacySession, modernRequest, textOf, typedError } from './lib/mcp.mjs';
import { within } from './lib/wait.mjs';

const scope = fileScope();
const TOOL = 'test_simple_text';
const BODIES = garbageBodies({ tool: TOOL, other: 'test_image_content', depth: 70, keys: 200_000, limit: 4 << 20 });

let url;
let session;

before(async () => {
  ({ url } = await serveExample(scope, 'everything-server'));
  session = await LegacySession.open(url);
});

const served = async (answer) => {
  assert.notEqual(textOf(await session.call(TOOL)), '', 'the next request is served');
  return answer;
};

describe('HTTP', () => {
  for (const [what, body, expected] of BODIES) {
    it(`body: ${what}`, async () => {
      const answer = await served(await session.post(body));
      assert.ok([expected.status].flat().includes(answer.status), `${answer.status} ${answer.text}`);
      assertRefusal(answer, { ...expected, status: answer.status });
    });
  }

  for (const [what, act, expected] of garbageHeaders({ url: () => url, session: () => session, body: callOf(TOOL)() })) {
    it(`head: ${what}`, async () => {
      const answer = await served(await act());
      assert.ok([expected.status].flat().includes(answer.status), `${answer.status} ${answer.text}`);
      if (expected.code) assert.equal(typedError(answer.json)?.code, expected.code, answer.text);
    });
  }

  it('body: far too large, and written to its end all the same', async () => {
    const body = Buffer.alloc(30 << 20, ' ');
    assert.equal((await served(await session.post(body))).status, 413);
    const answer = await fetch(url, { method: 'POST', headers: session.headers, body });
    assert.equal(answer.status, 413);
    assert.equal(typedError(await answer.json())?.code, 'LIMIT_005');
  });

  it('body: oversized, by its head', async () => {
    const port = new URL(url).port;
    const head = `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: ${5 << 20}\r\n\r\n`;
    const { answers } = await served(await exchange(port, head, { halfClose: true }));
    assert.equal(answers[0].status, 413);
  });

  it('what is not HTTP', async () => {
    const port = new URL(url).port;
    for (const bytes of ['\0\0\0\0', 'GET\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', `POST /mcp HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`, `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`]) {
      const { answers } = await served(await exchange(port, bytes, { halfClose: true }));
      assert.ok(answers.length === 0 || answers[0].status >= 400, JSON.stringify(bytes));
    }
  });

  it('arguments of every wrong type: TOOL_003, without the value', async () => {
    for (const args of [{}, { place: 1 }, { place: { city: 7 } }, { place: { city: 'x', SECRET: 1 } }, { place: { city: 'x' }, days: 'SECRET' }, { place: { city: 'x' }, days: 99 }, { place: null }]) {
      const { result } = await session.call('weather_forecast', args);
      assert.equal(result._meta['dev.sallyport/error'].code, 'TOOL_003', JSON.stringify(args));
      assert.doesNotMatch(JSON.stringify(result), /SECRET/);
    }
    const { reply } = await modernRequest(url, 'tools/call', { name: TOOL, arguments: [] });
    assert.ok(reply.error ?? reply.result.isError, JSON.stringify(reply));
  });
});

describe('stdio', () => {
  // A line in, the next line out; a server of its own for each test.
  async function server(t) {
    const child = spawn(example('everything-server'), [], { stdio: ['pipe', 'pipe', 'ignore'] });
    const ended = once(child, 'exit');
    child.stdin.on('error', () => {});
    cleanUp(t, async () => {
      child.kill('SIGKILL');
      await ended;
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await within('a line', lines.next())).value);
    return { child, next, ended };
  }

  it('each line of garbage gets its error, or silence, and a ping after it its answer', async (t) => {
    const { child, next } = await server(t);
    let id = 1000;
    for (const [what, body, expected] of BODIES) {
      const ping = `ping-${++id}`;
      child.stdin.write(body);
      child.stdin.write(`\n{"jsonrpc":"2.0","id":"${ping}","method":"ping"}\n`);
      let answer;
      for (;;) {
        const message = await next();
        if (message.id === ping) break;
        answer = message;
        if (answer.result) assert.match(what, /two lines|params that are an array/, `${what}: ${JSON.stringify(message)}`);
        else assert.ok(typedError(message)?.code, `${what}: ${JSON.stringify(message)}`);
      }
      if (!answer) assert.match(what, /empty|white space/, `silence for ${what}`);
      else if (expected.code && !answer.result && !/two lines|LF inside|CR inside/.test(what)) assert.equal(typedError(answer).code, expected.code, what);
    }
  });

  it('input that ends in the middle of a line ends the server in good order', async (t) => {
    const { child, ended } = await server(t);
    child.stdin.end('{"jsonrpc":"2.0","id":1,"meth');
    assert.deepEqual(await within('the server to end', ended), [0, null]);
  });
});
