'use strict';

/** `ctx.mpserverless.db`: MongoDB's driver API; queries, updates and pipelines are MongoDB's own. */

const { encodeValue, isPlainObject, DATA } = require('../../shared/values');
const { decodeAnswer } = require('../../shared/typed-values');
const { encodeWhere } = require('../../shared/conditions');
const { encodeUpdate } = require('../../shared/updates');
const { encodeStages } = require('../../shared/pipeline');
const { encodeProjection } = require('../../shared/requirements');
const { addWriteOptions } = require('../../shared/write-options');
const { tencentError, invalidParameter, PlatformProblem } = require('../../shared/problems');

const MAXIMUM_DOCUMENTS = 1000;
/** How nested objects are read: as MongoDB reads them. */
const RULES = { flattenWhere: false, flattenUpdate: false };

function createDriverDatabase(platform) {
  const execute = async (operation) => {
    const bytes = await platform.link.call('database', operation);
    return decodeAnswer(bytes.toString('utf8'), false);
  };
  return { collection: (name) => new DriverCollection(execute, name) };
}

class DriverCollection {
  constructor(execute, name) {
    this.execute = execute;
    this.name = name;
  }

  async run(operation) {
    return this.execute({ collection: this.name, ...operation });
  }

  /** All answers have `success`, `result` and, for writes, `affectedDocs`. */
  async answer(work) {
    try {
      return { success: true, ...(await work()) };
    } catch (error) {
      throw tencentError(error);
    }
  }

  find(query, options) {
    return this.answer(async () => {
      const { data, more } = await this.run({ op: 'get', where: condition(query), ...findOptions(options) });
      return { result: data, affectedDocs: data.length, ...(more && { more }) };
    });
  }

  findOne(query, options) {
    return this.answer(async () => {
      const { data } = await this.run({ op: 'get', where: condition(query), ...findOptions(options), limit: 1 });
      return { result: data.length > 0 ? data[0] : null, affectedDocs: data.length };
    });
  }

  count(query) {
    return this.answer(async () => {
      const { total } = await this.run({ op: 'count', where: condition(query) });
      return { result: total };
    });
  }

  distinct(key, query) {
    return this.answer(async () => {
      if (typeof key !== 'string' || key === '') throw invalidParameter('distinct needs the name of a field.');
      const { values } = await this.run({ op: 'distinct', field: key, where: condition(query) });
      return { result: values };
    });
  }

  aggregate(pipeline) {
    return this.answer(async () => {
      const { data, written } = await this.run({ op: 'aggregate', pipeline: encodeStages(pipeline) });
      return { result: data, ...(written !== undefined && { affectedDocs: written }) };
    });
  }

  insertOne(document) {
    return this.answer(async () => {
      const { id } = await this.run({ op: 'add', data: newDocument('insertOne', document) });
      return { result: { insertedId: id, _id: id }, affectedDocs: 1 };
    });
  }

  insertMany(documents) {
    return this.answer(async () => {
      if (!Array.isArray(documents)) throw invalidParameter('insertMany needs an array of documents.');
      const { ids } = await this.run({ op: 'add', data: documents.map((document) => newDocument('insertMany', document)) });
      return { result: { insertedIds: ids }, affectedDocs: ids.length };
    });
  }

  updateOne(query, update, options) {
    return this.answer(async () => changed(await this.run(updateOperation(query, update, options, false))));
  }

  updateMany(query, update, options) {
    return this.answer(async () => changed(await this.run(updateOperation(query, update, options, true))));
  }

  replaceOne(query, replacement, options) {
    return this.answer(async () => changed(await this.run(replaceOperation(query, replacement, options))));
  }

  deleteOne(query) {
    return this.deleted(query, false);
  }

  deleteMany(query) {
    return this.deleted(query, true);
  }

  deleted(query, multi) {
    return this.answer(async () => {
      const { removed } = await this.run({ op: 'remove', where: condition(query), multi });
      return { result: { deletedCount: removed }, affectedDocs: removed };
    });
  }

  findOneAndUpdate(query, update, options) {
    return this.oneChanged('findOneAndUpdate', () => updateOperation(query, update, options), options);
  }

  findOneAndReplace(query, replacement, options) {
    return this.oneChanged('findOneAndReplace', () => replaceOperation(query, replacement, options), options);
  }

  findOneAndDelete(query, options) {
    return this.oneChanged('findOneAndDelete', () => ({ where: condition(query) }), options);
  }

  /** `make()` is called within the answer, so that its mistakes are rejections like all others. */
  oneChanged(op, make, options) {
    return this.answer(async () => {
      const { orderBy, projection } = findOptions(options);
      const operation = { ...make(), op, orderBy, projection };
      if (op !== 'findOneAndDelete' && wantsNewDocument(options)) operation.return = 'after';
      const { data } = await this.run(operation);
      // An upsert that answers the document as it was answers nothing for the one that it made.
      return { result: data, affectedDocs: data !== null || operation.upsert ? 1 : 0 };
    });
  }

