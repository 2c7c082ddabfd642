'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { withRetries } = require('../src/retry');
const { PlatformProblem } = require('../../shared/problems');

function fakeClock(random) {
  const pauses = [];
  return { pauses, random: () => random, sleep: async (milliseconds) => void pauses.push(milliseconds), now: () => 0 };
}

function failing(problem) {
  let attempts = 0;
  return { work: async () => { attempts += 1; throw problem; }, attempts: () => attempts };
}

const networkProblem = () => new PlatformProblem({ status: 0, code: 'NETWORK' });

test('pauses grow, with full jitter', async () => {
  for (const [random, expected] of [[1, [300, 600, 1200]], [0.5, [150, 300, 600]], [0, [0, 0, 0]]]) {
    const clock = fakeClock(random);
    const { work, attempts } = failing(networkProblem());
    await assert.rejects(withRetries(work, true, clock));
    assert.equal(attempts(), 4);
    assert.deepEqual(clock.pauses, expected);
  }
});

test('Retry-After is a lower bound', async () => {
  const clock = fakeClock(0.5);
  const busy = new PlatformProblem({ status: 429, code: 'FUNCTION_BUSY', retryAfterSeconds: 2 });
  await assert.rejects(withRetries(failing(busy).work, false, clock));
  assert.deepEqual(clock.pauses, [2150, 2300, 2600]);
});

test('what may have happened is not repeated, nor what will fail again', async () => {
  for (const problem of [networkProblem(), new PlatformProblem({ status: 500, code: 'INTERNAL' }), new PlatformProblem({ status: 403, code: 'PERMISSION_DENIED' })]) {
    const { work, attempts } = failing(problem);
    await assert.rejects(withRetries(work, false, fakeClock(0)));
    assert.equal(attempts(), 1);
  }
  const { work, attempts } = failing(new PlatformProblem({ status: 500, code: 'INTERNAL' }));
  await assert.rejects(withRetries(work, true, fakeClock(0)));
  assert.equal(attempts(), 1);
});

test('attempts of a call inside of a call do not multiply', async () => {
  const { work, attempts } = failing(networkProblem());
  const clock = fakeClock(0);
  await assert.rejects(withRetries(() => withRetries(work, true, clock), true, clock));
  assert.equal(attempts(), 4);
});
