'use strict';

/** `ctx.mpserverless.db`: MongoDB's driver API; queries, updates and pipelines are MongoDB's own. */

const { encodeValue, decodeAnswer, CONDITION, EXPRESSION, DATA } = require('../../shared/values');
const { tencentError, invalidParameter, toProblem } = require('../../shared/problems');

const FIND_ONE_ATTEMPTS = 5;
const MAXIMUM_DOCUMENTS = 1000;

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
      const { data } = await this.run({ op: 'get', where: condition(query), ...findOptions(options) });
      return { result: data, affectedDocs: data.length };
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
      const pipeline = [{ $match: condition(query) }, { $unwind: { path: `$${key}` } }, { $group: { _id: `$${key}` } }];
      const { data } = await this.run({ op: 'aggregate', pipeline });
      return { result: data.map((group) => group._id) };
    });
  }

  aggregate(pipeline) {
    return this.answer(async () => {
      const { data } = await this.run({ op: 'aggregate', pipeline: encodeValue(pipeline, EXPRESSION) });
      return { result: data };
    });
  }

  insertOne(document) {
    return this.answer(async () => {
      const { id } = await this.run({ op: 'add', data: encodeValue(document, DATA) });
      return { result: { insertedId: id, _id: id }, affectedDocs: 1 };
    });
  }

  insertMany(documents) {
    return this.answer(async () => {
      if (!Array.isArray(documents)) throw invalidParameter('insertMany needs an array of documents.');
      const { ids } = await this.run({ op: 'add', data: encodeValue(documents, DATA) });
      return { result: { insertedIds: ids }, affectedDocs: ids.length };
    });
  }

  updateOne(query, update, options) {
    return this.updated(query, update, options, false);
  }

  updateMany(query, update, options) {
    return this.updated(query, update, options, true);
  }

  updated(query, update, options, multi) {
    return this.answer(async () => {
      refuseUpsert(options);
      const { matched, updated } = await this.run({ op: 'update', where: condition(query), update: encodeValue(update, CONDITION), multi });
      return { result: { matchedCount: matched, modifiedCount: updated }, affectedDocs: updated };
    });
  }

  deleteOne(query) {
    return this.answer(async () => {
      const removed = await this.withOne(query, undefined, (document, transaction) => (
        this.run({ op: 'remove', id: document._id, transaction })
      ));
      return { result: { deletedCount: removed === null ? 0 : 1 }, affectedDocs: removed === null ? 0 : 1 };
    });
  }

  deleteMany(query) {
    return this.answer(async () => {
      const { removed } = await this.run({ op: 'remove', where: condition(query) });
      return { result: { deletedCount: removed }, affectedDocs: removed };
    });
  }

  replaceOne(query, replacement, options) {
    return this.answer(async () => {
      refuseUpsert(options);
      const found = await this.withOne(query, options, (document, transaction) => this.replace(document, replacement, transaction));
      const count = found === null ? 0 : 1;
      return { result: { matchedCount: count, modifiedCount: count }, affectedDocs: count };
    });
  }

  findOneAndDelete(query, options) {
    return this.answer(async () => ({
      result: await this.withOne(query, options, (document, transaction) => this.run({ op: 'remove', id: document._id, transaction })),
    }));
  }

  findOneAndReplace(query, replacement, options) {
    return this.answer(async () => {
      refuseUpsert(options);
      return { result: await this.withOne(query, options, (document, transaction) => this.replace(document, replacement, transaction)) };
    });
  }

  findOneAndUpdate(query, update, options) {
    return this.answer(async () => {
      refuseUpsert(options);
      return {
        result: await this.withOne(query, options, (document, transaction) => (
          this.run({ op: 'update', id: document._id, update: encodeValue(update, CONDITION), transaction })
        )),
      };
    });
  }

  replace(document, replacement, transaction) {
    const { _id, ...data } = replacement;
    return this.run({ op: 'set', id: document._id, data: encodeValue(data, DATA), transaction });
  }

  /**
   * Changes the first document that matches, as one step: the document is found, locked by reading it in a
   * transaction, and changed only if it still is what was found; otherwise the search starts again.
   * Answers the document before or after the change, or null when nothing matches.
   */
  async withOne(query, options, change) {
    for (let attempt = 1; ; attempt += 1) {
      const { data } = await this.run({ op: 'get', where: condition(query), ...findOptions(options), projection: undefined, limit: 1 });
      if (data.length === 0) return null;
      try {
        const outcome = await this.changeLocked(data[0], options, change);
        if (outcome !== undefined) return outcome;
      } catch (error) {
        if (toProblem(error).code !== 'TRANSACTION_CONFLICT' || attempt === FIND_ONE_ATTEMPTS) throw error;
      }
      if (attempt === FIND_ONE_ATTEMPTS) {
        throw invalidParameter('The document kept changing while it was to be changed; try again.', 'TRANSACTION_CONFLICT');
      }
    }
  }

  async changeLocked(found, options, change) {
    const { transaction } = await this.execute({ op: 'begin' });
    let committed = false;
    try {
      const locked = await this.readInTransaction(found._id, transaction);
      if (locked === null || JSON.stringify(locked) !== JSON.stringify(found)) return undefined;
      await change(locked, transaction);
      const after = wantsNewDocument(options) ? await this.readInTransaction(found._id, transaction) : locked;
      await this.execute({ op: 'commit', transaction });
      committed = true;
      return after;
    } finally {
      if (!committed) await this.rollback(transaction);
    }
  }

  async readInTransaction(id, transaction) {
    try {
      return (await this.run({ op: 'get', id, transaction })).data;
    } catch (error) {
      if (toProblem(error).code === 'DOCUMENT_NOT_FOUND') return null;
      throw error;
    }
  }

  /** The transaction may have ended by itself (a conflict); what led here is the error worth telling. */
  async rollback(transaction) {
    try {
      await this.execute({ op: 'rollback', transaction });
    } catch (error) {
      console.debug(`The transaction ended before its rollback: ${error.message}`);
    }
  }
}

function condition(query) {
  return encodeValue(query === undefined ? {} : query, CONDITION);
}

function findOptions(options) {
  const given = options || {};
  const encoded = { limit: given.limit === undefined || given.limit === 0 ? MAXIMUM_DOCUMENTS : given.limit };
  if (given.sort !== undefined) encoded.orderBy = sortEntries(given.sort);
  if (given.skip !== undefined) encoded.skip = given.skip;
  if (given.projection !== undefined) encoded.projection = given.projection;
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

function refuseUpsert(options) {
  if (options && options.upsert) throw invalidParameter('upsert is not available; look for the document and insert it if there is none.');
}

module.exports = { createDriverDatabase };
