// What several tests expect of a list, and of the upstream's own account of it.
import { DEGRADED_KEY, modernRequest } from './mcp.mjs';
import { until } from './wait.mjs';

export const degradedOf = (result) => result._meta?.[DEGRADED_KEY] ?? [];

export const names = (entries) => entries.map(({ what }) => what).sort();

export async function listTools(url) {
  const { reply } = await modernRequest(url, 'tools/list');
  return reply.result;
}

// The tools/list result once no server of the view is missing from it.
export function completeList(url) {
  return until('every server is listed', async () => {
    const result = await listTools(url);
    return degradedOf(result).length === 0 && result.tools.length > 0 && result;
  });
}

// Waits until the fixture began to run the call with this nonce: it is in flight, and past the gateway.
export const untilExecuting = (recording, nonce) => until(`call ${nonce} is in flight`, () => recording.executions(nonce) > 0);
