'use strict';

/**
 * Values that JSON does not have, as they travel and are stored: dates, bytes, regular expressions, the server's time
 * (docs/api/wire.md, typed values). Every one of them is an object whose only member says its kind.
 */

const { invalidParameter } = require('./problems');
const { geoFromJSON } = require('./geo');
const { encodeBase64, decodeBase64 } = require('./base64');

/** Members by which an object is a value although their names begin with `$`, as operators' names do. */
const TYPE_KEYS = ['$date', '$serverDate', '$binary', '$regularExpression', '$oid', '$numberLong', '$numberInt', '$numberDouble', '$numberDecimal'];

/** What an answer's text has to contain before it is worth walking through. */
const REVIVED_KEYS = ['"$date"', '"$binary"', '"$regularExpression"'];

/** `db.serverDate({offset})`: the server's time when it carries out the operation, `offset` milliseconds later. */
class ServerDate {
  constructor(options) {
    const offset = options === undefined || options === null || options.offset === undefined ? 0 : options.offset;
    if (typeof offset !== 'number' || !Number.isFinite(offset)) throw invalidParameter('serverDate needs {offset: milliseconds}.');
    this.offset = offset;
  }
}

/** `db.RegExp({regexp, options})`, for places where a literal cannot be written. */
class RegExpValue {
  constructor(options) {
    const given = options instanceof RegExp ? { regexp: options.source, options: keptFlags(options) }
      : typeof options === 'object' && options !== null ? options : { regexp: options };
    if (typeof given.regexp !== 'string') throw invalidParameter('RegExp needs {regexp: string, options?: string}.');
    this.regexp = given.regexp;
    this.options = given.options || '';
  }
}

// Names of classes rather than instanceof: values may come from another realm (a mini program's page, a vm context).
function kindOf(value) {
  return Object.prototype.toString.call(value);
}

function isDate(value) {
  return value instanceof Date || kindOf(value) === '[object Date]';
}

function isRegularExpression(value) {
  return value instanceof RegExpValue || value instanceof RegExp || kindOf(value) === '[object RegExp]';
}

function isBinary(value) {
  return ArrayBuffer.isView(value) || kindOf(value) === '[object ArrayBuffer]';
}

function encodeDate(date) {
  const milliseconds = date.getTime();
  if (Number.isNaN(milliseconds)) throw invalidParameter('An invalid Date cannot be sent.');
  return { $date: milliseconds };
}

function encodeBinary(bytes) {
  return { $binary: { base64: encodeBase64(bytes), subType: '00' } };
}

// `g`, `y`, `u` and `d` say how to walk through one string; a pattern in the database only says what matches.
function keptFlags(expression) {
  return expression.flags.replace(/[^ims]/g, '');
}

/** The pattern and the options of a RegExp or a `db.RegExp`. */
function patternOf(value) {
  if (value instanceof RegExpValue) return { pattern: value.regexp, options: value.options };
  return { pattern: value.source, options: keptFlags(value) };
}

/** A regular expression that is looked for: what matches it. */
function encodePattern(value) {
  const { pattern, options } = patternOf(value);
  return options ? { $regex: pattern, $options: options } : { $regex: pattern };
}

/** A regular expression that is stored, or stands in an expression. */
function encodeRegularExpression(value) {
  return { $regularExpression: patternOf(value) };
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
  const places = geoObjects && text.indexOf('"coordinates"') !== -1;
  return places || REVIVED_KEYS.some((key) => text.indexOf(key) !== -1) ? revive(answer, places) : answer;
}

/** Puts the values in the place of their JSON, within the object that is given; `places` also those of GeoJSON. */
function revive(value, places) {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) value[index] = revive(value[index], places);
    return value;
  }
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0].charAt(0) === '$') {
    const special = reviveTyped(keys[0], value[keys[0]]);
    if (special !== undefined) return special;
  }
  if (places && typeof value.type === 'string') {
    const shape = geoFromJSON(value);
    if (shape !== null) return shape;
  }
  for (const key of keys) define(value, key, revive(value[key], places));
  return value;
}

function reviveTyped(key, value) {
  if (key === '$date') return new Date(typeof value === 'object' && value !== null ? Number(value.$numberLong) : value);
  const isObject = typeof value === 'object' && value !== null;
  if (key === '$binary' && isObject && typeof value.base64 === 'string') return decodeBase64(value.base64);
  if (key === '$regularExpression' && isObject && typeof value.pattern === 'string') return reviveRegularExpression(value);
  return undefined;
}

/** A RegExp where JavaScript can have it; otherwise (option `x`, another dialect) what `db.RegExp` makes. */
function reviveRegularExpression({ pattern, options }) {
  try {
    return new RegExp(pattern, options || '');
  } catch (error) {
    return new RegExpValue({ regexp: pattern, options });
  }
}

module.exports = {
  ServerDate, RegExpValue, TYPE_KEYS, isDate, isRegularExpression, isBinary, patternOf,
  encodeDate, encodeBinary, encodePattern, encodeRegularExpression, define, decodeAnswer, revive,
};
