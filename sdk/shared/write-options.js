'use strict';

/** What writes carry beside their data: `upsert`, `multi`, `arrayFilters`, which document to answer. */

const { encodeWhere } = require('./conditions');
const { invalidParameter } = require('./problems');

/** Puts those of `names` that are given into the operation. */
function addWriteOptions(operation, given, names, rules) {
  const options = given || {};
  for (const name of names) {
    if (options[name] === undefined) continue;
    operation[name] = name === 'arrayFilters' ? encodeArrayFilters(options[name], rules) : requireFlag(name, options[name]);
  }
  return operation;
}

function requireFlag(name, value) {
  if (typeof value !== 'boolean') throw invalidParameter(`${name} is true or false.`);
  return value;
}

/** `[{'x.price': _.gt(1)}]` for the path `items.$[x].price`. */
function encodeArrayFilters(filters, rules) {
  if (!Array.isArray(filters)) throw invalidParameter('arrayFilters needs an array of conditions.');
  return filters.map((filter) => encodeWhere(filter, rules));
}

/** Which document findOneAndUpdate answers: `returnDocument: 'after'`, otherwise as it was before. */
function addReturn(operation, given) {
  const wanted = given && given.returnDocument;
  if (wanted === undefined) return operation;
  if (wanted !== 'before' && wanted !== 'after') throw invalidParameter('returnDocument is \'before\' or \'after\'.');
  operation.return = wanted;
  return operation;
}

module.exports = { addWriteOptions, encodeArrayFilters, addReturn };
