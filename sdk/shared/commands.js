'use strict';

/** `db.command`: one function for each operator of queries and updates. */

const classes = require('./command-classes');
const { createExpressions } = require('./expressions');

const { QueryCommand, LogicCommand, UpdateCommand, ProjectionCommand } = classes;

/** `rules`: how the platform reads nested objects in conditions. */
function createCommand(rules) {
  const command = {};
  for (const operator of classes.QUERY_OPERATORS) {
    command[operator] = function query() {
      return new QueryCommand(operator, classes.queryOperand(operator, arguments));
    };
  }
  for (const operator of classes.LOGIC_OPERATORS) {
    command[operator] = function logic() {
      return new LogicCommand(operator, classes.listOf(arguments));
    };
  }
  for (const operator of classes.UPDATE_OPERATORS) {
    command[operator] = function update() {
      return new UpdateCommand(operator, Array.prototype.slice.call(arguments));
    };
  }
  command.project = {
    slice: (first, second) => new ProjectionCommand('$slice', second === undefined ? first : [first, second]),
    elemMatch: (conditions) => new ProjectionCommand('$elemMatch', conditions),
  };
  command.aggregate = createExpressions(rules);
  return command;
}

module.exports = { createCommand };
