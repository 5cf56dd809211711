// Promise: calls go on as tasks, in servers of the framework and through the gateway, with the official client of 2025-11-25 and with
// requests of 2026-07-28; who has one hears its progress and log messages, and nobody else; a server that dies ends its tasks with a typed error.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { ElicitRequestSchema, TaskStatusNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { cleanUp } from './lib/cleanup.mjs';
import { connect } from './lib/clients.mjs';
import { startGateway } from './lib/gateway.mjs';
import { request, SseStream } from './lib/http.mjs';
import { LegacySession, modernBody, modernHeaders, modernRequest, textOf, typedError } from './lib/mcp.mjs';
import { binary } from './lib/paths.mjs';
import { freePort } from './lib/ports.mjs';
import { everything, stdioFixture } from './lib/servers.mjs';
import { until, within } from './lib/wait.mjs';

const example = (name) => join(dirname(binary), name);

async function serve(t, name = 'everything-server') {
  const server = spawn(example(name), ['--http', '127.0.0.1:0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(server, 'exit');
  cleanUp(t, async () => {
    server.kill('SIGKILL');
    await ended;
  });
  const [line] = await within('the server to say its URL', once(createInterface({ input: server.stderr }), 'line'));
  return JSON.parse(line).url;
}

const EXTENSION = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {}, extensions: { 'io.modelcontextprotocol/tasks': {} } } };
const modern = async (url, method, params, meta = EXTENSION) =>
  (await modernRequest(url, method, { ...params, _meta: meta }, { headers: params.taskId && { 'mcp-name': params.taskId } })).reply;
const modernTask = async (url, name, args = {}) => {
  const { result } = await modern(url, 'tools/call', { name, arguments: args });
  assert.equal(result.resultType, 'task', JSON.stringify(result));
  return result.taskId;
};
const modernUntil = async (url, taskId, status) => {
  let last;
  await until(`the task to be ${status}`, async () => (last = (await modern(url, 'tasks/get', { taskId })).result)?.status === status);
  return last;
};

// A subscriptions/listen for one task; gives what is told of it with a status.
async function listen(t, url, taskId) {
  const body = modernBody('subscriptions/listen', { notifications: { taskIds: [taskId, 'made up'] }, _meta: EXTENSION }, 7);
  const events = await SseStream.open(url, { method: 'POST', headers: modernHeaders('subscriptions/listen'), body });
  cleanUp(t, () => events.close());
  const acknowledged = await events.next('the acknowledgement', ({ method }) => method === 'notifications/subscriptions/acknowledged');
  assert.deepEqual(acknowledged.params.notifications, { taskIds: [taskId] });
  return async (status) => {
    const { params } = await events.next(`the task to be ${status}`, ({ method, params }) => method === 'notifications/tasks' && params.taskId === taskId && params.status === status);
    return params;
  };
}

// All that callToolStream says.
async function stream(client, name, args, options) {
  const all = [];
  for await (const message of client.experimental.tasks.callToolStream({ name, arguments: args }, undefined, options)) all.push(message);
  return all;
}
const started = async (client, name, args, options) => {
  const messages = client.experimental.tasks.callToolStream({ name, arguments: args }, undefined, { task: {}, ...options });
  const { value } = await messages.next();
  assert.equal(value.type, 'taskCreated', JSON.stringify(value));
  return value.task.taskId;
};

// What holds for a server with the tools of everything-server, whatever stands in between.
const CORE = {
  'the official client takes a task, looks at it and fetches its result': async (peer) => {
    await peer.list();
    const messages = await stream(peer.client, 'slow_compute', { seconds: 0.2, label: 'it' }, { task: { ttl: 60000 } });
    assert.equal(messages[0].type, 'taskCreated');
    assert.equal(messages[0].task.ttl, 60000);
    assert.equal(messages.at(-1).type, 'result', JSON.stringify(messages.at(-1)));
    assert.equal(messages.at(-1).result.content[0].text, 'Computed it.');
  },
  'a task is cancelled, and the list has it': async (peer) => {
    const { tasks } = peer.client.experimental;
    const taskId = await started(peer.client, 'slow_compute', { seconds: 3000 });
    assert.ok((await tasks.listTasks()).tasks.some((task) => task.taskId === taskId && task.status === 'working'));
    assert.equal((await tasks.cancelTask(taskId)).status, 'cancelled');
    assert.equal((await tasks.getTask(taskId)).status, 'cancelled');
    await assert.rejects(tasks.cancelTask(taskId), { code: -32602 });
  },
  'tools are called in the way that they have': async (peer) => {
    await assert.rejects(stream(peer.client, 'greet', { name: 'x' }, { task: {} }).then(([message]) => Promise.reject(message.error)), { code: -32601 });
    assert.equal((await peer.call('greet', { name: 'x' })).content[0].text, 'Hello, x!');
  },
};

