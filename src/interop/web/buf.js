// buf curl, built on connect-go: one process a call.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ADA = '{"name":"Ada"}';
const BUF = fileURLToPath(new URL('node_modules/.bin/buf', import.meta.url));

/** Calls with `protocol`: grpc, grpcweb or connect. */
export async function checkBuf(protocol, baseUrl, schemaFile, http2) {
  const flags = ['--protocol', protocol, ...(http2 ? ['--http2-prior-knowledge'] : [])];
  const atHand = ['--schema', schemaFile];
  const curl = (method, data, ...more) =>
    run(['curl', ...flags, ...more, '-d', data, `${baseUrl}/${method}`]);
  // Reflection is bidirectional: without HTTP/2 the schema has to be at hand.
  const described = http2 ? [] : atHand;

  const process = await curl('Service/Process', '{"text":"hola, 不行"}', ...described);
  assert.deepEqual(process, { code: 0, messages: [{ text: 'hola, 不行' }] });

  const many = await curl('helloworld.Greeter/SayHelloInManyLanguages', ADA, ...described);
  assert.deepEqual(
    many.messages.map(({ message }) => message),
    ['Hello Ada', 'Hola Ada', 'Bonjour Ada', 'Hallo Ada', 'Ciao Ada'],
  );

  const names = '{"name":"Ada"}{"name":"Bo"}';
  const all = await curl('helloworld.Greeter/SayHelloToAll', names, ...described);
  assert.deepEqual(all, { code: 0, messages: [{ message: 'Hello Ada and Bo' }] });
  if (http2) {
    const chat = await curl('helloworld.Greeter/Chat', names, ...described);
    assert.deepEqual(chat.messages, [{ message: 'Hello Ada' }, { message: 'Hello Bo' }]);
  }

  const unknown = await curl('grpc.health.v1.Health/Check', '{"service":"nobody"}', ...described);
  assert.equal(unknown.code, exitCode(5));
  assert.match(unknown.error, /not_found/);

  // The probe service does not describe itself.
  const failed = await curl('interop.Probe/Fail', ADA, ...atHand);
  assert.equal(failed.code, exitCode(3));
  const error = JSON.parse(failed.error);
  assert.equal(error.code, 'invalid_argument');
  assert.equal(error.message, 'name: 100 % ungültig, 不行');
  assert.equal(error.details[0].type, 'google.rpc.BadRequest');

  const late = await curl('interop.Probe/Wait', ADA, ...atHand, '--timeout', '3s');
  assert.match(late.error, /deadline_exceeded/);
}

/** buf's exit code is eight times the code of the call. */
function exitCode(status) {
  return status * 8;
}

function run(args) {
  return new Promise((resolve) => {
    const env = { ...process.env, NO_PROXY: '127.0.0.1' };
    execFile(BUF, args, { env }, (error, stdout, stderr) => {
      // JSON values one after the other.
      const messages = JSON.parse(`[${stdout.trim().replace(/\}\s*\{/g, '},{')}]`);
      resolve(error ? { code: error.code, messages, error: stderr } : { code: 0, messages });
    });
  });
}
