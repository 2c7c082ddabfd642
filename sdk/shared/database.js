'use strict';

/**
 * The database API of both platforms: collections, queries, documents, aggregation and transactions. It builds
 * operations (docs/api/wire.md), gives them to `execute` and shapes the answers as the flavour says.
 */

const { createCommand } = require('./commands');
const { ProjectionCommand } = require('./command-classes');
const { encodeWhere } = require('./conditions');
const { encodeUpdate } = require('./updates');
const { Pipeline } = require('./pipeline');
const { Geo } = require('./geo');
const { ServerDate, RegExpValue, isPlainObject, encodeValue, decodeAnswer, DATA, CONDITION } = require('./values');
const { PlatformProblem, invalidParameter, notAvailable } = require('./problems');
const { settle } = require('./callbacks');

const TRANSACTION_ATTEMPTS = 3;
let transactions = 0;
const RETRY_MILLISECONDS = 20;

/**
 * `execute(operation)` → promise of the answer's text. `settings`: `flavour`, `defaultLimit`, `maximumLimit`,
 * `requestId()` (of the running call), `throwOnNotFound`.
 */
function createDatabase(execute, settings) {
  const engine = new Engine(execute, settings);
  return new Database(engine);
}

/** Runs operations for one database: executes, decodes, shapes. */
class Engine {
  constructor(execute, settings) {
    this.execute = execute;
    this.flavour = settings.flavour;
    this.defaultLimit = settings.defaultLimit;
    this.maximumLimit = settings.maximumLimit;
    this.requestId = settings.requestId || (() => '');
    this.failsOnMissingDocument = this.flavour.failsOnMissingDocument && settings.throwOnNotFound !== false;
  }

  /** `build()` makes the operation, `shape(answer, api, requestId)` the result; all failures get the platform's shape. */
  run(api, build, shape, options) {
    return settle(this.perform(api, build, shape), options);
  }

  async perform(api, build, shape) {
    try {
      const text = await this.execute(build());
      return shape(decodeAnswer(text, this.flavour.geoObjects), api, this.requestId());
    } catch (error) {
      throw this.flavour.error(error, api);
    }
  }

  /** For mistakes in a chain, which throw where they are made. */
  check(api, make) {
    try {
      return make();
    } catch (error) {
      throw this.flavour.error(error, api);
    }
  }
}

class Database {
  constructor(engine) {
    // Not enumerable: programs print and compare their database object.
    Object.defineProperty(this, 'engine', { value: engine, enumerable: false });
    this.command = createCommand();
    this.Geo = Geo;
    this.RegExp = function RegExp(options) {
      return new RegExpValue(options);
    };
    this.serverDate = function serverDate(options) {
      return new ServerDate(options);
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
      this.engine.flavour.collectionCreated,
      options,
    );
  }

  /** Alipay's. A collection has rules and indexes that a function must not take away. */
  async deleteCollection() {
    const refusal = notAvailable('A function cannot delete a collection; where({}).remove() removes its documents.');
    throw this.engine.flavour.error(refusal, 'database.deleteCollection');
  }

  /** A transaction begins with its first operation, so naming it here saves a round trip. */
  async startTransaction() {
    transactions += 1;
    return new Transaction(this.engine, `c-${transactions}`);
  }

  /** Runs `body(transaction)` and commits; runs it again when another transaction was in the way. */
  async runTransaction(body, attempts) {
    const maximum = attempts === undefined ? TRANSACTION_ATTEMPTS : attempts;
    for (let attempt = 1; ; attempt += 1) {
      const transaction = await this.startTransaction();
      try {
        return await transaction.carryOut(body);
      } catch (error) {
        if (attempt >= maximum || !isConflict(error)) throw error;
        await pause(Math.random() * RETRY_MILLISECONDS * 2 ** attempt);
      }
    }
  }
}

class Query {
  constructor(engine, name, state) {
    Object.defineProperty(this, 'engine', { value: engine, enumerable: false });
    Object.defineProperty(this, 'state', { value: state || {}, enumerable: false });
    this.collectionName = name;
  }

  with(change) {
    return new Query(this.engine, this.collectionName, Object.assign({}, this.state, change));
  }

  where(conditions) {
    const encoded = this.engine.check('collection.where', () => encodeWhere(conditions, this.engine.flavour));
    const earlier = this.state.where;
    return this.with({ where: earlier === undefined ? encoded : { $and: [earlier, encoded] } });
  }

  orderBy(field, direction) {
    const entry = this.engine.check('collection.orderBy', () => orderEntry(field, direction));
    return this.with({ orderBy: (this.state.orderBy || []).concat([entry]) });
  }

