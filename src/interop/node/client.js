// grpc-js as a client of our server: node client.js PORT TLS_PORT CA_FILE
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { runChecks } from './checks.js';
import { Relay } from './relay.js';
import { decodeBadRequest, services } from './schema.js';

const { status } = grpc;
const [port, tlsPort, caFile] = process.argv.slice(2);
const GREETINGS = ['Hello Ada', 'Hola Ada', 'Bonjour Ada', 'Hallo Ada', 'Ciao Ada'];
const PLAINTEXT = grpc.credentials.createInsecure();

const open = [];
function client(Service, at = port, credentials = PLAINTEXT, options = {}) {
  const made = new Service(`127.0.0.1:${at}`, credentials, options);
  open.push(made);
  return made;
}

const service = client(services.Service);
const greeter = client(services.helloworld.Greeter);
const probe = client(services.interop.Probe);
const health = client(services.grpc.health.v1.Health);

const unary = (stub, method, ...args) => promisify(stub[method]).call(stub, ...args);

/** Makes a unary call and returns everything that came back, headers and trailers too. */
async function whole(stub, method, request, metadata, options = {}) {
  const result = {};
  const call = stub[method](request, metadata, options, (error, reply) => {
    Object.assign(result, { error, reply });
  });
  call.on('metadata', (headers) => (result.headers = headers));
  const [end] = await once(call, 'status');
  // The callback comes in a later turn than the status.
  await new Promise(setImmediate);
  return { ...result, trailers: end.metadata };
}

async function failure(promise) {
  const outcome = await promise.then(
    (reply) => assert.fail(`a reply: ${JSON.stringify(reply).slice(0, 80)}`),
    (error) => error,
  );
  if (outcome instanceof assert.AssertionError) throw outcome;
  return outcome;
}

