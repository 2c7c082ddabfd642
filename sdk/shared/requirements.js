'use strict';

/** What the calls of the database API insist on, and how new documents and projections are encoded. */

const { ProjectionCommand } = require('./command-classes');
const { elementCondition } = require('./conditions');
const { Expression, isPlainObject, encodeValue, DATA, EXPRESSION } = require('./values');
const { invalidParameter } = require('./problems');

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
  // By how well documents fit a $text, the best first.
  if (isPlainObject(wanted) && wanted.$meta === 'textScore') return [field, { $meta: 'textScore' }];
  if (wanted !== 'asc' && wanted !== 'desc') throw invalidParameter(`orderBy needs 'asc' or 'desc', not ${String(wanted)}.`);
  return [field, wanted];
}

/** `{a: true, b: 0, tags: _.project.slice(3)}` → `{a: 1, b: 0, tags: {$slice: 3}}`; `-1` hides, as in Alipay. */
function encodeProjection(projection, rules) {
  if (!isPlainObject(projection)) throw invalidParameter('field needs an object such as {name: true}.');
  const encoded = {};
  for (const key of Object.keys(projection)) {
    const value = projection[key];
    if (value instanceof ProjectionCommand) encoded[key] = projectionOperator(value.operator, value.operand, rules);
    else if (isComputed(value)) encoded[key] = encodeValue(value, EXPRESSION);
    else if (isPlainObject(value)) encoded[key] = rawProjection(value, rules);
    else encoded[key] = value === true || (typeof value === 'number' && value > 0) ? 1 : 0;
  }
  return encoded;
}

/** `$.sum('$prices')`, or `'$owner.name'`: the value of a field that is computed. */
function isComputed(value) {
  return value instanceof Expression || (typeof value === 'string' && value.charAt(0) === '$');
}

/** `{$slice: 3}`, `{$elemMatch: {…}}`, `{$sum: '$prices'}`, written by hand. */
function rawProjection(value, rules) {
  const encoded = {};
  for (const operator of Object.keys(value)) Object.assign(encoded, projectionOperator(operator, value[operator], rules));
  return encoded;
}

function projectionOperator(operator, operand, rules) {
  const encoded = {};
  encoded[operator] = operator === '$elemMatch' ? elementCondition(operand, rules) : encodeValue(operand, EXPRESSION);
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

/** `call`: what the caller knows the operation as. */
function encodeReplacement(data, call) {
  if (!isDocument(data)) throw invalidParameter(`${call} needs the new document as an object.`);
  if (data._id !== undefined) throw invalidParameter(`${call} keeps the _id that the document has; leave it out of the data.`);
  return encodeValue(data, DATA);
}

function isDocument(data) {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

module.exports = { requireName, requireId, requireCount, orderEntry, encodeProjection, encodeNew, encodeNewDocument, encodeReplacement };