  skip(count) {
    return this.with({ skip: this.engine.check('collection.skip', () => requireCount('skip', count)) });
  }

  limit(count) {
    const wanted = this.engine.check('collection.limit', () => requireCount('limit', count));
    return this.with({ limit: Math.min(wanted, this.engine.maximumLimit) });
  }

  field(projection) {
    return this.with({ projection: this.engine.check('collection.field', () => encodeProjection(projection)) });
  }

  projection(projection) {
    return this.field(projection);
  }

  get(options) {
    const operation = Object.assign({ op: 'get', collection: this.collectionName }, this.state);
    if (operation.limit === undefined) operation.limit = this.engine.defaultLimit;
    return this.engine.run('collection.get', () => operation, this.engine.flavour.list, options);
  }

  count(options) {
    const operation = { op: 'count', collection: this.collectionName };
    if (this.state.where !== undefined) operation.where = this.state.where;
    return this.engine.run('collection.count', () => operation, this.engine.flavour.count, options);
  }

  update(options) {
    const { flavour } = this.engine;
    return this.engine.run('collection.update', () => {
      const where = this.requireWhere('update');
      return { op: 'update', collection: this.collectionName, where, update: encodeUpdate(flavour.dataOf(options), flavour) };
    }, flavour.updated, options);
  }

  remove(options) {
    return this.engine.run(
      'collection.remove',
      () => ({ op: 'remove', collection: this.collectionName, where: this.requireWhere('remove') }),
      this.engine.flavour.removed,
      options,
    );
  }

  requireWhere(method) {
    if (this.state.where !== undefined) return this.state.where;
    if (this.engine.flavour.writesWithoutWhere) return {};
    throw invalidParameter(`${method} needs a where(…) before it; where({}) means all documents.`);
  }

  watch(listener) {
    return refuseWatch(this.engine, listener);
  }
}

class Collection extends Query {
  doc(id) {
    return new Document(this.engine, this.collectionName, this.engine.check('collection.doc', () => requireId(id)), this.state.projection);
  }

  add(options) {
    return this.engine.run(
      'collection.add',
      () => ({ op: 'add', collection: this.collectionName, data: encodeNew(this.engine.flavour.dataOf(options)) }),
      this.engine.flavour.added,
      options,
    );
  }

  aggregate() {
    return new Aggregation(this.engine, this.collectionName);
  }
}

/** One document by its id; `transaction` is set for documents reached through a transaction. */
class Document {
  constructor(engine, collection, id, projection, transaction) {
    Object.defineProperty(this, 'engine', { value: engine, enumerable: false });
    Object.defineProperty(this, 'transaction', { value: transaction, enumerable: false });
    this.collectionName = collection;
    this._id = id;
    this.projectionDocument = projection;
  }

  operation(op) {
    const operation = { op, collection: this.collectionName, id: this._id };
    if (this.transaction !== undefined) operation.transaction = this.transaction.requireOpen();
    return operation;
  }

  field(projection) {
    const encoded = this.engine.check('document.field', () => encodeProjection(projection));
    return new Document(this.engine, this.collectionName, this._id, encoded, this.transaction);
  }

  projection(projection) {
    return this.field(projection);
  }

  get(options) {
    return settle(this.read(), options);
  }

  async read() {
    const { flavour } = this.engine;
    const inTransaction = this.transaction !== undefined;
    const shape = ({ data }, api, requestId) => flavour.document(data === undefined ? null : data, api, requestId, inTransaction);
    try {
      return await this.engine.perform('document.get', () => {
        const operation = this.operation('get');
        if (this.projectionDocument !== undefined) operation.projection = this.projectionDocument;
        return operation;
      }, shape);
    } catch (error) {
      const missing = error.problem && error.problem.code === 'DOCUMENT_NOT_FOUND';
      if (!missing || this.engine.failsOnMissingDocument) throw error;
      return shape({ data: null }, 'document.get', this.engine.requestId());
    }
  }

  set(options) {
    return this.engine.run('document.set', () => {
      const operation = this.operation('set');
      operation.data = encodeReplacement(this.engine.flavour.dataOf(options));
      return operation;
    }, this.engine.flavour.replaced, options);
  }

  update(options) {
    return this.engine.run('document.update', () => {
      const operation = this.operation('update');
      operation.update = encodeUpdate(this.engine.flavour.dataOf(options), this.engine.flavour);
      return operation;
    }, this.engine.flavour.updated, options);
  }