// Its progress goes on beyond the answer that there is a task.
async function hearsProgress(peer, name) {
  await peer.list();
  const heard = [];
  const taskId = await started(peer.client, name, { pages: 100000 }, { onprogress: ({ progress, message }) => void heard.push(`${progress}: ${message}`) });
  await until('progress', () => heard.length > 2);
  assert.match(heard.at(-1), /^(\d+): page \1 of 100000$/);
  await peer.client.experimental.tasks.cancelTask(taskId);
}

describe('a server of the framework', () => {
  it('the official client hears how far its task is', async (t) => hearsProgress(await connect(t, 'v1', { url: await serve(t, 'tasks') }), 'print_book'));

  for (const [transport, target] of Object.entries({ HTTP: async (t) => ({ url: await serve(t) }), stdio: async () => ({ command: example('everything-server'), args: [] }) })) {
    for (const [what, check] of Object.entries(CORE)) it(`${transport}: ${what}`, async (t) => check(await connect(t, 'v1', await target(t))));

    it(`${transport}: a task asks where its result is awaited, and tells of its changes`, async (t) => {
      const peer = await connect(t, 'v1', await target(t), { capabilities: { elicitation: {} } });
      const told = [];
      peer.client.setNotificationHandler(TaskStatusNotificationSchema, ({ params }) => void told.push(params.status));
      peer.client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { confirm: true } }));
      const messages = await stream(peer.client, 'confirm_delete', { filename: 'a.txt' }, { task: {} });
      assert.equal(messages.at(-1).result?.content[0].text, 'Deleted a.txt.', JSON.stringify(messages));
      await until('the news', () => told.includes('input_required') && told.includes('completed'));
    });
  }

  it('a modern listen hears of the tasks that it names', async (t) => {
    const url = await serve(t);
    const taskId = await modernTask(url, 'slow_compute', { seconds: 1 });
    const next = await listen(t, url, taskId);
    const last = await next('completed');
    assert.equal(last._meta['io.modelcontextprotocol/subscriptionId'], 7);
    assert.equal(last.result.content[0].text, 'Computed unnamed.');
  });

  it('the example teaches: progress in words, a worker, a question, and what is quick', async (t) => {
    const url = await serve(t, 'tasks');
    const endless = await modernTask(url, 'print_book', { pages: 100000 });
    await until('its progress', async () => /page \d+ of 100000/.test((await modern(url, 'tasks/get', { taskId: endless })).result.statusMessage ?? ''));
    const book = await modernTask(url, 'print_book', { pages: 2 });
    assert.equal((await modernUntil(url, book, 'completed')).result.content[0].text, '2 pages are printed.');
    const primes = await modernTask(url, 'count_primes', { below: 100 });
    assert.equal((await modernUntil(url, primes, 'completed')).result.content[0].text, '25 primes');
    const article = await modernTask(url, 'publish', { title: 'News' });
    const asked = await modernUntil(url, article, 'input_required');
    assert.equal(asked.inputRequests.approval.method, 'elicitation/create');
    await modern(url, 'tasks/update', { taskId: article, inputResponses: { approval: { action: 'accept', content: { approved: true } } } });
    assert.equal((await modernUntil(url, article, 'completed')).result.content[0].text, "'News' is published.");
    assert.equal((await modern(url, 'tools/call', { name: 'search', arguments: { word: 'quick' } })).result.resultType, 'complete');
    await modernTask(url, 'search', { word: 'abc' });
    const full = await until('there to be too many', async () => {
      const { result } = await modern(url, 'tools/call', { name: 'print_book', arguments: { pages: 100000 } });
      return result.resultType === 'task' ? undefined : typedError({ result });
    });
    assert.equal(full.code, 'LIMIT_013');
  });
});

