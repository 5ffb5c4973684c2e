// What the checks use of node:assert, for a page.

export class AssertionError extends Error {
  constructor(actual, expected) {
    super('not equal');
    Object.assign(this, { actual, expected, generatedMessage: true });
  }
}

export default function assert(condition, message = 'not true') {
  if (!condition) throw new Error(message);
}

assert.ok = assert;

assert.fail = (message) => assert(false, message);

assert.equal = (actual, expected) => {
  if (!Object.is(actual, expected)) throw new AssertionError(actual, expected);
};

// Of values that are JSON, and of bytes.
assert.deepEqual = (actual, expected) => {
  const text = (value) => JSON.stringify(value instanceof Uint8Array ? [...value] : value);
  if (text(actual) !== text(expected)) throw new AssertionError(actual, expected);
};

assert.match = (text, pattern) => {
  if (!pattern.test(text)) throw new AssertionError(text, String(pattern));
};
