// grpc-js as a server for our client: node server.js CERTIFICATE KEY; prints its ports.
import fs from 'node:fs';
import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { definition, encodeBadRequest, services } from './schema.js';

const [certificateFile, keyFile] = process.argv.slice(2);
const HELLO = ['Hello', 'Hola', 'Bonjour', 'Hallo', 'Ciao'];

function sayHello(call, answer) {
  const { name } = call.request;
  if (name === 'wait') return;
  if (name === 'fail') {
    answer(refusal());
    return;
  }
  const echo = new grpc.Metadata();
  for (const key of ['x-text', 'x-bytes-bin']) {
    for (const value of call.metadata.get(key)) echo.add(key, value);
  }
  call.sendMetadata(echo);
  const trailers = echo.clone();
  trailers.add('x-deadline-ms', String(call.getDeadline() - Date.now()));
  answer(null, { message: `Hello ${name}` }, trailers);
}

function refusal() {
  const code = grpc.status.INVALID_ARGUMENT;
  const details = 'name: 100 % ungültig, 不行';
  const violation = { field: 'name', description: 'refused: fail' };
  const metadata = new grpc.Metadata();
  metadata.add('grpc-status-details-bin', encodeBadRequest(code, details, violation));
  return { code, details, metadata };
}

function sayHelloInManyLanguages(call) {
  for (const hello of HELLO) call.write({ message: `${hello} ${call.request.name}` });
  call.end();
}

async function sayHelloToAll(call, answer) {
  const names = [];
  for await (const { name } of call) names.push(name);
  answer(null, { message: `Hello ${names.join(' and ')}` });
}

function chat(call) {
  call.on('data', ({ name }) => call.write({ message: `Hello ${name}` }));
  call.on('end', () => call.end());
}

const server = new grpc.Server();
server.addService(services.Service.service, {
  Process: (call, answer) => answer(null, call.request),
});
server.addService(services.helloworld.Greeter.service, {
  SayHello: sayHello,
  SayHelloInManyLanguages: sayHelloInManyLanguages,
  SayHelloToAll: sayHelloToAll,
  Chat: chat,
});
new HealthImplementation({ '': 'SERVING', 'helloworld.Greeter': 'SERVING', asleep: 'NOT_SERVING' })
  .addToServer(server);
const served = ['Service', 'helloworld.Greeter'];
new ReflectionService(definition, { services: served }).addToServer(server);

const bind = promisify(server.bindAsync).bind(server);
const port = await bind('127.0.0.1:0', grpc.ServerCredentials.createInsecure());
const pair = {
  cert_chain: fs.readFileSync(certificateFile),
  private_key: fs.readFileSync(keyFile),
};
const tlsPort = await bind('127.0.0.1:0', grpc.ServerCredentials.createSsl(null, [pair]));
console.log(`ports ${port} ${tlsPort}`);
