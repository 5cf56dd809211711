// Free ports of loopback, outside the range from which the kernel takes the ports of outgoing connections.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const taken = new Set();

function canBind(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

export async function freePort() {
  for (let attempt = 0; attempt < 1000; ++attempt) {
    const port = randomInt(12_000, 32_000);
    if (taken.has(port) || !(await canBind(port))) continue;
    taken.add(port);
    return port;
  }
  throw new Error('no free port');
}