async function all(stream) {
  const messages = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

const messagesOf = (stream) => stream[Symbol.asyncIterator]();
const next = async (messages) => (await messages.next()).value;

const checks = {
  async 'the tutorial'() {
    assert.equal((await unary(service, 'Process', { text: 'hola' })).text, 'hola');
    assert.equal((await unary(service, 'Process', {})).text, '');
    assert.equal((await unary(service, 'Process', { text: '不行' })).text, '不行');
  },

  async 'four shapes'() {
    assert.equal((await unary(greeter, 'SayHello', { name: 'Ada' })).message, 'Hello Ada');

    const many = await all(greeter.SayHelloInManyLanguages({ name: 'Ada' }));
    assert.deepEqual(many.map((reply) => reply.message), GREETINGS);

    const reply = new Promise((resolve, reject) => {
      const call = greeter.SayHelloToAll((error, value) =>
        error ? reject(error) : resolve(value),
      );
      for (const name of ['Ada', 'Bo', 'Cy']) call.write({ name });
      call.end();
    });
    assert.equal((await reply).message, 'Hello Ada, Bo and Cy');

    const chat = greeter.Chat();
    const replies = messagesOf(chat);
    for (const name of ['Ada', 'Bo', 'Cy']) {
      chat.write({ name });
      // The answer comes while the request stream is open.
      assert.equal((await next(replies)).message, `Hello ${name}`);
    }
    chat.end();
    assert.equal(await next(replies), undefined);
  },

  async 'metadata both ways'() {
    const bytes = [Buffer.from([0, 1, 254, 255]), Buffer.alloc(0), Buffer.from('abc')];
    const metadata = new grpc.Metadata();
    metadata.add('x-text', 'one');
    metadata.add('x-text', 'two, three');
    bytes.forEach((value) => metadata.add('x-bytes-bin', value));
    const { reply, headers, trailers } = await whole(probe, 'Echo', {}, metadata);
    assert.equal(reply.message, 'plain');
    for (const received of [headers, trailers]) {
      assert.equal(received.get('x-text').join(', '), 'one, two, three');
      assert.deepEqual(received.get('x-bytes-bin'), bytes);
    }
  },

  async 'errors with details'() {
    const { error, trailers } = await whole(probe, 'Fail', { name: 'Ada' }, new grpc.Metadata());
    assert.equal(error.code, status.INVALID_ARGUMENT);
    assert.equal(error.details, 'name: 100 % ungültig, 不行');
    assert.deepEqual(decodeBadRequest(trailers.get('grpc-status-details-bin')[0]), {
      code: status.INVALID_ARGUMENT,
      message: error.details,
      violations: [{ field: 'name', description: 'refused: Ada' }],
    });
    const unknown = await failure(unary(probe, 'Missing', {}));
    assert.equal(unknown.code, status.UNIMPLEMENTED);
  },

  async 'deadline'() {
    const soon = () => ({ deadline: Date.now() + 300 });
    const late = await failure(all(probe.Wait({ name: 'node deadline' }, soon())));
    assert.equal(late.code, status.DEADLINE_EXCEEDED);
    const { message } = await unary(probe, 'Ended', { name: 'node deadline' });
    assert.match(message, /^(DEADLINE_EXCEEDED|CANCELLED)$/);

    const options = { deadline: Date.now() + 15_000 };
    const { trailers } = await whole(probe, 'Echo', {}, new grpc.Metadata(), options);
    const millis = Number(trailers.get('x-deadline-ms')[0]);
    // The server's own would be 30 s.
    assert(millis > 0 && millis < 16_000, `the server was told ${millis} ms (expected: 15000)`);
  },

  async 'cancellation'() {
    const call = probe.Wait({ name: 'node cancel' });
    const replies = messagesOf(call);
    assert.equal((await next(replies)).message, 'waiting');
    call.cancel();
    assert.equal((await failure(next(replies))).code, status.CANCELLED);
    assert.equal((await unary(probe, 'Ended', { name: 'node cancel' })).message, 'CANCELLED');
  },

  async 'gzip both ways'() {
    const relay = await Relay.to(port);
    const text = 'gzip '.repeat(200_000);
    const gzip = { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip };
    const zipped = client(services.Service, relay.port, PLAINTEXT, gzip);
    assert.equal((await unary(zipped, 'Process', { text })).text, text);
    assert(relay.sent < text.length / 10, `${relay.sent} bytes sent (expected: gzipped)`);
    assert(relay.received < text.length / 10, `${relay.received} received (expected: gzipped)`);
    const told = client(services.interop.Probe, relay.port, PLAINTEXT, gzip);
    assert.equal((await unary(told, 'Echo', { name: text })).message, 'compressed');
    relay.close();
  },

  async 'large messages'() {
    const big = 'x'.repeat(3 << 20);
    assert.equal((await unary(service, 'Process', { text: big })).text, big);
    const tooBig = 'x'.repeat(5 << 20);
    const refused = await failure(unary(service, 'Process', { text: tooBig }));
    assert.equal(refused.code, status.RESOURCE_EXHAUSTED);
    assert.equal((await unary(service, 'Process', { text: 'on' })).text, 'on');
  },

  async 'health'() {
    for (const name of ['', 'helloworld.Greeter', 'interop.Probe']) {
      assert.equal((await unary(health, 'Check', { service: name })).status, 'SERVING');
    }
    const unknown = await failure(unary(health, 'Check', { service: 'nobody' }));
    assert.equal(unknown.code, status.NOT_FOUND);
    for (const [name, expected] of [['Service', 'SERVING'], ['nobody', 'SERVICE_UNKNOWN']]) {
      const watch = health.Watch({ service: name });
      const changes = messagesOf(watch);
      assert.equal((await next(changes)).status, expected);
      watch.cancel();
      assert.equal((await failure(next(changes))).code, status.CANCELLED);
    }
  },

  async 'reflection v1'() {
    await reflect(services.grpc.reflection.v1.ServerReflection);
  },

  async 'reflection v1alpha'() {
    await reflect(services.grpc.reflection.v1alpha.ServerReflection);
  },

  async 'TLS'() {
    const trusted = grpc.credentials.createSsl(fs.readFileSync(caFile));
    const secure = client(services.helloworld.Greeter, tlsPort, trusted);
    assert.equal((await unary(secure, 'SayHello', { name: 'TLS' })).message, 'Hello TLS');
    assert.equal((await all(secure.SayHelloInManyLanguages({ name: 'TLS' }))).length, 5);
    const strict = client(services.helloworld.Greeter, tlsPort, grpc.credentials.createSsl());
    const refused = await failure(unary(strict, 'SayHello', { name: 'TLS' }));
    assert.equal(refused.code, status.UNAVAILABLE);
  },
};

/** Asks for the services, then for the file of one of them, then for what is not there. */
async function reflect(Reflection) {
  const call = client(Reflection).ServerReflectionInfo();
  const answers = messagesOf(call);
  const ask = (request) => {
    call.write(request);
    return next(answers);
  };
  const list = (await ask({ list_services: '' })).list_services_response;
  const names = list.service.map((service) => service.name);
  for (const name of ['Service', 'helloworld.Greeter', 'interop.Probe', 'grpc.health.v1.Health']) {
    assert(names.includes(name), `${name} is not among ${names}`);
  }
  const found = await ask({ file_containing_symbol: 'helloworld.Greeter' });
  const [bytes] = found.file_descriptor_response.file_descriptor_proto;
  const [described] = descriptor.FileDescriptorProto.decode(bytes).service;
  const methods = described.method.map((method) => method.name);
  assert.deepEqual(methods, ['SayHello', 'SayHelloInManyLanguages', 'SayHelloToAll', 'Chat']);
  const missing = await ask({ file_containing_symbol: 'helloworld.Nobody' });
  assert.equal(missing.error_response.error_code, status.NOT_FOUND);
  call.end();
  assert.equal(await next(answers), undefined);
}

await runChecks(checks);
open.forEach((made) => made.close());
