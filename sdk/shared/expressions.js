'use strict';

/** `db.command.aggregate`, usually called `$`: one function for each operator of aggregation expressions. */

const { Expression } = require('./values');
const { Pipeline } = require('./pipeline');

const NAMES = [
  // arithmetic
  'abs', 'add', 'ceil', 'divide', 'exp', 'floor', 'ln', 'log', 'log10', 'mod', 'multiply', 'pow', 'round', 'sqrt', 'subtract', 'trunc',
  // arrays
  'arrayElemAt', 'arrayToObject', 'concatArrays', 'filter', 'in', 'indexOfArray', 'isArray', 'map', 'range', 'reduce',
  'reverseArray', 'size', 'slice', 'zip',
  // logic, comparison, condition
  'and', 'not', 'or', 'cmp', 'eq', 'gt', 'gte', 'lt', 'lte', 'neq', 'cond', 'ifNull', 'switch',
  // dates
  'dateFromParts', 'dateToParts', 'dateFromString', 'dateToString', 'dayOfMonth', 'dayOfWeek', 'dayOfYear', 'hour', 'isoDayOfWeek',
  'isoWeek', 'isoWeekYear', 'millisecond', 'minute', 'month', 'second', 'week', 'year',
  // objects, sets
  'mergeObjects', 'objectToArray', 'allElementsTrue', 'anyElementTrue', 'setDifference', 'setEquals', 'setIntersection',
  'setIsSubset', 'setUnion',
  // strings
  'concat', 'indexOfBytes', 'indexOfCP', 'ltrim', 'rtrim', 'trim', 'split', 'strLenBytes', 'strLenCP', 'strcasecmp', 'substr',
  'substrBytes', 'substrCP', 'toLower', 'toUpper', 'regexMatch', 'regexFind', 'regexFindAll', 'replaceOne', 'replaceAll',
  // groups
  'addToSet', 'avg', 'count', 'first', 'last', 'max', 'min', 'push', 'stdDevPop', 'stdDevSamp', 'sum',
  // conversions and the rest
  'convert', 'toBool', 'toDate', 'toDecimal', 'toDouble', 'toInt', 'toLong', 'toObjectId', 'toString', 'type', 'let', 'literal', 'meta',
];

const RENAMED = new Map([['neq', 'ne']]);

function createExpressions() {
  const expressions = {};
  for (const name of NAMES) {
    expressions[name] = function expression() {
      return new Expression(RENAMED.get(name) || name, Array.prototype.slice.call(arguments));
    };
  }
  expressions.pipeline = () => new Pipeline({ flattenWhere: true });
  return expressions;
}

module.exports = { createExpressions };
