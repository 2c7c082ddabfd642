'use strict';

/** Values of documents, conditions and expressions, from JavaScript to the wire. */

const { invalidParameter } = require('./problems');
const { GeoShape } = require('./geo');
const typed = require('./typed-values');

const { define } = typed;
const MAXIMUM_DEPTH = 100;
const PATTERN_EXPRESSIONS = ['$regexMatch', '$regexFind', '$regexFindAll'];

/** Base of everything that `db.command` makes: such objects have a meaning only at certain places. */
class Command {}

/** An aggregation expression, e.g. `$.sum('$price')`. */
class Expression {
  constructor(name, operands) {
    this.name = name;
    this.operands = operands;
  }
}

function isPlainObject(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  // Objects from another realm (a mini program's page, a vm context) have a foreign Object.prototype.
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/** Whether an object consists of operators: all its names begin with `$`, and it is no typed value. */
function isOperators(value) {
  if (!isPlainObject(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key.charAt(0) === '$') && !(keys.length === 1 && typed.TYPE_KEYS.indexOf(keys[0]) !== -1);
}

/** What a value is part of: regular expressions are stored in DATA and EXPRESSION, and are patterns in a CONDITION. */
const DATA = { patterns: false, expressions: false };
const CONDITION = { patterns: true, expressions: false };
const EXPRESSION = { patterns: false, expressions: true };

function encodeValue(value, allowed, depth) {
  if (typeof value !== 'object') return encodePrimitive(value);
  if (value === null) return null;
  const level = depth || 0;
  if (level > MAXIMUM_DEPTH) {
    throw invalidParameter(`A value is circular or nested more than ${MAXIMUM_DEPTH} levels deep.`, 'CIRCULAR_REFERENCE');
  }
  if (Array.isArray(value)) return value.map((item) => encodeItem(item, allowed, level + 1));
  const special = encodeSpecial(value, allowed, level);
  return special === undefined ? encodeMembers(value, allowed, level) : special;
}

function encodePrimitive(value) {
  if (typeof value === 'bigint') return encodeBigInt(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  return value;
}

function encodeBigInt(value) {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw invalidParameter(`${value} is too large for a number in a document; store it as a string.`);
  return number;
}

function encodeItem(item, allowed, depth) {
  const encoded = encodeValue(item, allowed, depth);
  return encoded === undefined ? null : encoded;
}

function encodeSpecial(value, allowed, depth) {
  if (typed.isDate(value)) return typed.encodeDate(value);
  if (value instanceof GeoShape) return value.toJSON();
  if (value instanceof typed.ServerDate) return { $serverDate: { offset: value.offset } };
  if (typed.isRegularExpression(value)) return allowed.patterns ? typed.encodePattern(value) : typed.encodeRegularExpression(value);
  if (typed.isBinary(value)) return typed.encodeBinary(value);
  if (value instanceof Expression) return encodeExpression(value, allowed, depth);
  if (value instanceof Command) throw invalidParameter('A command of db.command stands at a place where only values are allowed.');
  if (typeof value.toJSON === 'function') return encodeValue(value.toJSON(), allowed, depth + 1);
  return undefined;
}

function encodeExpression(expression, allowed, depth) {
  if (!allowed.expressions) throw invalidParameter(`$.${expression.name} can stand in an aggregation or in _.expr only.`);
  const operands = expression.operands;
  const operand = operands.length === 0 ? {} : operands.length === 1 ? operands[0] : operands;
  const written = {};
  written[`$${expression.name}`] = operand;
  return encodeMembers(written, allowed, depth);
}

function encodeMembers(value, allowed, depth) {
  const encoded = {};
  for (const key of Object.keys(value)) {
    const given = allowed.expressions && PATTERN_EXPRESSIONS.indexOf(key) !== -1 ? withPatternInText(value[key]) : value[key];
    const member = encodeValue(given, allowed, depth + 1);
    if (member !== undefined) define(encoded, key, member);
  }
  return encoded;
}

/** `{input, regex: /x/i}` → `{input, regex: 'x', options: 'i'}`: what `$regexMatch` and its kin understand everywhere. */
function withPatternInText(operand) {
  if (!isPlainObject(operand) || !typed.isRegularExpression(operand.regex)) return operand;
  const { pattern, options } = typed.patternOf(operand.regex);
  return Object.assign({}, operand, { regex: pattern }, options && operand.options === undefined ? { options } : {});
}

module.exports = { Command, Expression, isPlainObject, isOperators, encodeValue, define, DATA, CONDITION, EXPRESSION };
