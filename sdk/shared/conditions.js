'use strict';

/**
 * Encodes what stands in `where` as a MongoDB query. `rules.flattenWhere` is the difference between the
 * platforms: WeChat reads `{a: {b: 1}}` as "the field a.b equals 1", Alipay as "a equals this whole object".
 */

const { Command, encodeValue, isPlainObject, isRegularExpression, define, CONDITION, EXPRESSION } = require('./values');
const { invalidParameter } = require('./problems');
const classes = require('./command-classes');

const MONGO_OPERATOR = {
  eq: '$eq', neq: '$ne', gt: '$gt', gte: '$gte', lt: '$lt', lte: '$lte', in: '$in', nin: '$nin', exists: '$exists', mod: '$mod',
  all: '$all', size: '$size',
};
const TOP_LEVEL = { expr: '$expr', jsonSchema: '$jsonSchema', text: '$text' };
const LOGIC = { and: '$and', or: '$or', nor: '$nor' };

function encodeWhere(where, rules) {
  if (where instanceof classes.LogicCommand) return joinLogic(where, (operand) => encodeWhere(operand, rules));
  if (where instanceof classes.QueryCommand) return topLevelClause(where);
  if (!isPlainObject(where)) throw invalidParameter('where needs an object or a command such as _.or([…]).');
  const keys = Object.keys(where);
  if (keys.length > 0 && keys.every((key) => where[key] === undefined)) {
    throw invalidParameter(`All values of where are undefined (${keys.join(', ')}); this would match every document.`);
  }
  const clauses = [];
  for (const key of keys) {
    if (where[key] !== undefined) addField(clauses, key, where[key], rules);
  }
  return mergeClauses(clauses);
}

function topLevelClause(command) {
  const operator = TOP_LEVEL[command.operator];
  if (operator === undefined) {
    throw invalidParameter(`_.${command.operator} is a condition on a field: where({field: _.${command.operator}(…)}).`);
  }
  const allowed = command.operator === 'expr' ? EXPRESSION : CONDITION;
  if (command.operator === 'text') return { $text: textSearch(command.operand) };
  return single(operator, encodeValue(command.operand, allowed));
}

function textSearch(operand) {
  const options = typeof operand === 'string' ? { search: operand } : operand || {};
  const encoded = {};
  for (const key of Object.keys(options)) encoded[key.charAt(0) === '$' ? key : `$${key}`] = options[key];
  return encoded;
}

function addField(clauses, path, value, rules) {
  if (path.charAt(0) === '$') clauses.push(rawLogic(path, value, rules));
  else if (value instanceof classes.LogicCommand) clauses.push(fieldLogic(path, value, rules));
  else if (value instanceof classes.QueryCommand) clauses.push(fieldCommand(path, value, rules));
  else if (value instanceof Command) throw invalidParameter(`The field ${path} of where has a command that is not a condition.`);
  else if (isPlainObject(value)) addObject(clauses, path, value, rules);
  else clauses.push(single(path, encodeValue(value, CONDITION)));
}

/** Operators of MongoDB that somebody wrote by hand. */
function rawLogic(operator, value, rules) {
  if (operator === '$expr') return { $expr: encodeValue(value, EXPRESSION) };
  if (operator === '$and' || operator === '$or' || operator === '$nor') {
    if (!Array.isArray(value)) throw invalidParameter(`${operator} needs an array.`);
    return single(operator, value.map((item) => encodeWhere(item, rules)));
  }
  return single(operator, encodeValue(value, CONDITION));
}

function fieldCommand(path, command, rules) {
  if (TOP_LEVEL[command.operator] !== undefined) return topLevelClause(command);
  return single(path, operatorDocument(command, rules));
}

function addObject(clauses, path, value, rules) {
  const keys = Object.keys(value);
  const operators = keys.length > 0 && keys.every((key) => key.charAt(0) === '$');
  if (keys.length === 0 || operators || !(rules.flattenWhere || holdsCondition(value))) {
    clauses.push(single(path, encodeValue(value, CONDITION)));
    return;
  }
  for (const key of keys) {
    if (value[key] !== undefined) addField(clauses, `${path}.${key}`, value[key], rules);
  }
}

/** Whether a nested object asks for more than equality, so that only dotted paths can say it. */
function holdsCondition(value) {
  if (value instanceof Command || isRegularExpression(value)) return true;
  return isPlainObject(value) && Object.keys(value).some((key) => holdsCondition(value[key]));
}

/** Logic on one field becomes logic of conditions on that field, MongoDB's plain form, which indexes can serve. */
function fieldLogic(path, command, rules) {
  if (command.operator === 'not') return negated(path, command.operands[0], rules);
  return joinLogic(command, (operand) => {
    const clauses = [];
    addField(clauses, path, operand, rules);
    return mergeClauses(clauses);
  });
}

