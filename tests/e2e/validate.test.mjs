// Promise: arguments that do not fit a tool's schema are refused before the server sees them where its operator says so, else counted, and their values
// are never repeated (schemas of npm servers, official clients).
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { connect } from './lib/clients.mjs';
import { startGateway } from './lib/gateway.mjs';
import { modernCall } from './lib/mcp.mjs';
import { everything } from './lib/servers.mjs';

async function outcome(gateway, name) {
  const { text } = await gateway.admin('/metrics');
  const line = text.split('\n').find((each) => each.startsWith('sallyport_arguments_checked_total{') && each.includes(`outcome="${name}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

for (const family of ['v1', 'v2-modern']) {
  it(`enforce: ${family} learns place and rule, and the server is not asked`, async (t) => {
    const gateway = await startGateway(t, { servers: { all: { ...everything(), validate: 'enforce' } } });
    const peer = await connect(t, family, { url: gateway.url });
    assert.match((await peer.call('all__echo', { message: 'hello' })).content[0].text, /hello/);
    const refused = await peer.call('all__echo', { message: { CANARY: 1 } });
    assert.equal(refused.isError, true);
    assert.equal(refused._meta['dev.sallyport/error'].code, 'TOOL_003');
    assert.equal(refused._meta['dev.sallyport/error'].executed, 'no');
    assert.match(refused.content[0].text, /at '\/message': must be a string/);
    const missing = await peer.call('all__get-sum', { a: 1 });
    assert.match(missing.content[0].text, /at '\/b': is required/);
    assert.doesNotMatch(JSON.stringify(refused) + gateway.stderr, /CANARY/);
    assert.equal(await outcome(gateway, 'fits'), 1);
    assert.equal(await outcome(gateway, 'refused'), 2);
  });
}

it('shadow is the default: what does not fit goes on, and is counted and logged without its value', async (t) => {
  const gateway = await startGateway(t, { servers: { all: everything() } });
  const answer = await modernCall(gateway.url, 'all__echo', { message: { CANARY: 1 } });
  assert.match(JSON.stringify(answer), /nvalid/, 'the server itself refuses it');
  assert.notEqual(answer.result?._meta?.['dev.sallyport/error']?.code, 'TOOL_003');
  assert.equal(await outcome(gateway, 'passed'), 1);
  assert.match(gateway.stderr, /arguments do not fit the tool's schema, and pass/);
  assert.match(gateway.stderr, /must be a string/);
  assert.doesNotMatch(gateway.stderr, /CANARY/);
});

it('off looks at nothing, and a reload changes what is done', async (t) => {
  const gateway = await startGateway(t, { servers: { all: { ...everything(), validate: 'off' } } });
  await modernCall(gateway.url, 'all__echo', { message: 1 });
  assert.equal(await outcome(gateway, 'passed'), 0);
});
