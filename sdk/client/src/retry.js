'use strict';

/** When a call is made again, and after which pause. */

const MAXIMUM_ATTEMPTS = 4;
const FIRST_PAUSE_MILLISECONDS = 300;
const LONGEST_PAUSE_MILLISECONDS = 8000;
const LONGEST_RETRY_AFTER_SECONDS = 30;

/**
 * `repeatable`: the call may be made again although the first one perhaps arrived (a read, or a write with an
 * idempotency key). A call that was refused (429, 503) did nothing and may always be made again.
 */
function mayRetry(problem, attempt, repeatable) {
  // A failed login inside of a call has had its attempts; they do not multiply.
  // Whoever has to stand in line does not push.
  if (attempt >= MAXIMUM_ATTEMPTS || problem.givenUp || problem.code === 'WAITING_ROOM') return false;
  if (problem.status === 429 || problem.status === 503) return problem.retryAfterSeconds <= LONGEST_RETRY_AFTER_SECONDS;
  return repeatable && (problem.code === 'NETWORK' || problem.code === 'TIMEOUT');
}

/**
 * Full jitter, so that clients that failed together do not come back together; those that were told when to come back spread over as long again, and
 * longer each time.
 */
function pauseBefore(problem, attempt, random) {
  const told = problem.retryAfterSeconds * 1000;
  const ceiling = Math.min(LONGEST_PAUSE_MILLISECONDS, Math.max(told, FIRST_PAUSE_MILLISECONDS) * 2 ** (attempt - 1));
  return told + random() * ceiling;
}

/**
 * What a client may spend on repeats: a few at once, then one for each ten calls that went well. Where everything fails, repeats only add to
 * what made it fail.
 */
class RetryBudget {
  constructor(most = 6, callsForOne = 10) {
    this.price = callsForOne;
    this.most = most * callsForOne;
    this.left = this.most;
  }

  take() {
    if (this.left < this.price) return false;
    this.left -= this.price;
    return true;
  }

  earn() {
    this.left = Math.min(this.most, this.left + 1);
  }
}

async function withRetries(work, repeatable, clock, budget = new RetryBudget()) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await work(attempt);
      budget.earn();
      return answer;
    } catch (problem) {
      if (!mayRetry(problem, attempt, repeatable) || !budget.take()) {
        problem.givenUp = true;
        throw problem;
      }
      await clock.sleep(pauseBefore(problem, attempt, clock.random));
    }
  }
}

const systemClock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  /** Does `work` later; answers what takes that back. */
  after: (milliseconds, work) => {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
};

module.exports = { RetryBudget, withRetries, systemClock };
