'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { RetryBudget, withRetries } = require('../src/retry');
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

test('Retry-After is a lower bound, behind which they spread', async () => {
  const clock = fakeClock(0.5);
  const busy = new PlatformProblem({ status: 429, code: 'FUNCTION_BUSY', retryAfterSeconds: 2 });
  await assert.rejects(withRetries(failing(busy).work, false, clock));
  assert.deepEqual(clock.pauses, [3000, 4000, 6000]);
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

test('where everything fails, nobody repeats for ever', async () => {
  const budget = new RetryBudget(6, 10);
  const busy = () => new PlatformProblem({ status: 503, code: 'OVERLOADED', retryAfterSeconds: 1 });
  let attempts = 0;
  for (let call = 0; call < 20; call += 1) {
    const { work, attempts: made } = failing(busy());
    await assert.rejects(withRetries(work, true, fakeClock(0), budget));
    attempts += made();
  }
  assert.equal(attempts, 20 + 6);
  for (let call = 0; call < 10; call += 1) await withRetries(async () => 1, true, fakeClock(0), budget);
  const { work, attempts: made } = failing(busy());
  await assert.rejects(withRetries(work, true, fakeClock(0), budget));
  assert.equal(made(), 2, 'ten that went well have earned one');
});
