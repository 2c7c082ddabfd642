'use strict';

/**
 * The database API of both platforms: collections, queries, documents, aggregation and transactions. It builds
 * operations (docs/api/wire.md), gives them to `execute` and shapes the answers as the flavour says.
 */

const { createCommand } = require('./commands');
const { Engine } = require('./engine');
const { Collection } = require('./query');
const { newTransaction, runTransaction } = require('./transaction');
const { Geo } = require('./geo');
const { ServerDate, RegExpValue } = require('./typed-values');
const { requireName } = require('./requirements');
const { PlatformProblem, notAvailable } = require('./problems');

/**
 * `execute(operation)` → promise of the answer's text. `settings`: `flavour`, `defaultLimit`, `maximumLimit`,
 * `requestId()` (of the running call), `throwOnNotFound`, and where queries can be watched `watch(request, decode, observer)`.
 */
function createDatabase(execute, settings) {
  return new Database(new Engine(execute, settings));
}

class Database {
  constructor(engine) {
    // Not enumerable: programs print and compare their database object.
    Object.defineProperty(this, 'engine', { value: engine, enumerable: false });
    this.command = createCommand(engine.flavour);
    this.Geo = Geo;
    this.RegExp = function RegExp(options) {
      return engine.check('database.RegExp', () => new RegExpValue(options));
    };
    this.serverDate = function serverDate(options) {
      return engine.check('database.serverDate', () => new ServerDate(options));
    };
  }

  collection(name) {
    this.engine.check('database.collection', () => requireName('The name of a collection', name));
    return new Collection(this.engine, name);
  }

  createCollection(name, options) {
    return this.engine.run(
      'database.createCollection',
      () => ({ op: 'createCollection', collection: requireName('The name of a collection', name) }),
      (answer, api, requestId) => {
        // The platforms fail, and programs rely on it: WeChat's quickstart fills a collection that it could create.
        if (answer.created === false) throw collectionExists(name);
        return this.engine.flavour.collectionCreated(answer, api, requestId);
      },
      options,
    );
  }

  /** Alipay's. A collection has rules and indexes that a function must not take away. */
  async deleteCollection() {
    const refusal = notAvailable('A function cannot delete a collection; where({}).remove() removes its documents.');
    throw this.engine.flavour.error(refusal, 'database.deleteCollection');
  }

  /** A transaction that the program commits or rolls back itself. */
  async startTransaction() {
    return newTransaction(this.engine);
  }

  /** Runs `body(transaction)` and commits; at most `attempts` times (3) when another transaction was in the way. */
  async runTransaction(body, attempts) {
    return runTransaction(this.engine, body, attempts);
  }
}

function collectionExists(name) {
  return new PlatformProblem({ status: 409, code: 'COLLECTION_EXISTS', title: 'Collection exists', detail: `There is a collection "${name}" already.` });
}

module.exports = { createDatabase };
