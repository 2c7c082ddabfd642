'use strict';

/**
 * Encodes the data of `update` as MongoDB's update operators. `rules.flattenUpdate`: WeChat changes only the
 * named members of a nested object, Alipay replaces the object unless there is a command inside of it.
 */

const { encodeValue, isPlainObject, define, Command, DATA } = require('./values');
const { invalidParameter } = require('./problems');
const { UpdateCommand, Condition } = require('./command-classes');
const { encodeWhere, valueCondition } = require('./conditions');

function encodeUpdate(data, rules) {
  if (!isPlainObject(data)) throw invalidParameter('update needs an object with the fields to change.');
  if ('_id' in data) throw invalidParameter('The _id of a document cannot be changed; leave it out of the data.');
  const update = {};
  for (const key of Object.keys(data)) addChange(update, key, data[key], rules);
  if (Object.keys(update).length === 0) throw invalidParameter('update needs at least one field to change.');
  return update;
}

function addChange(update, path, value, rules) {
  if (value === undefined) return;
  if (value instanceof UpdateCommand) {
    addCommand(update, path, value, rules);
  } else if (value instanceof Command) {
    throw invalidParameter(`The field ${path} of update has a command that is not an update.`);
  } else if (isPlainObject(value) && Object.keys(value).length > 0 && (rules.flattenUpdate || holdsUpdate(value))) {
    for (const key of Object.keys(value)) addChange(update, `${path}.${key}`, value[key], rules);
  } else {
    put(update, '$set', path, encodeValue(value, DATA));
  }
}

function holdsUpdate(value) {
  if (value instanceof UpdateCommand) return true;
  return isPlainObject(value) && Object.keys(value).some((key) => holdsUpdate(value[key]));
}

function addCommand(update, path, command, rules) {
  const operand = command.operands[0];
  switch (command.operator) {
    case 'set': return put(update, '$set', path, encodeValue(operand, DATA));
    case 'remove': return put(update, '$unset', path, '');
    case 'inc': case 'mul': return put(update, `$${command.operator}`, path, number(command.operator, operand));
    case 'min': case 'max': case 'bit': return put(update, `$${command.operator}`, path, encodeValue(operand, DATA));
    case 'rename': return put(update, '$rename', path, operand);
    case 'push': return put(update, '$push', path, pushed(command.operands));
    case 'unshift': return put(update, '$push', path, { $each: encodeValue(listOf(command.operands), DATA), $position: 0 });
    case 'pop': return put(update, '$pop', path, 1);
    case 'shift': return put(update, '$pop', path, -1);
    case 'addToSet': return put(update, '$addToSet', path, addedToSet(operand));
    case 'pull': return put(update, '$pull', path, pulled(operand, rules));
    case 'pullAll': return put(update, '$pullAll', path, encodeValue(operand, DATA));
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

function listOf(operands) {
  return operands.length === 1 && Array.isArray(operands[0]) ? operands[0] : operands;
}

/** `_.push(value)`, `_.push([a, b])`, `_.push({each, position, sort, slice})`. */
function pushed(operands) {
  const first = operands[0];
  if (operands.length !== 1 || !isPlainObject(first) || !Array.isArray(first.each)) return { $each: encodeValue(listOf(operands), DATA) };
  const encoded = { $each: encodeValue(first.each, DATA) };
  for (const modifier of ['position', 'sort', 'slice']) {
    if (first[modifier] !== undefined) encoded[`$${modifier}`] = encodeValue(first[modifier], DATA);
  }
  return encoded;
}

function addedToSet(operand) {
  if (isPlainObject(operand)) {
    const each = operand.each || operand.$each;
    if (Array.isArray(each) && Object.keys(operand).length === 1) return { $each: encodeValue(each, DATA) };
  }
  return encodeValue(operand, DATA);
}

function pulled(operand, rules) {
  if (operand instanceof Condition) return valueCondition(operand, rules);
  if (isPlainObject(operand) && Object.keys(operand).every((key) => key.charAt(0) !== '$')) return encodeWhere(operand, rules);
  return encodeValue(operand, DATA);
}

module.exports = { encodeUpdate };
