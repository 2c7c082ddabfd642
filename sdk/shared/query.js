'use strict';

/** Collections and the queries on them. */

const { encodeWhere } = require('./conditions');
const { encodeUpdate } = require('./updates');
const { Pipeline } = require('./pipeline');
const { Document } = require('./document');
const { encodeBulk, bulkAnswer } = require('./bulk');
const { addFindOneAnd } = require('./find-one-and');
const { addWriteOptions } = require('./write-options');
const { requireName, requireId, requireCount, orderEntry, encodeProjection, encodeNew } = require('./requirements');
const { invalidParameter } = require('./problems');

/** `transaction` is set for collections reached through a transaction. */
class Query {
  constructor(engine, name, state, transaction) {
    // Not enumerable: programs print and compare their queries.
    Object.defineProperty(this, 'engine', { value: engine, enumerable: false });
    Object.defineProperty(this, 'state', { value: state || {}, enumerable: false });
    Object.defineProperty(this, 'transaction', { value: transaction, enumerable: false });
    this.collectionName = name;
  }

  with(change) {
    return new Query(this.engine, this.collectionName, Object.assign({}, this.state, change), this.transaction);
  }

  operation(op) {
    const operation = { op, collection: this.collectionName };
    if (this.transaction !== undefined) operation.transaction = this.transaction.requireOpen();
    return operation;
  }

  refuseInTransaction(what) {
    if (this.transaction !== undefined) throw invalidParameter(`${what} is not for transactions.`);
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
    return this.with({ limit: this.engine.check('collection.limit', () => requireCount('limit', count)) });
  }

  field(projection) {
    return this.with({ projection: this.engine.check('collection.field', () => encodeProjection(projection, this.engine.flavour)) });
  }

  projection(projection) {
    return this.field(projection);
  }

  get(options) {
    return this.engine.run('collection.get', () => {
      const operation = Object.assign(this.operation('get'), this.state);
      operation.limit = operation.limit === undefined ? this.engine.defaultLimit : Math.min(operation.limit, this.engine.maximumLimit);
      return operation;
    }, this.engine.flavour.list, options);
  }

  count(options) {
    return this.engine.run('collection.count', () => this.reading('count'), this.engine.flavour.count, options);
  }

  /** The values that a field has in the documents, each once. */
  distinct(field, options) {
    return this.engine.run('collection.distinct', () => {
      const operation = this.reading('distinct');
      operation.field = requireName('The field of distinct', field);
      return operation;
    }, this.engine.flavour.values, options);
  }

  reading(op) {
    const operation = this.operation(op);
    if (this.state.where !== undefined) operation.where = this.state.where;
    return operation;
  }

  update(options, more) {
    const { flavour } = this.engine;
    return this.engine.run('collection.update', () => {
      const operation = this.writing('update', 'update');
      operation.update = encodeUpdate(flavour.dataOf(options), flavour);
      return addWriteOptions(operation, flavour.settingsOf(options, more), ['multi', 'upsert', 'arrayFilters'], flavour);
    }, flavour.updated, options);
  }

  remove(options) {
    return this.engine.run(
      'collection.remove',
      () => addWriteOptions(this.writing('remove', 'remove'), options, ['multi']),
      this.engine.flavour.removed,
      options,
    );
  }

  writing(op, method) {
    return Object.assign(this.operation(op), { where: this.requireWhere(method) });
  }

  requireWhere(method) {
    if (this.state.where !== undefined) return this.state.where;
    if (this.engine.flavour.writesWithoutWhere) return {};
    throw invalidParameter(`${method} needs a where(…) before it; where({}) means all documents.`);
  }

  oneOf(op, method) {
    this.refuseInTransaction(method);
    const operation = this.writing(op, method);
    for (const part of ['orderBy', 'projection']) {
      if (this.state[part] !== undefined) operation[part] = this.state[part];
    }
    return operation;
  }

  /** Tells `listener.onChange` the documents now, and whenever they change; answers `{close()}`. */
  watch(listener) {
    return this.engine.watch('collection.watch', () => {
      this.refuseInTransaction('watch');
      const { where, orderBy, limit, skip } = this.state;
      if (skip) throw invalidParameter('A watch begins with the first document; leave skip out.');
      const request = { collection: this.collectionName };
      if (where !== undefined) request.where = where;
      if (orderBy !== undefined) request.orderBy = orderBy;
      // As in MongoDB, 0 is no limit: pages watch as many documents as their list has, and it may be empty.
      if (limit) request.limit = limit;
      return request;
    }, listener);
  }
}

addFindOneAnd(Query, 'collection');

class Collection extends Query {
  doc(id) {
    return new Document(
      this.engine, this.collectionName, this.engine.check('collection.doc', () => requireId(id)), this.state.projection, this.transaction);
  }

  add(options) {
    return this.engine.run(
      'collection.add',
      () => Object.assign(this.operation('add'), { data: encodeNew(this.engine.flavour.dataOf(options)) }),
      this.engine.flavour.added,
      options,
    );
  }

  aggregate() {
    return new Aggregation(this);
  }

  /** Many writes at once: `bulkWrite({operations: [{add: {…}}, …], ordered})`, or the list and then the options. */
  bulkWrite(options, more) {
    const { flavour } = this.engine;
    const isList = Array.isArray(options);
    const settings = (isList ? more : options) || {};
    return this.engine.run('collection.bulkWrite', () => {
      this.refuseInTransaction('bulkWrite');
      const operations = encodeBulk(isList ? options : settings.operations, flavour);
      return addWriteOptions({ op: 'bulkWrite', collection: this.collectionName, operations }, settings, ['ordered'], flavour);
    }, (answer, api, requestId) => (
      flavour.bulk(bulkAnswer(answer, (problem) => flavour.error(problem, api)), api, requestId)
    ), isList ? more : options);
  }
}

class Aggregation extends Pipeline {
  constructor(collection) {
    super(collection.engine.flavour);
    Object.defineProperty(this, 'collection', { value: collection, enumerable: false });
    this.collectionName = collection.collectionName;
  }

  end(options) {
    const { engine } = this.collection;
    const build = () => Object.assign(this.collection.operation('aggregate'), { pipeline: this.stages });
    return engine.run('collection.aggregate', build, engine.flavour.aggregated, options);
  }
}

module.exports = { Collection };
