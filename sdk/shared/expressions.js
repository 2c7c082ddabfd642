'use strict';

/** `db.command.aggregate`, usually called `$`: one function for each operator of aggregation expressions. */

const { Expression } = require('./values');
const { Pipeline } = require('./pipeline');

const NAMES = [
  // arithmetic
  'abs', 'add', 'ceil', 'divide', 'exp', 'floor', 'ln', 'log', 'log10', 'mod', 'multiply', 'pow', 'round', 'sqrt', 'subtract', 'trunc',
  'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2', 'degreesToRadians', 'radiansToDegrees', 'rand',
  'bitAnd', 'bitOr', 'bitXor', 'bitNot',
  // arrays
  'arrayElemAt', 'arrayToObject', 'concatArrays', 'filter', 'in', 'indexOfArray', 'isArray', 'map', 'range', 'reduce',
  'reverseArray', 'size', 'slice', 'sortArray', 'zip',
  // logic, comparison, condition
  'and', 'not', 'or', 'cmp', 'eq', 'gt', 'gte', 'lt', 'lte', 'neq', 'cond', 'ifNull', 'switch',
  // dates
  'dateFromParts', 'dateToParts', 'dateFromString', 'dateToString', 'dayOfMonth', 'dayOfWeek', 'dayOfYear', 'hour', 'isoDayOfWeek',
  'isoWeek', 'isoWeekYear', 'millisecond', 'minute', 'month', 'second', 'week', 'year', 'dateAdd', 'dateDiff', 'dateSubtract', 'dateTrunc',
  // objects, sets
  'mergeObjects', 'objectToArray', 'getField', 'setField', 'unsetField',
  'allElementsTrue', 'anyElementTrue', 'setDifference', 'setEquals', 'setIntersection', 'setIsSubset', 'setUnion',
  // strings
  'concat', 'indexOfBytes', 'indexOfCP', 'ltrim', 'rtrim', 'trim', 'split', 'strLenBytes', 'strLenCP', 'strcasecmp', 'substr',
  'substrBytes', 'substrCP', 'toLower', 'toUpper', 'regexMatch', 'regexFind', 'regexFindAll', 'replaceOne', 'replaceAll', 'binarySize', 'bsonSize',
  // groups
  'addToSet', 'avg', 'count', 'first', 'last', 'max', 'min', 'push', 'stdDevPop', 'stdDevSamp', 'sum',
  'firstN', 'lastN', 'maxN', 'minN', 'top', 'topN', 'bottom', 'bottomN', 'median', 'percentile',
  // windows
  'rank', 'denseRank', 'documentNumber', 'shift', 'covariancePop', 'covarianceSamp', 'derivative', 'integral', 'expMovingAvg', 'linearFill', 'locf',
  // conversions and the rest
  'convert', 'isNumber', 'toBool', 'toDate', 'toDecimal', 'toDouble', 'toInt', 'toLong', 'toObjectId', 'toString', 'type',
  'let', 'literal', 'meta',
];

const RENAMED = new Map([['neq', 'ne']]);

/** `rules`: how the platform reads nested objects in the conditions of `$.pipeline()`. */
function createExpressions(rules) {
  const expressions = {};
  for (const name of NAMES) {
    expressions[name] = function expression() {
      return new Expression(RENAMED.get(name) || name, Array.prototype.slice.call(arguments));
    };
  }
  expressions.pipeline = () => new Pipeline(rules);
  return expressions;
}

module.exports = { createExpressions };