  remove(options) {
    return this.engine.run('document.remove', () => this.operation('remove'), this.engine.flavour.removed, options);
  }

  watch(listener) {
    return refuseWatch(this.engine, listener);
  }
}

class Aggregation extends Pipeline {
  constructor(engine, collection) {
    super(engine.flavour);
    Object.defineProperty(this, 'engine', { value: engine, enumerable: false });
    this.collectionName = collection;
  }

  end(options) {
    const operation = { op: 'aggregate', collection: this.collectionName, pipeline: this.stages };
    return this.engine.run('collection.aggregate', () => operation, this.engine.flavour.aggregated, options);
  }
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
    return new TransactionCollection(this, name);
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

class TransactionCollection {
  constructor(transaction, name) {
    Object.defineProperty(this, 'transaction', { value: transaction, enumerable: false });
    this.collectionName = name;
  }

  doc(id) {
    const { engine } = this.transaction;
    return new Document(engine, this.collectionName, engine.check('collection.doc', () => requireId(id)), undefined, this.transaction);
  }

  add(options) {
    const { engine } = this.transaction;
    return engine.run('collection.add', () => {
      const transaction = this.transaction.requireOpen();
      return { op: 'add', collection: this.collectionName, transaction, data: encodeNew(engine.flavour.dataOf(options)) };
    }, engine.flavour.added, options);
  }

  where() {
    throw this.transaction.engine.flavour.error(
      invalidParameter('A transaction reaches documents by their id: transaction.collection(…).doc(id).'), 'transaction.where');
  }
}

function requireName(what, name) {
  if (typeof name !== 'string' || name === '') throw invalidParameter(`${what} must be a string that is not empty.`);
  return name;
}

function requireId(id) {
  if (typeof id === 'number' && Number.isFinite(id)) return id;
  if (typeof id !== 'string' || id === '') throw invalidParameter('doc(id) needs the _id of a document, a string that is not empty.');
  return id;
}

function requireCount(what, count) {
  if (!Number.isInteger(count) || count < 0) throw invalidParameter(`${what} needs a whole number from 0.`);
  return count;
}

function orderEntry(field, direction) {
  requireName('The field of orderBy', field);
  const wanted = direction === undefined ? 'asc' : direction;
  if (wanted !== 'asc' && wanted !== 'desc') throw invalidParameter(`orderBy needs 'asc' or 'desc', not ${String(wanted)}.`);
  return [field, wanted];
}

/** `{a: true, b: 0, tags: _.project.slice(3)}` → `{a: 1, b: 0, tags: {$slice: 3}}`; `-1` hides, as in Alipay. */
function encodeProjection(projection) {
  if (!isPlainObject(projection)) throw invalidParameter('field needs an object such as {name: true}.');
  const encoded = {};
  for (const key of Object.keys(projection)) {
    const value = projection[key];
    if (value instanceof ProjectionCommand) encoded[key] = projectionOperator(value);
    else if (isPlainObject(value)) encoded[key] = encodeValue(value, CONDITION);
    else encoded[key] = value === true || (typeof value === 'number' && value > 0) ? 1 : 0;
  }
  return encoded;
}

function projectionOperator(command) {
  const encoded = {};
  const elements = command.operator === '$elemMatch';
  encoded[command.operator] = elements ? encodeWhere(command.operand, { flattenWhere: true }) : command.operand;
  return encoded;
}

function encodeNew(data) {
  if (Array.isArray(data)) return data.map(encodeNewDocument);
  return encodeNewDocument(data);
}

function encodeNewDocument(data) {
  if (!isDocument(data)) throw invalidParameter('add needs the new document as an object.');
  return encodeValue(data, DATA);
}

function encodeReplacement(data) {
  if (!isDocument(data)) throw invalidParameter('set needs the new document as an object.');
  if (data._id !== undefined) throw invalidParameter('set has the _id from doc(id); leave it out of the data.');
  return encodeValue(data, DATA);
}

function isDocument(data) {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

function isConflict(error) {
  const problem = error && (error.problem || error);
  return problem instanceof PlatformProblem && problem.code === 'TRANSACTION_CONFLICT';
}

function refuseWatch(engine, listener) {
  const reason = notAvailable('watch is not available yet; ask again with get() for now.', 'WATCH_NOT_AVAILABLE');
  const error = engine.flavour.error(reason, 'collection.watch');
  if (!listener || typeof listener.onError !== 'function') throw error;
  Promise.resolve().then(() => listener.onError(error));
  return { close: () => Promise.resolve() };
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

module.exports = { createDatabase };
