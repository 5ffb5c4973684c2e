// The official grpc-web client, which needs a browser's XMLHttpRequest.
import assert from 'node:assert/strict';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import grpcWeb from 'grpc-web';
import { GREETINGS } from './connect.js';

/** Checks unary calls, streams, metadata, errors and deadlines in `format`, binary or text. */
export async function checkOfficial(name, format, baseUrl, services) {
  const client = new grpcWeb.GrpcWebClientBase({ format });
  const unary = (service, method, fields, metadata) =>
    callUnary(client, baseUrl, service, method, fields, metadata);

  const { text } = await unary(services.Service, 'Process', { text: 'hola, 不行' });
  assert.equal(text, 'hola, 不行');
  const big = 'x'.repeat(300_000);
  assert.equal((await unary(services.Service, 'Process', { text: big })).text, big);

  const many = described(services.Greeter, 'SayHelloInManyLanguages');
  const stream = client.serverStreaming(baseUrl + many.getName(), { name: 'Ada' }, {}, many);
  const greetings = [];
  const end = await new Promise((resolve, reject) => {
    stream.on('data', ({ message }) => greetings.push(message));
    stream.on('status', resolve);
    stream.on('error', reject);
  });
  assert.equal(end.code, 0);
  assert.deepEqual(greetings, GREETINGS);

  const echo = described(services.Probe, 'Echo');
  const received = {};
  await new Promise((resolve, reject) => {
    const answered = (error) => error && reject(error);
    client
      .rpcCall(baseUrl + echo.getName(), {}, { 'x-text': 'one' }, echo, answered)
      .on('metadata', (headers) => (received.headers = headers))
      .on('status', ({ metadata }) => (received.trailers = metadata))
      .on('end', resolve);
  });
  assert.equal(received.headers['x-text'], 'one');
  assert.equal(received.trailers['x-text'], 'one');

  const error = await failureOf(format, baseUrl, services.Probe, 'Fail', { name: 'Ada' });
  assert.equal(error.code, grpcWeb.StatusCode.INVALID_ARGUMENT);
  assert.equal(error.message, 'name: 100 % ungültig, 不行');
  assert.match(atob(error.metadata['grpc-status-details-bin']), /refused: Ada/);

  const waiting = { name: `${name}, late` };
  const deadline = String(Date.now() + 300);
  const late = await failureOf(format, baseUrl, services.Probe, 'Wait', waiting, { deadline });
  assert.equal(late.code, grpcWeb.StatusCode.DEADLINE_EXCEEDED);
  const { message } = await unary(services.Probe, 'Ended', waiting);
  assert.match(message, /^(DEADLINE_EXCEEDED|CANCELLED)$/);
}

/** Returns the error that a unary call ends with. */
export function failureOf(format, baseUrl, service, method, fields, metadata) {
  const client = new grpcWeb.GrpcWebClientBase({ format });
  return callUnary(client, baseUrl, service, method, fields, metadata).then(
    () => assert.fail('a reply, expected an error'),
    (failed) => failed,
  );
}

function callUnary(client, baseUrl, service, method, fields, metadata = {}) {
  const descriptor = described(service, method);
  return client.unaryCall(baseUrl + descriptor.getName(), fields, metadata, descriptor);
}

/** As the official generator describes a method. */
function described(service, name) {
  const { input, output, methodKind } = service.methods.find((method) => method.name === name);
  return new grpcWeb.MethodDescriptor(
    `/${service.typeName}/${name}`,
    methodKind === 'unary' ? grpcWeb.MethodType.UNARY : grpcWeb.MethodType.SERVER_STREAMING,
    Object,
    Object,
    (fields) => toBinary(input, create(input, fields)),
    (bytes) => fromBinary(output, bytes),
  );
}
