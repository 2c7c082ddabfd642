'use strict';

/** `bulkWrite`: many writes of one collection in one call. */

const { encodeWhere } = require('./conditions');
const { encodeUpdate } = require('./updates');
const { addWriteOptions } = require('./write-options');
const { requireId, encodeNewDocument, encodeReplacement } = require('./requirements');
const { isPlainObject } = require('./values');
const { PlatformProblem, invalidParameter } = require('./problems');

const MAXIMUM_OPERATIONS = 1000;

const ENCODERS = {
  add: (document) => encodeNewDocument(document),
  set: ({ id, data }) => ({ id: requireId(id), data: encodeReplacement(data, 'set') }),
  update: (given, rules) => {
    const operation = target(given, rules, 'update');
    operation.update = encodeUpdate(given.data === undefined ? given.update : given.data, rules);
    return addWriteOptions(operation, given, ['multi', 'upsert', 'arrayFilters'], rules);
  },
  replace: (given, rules) => {
    const operation = target(given, rules, 'replace');
    operation.data = encodeReplacement(given.data, 'replace');
    return addWriteOptions(operation, given, ['upsert'], rules);
  },
  remove: (given, rules) => addWriteOptions(target(given, rules, 'remove'), given, ['multi'], rules),
};

/** Which documents a write of the list is about: `id` or `where`. */
function target(given, rules, name) {
  if (given.id !== undefined) return { id: requireId(given.id) };
  if (given.where === undefined) throw invalidParameter(`${name} in bulkWrite needs an id or a where; where: {} means all documents.`);
  return { where: encodeWhere(given.where, rules) };
}

/** `[{add: {…}}, {update: {where, data}}, …]` as it travels. */
function encodeBulk(operations, rules) {
  if (!Array.isArray(operations)) throw invalidParameter('bulkWrite needs an array of operations.');
  if (operations.length === 0 || operations.length > MAXIMUM_OPERATIONS) {
    throw invalidParameter(`bulkWrite takes 1 to ${MAXIMUM_OPERATIONS} operations, not ${operations.length}.`);
  }
  return operations.map((operation) => encodeOne(operation, rules));
}

function encodeOne(operation, rules) {
  const names = isPlainObject(operation) ? Object.keys(operation) : [];
  const name = names[0];
  if (names.length !== 1 || !Object.prototype.hasOwnProperty.call(ENCODERS, name) || typeof operation[name] !== 'object' || operation[name] === null) {
    throw invalidParameter(`An operation of bulkWrite is an object with one of ${Object.keys(ENCODERS).join(', ')}.`);
  }
  const encoded = {};
  encoded[name] = ENCODERS[name](operation[name], rules);
  return encoded;
}

/** The answer with the failures among its results in the platform's shape. */
function bulkAnswer(answer, shapeError) {
  const results = answer.results.map((result) => (result.error === undefined ? result : { error: shapeError(new PlatformProblem(result.error)) }));
  return Object.assign({}, answer, { results });
}

module.exports = { encodeBulk, bulkAnswer };
