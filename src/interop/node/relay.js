// Stands between a caller and a server and counts the bytes that pass: shows what was compressed.
import { once } from 'node:events';
import net from 'node:net';

/** Forwards connections to a port of this machine; counts what the caller `sent` and `received`. */
export class Relay {
  sent = 0;
  received = 0;
  #server;

  static async to(port) {
    const relay = new Relay();
    relay.#server = net.createServer((caller) => {
      const server = net.connect(port, '127.0.0.1');
      caller.on('data', (bytes) => (relay.sent += bytes.length));
      server.on('data', (bytes) => (relay.received += bytes.length));
      caller.pipe(server);
      server.pipe(caller);
      caller.on('error', () => server.destroy());
      server.on('error', () => caller.destroy());
    });
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port() {
    return this.#server.address().port;
  }

  close() {
    this.#server.close();
  }
}
