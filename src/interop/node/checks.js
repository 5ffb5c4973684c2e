// Runs named checks one after the other and tells src/interop/run how each went.
import { AssertionError } from 'node:assert';

const PATIENCE_MS = 20_000;

/** Runs every check of `checks`, an object from name to async function; a line for each. */
export async function runChecks(checks, print = console.log) {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await inTime(check());
      print(`passed\t${name}`);
    } catch (failure) {
      print(`failed\t${name}\t${reason(failure)}`);
    }
  }
  print('end');
}

async function inTime(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function reason(failure) {
  const place = failure.stack?.split('\n').find((line) => line.includes('client.js'));
  const line = place?.match(/client\.js:\d+/)?.[0] ?? '';
  const text =
    failure instanceof AssertionError && failure.generatedMessage
      ? `got ${show(failure.actual)}, expected ${show(failure.expected)}`
      : failure.message;
  return `${line} ${text}`.replace(/\s+/g, ' ').trim();
}

function show(value) {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
