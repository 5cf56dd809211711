// A TCP proxy that cuts connections: now, or after so many bytes towards the client.
import { connect, createServer } from 'node:net';
import { cleanUp } from './cleanup.mjs';

export class CuttingProxy {
  // `after(n)`: how many bytes the n-th connection (from 0) carries towards the client before it is cut; undefined: all.
  static async start(scope, port, { after = () => undefined } = {}) {
    const proxy = new CuttingProxy();
    proxy.server = createServer((client) => proxy.serve(client, port, after(proxy.connections++)));
    await new Promise((done) => proxy.server.listen(0, '127.0.0.1', done));
    cleanUp(scope, () => {
      proxy.cut();
      return new Promise((done) => proxy.server.close(done));
    });
    return proxy;
  }

  constructor() {
    this.connections = 0;
    this.pairs = new Set();
  }

  get url() {
    return `http://127.0.0.1:${this.server.address().port}/mcp`;
  }

  serve(client, port, limit) {
    const server = connect(port, '127.0.0.1');
    const pair = [client, server];
    this.pairs.add(pair);
    const end = () => {
      this.pairs.delete(pair);
      pair.forEach((socket) => socket.destroy());
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    client.pipe(server);
    let left = limit ?? Infinity;
    server.on('data', (chunk) => {
      client.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) client.end(end);
    });
  }

  // Ends every connection of this moment, as a network that goes away does.
  cut() {
    const count = this.pairs.size;
    for (const pair of [...this.pairs]) pair.forEach((socket) => socket.destroy());
    return count;
  }
}
