// Another configuration for a gateway that runs.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { until } from './wait.mjs';

export const read = (gateway) => readFileSync(gateway.config, 'utf8');

export async function reloads(gateway, result) {
  const { text } = await gateway.admin('/metrics');
  const line = text.split('\n').find((each) => each.startsWith(`sallyport_reloads_total{result="${result}"}`));
  return line ? Number(line.split(' ').at(-1)) : 0;
}

// Swaps the file in as an editor does, and waits until it was read with this result.
export async function put(gateway, text, result = 'changed') {
  const before = await reloads(gateway, result);
  writeFileSync(`${gateway.config}.new`, text);
  renameSync(`${gateway.config}.new`, gateway.config);
  await until(`the configuration was read: ${result}\n${gateway.stderr.slice(-2000)}`, async () => (await reloads(gateway, result)) > before);
}

export const withServerLine = (text, server, line) => text.replace(new RegExp(`^  ${server}:$`, 'm'), `  ${server}:\n${line}`);
