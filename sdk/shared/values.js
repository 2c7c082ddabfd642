'use strict';

/** Values of documents between JavaScript and the wire: dates, server time, regular expressions, places. */

const { invalidParameter } = require('./problems');
const { GeoShape, geoFromJSON } = require('./geo');

const MAXIMUM_DEPTH = 100;

class ServerDate {
  constructor(options) {
    this.offset = (options && options.offset) || 0;
  }
}

/** `db.RegExp({regexp, options})`, for places where a literal cannot be written. */
class RegExpValue {
  constructor(options) {
    const given = typeof options === 'object' && options !== null ? options : { regexp: options };
    if (typeof given.regexp !== 'string') throw invalidParameter('RegExp needs {regexp: string, options?: string}.');
    this.regexp = given.regexp;
    this.options = given.options || '';
  }
}

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

/** What `encodeValue` allows besides plain values: in conditions, regular expressions and expressions. */
const DATA = { regularExpressions: false, expressions: false };
const CONDITION = { regularExpressions: true, expressions: false };
const EXPRESSION = { regularExpressions: true, expressions: true };

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
  if (value instanceof Date || Object.prototype.toString.call(value) === '[object Date]') return encodeDate(value);
  if (value instanceof GeoShape) return value.toJSON();
  if (value instanceof ServerDate) return { $serverDate: { offset: value.offset } };
  if (isRegularExpression(value)) return encodeRegularExpression(value, allowed);
  if (value instanceof Expression) return encodeExpression(value, allowed, depth);
  if (value instanceof Command) throw invalidParameter('A command of db.command stands at a place where only values are allowed.');
  if (typeof ArrayBuffer === 'function' && (value instanceof ArrayBuffer || ArrayBuffer.isView(value))) {
    throw invalidParameter('Binary data cannot be stored in a document; upload it as a file and keep the fileID.');
  }
  if (typeof value.toJSON === 'function') return encodeValue(value.toJSON(), allowed, depth + 1);
  return undefined;
}

function encodeDate(date) {
  const milliseconds = date.getTime();
  if (Number.isNaN(milliseconds)) throw invalidParameter('An invalid Date cannot be sent.');
  return { $date: milliseconds };
}

function isRegularExpression(value) {
  return value instanceof RegExpValue || value instanceof RegExp || Object.prototype.toString.call(value) === '[object RegExp]';
}

function encodeRegularExpression(value, allowed) {
  if (!allowed.regularExpressions) throw invalidParameter('A regular expression can stand in a query, not in the data of a document.');
  if (value instanceof RegExpValue) return regularExpression(value.regexp, value.options);
  // `g` and `y` say how to walk through one string; a query only asks whether there is a match.
  return regularExpression(value.source, value.flags.replace(/[gyud]/g, ''));
}

function regularExpression(pattern, options) {
  return options ? { $regex: pattern, $options: options } : { $regex: pattern };
}

function encodeExpression(expression, allowed, depth) {
  if (!allowed.expressions) throw invalidParameter(`$.${expression.name} can stand in an aggregation or in _.expr only.`);
  const operands = expression.operands;
  const operand = operands.length === 0 ? {} : operands.length === 1 ? operands[0] : operands;
  const encoded = {};
  encoded[`$${expression.name}`] = encodeValue(operand, allowed, depth + 1);
  return encoded;
}

function encodeMembers(value, allowed, depth) {
  const encoded = {};
  for (const key of Object.keys(value)) {
    const member = encodeValue(value[key], allowed, depth + 1);
    if (member !== undefined) define(encoded, key, member);
  }
  return encoded;
}

/** Sets a member even if its name is `__proto__`. */
function define(object, key, value) {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  else object[key] = value;
}

/** Parses an answer; walks through it only if it has something to revive. */
function decodeAnswer(text, geoObjects) {
  if (text === '') return {};
  const answer = JSON.parse(text);
  const dates = text.indexOf('"$date"') !== -1;
  const places = geoObjects && text.indexOf('"coordinates"') !== -1;
  return dates || places ? revive(answer, places) : answer;
}

function revive(value, places) {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) value[index] = revive(value[index], places);
    return value;
  }
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === '$date') return new Date(value.$date);
  if (places && typeof value.type === 'string') {
    const shape = geoFromJSON(value);
    if (shape !== null) return shape;
  }
  for (const key of keys) define(value, key, revive(value[key], places));
  return value;
}

module.exports = {
  ServerDate, RegExpValue, Command, Expression, isPlainObject, isRegularExpression,
  encodeValue, decodeAnswer, define, DATA, CONDITION, EXPRESSION,
};
