// buf curl, built on connect-go: one process a call.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BUF = fileURLToPath(new URL('node_modules/.bin/buf', import.meta.url));

/** Calls with `protocol`: grpc, grpcweb or connect. */
export async function checkBuf(protocol, baseUrl, schemaFile, http2) {
  const flags = ['--protocol', protocol, ...(http2 ? ['--http2-prior-knowledge'] : [])];
  // Reflection is bidirectional: without HTTP/2 the schema has to be at hand.
  const schema = http2 ? [] : ['--schema', schemaFile];
  const curl = (method, data, ...more) =>
    run(['curl', ...flags, ...schema, ...more, '-d', data, `${baseUrl}/${method}`]);

  const process = await curl('Service/Process', '{"text":"hola, 不行"}');
  assert.deepEqual(process, { code: 0, messages: [{ text: 'hola, 不行' }] });

  const many = await curl('helloworld.Greeter/SayHelloInManyLanguages', '{"name":"Ada"}');
  assert.deepEqual(
    many.messages.map(({ message }) => message),
    ['Hello Ada', 'Hola Ada', 'Bonjour Ada', 'Hallo Ada', 'Ciao Ada'],
  );

  const names = '{"name":"Ada"}{"name":"Bo"}';
  const all = await curl('helloworld.Greeter/SayHelloToAll', names);
  assert.deepEqual(all, { code: 0, messages: [{ message: 'Hello Ada and Bo' }] });
  if (http2) {
    const chat = await curl('helloworld.Greeter/Chat', names);
    assert.deepEqual(chat.messages, [{ message: 'Hello Ada' }, { message: 'Hello Bo' }]);
  }

  const unknown = await curl('grpc.health.v1.Health/Check', '{"service":"nobody"}');
  assert.equal(unknown.code, exitCode(5));
  assert.match(unknown.error, /not_found/);

  const failed = await curl('interop.Probe/Fail', '{"name":"Ada"}');
  assert.equal(failed.code, exitCode(3));
  const error = JSON.parse(failed.error);
  assert.equal(error.code, 'invalid_argument');
  assert.equal(error.message, 'name: 100 % ungültig, 不行');
  assert.equal(error.details[0].type, 'google.rpc.BadRequest');

  const late = await curl('interop.Probe/Wait', '{"name":"buf"}', '--timeout', '0.3');
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