  /** Takes the driver's `[{insertOne: {document}}, {updateOne: {filter, update}}, …]`. */
  bulkWrite(operations, options) {
    return this.answer(async () => {
      if (!Array.isArray(operations)) throw invalidParameter('bulkWrite needs an array of operations.');
      const answer = await this.run(addWriteOptions({ op: 'bulkWrite', operations: operations.map(bulkOperation) }, options, ['ordered']));
      const failure = answer.results.find(({ error }) => error !== undefined);
      if (failure !== undefined) throw new PlatformProblem(failure.error);
      return {
        result: {
          insertedCount: answer.inserted, matchedCount: answer.matched, modifiedCount: answer.updated, deletedCount: answer.removed,
          upsertedCount: answer.upserted,
        },
        affectedDocs: answer.inserted + answer.updated + answer.removed + answer.upserted,
      };
    });
  }
}

/** The driver's names of bulk operations → Sampan's. */
const BULK = {
  insertOne: ({ document }) => ({ add: newDocument('insertOne', document) }),
  updateOne: ({ filter, update, ...options }) => ({ update: without('op', updateOperation(filter, update, options, false)) }),
  updateMany: ({ filter, update, ...options }) => ({ update: without('op', updateOperation(filter, update, options, true)) }),
  replaceOne: ({ filter, replacement, ...options }) => ({ replace: without('op', replaceOperation(filter, replacement, options)) }),
  deleteOne: ({ filter }) => ({ remove: { where: condition(filter), multi: false } }),
  deleteMany: ({ filter }) => ({ remove: { where: condition(filter), multi: true } }),
};

function bulkOperation(operation) {
  const names = isPlainObject(operation) ? Object.keys(operation) : [];
  if (names.length !== 1 || !Object.hasOwn(BULK, names[0]) || !isPlainObject(operation[names[0]])) {
    throw invalidParameter(`An operation of bulkWrite is an object with one of ${Object.keys(BULK).join(', ')}.`);
  }
  return BULK[names[0]](operation[names[0]]);
}

function without(name, { [name]: left, ...rest }) {
  return rest;
}

function condition(query) {
  return encodeWhere(query === undefined || query === null ? {} : query, RULES);
}

function newDocument(call, document) {
  if (!isPlainObject(document)) throw invalidParameter(`${call} needs documents that are objects.`);
  return encodeValue(document, DATA);
}

function updateOperation(query, update, options, multi) {
  if (isPlainObject(update) && !Object.keys(update).every((key) => key.startsWith('$'))) {
    throw invalidParameter('An update consists of operators, such as {$set: {…}}; replaceOne takes a whole document.');
  }
  const operation = { op: 'update', where: condition(query), update: encodeUpdate(update, RULES) };
  if (multi !== undefined) operation.multi = multi;
  return addWriteOptions(operation, options, ['upsert', 'arrayFilters'], RULES);
}

/** A replacement may carry the _id of what was read; the document keeps its own, only a new one gets it. */
function replaceOperation(query, replacement, options) {
  const document = newDocument('A replacement', replacement);
  const data = options && options.upsert ? document : without('_id', document);
  if (Object.keys(data).some((key) => key.startsWith('$'))) {
    throw invalidParameter('A replacement is a whole document; updateOne takes operators.');
  }
  return addWriteOptions({ op: 'replace', where: condition(query), data }, options, ['upsert'], RULES);
}

/** The result of updates and replacements. */
function changed({ matched, updated, upsertedId }) {
  const result = { matchedCount: matched, modifiedCount: updated };
  if (upsertedId === undefined) return { result, affectedDocs: updated };
  return { result: { ...result, upsertedId, upsertedCount: 1 }, affectedDocs: updated + 1 };
}

function findOptions(options) {
  const given = options || {};
  const encoded = { limit: given.limit === undefined || given.limit === 0 ? MAXIMUM_DOCUMENTS : given.limit };
  if (given.sort !== undefined) encoded.orderBy = sortEntries(given.sort);
  if (given.skip !== undefined) encoded.skip = given.skip;
  if (given.projection !== undefined) encoded.projection = encodeProjection(given.projection, RULES);
  return encoded;
}

function sortEntries(sort) {
  const entries = Array.isArray(sort) ? sort : Object.entries(sort);
  return entries.map(([field, direction]) => [field, direction === -1 || direction === 'desc' ? 'desc' : 'asc']);
}

function wantsNewDocument(options) {
  const given = options || {};
  return given.returnDocument === 'after' || given.returnOriginal === false || given.returnNewDocument === true;
}

module.exports = { createDriverDatabase };
