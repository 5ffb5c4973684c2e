// The clients of connect-es, over one transport at a time.
import assert from 'node:assert/strict';
import {
  Code,
  ConnectError,
  createClient,
  decodeBinaryHeader,
  encodeBinaryHeader,
} from '@connectrpc/connect';

export const GREETINGS = ['Hello Ada', 'Hola Ada', 'Bonjour Ada', 'Hallo Ada', 'Ciao Ada'];
const BYTES = new Uint8Array([0, 1, 254, 255]);

async function failure(promise) {
  const outcome = await promise.then(
    (reply) => assert.fail(`a reply: ${JSON.stringify(reply).slice(0, 80)}`),
    (error) => error,
  );
  if (!(outcome instanceof ConnectError)) throw outcome;
  return outcome;
}

async function all(stream) {
  const messages = [];
  for await (const { message } of stream) messages.push(message);
  return messages;
}

async function* named(...names) {
  for (const name of names) yield { name };
}

/** All that a transport is asked; `can` says which shapes it has: clientStreaming, bidi. */
export async function checkTransport(name, transport, services, can = {}) {
  const service = createClient(services.Service, transport);
  const greeter = createClient(services.Greeter, transport);
  const probe = createClient(services.Probe, transport);

  assert.equal((await service.process({ text: 'hola, 不行' })).text, 'hola, 不行');
  assert.equal((await service.process({})).text, '');
  await checkShapes(greeter, can);
  await checkMetadata(probe);
  await checkErrors(probe);
  await checkEnds(name, probe);

  const big = 'x'.repeat(3 << 20);
  assert.equal((await service.process({ text: big })).text, big);
  const tooBig = await failure(service.process({ text: 'x'.repeat(5 << 20) }));
  assert.equal(tooBig.code, Code.ResourceExhausted);
}

async function checkShapes(greeter, can) {
  assert.equal((await greeter.sayHello({ name: 'Ada' })).message, 'Hello Ada');
  assert.deepEqual(await all(greeter.sayHelloInManyLanguages({ name: 'Ada' })), GREETINGS);
  if (can.clientStreaming) {
    const { message } = await greeter.sayHelloToAll(named('Ada', 'Bo', 'Cy'));
    assert.equal(message, 'Hello Ada, Bo and Cy');
  }
  if (can.bidi) {
    const greetings = await all(greeter.chat(named('Ada', 'Bo')));
    assert.deepEqual(greetings, ['Hello Ada', 'Hello Bo']);
  }
}

async function checkMetadata(probe) {
  const received = [];
  const sent = { 'x-text': 'one, two', 'x-bytes-bin': encodeBinaryHeader(BYTES) };
  await probe.echo(
    {},
    {
      headers: sent,
      onHeader: (headers) => received.push(headers),
      onTrailer: (trailers) => received.push(trailers),
    },
  );
  assert.equal(received.length, 2);
  for (const metadata of received) {
    assert.equal(metadata.get('x-text'), 'one, two');
    assert.deepEqual(decodeBinaryHeader(metadata.get('x-bytes-bin')), BYTES);
  }
}

async function checkErrors(probe) {
  const error = await failure(probe.fail({ name: 'Ada' }));
  assert.equal(error.code, Code.InvalidArgument);
  assert.equal(error.rawMessage, 'name: 100 % ungültig, 不行');
  const [detail] = error.details;
  assert.equal(detail.type, 'google.rpc.BadRequest');
  assert.match(new TextDecoder().decode(detail.value), /refused: Ada/);
  const unknown = await failure(probe.missing({}));
  assert.equal(unknown.code, Code.Unimplemented);
}

async function checkEnds(name, probe) {
  const late = { name: `${name}, late` };
  const error = await failure(all(probe.wait(late, { timeoutMs: 300 })));
  assert.equal(error.code, Code.DeadlineExceeded);
  assert.match((await probe.ended(late)).message, /^(DEADLINE_EXCEEDED|CANCELLED)$/);

  const cancelled = { name: `${name}, cancelled` };
  const abort = new AbortController();
  const waiting = probe.wait(cancelled, { signal: abort.signal })[Symbol.asyncIterator]();
  assert.equal((await waiting.next()).value.message, 'waiting');
  abort.abort();
  assert.equal((await failure(waiting.next())).code, Code.Canceled);
  assert.equal((await probe.ended(cancelled)).message, 'CANCELLED');
}
