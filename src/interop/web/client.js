// Clients of the web's protocols against our server: node client.js SCHEMA PORT TLS_PORT CA_FILE
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createClient } from '@connectrpc/connect';
import * as node from '@connectrpc/connect-node';
import * as web from '@connectrpc/connect-web';
import xhr2 from 'xhr2';
import { runChecks } from '../node/checks.js';
import { Relay } from '../node/relay.js';
import { checkBuf } from './buf.js';
import { checkTransport } from './connect.js';
import { checkOfficial } from './official.js';
import { readServices } from './schema.js';

const [schemaFile, port, tlsPort, caFile] = process.argv.slice(2);
const baseUrl = `http://127.0.0.1:${port}`;
const services = readServices(fs.readFileSync(schemaFile));

const ALL_SHAPES = { clientStreaming: true, bidi: true };
const HALF_DUPLEX = { clientStreaming: true };

const CREATE = {
  Connect: 'createConnectTransport',
  'gRPC-Web': 'createGrpcWebTransport',
  gRPC: 'createGrpcTransport',
};

const checks = {};

/** Adds the checks of one transport; `library` is connect-node or connect-web. */
function transport(library, kind, options, can) {
  const { httpVersion, useBinaryFormat = true } = options;
  const name =
    (library === node ? `connect-node, ${kind}, HTTP/${httpVersion}` : `connect-web, ${kind}`) +
    (useBinaryFormat ? '' : ', JSON');
  checks[name] = () =>
    checkTransport(name, library[CREATE[kind]]({ baseUrl, ...options }), services, can);
}

for (const useBinaryFormat of [true, false]) {
  for (const kind of ['Connect', 'gRPC-Web']) {
    transport(node, kind, { httpVersion: '2', useBinaryFormat }, ALL_SHAPES);
    transport(node, kind, { httpVersion: '1.1', useBinaryFormat }, HALF_DUPLEX);
    transport(web, kind, { useBinaryFormat });
  }
  transport(node, 'gRPC', { httpVersion: '2', useBinaryFormat }, ALL_SHAPES);
}

checks['connect-node, gzip'] = async () => {
  const text = 'gzip '.repeat(200_000);
  for (const create of [node.createConnectTransport, node.createGrpcWebTransport]) {
    const relay = await Relay.to(port);
    const zipped = create({
      baseUrl: `http://127.0.0.1:${relay.port}`,
      httpVersion: '1.1',
      nodeOptions: { agent: false },
      acceptCompression: [node.compressionGzip],
      sendCompression: node.compressionGzip,
    });
    const reply = await createClient(services.Service, zipped).process({ text });
    assert.equal(reply.text, text);
    assert(relay.sent < text.length / 10, `${relay.sent} bytes sent (expected: gzipped)`);
    assert(relay.received < text.length / 10, `${relay.received} received (expected: gzipped)`);
    relay.close();
  }
};

checks['connect-node, TLS'] = async () => {
  for (const httpVersion of ['1.1', '2']) {
    const nodeOptions = { ca: fs.readFileSync(caFile) };
    const secure = node.createConnectTransport({
      baseUrl: `https://127.0.0.1:${tlsPort}`,
      httpVersion,
      nodeOptions,
    });
    const greeter = createClient(services.Greeter, secure);
    assert.equal((await greeter.sayHello({ name: 'TLS' })).message, 'Hello TLS');
  }
};

checks['fetch, REST'] = async () => {
  const ask = async (path, init) => {
    const response = await fetch(baseUrl + path, init);
    return { status: response.status, body: await response.text() };
  };
  const got = await ask('/v1/greeter/Ada%20Lovelace');
  assert.equal(got.status, 200);
  assert.deepEqual(JSON.parse(got.body), { message: 'Hello Ada Lovelace' });
  const posted = await ask('/v1/greeter', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: '不行' }),
  });
  assert.deepEqual(JSON.parse(posted.body), { message: 'Hello 不行' });
  const lines = (await ask('/v1/greeter/Ada/languages')).body.trim().split('\n');
  const greetings = lines.map((line) => JSON.parse(line).message);
  assert.deepEqual(greetings, ['Hello Ada', 'Hola Ada', 'Bonjour Ada', 'Hallo Ada', 'Ciao Ada']);
  const missing = await ask('/v1/nobody');
  assert.equal(missing.status, 404);
  assert.equal(JSON.parse(missing.body).code, 5);
};

// As a browser has it.
globalThis.XMLHttpRequest = xhr2;
for (const format of ['binary', 'text']) {
  const name = `grpc-web, ${format}`;
  checks[name] = () => checkOfficial(name, format, baseUrl, services);
}

checks['buf curl, gRPC'] = () => checkBuf('grpc', baseUrl, schemaFile, true);
for (const [protocol, title] of [['grpcweb', 'gRPC-Web'], ['connect', 'Connect']]) {
  checks[`buf curl, ${title}, HTTP/2`] = () => checkBuf(protocol, baseUrl, schemaFile, true);
  checks[`buf curl, ${title}, HTTP/1.1`] = () => checkBuf(protocol, baseUrl, schemaFile, false);
}

await runChecks(checks);
// Connections that are kept for further calls would keep the process.
process.exit();
