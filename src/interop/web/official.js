// The official grpc-web client, which needs a browser's XMLHttpRequest.
import assert from 'node:assert/strict';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import grpcWeb from 'grpc-web';
import xhr2 from 'xhr2';

globalThis.XMLHttpRequest = xhr2;

/** Checks unary calls, streams, metadata and errors in `format`, binary or text. */
export async function checkOfficial(format, baseUrl, services) {
  const client = new grpcWeb.GrpcWebClientBase({ format });
  const call = (service, name) => {
    const { input, output, methodKind } = service.methods.find((method) => method.name === name);
    const path = `/${service.typeName}/${name}`;
    const descriptor = new grpcWeb.MethodDescriptor(
      path,
      methodKind === 'unary' ? grpcWeb.MethodType.UNARY : grpcWeb.MethodType.SERVER_STREAMING,
      Object,
      Object,
      (fields) => toBinary(input, create(input, fields)),
      (bytes) => fromBinary(output, bytes),
    );
    return { path: baseUrl + path, descriptor };
  };
  const unary = (service, name, fields, metadata = {}) => {
    const { path, descriptor } = call(service, name);
    return client.unaryCall(path, fields, metadata, descriptor);
  };

  const { text } = await unary(services.Service, 'Process', { text: 'hola, 不行' });
  assert.equal(text, 'hola, 不行');
  const big = 'x'.repeat(300_000);
  assert.equal((await unary(services.Service, 'Process', { text: big })).text, big);

  const many = call(services.Greeter, 'SayHelloInManyLanguages');
  const stream = client.serverStreaming(many.path, { name: 'Ada' }, {}, many.descriptor);
  const greetings = [];
  const end = await new Promise((resolve, reject) => {
    stream.on('data', ({ message }) => greetings.push(message));
    stream.on('status', resolve);
    stream.on('error', reject);
  });
  assert.equal(end.code, 0);
  assert.deepEqual(greetings, ['Hello Ada', 'Hola Ada', 'Bonjour Ada', 'Hallo Ada', 'Ciao Ada']);

  const echo = call(services.Probe, 'Echo');
  const received = {};
  await new Promise((resolve, reject) => {
    const answered = (error) => error && reject(error);
    client
      .rpcCall(echo.path, {}, { 'x-text': 'one' }, echo.descriptor, answered)
      .on('metadata', (headers) => (received.headers = headers))
      .on('status', ({ metadata }) => {
        received.trailers = metadata;
        resolve();
      });
  });
  assert.equal(received.headers['x-text'], 'one');
  assert.equal(received.trailers['x-text'], 'one');

  const error = await unary(services.Probe, 'Fail', { name: 'Ada' }).then(
    () => assert.fail('a reply, expected an error'),
    (failed) => failed,
  );
  assert.equal(error.code, grpcWeb.StatusCode.INVALID_ARGUMENT);
  assert.equal(error.message, 'name: 100 % ungültig, 不行');
  assert.ok(error.metadata['grpc-status-details-bin']);
}
