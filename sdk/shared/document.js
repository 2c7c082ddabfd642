'use strict';

/** One document by its id. */

const { encodeUpdate } = require('./updates');
const { addFindOneAnd } = require('./find-one-and');
const { addWriteOptions } = require('./write-options');
const { encodeProjection, encodeNewDocument, encodeReplacement } = require('./requirements');
const { settle } = require('./callbacks');
const { invalidParameter } = require('./problems');

/** `transaction` is set for documents reached through a transaction. */
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
    const encoded = this.engine.check('document.field', () => encodeProjection(projection, this.engine.flavour));
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

  /** Replaces the document, or creates it. */
  set(options) {
    return this.engine.run('document.set', () => {
      const operation = this.operation('set');
      operation.data = encodeReplacement(this.engine.flavour.dataOf(options), 'set');
      return operation;
    }, this.engine.flavour.replaced, options);
  }

  /** Tencent's, in transactions: adds the document, which must not exist. */
  create(options) {
    return this.engine.run('document.create', () => {
      const operation = this.operation('add');
      delete operation.id;
      operation.data = Object.assign(encodeNewDocument(this.engine.flavour.dataOf(options)), { _id: this._id });
      return operation;
    }, this.engine.flavour.added, options);
  }

  update(options, more) {
    const { flavour } = this.engine;
    return this.engine.run('document.update', () => {
      const operation = this.operation('update');
      operation.update = encodeUpdate(flavour.dataOf(options), flavour);
      return addWriteOptions(operation, flavour.settingsOf(options, more), ['upsert', 'arrayFilters'], flavour);
    }, flavour.updated, options);
  }

  remove(options) {
    return this.engine.run('document.remove', () => this.operation('remove'), this.engine.flavour.removed, options);
  }

  /** Tencent's name for it in transactions. */
  delete(options) {
    return this.remove(options);
  }

  oneOf(op) {
    if (this.transaction !== undefined) throw invalidParameter('A transaction reads the document with get and changes it with update.');
    const operation = this.operation(op);
    if (this.projectionDocument !== undefined) operation.projection = this.projectionDocument;
    return operation;
  }

  /** Tells `listener.onChange` the document now, and whenever it changes; answers `{close()}`. */
  watch(listener) {
    return this.engine.watch('document.watch', () => {
      if (this.transaction !== undefined) throw invalidParameter('A document is watched outside of transactions.');
      return { collection: this.collectionName, where: { _id: this._id } };
    }, listener);
  }
}

addFindOneAnd(Document, 'document');

module.exports = { Document };
