'use strict';

/**
 * Encodes the data of `update` as MongoDB's update operators. `rules.flattenUpdate`: WeChat changes only the
 * named members of a nested object, Alipay replaces the object unless there is a command inside of it.
 */

const { encodeValue, isPlainObject, define, Command, DATA } = require('./values');
const { invalidParameter } = require('./problems');
const { UpdateCommand } = require('./command-classes');
const { elementCondition } = require('./conditions');
const { Pipeline, encodeStages } = require('./pipeline');

/**
 * `data`: fields with values and commands, MongoDB's own operators (`{$set: {…}}`), or a pipeline of stages, which
 * works out the new values from the document.
 */
function encodeUpdate(data, rules) {
  if (Array.isArray(data) || data instanceof Pipeline) return encodePipelineUpdate(data);
  if (!isPlainObject(data)) throw invalidParameter('update needs an object with the fields to change.');
  if (Object.keys(data).some((key) => key.charAt(0) === '$')) return encodeOperators(data, rules);
  if ('_id' in data) throw invalidParameter('The _id of a document cannot be changed; leave it out of the data.');
  const update = {};
  for (const key of Object.keys(data)) addChange(update, key, data[key], rules);
  if (Object.keys(update).length === 0) throw invalidParameter('update needs at least one field to change.');
  return update;
}

function encodePipelineUpdate(data) {
  const stages = encodeStages(data);
  if (stages.length === 0) throw invalidParameter('An update by a pipeline needs at least one stage.');
  return stages;
}

/** MongoDB's operators as somebody wrote them; only conditions in them need a closer look. */
function encodeOperators(data, rules) {
  const update = {};
  for (const operator of Object.keys(data)) {
    if (operator.charAt(0) !== '$') throw invalidParameter(`The update mixes operators and the field ${operator}; put it into $set.`);
    const fields = data[operator];
    if (fields === undefined) continue;
    if (!isPlainObject(fields)) throw invalidParameter(`${operator} needs an object with the fields to change.`);
    if (operator === '$pull') update[operator] = pullsOf(fields, rules);
    else update[operator] = encodeValue(fields, DATA);
  }
  if (Object.keys(update).every((operator) => Object.keys(update[operator]).length === 0)) throw invalidParameter('update needs at least one field to change.');
  return update;
}

function pullsOf(fields, rules) {
  const pulls = {};
  for (const path of Object.keys(fields)) {
    if (fields[path] !== undefined) define(pulls, path, elementCondition(fields[path], rules));
  }
  return pulls;
}

function addChange(update, path, value, rules) {
  if (value === undefined) return;
  if (value instanceof UpdateCommand) {
    addCommand(update, path, value, rules);
  } else if (value instanceof Command) {
    throw invalidParameter(`The field ${path} of update has a command that is not an update.`);
  } else if (isPlainObject(value) && Object.keys(value).length > 0 && (rules.flattenUpdate || holdsUpdate(value)) && !isTyped(value)) {
    for (const key of Object.keys(value)) addChange(update, `${path}.${key}`, value[key], rules);
  } else {
    put(update, '$set', path, encodeValue(value, DATA));
  }
}

/** `{$date: …}` and the like, written by hand, are values; `$`, `$[]` and `$[name]` are positions in an array. */
function isTyped(value) {
  return Object.keys(value).some((key) => /^\$[A-Za-z]/.test(key));
}

function holdsUpdate(value) {
  if (value instanceof UpdateCommand) return true;
  return isPlainObject(value) && Object.keys(value).some((key) => holdsUpdate(value[key]));
}

function addCommand(update, path, command, rules) {
  const operand = command.operands[0];
  switch (command.operator) {
    case 'set': return put(update, '$set', path, encodeValue(operand, DATA));
    case 'setOnInsert': return put(update, '$setOnInsert', path, encodeValue(operand, DATA));
    case 'remove': return put(update, '$unset', path, '');
    case 'inc': case 'mul': return put(update, `$${command.operator}`, path, number(command.operator, operand));
    case 'min': case 'max': return put(update, `$${command.operator}`, path, encodeValue(operand, DATA));
    case 'bit': return put(update, '$bit', path, bits(operand));
    case 'rename': return put(update, '$rename', path, newName(operand));
    case 'push': return put(update, '$push', path, pushed(command.operands));
    case 'unshift': return put(update, '$push', path, { $each: encodeValue(listOf(command.operands), DATA), $position: 0 });
    case 'pop': return put(update, '$pop', path, 1);
    case 'shift': return put(update, '$pop', path, -1);
    case 'addToSet': return put(update, '$addToSet', path, addedToSet(operand));
    case 'pull': return put(update, '$pull', path, elementCondition(operand, rules));
    case 'pullAll': return put(update, '$pullAll', path, pulledValues(operand));
    default: throw invalidParameter(`_.${command.operator} is not an update.`);
  }
}

function put(update, operator, path, value) {
  if (value === undefined) return;
  if (update[operator] === undefined) update[operator] = {};
  define(update[operator], path, value);
}

function number(operator, operand) {
  const value = typeof operand === 'bigint' ? Number(operand) : operand;
  if (typeof value !== 'number' || Number.isNaN(value)) throw invalidParameter(`_.${operator} needs a number.`);
  return value;
}

function bits(operand) {
  if (!isPlainObject(operand)) throw invalidParameter('_.bit needs {and: number}, {or: number} or {xor: number}.');
  return encodeValue(operand, DATA);
}

function newName(operand) {
  if (typeof operand !== 'string' || operand === '') throw invalidParameter('_.rename needs the new name of the field.');
  return operand;
}

function pulledValues(operand) {
  if (!Array.isArray(operand)) throw invalidParameter('_.pullAll needs an array of values.');
  return encodeValue(operand, DATA);
}

function listOf(operands) {
  return operands.length === 1 && Array.isArray(operands[0]) ? operands[0] : operands;
}

/** `_.push(value)`, `_.push([a, b])`, `_.push({each, position, sort, slice})`, also with MongoDB's `$` before the names. */
function pushed(operands) {
  const first = operands[0];
  const each = operands.length === 1 ? eachOf(first) : undefined;
  if (each === undefined) return { $each: encodeValue(listOf(operands), DATA) };
  const encoded = { $each: encodeValue(each, DATA) };
  for (const modifier of ['position', 'sort', 'slice']) {
    const value = first[modifier] === undefined ? first[`$${modifier}`] : first[modifier];
    if (value !== undefined) encoded[`$${modifier}`] = encodeValue(value, DATA);
  }
  return encoded;
}

function addedToSet(operand) {
  const each = eachOf(operand);
  if (each !== undefined && Object.keys(operand).length === 1) return { $each: encodeValue(each, DATA) };
  return encodeValue(operand, DATA);
}

function eachOf(operand) {
  if (!isPlainObject(operand)) return undefined;
  if (Array.isArray(operand.each)) return operand.each;
  return Array.isArray(operand.$each) ? operand.$each : undefined;
}

module.exports = { encodeUpdate };