describe('through the gateway', () => {
  const legacy = async (t, extra = {}) => startGateway(t, { servers: { every: { url: await serve(t), prefix: '', protocol: '2025-11-25', ...extra } } });

  for (const [what, check] of Object.entries(CORE))
    it(`2025-11-25 to 2025-11-25: ${what}`, async (t) => {
      const { url } = await legacy(t);
      await until('the tools', async () => (await modern(url, 'tools/list', {})).result?.tools.length > 0);
      await check(await connect(t, 'v1', { url }));
    });

  for (const [transport, target] of Object.entries({ HTTP: async (t) => ({ url: await serve(t, 'tasks') }), stdio: async () => ({ command: example('tasks'), args: [] }) }))
    it(`2025-11-25 to 2025-11-25: the official client hears how far its task is, of a server over ${transport}`, async (t) => {
      const { url } = await startGateway(t, { servers: { press: { ...(await target(t)), protocol: '2025-11-25' } } });
      await until('the tools', async () => (await modern(url, 'tools/list', {})).result?.tools.length > 0);
      await hearsProgress(await connect(t, 'v1', { url }), 'press__print_book');
    });

  it('2025-11-25 to 2025-11-25: who has a task hears its progress and log messages, and nobody else', async (t) => {
    const { server } = stdioFixture(t, 'teller.mjs');
    const { url } = await startGateway(t, { servers: { sdk: { ...server, prefix: '' } } });
    const [ann, bob] = [await LegacySession.open(url), await LegacySession.open(url)];
    const [annHears, bobHears] = [await ann.listen(), await bob.listen()];
    cleanUp(t, () => [annHears, bobHears].forEach((stream) => stream.close()));
    await until('the tools', async () => (await ann.request('tools/list', {})).result.tools.length > 0);
    const begin = async (session, name) => {
      const params = { name: 'work', arguments: { name }, task: {}, _meta: { progressToken: 'mine' } };
      return (await session.request('tools/call', params)).result.task.taskId;
    };
    const [annsTask, bobsTask] = [await begin(ann, 'anns'), await begin(bob, 'bobs')];
    const say = (session, name) => session.post({ jsonrpc: '2.0', id: 77, method: 'tools/call', params: { name: 'say', arguments: { name } } });
    const related = ({ params }) => params?._meta?.['io.modelcontextprotocol/related-task']?.taskId;
    const words = ({ params }) => params.message ?? params.data;
    const told = (stream) => stream.messages.filter(related);
    const logged = (stream, data) => stream.next(`the log message ${data}`, (message) => related(message) && message.params.data === data);

    const said = await say(bob, 'anns'); // while only a call of bob's is under way
    assert.equal(said.messages.length, 1, said.text);
    await say(ann, 'bobs');
    await logged(annHears, 'anns');
    await logged(bobHears, 'bobs');
    for (const [stream, taskId, name] of [[annHears, annsTask, 'anns'], [bobHears, bobsTask, 'bobs']]) {
      assert.deepEqual(told(stream).map(words), [`${name} begins`, name, name]);
      assert.ok(told(stream).every((message) => related(message) === taskId), stream.text);
      assert.equal(told(stream)[1].params.progressToken, 'mine');
    }

    const waiting = ann.post({ jsonrpc: '2.0', id: 78, method: 'tasks/result', params: { taskId: annsTask } });
    await ann.call('finish', { name: 'anns' });
    const result = await within('the result', waiting);
    const [later] = result.messages; // what the SDK kept for whoever fetches the result
    assert.equal(words(later), 'anns later', result.text);
    assert.equal(related(later), annsTask);
    assert.equal(textOf(result.reply), 'done');

    await bob.end();
    await say(ann, 'bobs');
    await say(ann, 'anns'); // which has ended
    const more = await begin(ann, 'more');
    await say(ann, 'more');
    await logged(annHears, 'more');
    assert.deepEqual(told(annHears).map(words), ['anns begins', 'anns', 'anns', 'more begins', 'more', 'more']);
    assert.equal(related(told(annHears).at(-1)), more);
  });

  it("2025-11-25 to 2025-11-25: the official server's task, with news of it", async (t) => {
    const gateway = await startGateway(t, { servers: { official: everything() } });
    const peer = await connect(t, 'v1', { url: gateway.url }); // before anything is known of the server: there may be tasks
    const listed = async () => (await modern(gateway.url, 'tools/list', {})).result?.tools ?? [];
    await until('its tool', async () => (await listed()).some(({ name }) => name === 'official__simulate-research-query'));
    const told = [];
    peer.client.setNotificationHandler(TaskStatusNotificationSchema, ({ params }) => void told.push(params.taskId));
    const tool = (await peer.list()).tools.find(({ name }) => name === 'official__simulate-research-query');
    assert.equal(tool.execution.taskSupport, 'required');
    const messages = await stream(peer.client, 'official__simulate-research-query', { topic: 'otters' });
    assert.equal(messages[0].type, 'taskCreated');
    assert.equal(messages.at(-1).type, 'result', JSON.stringify(messages.at(-1)));
    assert.match(messages.at(-1).result.content[0].text, /otters/);
    assert.deepEqual([...new Set(told)], [messages[0].task.taskId]);
  });

  it('2026-07-28 to 2026-07-28: a task is taken, answered, cancelled', async (t) => {
    const { url } = await startGateway(t, { servers: { every: { url: await serve(t), prefix: '' } } });
    await until('the tools', async () => (await modern(url, 'tools/list', {})).result?.tools.length > 0); // which starts the server
    await until('the extension is announced', async () => (await modern(url, 'server/discover', {})).result.capabilities.extensions?.['io.modelcontextprotocol/tasks']);
    const done = await modernTask(url, 'slow_compute', { seconds: 0.1, label: 'it' });
    assert.equal((await modernUntil(url, done, 'completed')).result.content[0].text, 'Computed it.');
    const wrong = await modernTask(url, 'protocol_error_job');
    assert.equal((await modernUntil(url, wrong, 'failed')).error.code, -32602);
    const asks = await modernTask(url, 'confirm_delete', { filename: 'b' });
    assert.equal((await modernUntil(url, asks, 'input_required')).inputRequests.confirm.method, 'elicitation/create');
    assert.equal((await modern(url, 'tasks/update', { taskId: asks, inputResponses: { confirm: { action: 'decline' } } })).result.resultType, 'complete');
    assert.equal((await modernUntil(url, asks, 'completed')).result.content[0].text, 'Kept b.');
    const slow = await modernTask(url, 'slow_compute', { seconds: 3000 });
    assert.equal((await modern(url, 'tasks/cancel', { taskId: slow })).result.resultType, 'complete');
    await modernUntil(url, slow, 'cancelled');
    const plain = await modern(url, 'tools/call', { name: 'slow_compute', arguments: { seconds: 0 } }, { 'io.modelcontextprotocol/clientCapabilities': {} });
    assert.equal(plain.result.resultType, 'complete');
    assert.equal((await modern(url, 'tasks/get', { taskId: slow }, {})).error.code, -32021);
  });

  it('2026-07-28 to 2026-07-28: a listen hears how a task stands, what it asks and how it ends, and nobody polls', async (t) => {
    const { url } = await startGateway(t, { servers: { every: { url: await serve(t), prefix: '' } } });
    await until('the tools', async () => (await modern(url, 'tools/list', {})).result?.tools.length > 0);
    const asks = await modernTask(url, 'confirm_delete', { filename: 'c' });
    const next = await listen(t, url, asks);
    assert.equal((await next('input_required')).inputRequests.confirm.method, 'elicitation/create');
    await modern(url, 'tasks/update', { taskId: asks, inputResponses: { confirm: { action: 'accept', content: { confirm: true } } } });
    const last = await next('completed');
    assert.equal(last.result.content[0].text, 'Deleted c.');
    assert.equal(last._meta['io.modelcontextprotocol/subscriptionId'], 7);
    const again = await listen(t, url, asks); // of one that has ended it is told that
    assert.equal((await again('completed')).result.content[0].text, 'Deleted c.');
  });

  // A server that wants to be asked once in ten minutes, and tells whoever listens.
  const TELLS = {
    stdio: async ({ server }) => server,
    HTTP: async ({ server }, t) => {
      const port = await freePort();
      const child = spawn(server.command, [...server.args, String(port)], { stdio: 'ignore', env: server.env });
      cleanUp(t, () => child.kill('SIGKILL'));
      const url = `http://127.0.0.1:${port}/mcp`;
      await until('the server listens', async () => (await request(url, { method: 'POST', body: modernBody('tools/list') })).status === 200);
      return { url };
    },
  };
  for (const [transport, start] of Object.entries(TELLS))
    it(`2026-07-28 to 2026-07-28: a listen hears what a server over ${transport} tells of its own accord`, async (t) => {
      const tells = stdioFixture(t, 'tells.mjs');
      const { url } = await startGateway(t, { servers: { one: { ...(await start(tells, t)), prefix: '' } } });
      await until('the tools', async () => (await modern(url, 'tools/list', {})).result?.tools.length > 0);
      const next = await listen(t, url, await modernTask(url, 'work'));
      await next('working');
      await until('the gateway listens', () => tells.recording.entries().some(({ event }) => event === 'granted'));
      assert.equal(textOf(await modern(url, 'tools/call', { name: 'finish', arguments: {} })), 'finished');
      assert.equal((await next('completed')).result.content[0].text, 'done');
    });

  it('2026-07-28 to 2026-07-28: a server that grants no listening to its tasks is asked about them', async (t) => {
    const { server } = stdioFixture(t, 'tells.mjs', { env: { SILENT: '1' } });
    const { url } = await startGateway(t, { servers: { one: { ...server, prefix: '' } } });
    await until('the tools', async () => (await modern(url, 'tools/list', {})).result?.tools.length > 0);
    const next = await listen(t, url, await modernTask(url, 'work'));
    await next('working');
    assert.equal(textOf(await modern(url, 'tools/call', { name: 'finish', arguments: {} })), 'finished');
    assert.equal((await next('completed')).result.content[0].text, 'done');
  });

  it('2026-07-28 to 2026-07-28: a listen hears that the process of its task has died', async (t) => {
    const gateway = await startGateway(t, { servers: { every: { command: example('everything-server'), args: [], prefix: '' } } });
    await until('the tools', async () => (await modern(gateway.url, 'tools/list', {})).result?.tools.length > 0);
    const next = await listen(t, gateway.url, await modernTask(gateway.url, 'slow_compute', { seconds: 3000 }));
    await next('working');
    process.kill((await gateway.servers()).every.pid, 'SIGKILL');
    assert.equal((await next('failed')).error.data['dev.sallyport/error'].code, 'TOOL_006');
  });

  it('a task is its session’s: another one has none of it', async (t) => {
    const { url } = await legacy(t);
    const [mine, other] = [await LegacySession.open(url), await LegacySession.open(url)];
    await until('the tools', async () => (await mine.request('tools/list', {})).result.tools.length > 0);
    const { result } = await mine.request('tools/call', { name: 'slow_compute', arguments: { seconds: 3000 }, task: {} });
    const { taskId } = result.task;
    for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel']) {
      const { error } = await other.request(method, { taskId });
      assert.equal(error.code, -32602);
      assert.equal(error.data['dev.sallyport/error'].code, 'PROTO_021');
    }
    assert.deepEqual((await other.request('tasks/list', {})).result.tasks, []);
    assert.equal(typedError(await other.call('failing_job')).code, 'PROTO_022');
    assert.equal((await mine.request('tasks/get', { taskId })).result.status, 'working');
    assert.equal((await mine.request('tasks/list', { cursor: 'made up' })).error.data['dev.sallyport/error'].code, 'PROTO_011');
  });

  it('a process that dies ends its tasks with a typed error', async (t) => {
    const gateway = await startGateway(t, { servers: { every: { command: example('everything-server'), args: [], prefix: '', protocol: '2025-11-25' } } });
    const session = await LegacySession.open(gateway.url);
    await until('the tools', async () => (await session.request('tools/list', {})).result.tools.length > 0);
    const { taskId } = (await session.request('tools/call', { name: 'slow_compute', arguments: { seconds: 3000 }, task: {} })).result.task;
    const waiting = session.request('tasks/result', { taskId });
    process.kill((await gateway.servers()).every.pid, 'SIGKILL');
    assert.equal(typedError(await within('the result', waiting)).code, 'TOOL_006');
    const seen = (await session.request('tasks/get', { taskId })).result;
    assert.equal(seen.status, 'failed');
    assert.match(seen.statusMessage, /TOOL_006/);
  });

  it('what the other kind of tasks cannot do is refused with its reason, the rest is called plainly', async (t) => {
    const old = await legacy(t);
    const toModern = await startGateway(t, { servers: { every: { url: await serve(t), prefix: '' } } });
    await until('the tools', async () => (await modern(old.url, 'tools/list', {})).result?.tools.length > 0);
    assert.equal(textOf(await modern(old.url, 'tools/call', { name: 'slow_compute', arguments: { seconds: 0 } })), 'Computed unnamed.');
    assert.equal(typedError(await modern(old.url, 'tools/call', { name: 'failing_job', arguments: {} })).code, 'PROTO_018');
    const session = await LegacySession.open(toModern.url);
    await until('the tools', async () => (await session.request('tools/list', {})).result.tools.length > 0);
    assert.equal(textOf(await session.call('slow_compute', { seconds: 0 })), 'Computed unnamed.');
    assert.equal(typedError(await session.call('failing_job')).code, 'PROTO_018');
    const asked = await session.request('tools/call', { name: 'slow_compute', arguments: { seconds: 0 }, task: {} });
    assert.equal(typedError(asked).code, 'PROTO_018');
  });
});
