'use strict';

/** The objects that `db.command` makes for operators of queries and updates. Encoding is in conditions.js and updates.js. */

const { Command } = require('./values');
const { invalidParameter } = require('./problems');

const QUERY_OPERATORS = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'in', 'nin', 'exists', 'mod', 'all', 'elemMatch', 'size',
  'geoNear', 'geoWithin', 'geoIntersects', 'expr', 'jsonSchema', 'text'];
const LOGIC_OPERATORS = ['and', 'or', 'nor', 'not'];
const UPDATE_OPERATORS = ['set', 'setOnInsert', 'remove', 'inc', 'mul', 'min', 'max', 'rename', 'bit', 'push', 'pop', 'shift', 'unshift',
  'addToSet', 'pull', 'pullAll'];

/** A condition on one value. Conditions chain: `_.gt(1).lt(5)`, `_.gt(1).and(_.lt(5))`, `_.eq(1).or(_.gt(9))`. */
class Condition extends Command {
  and() {
    return new LogicCommand('and', [this].concat(listOf(arguments)));
  }

  or() {
    return new LogicCommand('or', [this].concat(listOf(arguments)));
  }

  nor() {
    return new LogicCommand('nor', [this].concat(listOf(arguments)));
  }

  not() {
    return new LogicCommand('not', [this]);
  }
}

class QueryCommand extends Condition {
  constructor(operator, operand) {
    super();
    this.operator = operator;
    this.operand = operand;
  }
}

class LogicCommand extends Condition {
  constructor(operator, operands) {
    super();
    if (operands.length === 0) throw invalidParameter(`_.${operator} needs at least one condition.`);
    this.operator = operator;
    this.operands = operands;
  }
}

class UpdateCommand extends Command {
  constructor(operator, operands) {
    super();
    this.operator = operator;
    this.operands = operands;
  }
}

/** `_.project.slice(…)` and `_.project.elemMatch(…)`, values of a projection. */
class ProjectionCommand extends Command {
  constructor(operator, operand) {
    super();
    this.operator = operator;
    this.operand = operand;
  }
}

/** Both `_.or(a, b)` and `_.or([a, b])`. */
function listOf(given) {
  return given.length === 1 && Array.isArray(given[0]) ? given[0].slice() : Array.prototype.slice.call(given);
}

function queryOperand(operator, given) {
  if (operator === 'mod' && given.length === 2) return [given[0], given[1]];
  const operand = given[0];
  if ((operator === 'in' || operator === 'nin' || operator === 'all') && !Array.isArray(operand)) {
    throw invalidParameter(`_.${operator} needs an array.`);
  }
  return operand;
}

for (const operator of QUERY_OPERATORS) {
  Condition.prototype[operator] = function chained() {
    return this.and(new QueryCommand(operator, queryOperand(operator, arguments)));
  };
}

module.exports = {
  QUERY_OPERATORS, LOGIC_OPERATORS, UPDATE_OPERATORS, Condition, QueryCommand, LogicCommand, UpdateCommand, ProjectionCommand,
  listOf, queryOperand,
};
