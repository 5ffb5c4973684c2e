// Opens a page in a headless Chromium and prints what it logs, until that is "end", and before that
// whether all went over HTTP/2 that was encrypted:
//   node chromium.js EXECUTABLE URL SCREENSHOT
// By the protocol of the developer tools on a pipe: JSON objects, each ended by a zero byte.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const [executable, url, screenshot] = process.argv.slice(2);
const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'interop-chromium-'));
const browser = spawn(
  executable,
  [
    '--headless',
    // A sandbox cannot be made by root, nor in most containers.
    '--no-sandbox',
    '--disable-dev-shm-usage',
    '--disable-gpu',
    '--no-proxy-server',
    '--no-first-run',
    // The certificate is made for the run and known to nobody.
    '--ignore-certificate-errors',
    `--user-data-dir=${profile}`,
    '--remote-debugging-pipe',
  ],
  { stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'] },
);
const [, , , commands, messages] = browser.stdio;
const answers = new Map();
const versions = new Set();
let session;

function send(method, params = {}) {
  const id = answers.size + 1;
  commands.write(`${JSON.stringify({ id, method, params, sessionId: session })}\0`);
  return new Promise((resolve, reject) => answers.set(id, { resolve, reject }));
}

async function take({ id, result, error, method, params }) {
  if (error) answers.get(id).reject(new Error(error.message));
  else if (id) answers.get(id).resolve(result);
  else if (method === 'Runtime.exceptionThrown') console.error(params.exceptionDetails);
  else if (method === 'Network.responseReceived') note(params.response);
  else if (method === 'Runtime.consoleAPICalled') await show(params.args);
}

// A page is not told the HTTP version of another origin.
function note({ url, protocol }) {
  if (url.startsWith('http')) versions.add(`${new URL(url).protocol} ${protocol}`);
}

async function show(args) {
  const line = args.map(({ value }) => value).join(' ');
  if (line === 'end') {
    const spoken = [...versions].sort().join(', ');
    const right = spoken === 'http: http/1.1, https: h2';
    console.log(`${right ? 'passed' : 'failed'}\tHTTP/2 where there is TLS\t${right ? '' : spoken}`);
    await picture();
  }
  console.log(line);
  if (line === 'end') await send('Browser.close');
}

async function picture() {
  const { data } = await send('Page.captureScreenshot', { captureBeyondViewport: true });
  fs.writeFileSync(screenshot, Buffer.from(data, 'base64'));
}

let rest = '';
messages.setEncoding('utf8').on('data', (text) => {
  const whole = (rest + text).split('\0');
  rest = whole.pop();
  whole.map((message) => JSON.parse(message)).forEach(take);
});
browser.on('exit', () => fs.rmSync(profile, { recursive: true, force: true }));
process.on('SIGTERM', () => browser.kill());

const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
({ sessionId: session } = await send('Target.attachToTarget', { targetId, flatten: true }));
await send('Runtime.enable');
await send('Network.enable');
await send('Page.navigate', { url });