function negated(path, operand, rules) {
  if (operand instanceof classes.QueryCommand) return single(path, { $not: operatorDocument(operand, rules) });
  if (isRegularExpression(operand)) return single(path, { $not: encodeValue(operand, CONDITION) });
  const clauses = [];
  addField(clauses, path, operand, rules);
  return { $nor: [mergeClauses(clauses)] };
}

function joinLogic(command, encode) {
  const clauses = command.operands.map(encode);
  if (command.operator === 'and') return mergeClauses(clauses);
  if (command.operator === 'not') return { $nor: clauses };
  return single(LOGIC[command.operator], clauses);
}

/** `{$gt: 1}`: what stands behind the field's name. */
function operatorDocument(command, rules) {
  const operand = command.operand;
  switch (command.operator) {
    case 'elemMatch': return { $elemMatch: elementCondition(operand, rules) };
    case 'geoNear': return { $near: nearOptions(operand) };
    case 'geoWithin': return { $geoWithin: withinOptions(operand) };
    case 'geoIntersects': return { $geoIntersects: { $geometry: encodeValue(requireGeometry(operand, 'geoIntersects'), CONDITION) } };
    default: break;
  }
  const operator = MONGO_OPERATOR[command.operator];
  if (operator === undefined) throw invalidParameter(`_.${command.operator} stands at the top of where, not on a field.`);
  const encoded = encodeValue(operand, CONDITION);
  return single(operator, encoded === undefined ? null : encoded);
}

/** A condition on an array's element: on its members, or on the element itself. */
function elementCondition(operand, rules) {
  if (operand instanceof classes.Condition) return valueCondition(operand, rules);
  if (isPlainObject(operand) && Object.keys(operand).every((key) => key.charAt(0) !== '$')) return encodeWhere(operand, rules);
  return encodeValue(operand, CONDITION);
}

/** A command where there is no field name to repeat: in $elemMatch, $pull, $not. */
function valueCondition(command, rules) {
  if (command instanceof classes.QueryCommand) return operatorDocument(command, rules);
  const parts = command.operands.map((operand) => {
    if (operand instanceof classes.Condition) return valueCondition(operand, rules);
    return isRegularExpression(operand) ? encodeValue(operand, CONDITION) : { $eq: encodeValue(operand, CONDITION) };
  });
  if (command.operator === 'and') return mergeClauses(parts);
  if (command.operator === 'not') return { $not: parts[0] };
  return single(LOGIC[command.operator], parts);
}

function nearOptions(options) {
  const encoded = { $geometry: encodeValue(requireGeometry(options, 'geoNear'), CONDITION) };
  if (options.maxDistance !== undefined) encoded.$maxDistance = options.maxDistance;
  if (options.minDistance !== undefined) encoded.$minDistance = options.minDistance;
  return encoded;
}

function withinOptions(options) {
  if (options && options.centerSphere !== undefined) {
    const centre = options.centerSphere[0];
    const coordinates = centre && centre.coordinates ? centre.coordinates : centre;
    return { $centerSphere: [coordinates, options.centerSphere[1]] };
  }
  return { $geometry: encodeValue(requireGeometry(options, 'geoWithin'), CONDITION) };
}

function requireGeometry(options, name) {
  if (!options || !options.geometry) throw invalidParameter(`_.${name} needs {geometry: db.Geo.…}.`);
  return options.geometry;
}

function single(key, value) {
  const document = {};
  define(document, key, value);
  return document;
}

/** One document that means all clauses: members side by side where names allow it, `$and` for the rest. */
function mergeClauses(clauses) {
  const merged = {};
  const rest = [];
  for (const clause of clauses) {
    if (Object.keys(clause).every((key) => fits(merged, key, clause[key]))) {
      for (const key of Object.keys(clause)) {
        define(merged, key, key in merged ? Object.assign({}, merged[key], clause[key]) : clause[key]);
      }
    } else {
      rest.push(clause);
    }
  }
  if (rest.length > 0) merged.$and = (merged.$and || []).concat(rest);
  return merged;
}

function fits(merged, key, value) {
  if (!Object.prototype.hasOwnProperty.call(merged, key)) return key !== '__proto__';
  return isOperators(merged[key]) && isOperators(value) && Object.keys(value).every((operator) => !(operator in merged[key]));
}

function isOperators(value) {
  if (!isPlainObject(value)) return false;
  const keys = Object.keys(value);
  // A date is a value although its wire form starts with `$`.
  return keys.length > 0 && keys.every((key) => key.charAt(0) === '$' && key !== '$date' && key !== '$serverDate');
}

module.exports = { encodeWhere, valueCondition };
