// Calls our servers from a page: ?open=ORIGIN&secure=ORIGIN&closed=ORIGIN, of which the
// first two let the page in.
import assert from 'node:assert/strict';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { runChecks } from '../../node/checks.js';
import { checkTransport, GREETINGS } from '../connect.js';
import { checkOfficial, failureOf } from '../official.js';
import { readServices } from '../schema.js';

const query = new URLSearchParams(location.search);
const closed = query.get('closed');
const servers = {
  'same origin': location.origin,
  'cross-origin': query.get('open'),
  'cross-origin, TLS': query.get('secure'),
};

const schema = await fetch('schema.binpb');
const services = readServices(new Uint8Array(await schema.arrayBuffer()));
const checks = {};

for (const [where, baseUrl] of Object.entries(servers)) {
  for (const [kind, create, useBinaryFormat] of [
    ['Connect', createConnectTransport, true],
    ['Connect, JSON', createConnectTransport, false],
    ['gRPC-Web', createGrpcWebTransport, true],
  ]) {
    const name = `connect-web, ${kind}, ${where}`;
    checks[name] = () => checkTransport(name, create({ baseUrl, useBinaryFormat }), services);
  }
  for (const format of ['binary', 'text']) {
    const name = `grpc-web, ${format}, ${where}`;
    checks[name] = () => checkOfficial(name, format, baseUrl, services);
  }
  checks[`REST, ${where}`] = () => checkRest(baseUrl);
}

checks['an origin that is not listed'] = async () => {
  // It is there and answers a page that does not want to read the answer.
  const answer = await fetch(`${closed}/v1/greeter/Ada`, { mode: 'no-cors' });
  assert.equal(answer.type, 'opaque');
  await refused(fetch(`${closed}/v1/greeter/Ada`));
  for (const create of [createConnectTransport, createGrpcWebTransport]) {
    const greeter = createClient(services.Greeter, create({ baseUrl: closed }));
    await refused(greeter.sayHello({ name: 'Ada' }));
  }
  const error = await failureOf('binary', closed, services.Greeter, 'SayHello', { name: 'Ada' });
  assert.match(error.message, /Http response at 400 or 500 level, http status code: 0/);
};

async function refused(promise) {
  const error = await promise.then(() => assert.fail('an answer'), (failure) => failure);
  assert.match(error.message, /Failed to fetch/);
}

async function checkRest(baseUrl) {
  const reply = await fetch(`${baseUrl}/v1/greeter`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Ada' }),
  });
  assert.deepEqual(await reply.json(), { message: 'Hello Ada' });

  const source = new EventSource(`${baseUrl}/v1/greeter/Ada/languages`);
  const greetings = [];
  await new Promise((resolve, reject) => {
    source.onmessage = ({ data }) => greetings.push(JSON.parse(data).message);
    // The server has ended the stream, and a browser would ask again.
    source.onerror = () => (greetings.length > 0 ? resolve() : reject(new Error('no events')));
  });
  source.close();
  assert.deepEqual(greetings, GREETINGS);
}

function show(line) {
  const [result, name, reason] = line.split('\t');
  if (name) {
    const item = document.createElement('li');
    item.className = result;
    item.textContent = [name, reason].filter(Boolean).join(': ');
    document.getElementById('checks').append(item);
  }
  console.log(line);
}

await runChecks(checks, show);
