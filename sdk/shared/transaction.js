'use strict';

/** Transactions: begun by hand, or carried out as a whole and again after a conflict. */

const { Collection } = require('./query');
const { requireName } = require('./requirements');
const { PlatformProblem, invalidParameter } = require('./problems');

const ATTEMPTS = 3;
const RETRY_MILLISECONDS = 20;
let transactions = 0;

/** A transaction begins with its first operation, so naming it here saves a round trip. */
function newTransaction(engine) {
  transactions += 1;
  return new Transaction(engine, `c-${transactions}`);
}

/** Runs `body(transaction)` and commits; runs it again when another transaction was in the way. */
async function runTransaction(engine, body, attempts) {
  const maximum = engine.check('database.runTransaction', () => {
    if (typeof body !== 'function') throw invalidParameter('runTransaction needs a function that gets the transaction.');
    return requireAttempts(attempts);
  });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await newTransaction(engine).carryOut(body);
    } catch (error) {
      if (attempt >= maximum || !isConflict(error)) throw error;
      await pause(Math.random() * RETRY_MILLISECONDS * 2 ** attempt);
    }
  }
}

function requireAttempts(attempts) {
  if (attempts === undefined || attempts === null) return ATTEMPTS;
  if (!Number.isInteger(attempts) || attempts < 1) throw invalidParameter('runTransaction is tried a whole number of times, at least once.');
  return attempts;
}

class Transaction {
  constructor(engine, id) {
    Object.defineProperty(this, 'engine', { value: engine, enumerable: false });
    this.id = id;
    this.ended = false;
    this.rolledBack = false;
    this.rollbackReason = undefined;
  }

  requireOpen() {
    if (this.ended) throw invalidParameter('The transaction has ended already.', 'TRANSACTION_ENDED');
    return this.id;
  }

  collection(name) {
    this.engine.check('transaction.collection', () => requireName('The name of a collection', name));
    return new Collection(this.engine, name, undefined, this);
  }

  commit() {
    return this.end('commit');
  }

  async rollback(reason) {
    this.rolledBack = true;
    this.rollbackReason = reason;
    return this.end('rollback');
  }

  end(op) {
    return this.engine.perform(`transaction.${op}`, () => {
      const operation = { op, transaction: this.requireOpen() };
      this.ended = true;
      return operation;
    }, this.engine.flavour.finished);
  }

  /** The body of runTransaction: commits, or rolls back and throws what the body threw or gave as reason. */
  async carryOut(body) {
    let result;
    try {
      result = await body(this);
    } catch (error) {
      if (!this.ended) await this.giveUp(error);
      throw error;
    }
    if (this.rolledBack) throw this.rollbackReason;
    if (!this.ended) await this.commit();
    return result;
  }

  /** Rolls back after a failure. That a conflict has ended the transaction already is no further failure. */
  async giveUp(cause) {
    try {
      await this.end('rollback');
    } catch (error) {
      if (!isConflict(cause)) console.warn(`The transaction could not be rolled back: ${error.message}`);
    }
  }
}

function isConflict(error) {
  const problem = error && (error.problem || error);
  return problem instanceof PlatformProblem && problem.code === 'TRANSACTION_CONFLICT';
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

module.exports = { newTransaction, runTransaction };
